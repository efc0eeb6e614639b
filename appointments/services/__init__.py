"""Every write of this room."""

from appointments.services.booking import (
    book_appointment,
    cancel_appointment,
    cancel_by_patient,
    confirm_by_patient,
    move_appointment,
)
from appointments.services.common import MoveNotAllowed, NotEligible, SlotTaken, TooEarly, TooLate, Wish
from appointments.services.recalls import note_recall
from appointments.services.states import change_state, start_visit, sweep_states, undo_change

__all__ = [
    "MoveNotAllowed", "NotEligible", "SlotTaken", "TooEarly", "TooLate", "Wish", "book_appointment", "cancel_appointment",
    "cancel_by_patient", "change_state", "confirm_by_patient", "move_appointment", "note_recall", "start_visit", "sweep_states",
    "undo_change",
]  # fmt: skip
