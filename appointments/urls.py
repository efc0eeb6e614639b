"""Staff pages, in the order in which a visit passes through them."""

from django.urls import path

from appointments.views import desk

app_name = "appointments"
urlpatterns = [
    path("", desk.day, name="day"),
    path("recalls/", desk.recalls, name="recalls"),
    path("recalls/<uuid:patient>/", desk.note_recall, name="note_recall"),
    path("of/<uuid:patient>/", desk.of_patient, name="of_patient"),
    path("of/<uuid:patient>/book/", desk.book, name="book"),
    path("<uuid:appointment>/", desk.appointment, name="appointment"),
    path("<uuid:appointment>/move/", desk.move, name="move"),
    path("<uuid:appointment>/cancel/", desk.cancel, name="cancel"),
    path("<uuid:appointment>/undo/", desk.undo, name="undo"),
    path("<uuid:appointment>/start/", desk.start, name="start"),
    path("<uuid:appointment>/to/<slug:to>/", desk.change, name="change"),
]
