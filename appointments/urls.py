"""Staff pages, in the order in which a visit passes through them."""

from django.urls import path

from appointments.views import booking, calendar, feed, hours, recalls, visits, waiting

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
    path("working-time/", hours.working_time, name="working_time"),
    path("working-time/hours/", hours.set_hours, name="set_hours"),
    path("working-time/absence/", hours.add_absence, name="add_absence"),
    path("working-time/absence/<int:absence>/remove/", hours.remove_absence, name="remove_absence"),
    path("working-time/closure/", hours.close_site, name="close_site"),
    path("working-time/closure/<int:closure>/remove/", hours.reopen_site, name="reopen_site"),
    path("working-time/room/<int:room>/", hours.set_room, name="set_room"),
    path("my-feed/", feed.my_feed, name="my_feed"),
    path("feed/<str:secret>.ics", feed.feed, name="feed"),
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
