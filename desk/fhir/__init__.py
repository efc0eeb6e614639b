"""A patient's record as a FHIR R4 bundle (RULES 9): read across the rooms, checked, handed out."""

from datetime import datetime
from uuid import uuid5

from django.utils import translation

from clinic.models import Staff
from desk.fhir import answers, contacts, measures, people, sessions, traces
from desk.fhir.checking import NotValid, checked
from desk.fhir.parts import Draft, Json
from patients.models import Patient

__all__ = ["NotValid", "bundle_of", "checked"]


def bundle_of(patient: Patient, *, at: datetime, by: Staff | None = None) -> Json:
    """The whole record as a bundle of type *collection*, in English words, with the times of the site's own clock.

    `by` takes it out of the house: that is an event of the record too.
    """
    draft = Draft(patient, at)
    with translation.override("en"):
        people.patient(draft)
        answers.told(draft)
        answers.judged(draft)
        answers.consents(draft)
        sessions.done(draft)
        sessions.earlier(draft)
        sessions.visits(draft)
        measures.measured(draft)
        measures.went_wrong(draft)
        measures.afterwards(draft)
        measures.pictured(draft)
        traces.vouched(draft)
        contacts.asked(draft)
        contacts.sent(draft)
        if by is not None:
            traces.handed_out(draft, by)
    stamp = draft.moment(at)
    return {
        "resourceType": "Bundle", "id": str(uuid5(patient.uuid, f"bundle/{stamp}")), "type": "collection", "timestamp": stamp, "language": "en",
        "entry": list(draft.entries.values()),
    }  # fmt: skip
