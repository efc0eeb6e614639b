"""Pages behind an e-mailed link."""

from django.urls import path

from patients.views import consent_link, handed_over, intake, preferences

app_name = "patients_link"
urlpatterns = [
    path("intake/", intake.intake, name="intake"),
    path("intake/start/", handed_over.start, name="intake_start"),
    path("intake/review/", intake.intake_review, name="intake_review"),
    path("intake/consent/", intake.intake_consent, name="intake_consent"),
    path("intake/later/", intake.intake_later, name="intake_later"),
    path("intake/done/", intake.intake_done, name="intake_done"),
    path("intake/<slug:page>/", intake.intake_page, name="intake_page"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("consent/", consent_link.consent, name="consent"),
    path("rescreen/", intake.rescreen, name="rescreen"),
]
