"""Parse and clean; never save."""

from appointments.forms.hours import AbsenceForm, ClosureForm, HoursForm
from appointments.forms.imports import ExportForm, ImportForm, check_row
from appointments.forms.settings import BookingRulesForm, RoomForm, ScreenForm, VisitTypeForm
from appointments.forms.visits import (
    CancelForm,
    CourseForm,
    FindForm,
    LocalTimeField,
    NewVisitForm,
    RecallForm,
    SlotForm,
    WaitingForm,
)

__all__ = [
    "AbsenceForm", "BookingRulesForm", "CancelForm", "ClosureForm", "CourseForm", "ExportForm", "FindForm", "HoursForm", "ImportForm", "LocalTimeField", "NewVisitForm",
    "RecallForm", "RoomForm", "ScreenForm", "SlotForm", "VisitTypeForm", "WaitingForm",
    "check_row",
]  # fmt: skip
