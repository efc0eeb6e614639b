"""Pages behind an e-mailed link."""

from django.urls import path

from appointments.views import patient

app_name = "appointments_link"
urlpatterns = [
    path("appointment/", patient.appointment, name="appointment"),
    path("appointment/move/", patient.move, name="move"),
    path("offer/", patient.offer, name="offer"),
    path("choose/", patient.choose_time, name="choose_time"),
]
