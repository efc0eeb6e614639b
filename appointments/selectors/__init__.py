"""Every read of this room."""

from appointments.selectors.courses import Proposal, course_proposals
from appointments.selectors.days import (
    PUT_BACK,
    change_lines,
    day_of,
    days_of,
    ended_visits,
    is_put_back,
    last_change,
    next_appointment,
    next_appointments,
    of_patient,
    same_day,
    usual_clinician,
    visits_in_error,
    visits_put_back,
    visits_recorded_anew,
    who_has,
)
from appointments.selectors.deaths import visits_to_stop, waits_of
from appointments.selectors.diary import Slot, free_slots
from appointments.selectors.feeds import feed_ics, feed_of, feed_owner
from appointments.selectors.hours import (
    Week,
    booking_rules,
    coming_absences,
    coming_closures,
    rooms_of,
    visit_types,
    weeks,
)
from appointments.selectors.imports import (
    doubles_of,
    imports_of,
    imports_under_way,
    left_over_lines,
    patient_lines,
    row_counts,
    rows_in,
    rows_to_write,
)
from appointments.selectors.recalls import (
    WAITING,
    coming_session,
    recall_counts,
    recalls,
    recalls_after_an_error,
    recalls_out_of_date,
    recalls_that_came,
    recalls_that_did_not_come,
    recalls_whose_visit_is_gone,
    sessions_to_recall,
    why_not_invited,
)
from appointments.selectors.screens import screen_of, screens
from appointments.selectors.slots import DayOffer, Gate, gate_for, offers, own_offers, window_for
from appointments.selectors.stranded import MOST_AT_ONCE, Stranded, WayOut, diary_for, grounds_of, stranded, ways_out
from appointments.selectors.waiting import best_entries, freed_slots, is_taken, may_offer_now, waiting, wants_of

__all__ = [
    "PUT_BACK", "is_put_back", "visits_in_error", "visits_put_back", "visits_recorded_anew", "DayOffer", "MOST_AT_ONCE", "WAITING", "Gate", "Proposal", "Slot", "Stranded", "WayOut", "Week", "best_entries", "booking_rules", "change_lines", "coming_absences", "coming_closures", "coming_session", "course_proposals", "day_of", "days_of", "diary_for", "doubles_of", "ended_visits",
    "feed_ics", "feed_of", "feed_owner", "free_slots", "freed_slots", "gate_for", "imports_of", "imports_under_way", "left_over_lines", "is_taken", "last_change", "may_offer_now", "next_appointment", "next_appointments", "of_patient",
    "offers", "own_offers", "patient_lines", "recall_counts", "recalls", "recalls_after_an_error", "recalls_out_of_date", "recalls_that_came", "recalls_that_did_not_come", "recalls_whose_visit_is_gone", "rooms_of", "row_counts", "rows_in", "rows_to_write", "same_day", "screen_of", "screens", "sessions_to_recall", "stranded", "visit_types", "waiting", "ways_out", "grounds_of",
    "wants_of", "weeks", "usual_clinician", "visits_to_stop", "waits_of", "who_has", "why_not_invited", "window_for",
]  # fmt: skip
