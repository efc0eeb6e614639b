"""Every read of this room."""

from appointments.selectors.courses import Proposal, course_proposals
from appointments.selectors.days import (
    change_lines,
    day_of,
    days_of,
    ended_visits,
    last_change,
    next_appointment,
    of_patient,
    same_day,
    who_has,
)
from appointments.selectors.feeds import feed_ics, feed_of, feed_owner
from appointments.selectors.hours import Stranded, Week, coming_absences, coming_closures, rooms_of, stranded, weeks
from appointments.selectors.recalls import (
    coming_session,
    recall_counts,
    recalls,
    recalls_that_came,
    recalls_whose_visit_is_gone,
    sessions_to_recall,
    why_not_invited,
)
from appointments.selectors.slots import CLOSED, DayOffer, Gate, Slot, free_slots, gate_for, offers, window_for
from appointments.selectors.waiting import best_entries, freed_slots, is_taken, may_offer_now, waiting, wants_of

__all__ = [
    "CLOSED", "DayOffer", "Gate", "Proposal", "Slot", "Stranded", "Week", "best_entries", "change_lines", "coming_absences", "coming_closures", "coming_session", "course_proposals", "day_of", "days_of", "ended_visits",
    "feed_ics", "feed_of", "feed_owner", "free_slots", "freed_slots", "gate_for", "is_taken", "last_change", "may_offer_now", "next_appointment", "of_patient",
    "offers", "recall_counts", "recalls", "recalls_that_came", "recalls_whose_visit_is_gone", "rooms_of", "same_day", "sessions_to_recall", "stranded", "waiting",
    "wants_of", "weeks", "who_has", "why_not_invited", "window_for",
]  # fmt: skip
