"""Adverse events: noted, opened by frank bleeding, closed with an outcome."""

from datetime import datetime
from typing import Any

from clinic import audit
from clinic.audit import Actor
from patients import services as people
from patients.vocabulary import Blocks
from treatments.models import AdverseEvent, TreatmentSession, ZoneRecord
from treatments.services.errors import NotOpen
from treatments.vocabulary import Endpoint


def events_of_bleeding(record: TreatmentSession, by: Actor, at: datetime) -> None:
    """Frank bleeding is an adverse event, opened once a zone (S18)."""
    for zone in ZoneRecord.objects.filter(block__session=record, endpoint=Endpoint.FRANK_BLEEDING):
        _open_event(record, "Frank bleeding during needling", zone.zone, by, at)


def _open_event(record: TreatmentSession, what: str, zone: str, by: Actor, at: datetime, **more: Any) -> AdverseEvent:
    event, made = AdverseEvent.objects.get_or_create(
        patient=record.patient, session=record, what=what, zone=zone,
        defaults={"onset_at": at, "recorded_at": at, "recorded_by": by.name[:160], **more},
    )  # fmt: skip
    if made:
        people.place_hold(
            patient=record.patient, blocks=[Blocks.SESSION], cause_kind="adverse_event", cause_uuid=event.uuid,
            reason=f"open adverse event: {what}", by=by, at=at,
        )  # fmt: skip
    return event


def record_adverse_event(
    *, record: TreatmentSession, what: str, zone: str, grade: int, serious: bool, by: Actor, at: datetime
) -> AdverseEvent:
    """Note an adverse event; it holds the next session until a clinician closes it (S11)."""
    with audit.write(by=by, action="adverse_event.record"):
        return _open_event(record, what[:200], zone, by, at, grade=grade, serious=serious)


def close_adverse_event(*, event: AdverseEvent, outcome: str, by: Actor, at: datetime) -> AdverseEvent:
    """A clinician closes it with an outcome; its hold is released."""
    with audit.write(by=by, action="adverse_event.close", reason=outcome):
        event = AdverseEvent.objects.select_for_update().get(pk=event.pk)
        if event.closed_at is not None:
            raise NotOpen("This event is closed already.")
        event.closed_at, event.outcome = at, outcome[:300]
        event.save(update_fields=["closed_at", "outcome"])
        for hold in event.patient.holds.filter(cause_uuid=event.uuid, released_at=None):
            people.release_hold(hold=hold, reason=outcome, by=by, at=at)
    return event
