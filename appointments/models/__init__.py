"""Tables of *when*."""

from appointments.models.lists import CalendarFeed, FreedSlot, Offer, Recall, RecallAttempt, WaitingListEntry
from appointments.models.places import Absence, Room, VisitType, WorkingHours, default_reminders
from appointments.models.visits import Appointment, Occupation, StatusChange

__all__ = [
    "Absence",
    "Appointment",
    "CalendarFeed",
    "FreedSlot",
    "Occupation",
    "Offer",
    "Recall",
    "RecallAttempt",
    "Room",
    "StatusChange",
    "VisitType",
    "WaitingListEntry",
    "WorkingHours",
    "default_reminders",
]
