"""Staff pages, in the order in which a visit passes through them."""

from django.urls import path

from appointments.views import booking, calendar, recalls, visits, waiting

app_name = "appointments"
urlpatterns = [
    path("", calendar.day, name="day"),
    path("events/", calendar.events, name="events"),
    path("new/", calendar.new, name="new"),
    path("new/find/", calendar.find_patient, name="find_patient"),
    path("recalls/", recalls.recalls, name="recalls"),
    path("recalls/invite/", recalls.invite_recalls, name="invite_recalls"),
    path("recalls/<uuid:recall>/", recalls.note_recall, name="note_recall"),
    path("waiting-list/", waiting.waiting_list, name="waiting_list"),
    path("waiting-list/<uuid:entry>/leave/", waiting.leave_waiting_list, name="leave_waiting_list"),
    path("of/<uuid:patient>/", visits.of_patient, name="of_patient"),
    path("of/<uuid:patient>/book/", booking.book, name="book"),
    path("of/<uuid:patient>/course/", booking.course, name="course"),
    path("of/<uuid:patient>/wait/", waiting.wait, name="wait"),
    path("<uuid:appointment>/", visits.appointment, name="appointment"),
    path("<uuid:appointment>/move/", booking.move, name="move"),
    path("<uuid:appointment>/drag/", calendar.drag, name="drag"),
    path("<uuid:appointment>/cancel/", visits.cancel, name="cancel"),
    path("<uuid:appointment>/undo/", visits.undo, name="undo"),
    path("<uuid:appointment>/start/", visits.start, name="start"),
    path("<uuid:appointment>/to/<slug:to>/", visits.change, name="change"),
]
