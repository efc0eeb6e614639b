"""Recalls: every try to reach a patient is a row."""

from datetime import datetime

from appointments import selectors
from appointments.models import RecallAttempt
from clinic import audit
from clinic.audit import Actor
from clinic.clock import local_date
from clinic.errors import Refused
from patients.models import Patient


def note_recall(*, patient: Patient, channel: str, result: str, note: str, by: Actor, at: datetime) -> RecallAttempt:
    """One try to reach a patient, or a dismissal with its reason."""
    window = selectors.window_for(patient, local_date(at, patient.site.zone))
    if window is None:
        raise Refused("This patient has no open window.")
    if result == "dismissed" and not note.strip():
        raise Refused("Give the reason for leaving this patient out.", field="note")
    with audit.write(by=by, action="recall.note", reason=note):
        return RecallAttempt.objects.create(
            patient=patient, window_opens_on=window.opens_on, at=at, channel=channel, result=result, note=note[:300], by=by.name[:160]
        )
