"""Tables of *when*."""

from appointments.models.imports import ImportRow, PatientImport
from appointments.models.lists import CalendarFeed, FreedSlot, Offer, Recall, RecallAttempt, WaitingListEntry
from appointments.models.places import Absence, BookingRules, Room, VisitType, WorkingHours, default_reminders
from appointments.models.screens import WallScreen
from appointments.models.visits import Appointment, Occupation, StatusChange

__all__ = [
    "Absence",
    "Appointment",
    "BookingRules",
    "CalendarFeed",
    "FreedSlot",
    "ImportRow",
    "Occupation",
    "Offer",
    "PatientImport",
    "Recall",
    "RecallAttempt",
    "Room",
    "StatusChange",
    "VisitType",
    "WaitingListEntry",
    "WallScreen",
    "WorkingHours",
    "default_reminders",
]
