"""A whole course: a proposal for each session inside its window, alike in weekday and hour."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from appointments.models import VisitType
from appointments.rules import best_of
from appointments.selectors.diary import Slot, free_slots
from appointments.selectors.slots import Gate, gate_for
from clinic.clock import local_date, wall
from clinic.models import Staff
from patients.models import Patient
from treatments import selectors as sessions
from treatments.rules import Window, next_window

MOST_SESSIONS = 12


@dataclass(frozen=True)
class Proposal:
    """One session of the course: the window it should fall into, the slot if one was found, and in words how well it fits, or why there is none."""

    number: int
    opens_on: date
    closes_on: date
    slot: Slot | None
    words: str
    stopped: bool = False  # by a rule or a hold, whatever the diary says: `words` is why


def course_proposals(
    *, patient: Patient, visit_type: VisitType, count: int, first: datetime, clinician: Staff, at: datetime
) -> list[Proposal]:
    """`count` sessions, the first at `first`; each next one in the window after the one before. A constant number of queries a session."""
    gate, zone = gate_for(patient, visit_type, at=at), patient.site.zone
    course = sessions.open_course(patient)
    phase = course.phase if course else "initial"
    found: list[Proposal] = []
    opens_on = closes_on = local_date(first, zone)
    last = first
    for number in range(1, min(count, MOST_SESSIONS) + 1):
        slot = _slot(gate, visit_type, opens_on, closes_on, last if number > 1 else first, clinician, at=at)
        why = "" if slot else _why_not(gate, opens_on, closes_on)
        found.append(Proposal(number, opens_on, closes_on, slot, why or _words(slot, first, zone), bool(why)))
        last = slot.starts_at if slot else _middle(opens_on, closes_on, last)
        after: Window = next_window(local_date(last, zone), phase, gate.policy)
        opens_on, closes_on = after.opens_on, after.closes_on
        gate = replace(gate, booked=(*gate.booked, local_date(last, zone)))
    return found


def _slot(gate: Gate, visit_type: VisitType, opens_on: date, closes_on: date, wish: datetime, clinician: Staff, *, at: datetime) -> Slot | None:
    """The slot most like the wish inside the window, on a day that the gate allows."""
    zone = gate.patient.site.zone
    slots = free_slots(
        site=gate.patient.site, visit_type=visit_type, from_on=opens_on, to_on=closes_on, at=at, clinician=clinician, patient=gate.patient,
    )  # fmt: skip
    days = {local_date(slot.starts_at, zone) for slot in slots}
    good = {day for day in days if not gate.why_not(day) and gate.interval(day).word != "early"}
    fitting = {slot.starts_at: slot for slot in slots if local_date(slot.starts_at, zone) in good}
    best = best_of(list(fitting), wish, zone)
    return fitting[best] if best else None


def _why_not(gate: Gate, opens_on: date, closes_on: date) -> str:
    """What stops every day of the window alike; empty when it is the diary that is full."""
    days = [opens_on + timedelta(days=n) for n in range((closes_on - opens_on).days + 1)]
    reasons = {gate.why_not(day) or (gate.why_early(day) if gate.interval(day).word == "early" else "") for day in days}
    return reasons.pop() if len(reasons) == 1 else ""


def _middle(opens_on: date, closes_on: date, last: datetime) -> datetime:
    """Where the session would be if there were a slot: the next windows hang on it."""
    return last + (opens_on - last.date()) + (closes_on - opens_on) / 2


def _words(slot: Slot | None, first: datetime, zone: str) -> str:
    if slot is None:
        return "no free time in this window"
    here, like = wall(slot.starts_at, zone), wall(first, zone)
    if here.weekday() != like.weekday():
        return "another weekday"
    return "same weekday and hour" if here.time() == like.time() else "another hour"
