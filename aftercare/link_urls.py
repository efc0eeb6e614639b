"""Patient pages, in the order a patient meets them."""

from django.urls import path

from aftercare import views

app_name = "aftercare_links"
urlpatterns = [
    path("aftercare/", views.instructions, name="instructions"),
    path("aftercare/results/", views.results, name="results"),
    path("aftercare/times.ics", views.times, name="times"),
    path("check-in/", views.check_in, name="check_in"),
    path("check-in/done/", views.check_in_done, name="check_in_done"),
    path("check-in/<slug:page>/", views.check_in_page, name="check_in_page"),
]
