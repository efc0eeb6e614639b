"""Staff pages about people, in the order in which a patient passes through them."""

from django.urls import path

from patients.views import allergies, brought, consent_texts, handed_over, intake, paper, people, screening, wording

app_name = "patients"
urlpatterns = [
    path("", people.list, name="list"),
    path("register/", people.register, name="register"),
    path("wording/<slug:language>/", wording.wording, name="wording"),
    path("consent-texts/", consent_texts.consent_texts, name="consent_texts"),
    path("consent-texts/start/", consent_texts.start_consent_text, name="start_consent_text"),
    path("consent-texts/<uuid:draft>/", consent_texts.consent_draft, name="consent_draft"),
    path("consent-texts/<uuid:draft>/propose/", consent_texts.propose_consent_text, name="propose_consent_text"),
    path("consent-texts/<uuid:draft>/approve/", consent_texts.approve_consent_text, name="approve_consent_text"),
    path("consent-texts/<uuid:draft>/send-back/", consent_texts.send_back_consent_text, name="send_back_consent_text"),
    path("consent-texts/<uuid:draft>/discard/", consent_texts.discard_consent_text, name="discard_consent_text"),
    path("<uuid:patient>/edit/", people.edit, name="edit"),
    path("<uuid:patient>/invite/", people.invite, name="invite"),
    path("<uuid:patient>/intake/", intake.staff_intake, name="intake"),
    path("<uuid:patient>/intake/hand-over/", handed_over.hand_over, name="hand_over"),
    path("<uuid:patient>/intake/review/", intake.staff_intake_review, name="intake_review"),
    path("<uuid:patient>/intake/consent/", intake.staff_intake_consent, name="intake_consent"),
    path("<uuid:patient>/intake/later/", intake.staff_intake_later, name="intake_later"),
    path("<uuid:patient>/intake/done/", intake.staff_intake_done, name="intake_done"),
    path("<uuid:patient>/intake/<slug:page>/", intake.staff_intake_page, name="intake_page"),
    path("<uuid:patient>/paper/questions/", paper.paper_intake, name="paper_intake"),
    path("<uuid:patient>/paper/consent/", paper.paper_consent, name="paper_consent"),
    path("<uuid:patient>/screening/", screening.screening, name="screening"),
    path("<uuid:patient>/screening/clear/", screening.clear, name="clear"),
    path("<uuid:patient>/screening/withdraw/", screening.withdraw, name="withdraw_clearance"),
    path("<uuid:patient>/screening/decisions/<uuid:decision>/", screening.decision, name="decision"),
    path("<uuid:patient>/screening/review/<uuid:intake>/", screening.review, name="review"),
    path("<uuid:patient>/allergies/", allergies.allergies, name="allergies"),
    path("<uuid:patient>/allergies/<uuid:allergy>/end/", allergies.end_allergy, name="end_allergy"),
    path("<uuid:patient>/rescreen/", screening.rescreen, name="rescreen"),
    path("<uuid:patient>/rescreen/<uuid:rescreen>/review/", screening.review_rescreen, name="review_rescreen"),
    path("<uuid:patient>/consent/", screening.consent, name="consent"),
    path("<uuid:patient>/consent/withdraw/", screening.withdraw_consent, name="withdraw_consent"),
    path("<uuid:patient>/consent/ask/", screening.ask_consent, name="ask_consent"),
    path("<uuid:patient>/brought/", brought.brought_records, name="brought_records"),
    path("<uuid:patient>/brought/<uuid:brought>/", brought.brought_record, name="brought_record"),
    path("<uuid:patient>/brought/<uuid:brought>/<uuid:line>/accept/", brought.accept_proposal, name="accept_proposal"),
    path("<uuid:patient>/brought/<uuid:brought>/<uuid:line>/aside/", brought.put_proposal_aside, name="put_proposal_aside"),
    path("<uuid:patient>/holds/<uuid:hold>/release/", screening.release_hold, name="release_hold"),
]
