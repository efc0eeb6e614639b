"""The list behind “to look at” on Today: who waits for a clinician, the next visit first."""

from dataclasses import dataclass, field
from datetime import datetime

from appointments import selectors as visits
from appointments.models import Appointment
from clinic.audit import Actor
from patients import selectors as people
from patients.models import Intake, Patient, Rescreen


@dataclass
class Waiting:
    """One patient: what they said has changed, answers that nobody has read, and when they come."""

    patient: Patient
    changes: list[Rescreen] = field(default_factory=list)
    answers: Intake | None = None
    visit: Appointment | None = None


def to_look_at(actor: Actor, at: datetime) -> list[Waiting]:
    """Who comes soonest first, then who waits longest. Three queries."""
    found: dict[int, Waiting] = {}
    for change in people.changes_to_look_at(actor):
        found.setdefault(change.patient_id, Waiting(change.patient)).changes.append(change)
    for intake in people.answers_to_look_at(actor):
        found.setdefault(intake.patient_id, Waiting(intake.patient)).answers = intake
    for pk, visit in visits.next_appointments(found, at).items():
        found[pk].visit = visit
    return sorted(found.values(), key=lambda one: (one.visit is None, one.visit.starts_at if one.visit else at))
