"""Every read of this room."""

from appointments.selectors.days import (
    Recall,
    day_of,
    ended_visits,
    last_change,
    next_appointment,
    of_patient,
    recalls,
    who_has,
)
from appointments.selectors.slots import DayOffer, Slot, free_slots, interval_for, offers, why_not, window_for

__all__ = [
    "DayOffer", "Recall", "Slot", "day_of", "ended_visits", "free_slots", "interval_for", "last_change", "next_appointment",
    "of_patient", "offers", "recalls", "who_has", "why_not", "window_for",
]  # fmt: skip
