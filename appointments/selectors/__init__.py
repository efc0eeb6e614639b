"""Every read of this room."""

from appointments.selectors.days import Recall, day_of, ended_visits, next_appointment, of_patient, recalls
from appointments.selectors.slots import DayOffer, Slot, free_slots, interval_for, offers, why_not, window_for

__all__ = [
    "DayOffer", "Recall", "Slot", "day_of", "ended_visits", "free_slots", "interval_for", "next_appointment",
    "of_patient", "offers", "recalls", "why_not", "window_for",
]  # fmt: skip
