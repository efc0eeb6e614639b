"""Adverse events: noted, opened by frank bleeding, changed while open, closed with an outcome, opened again."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clinic import audit
from clinic.audit import Actor
from clinic.clock import local_date
from clinic.errors import Refused
from patients import services as people
from patients.models import Patient
from patients.vocabulary import Blocks
from treatments.models import AdverseEvent, TreatmentSession, ZoneRecord
from treatments.rules.events import is_possible_end, needs_end
from treatments.services.errors import NotOpen
from treatments.vocabulary import Causality, Endpoint, SessionState


class WrongTime(Refused):
    """An event can't begin in the future, nor end before it began."""


@dataclass(frozen=True)
class EventEntry:
    """An adverse event as typed. `grade` is CTCAE 1–5; seriousness is said apart from it (RULES 7)."""

    what: str
    onset_at: datetime
    grade: int = 1
    serious: bool = False
    seriousness: tuple[str, ...] = ()
    zone: str = ""
    causality: str = Causality.PROCEDURE
    expectedness: str = ""
    details: str = ""
    action_taken: str = ""

    def fields(self) -> dict[str, Any]:
        """As columns. Named criteria make it serious."""
        found = {**self.__dict__, "seriousness": list(self.seriousness)}
        return found | {"what": self.what[:200], "serious": self.serious or bool(self.seriousness)}


def events_of_bleeding(record: TreatmentSession, by: Actor, at: datetime) -> None:
    """Frank bleeding is an adverse event, opened once a zone, whatever a clinician has made of it since (S18)."""
    opened = set(AdverseEvent.objects.filter(session=record).exclude(origin="").values_list("origin", flat=True))
    bled = ZoneRecord.objects.filter(block__session=record, endpoint=Endpoint.FRANK_BLEEDING)
    for zone in dict.fromkeys(bled.values_list("zone", flat=True)):
        origin = f"S18:{zone}"
        if origin not in opened:
            entry = EventEntry(what="Frank bleeding during needling", onset_at=record.started_at or at, zone=zone)
            _open(record.patient, record, entry, by, at, origin=origin)


def _open(patient: Patient, record: TreatmentSession | None, entry: EventEntry, by: Actor, at: datetime, **known: str | None) -> AdverseEvent:
    event = AdverseEvent.objects.create(patient=patient, session=record, recorded_at=at, recorded_by=by.name[:160], **entry.fields(), **known)
    _hold(event, by, at)
    if record is not None and record.state != SessionState.SIGNED:
        TreatmentSession.objects.filter(pk=record.pk).update(no_adverse_event=False)
    return event


def _hold(event: AdverseEvent, by: Actor, at: datetime) -> None:
    people.place_hold(
        patient=event.patient, blocks=[Blocks.SESSION], cause_kind="adverse_event", cause_uuid=event.uuid,
        reason=f"open adverse event: {event.what}", by=by, at=at,
    )  # fmt: skip


def record_adverse_event(
    *, patient: Patient, record: TreatmentSession | None, entry: EventEntry, by: Actor, at: datetime, form_key: str = ""
) -> AdverseEvent:
    """Note an adverse event, during a session or later; it holds the next session until a clinician closes it (S11).

    The same words under the same `form_key` again are a second tap, and the event of the first.
    """
    _in_the_past(entry.onset_at, at)
    with audit.write(by=by, action="adverse_event.record"):
        Patient.objects.select_for_update().get(pk=patient.pk)
        before = AdverseEvent.objects.filter(form_key=form_key).first() if form_key else None
        if before is not None and (before.patient_id, before.what, before.zone) == (patient.pk, entry.what[:200], entry.zone):
            return before
        return _open(patient, record, entry, by, at, form_key=form_key if form_key and before is None else None)


def change_adverse_event(*, event: AdverseEvent, entry: EventEntry, by: Actor, at: datetime) -> AdverseEvent:
    """What is known by now; each earlier wording stays in the history. Raises NotOpen, WrongTime."""
    _in_the_past(entry.onset_at, at)
    with audit.write(by=by, action="adverse_event.change"):
        found = _locked(event)
        if found.closed_at is not None:
            raise NotOpen("This event is closed. Open it again to change it.")
        for name, value in entry.fields().items():
            setattr(found, name, value)
        found.save()
    return found


def close_adverse_event(
    *, event: AdverseEvent, kind: str, outcome: str, ended_on: date | None, by: Actor, at: datetime
) -> AdverseEvent:
    """A clinician closes it with an outcome, and the day it was over where there is one; its hold is released."""
    with audit.write(by=by, action="adverse_event.close", reason=outcome):
        found = _locked(event)
        if found.closed_at is not None:
            raise NotOpen("This event is closed already.")
        site = found.patient.site
        if ended_on is None and needs_end(kind):
            raise WrongTime("On which day was it over?", field="ended_on")
        if ended_on is not None and not is_possible_end(ended_on, local_date(found.onset_at, site.zone), site.today(at)):
            raise WrongTime("The end lies before the onset, or in the future.", field="ended_on")
        found.closed_at, found.closed_by, found.outcome_kind = at, by.name[:160], kind
        found.outcome, found.ended_on = outcome[:300], ended_on
        found.save(update_fields=["closed_at", "closed_by", "outcome_kind", "outcome", "ended_on"])
        for hold in found.patient.holds.filter(cause_uuid=found.uuid, released_at=None):
            people.release_hold(hold=hold, reason=outcome or kind, by=by, at=at)
    return found


def reopen_adverse_event(*, event: AdverseEvent, reason: str, by: Actor, at: datetime) -> AdverseEvent:
    """Closed too early: open again, with its hold."""
    with audit.write(by=by, action="adverse_event.reopen", reason=reason):
        found = _locked(event)
        if found.closed_at is None:
            raise NotOpen("This event is open.")
        found.closed_at, found.closed_by, found.ended_on, found.outcome_kind = None, "", None, ""
        found.save(update_fields=["closed_at", "closed_by", "ended_on", "outcome_kind"])
        _hold(found, by, at)
    return found


def _locked(event: AdverseEvent) -> AdverseEvent:
    return AdverseEvent.objects.select_for_update(of=("self",)).select_related("patient__site").get(pk=event.pk)


def _in_the_past(onset_at: datetime, at: datetime) -> None:
    if onset_at > at:
        raise WrongTime("The onset lies in the future.", field="onset_at")
