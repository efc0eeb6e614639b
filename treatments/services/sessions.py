"""The session record from draft to check-out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.findings import Finding
from clinic.models import Site, Staff
from clinic.nudges import nudge
from patients import services as people
from patients.models import Patient
from patients.vocabulary import Blocks, Gate
from treatments import selectors
from treatments.models import (
    AdverseEvent,
    Anaesthetic,
    Cartridge,
    Course,
    Device,
    DeviceBlock,
    PreTopical,
    Product,
    ProductUse,
    TreatmentSession,
    ZoneRecord,
)
from treatments.rules.vocabulary import Stage
from treatments.vocabulary import Endpoint, SessionState

# What is about the patient was decided at the start; what already happened must be recorded, not refused.
_NOT_AT_CHECKOUT = ("S01", "S02", "S03", "S10", "S11", "S12", "S18", "S20", "S23")


class Blocked(Refused):
    """Rules stop this step. `findings` say which; `missing` and `owed` what to fill in."""

    def __init__(self, message: str, findings: list[Finding], missing: list[str], owed: list[str]) -> None:
        super().__init__(message)
        self.findings, self.missing, self.owed = findings, missing, owed


class ChangedMeanwhile(Conflict):
    """Somebody else saved this draft after the page was opened."""


class CartridgeTaken(Conflict):
    """The cartridge belongs to another session: single use (S06)."""


class CartridgeSpent(Conflict):
    """It touched skin: it can't be taken out of the record again (S06)."""


class NotOpen(Refused):
    """The record is past this step."""


class EndBeforeStart(Refused):
    """A session can't end before it starts."""


@dataclass(frozen=True)
class ZoneEntry:
    """One zone as typed; depth in 0.01 mm."""

    zone: str
    depth_hundredths: int
    passes: int | None = None
    endpoint: str = ""
    below_hairline: bool = False


@dataclass(frozen=True)
class SessionEntry:
    """Everything on the form, cleaned. What is absent is emptied."""

    device: Device | None = None
    cartridge: Cartridge | None = None
    seal_intact: bool = False
    zones: tuple[ZoneEntry, ...] = ()
    products: tuple[tuple[Product, float], ...] = ()
    pre_topicals: tuple[tuple[str, datetime], ...] = ()
    anaesthetic: dict[str, Any] | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


def plan_course(
    *, patient: Patient, planned_sessions: int, phase: str, indication: str, staff: Staff, by: Actor, at: datetime
) -> Course:
    """A new course; an open one is ended first."""
    with audit.write(by=by, action="course.plan"):
        Patient.objects.select_for_update().get(pk=patient.pk)
        Course.objects.filter(patient=patient, ended_at=None).update(ended_at=at)
        return Course.objects.create(
            patient=patient, planned_sessions=planned_sessions, phase=phase, indication=indication, planned_by=staff, planned_at=at
        )


def open_session(
    *, patient: Patient, operator: Staff, by: Actor, at: datetime, site: Site | None = None, course: Course | None = None
) -> TreatmentSession:
    """A draft for today in the patient's open course; an unfinished one is taken up again."""
    with audit.write(by=by, action="session.open"):
        Patient.objects.select_for_update().get(pk=patient.pk)
        if patient.deceased_on or patient.merged_into_id:
            raise Refused("No session can be opened on this record.")
        course = course or selectors.open_course(patient)
        if course is None:
            raise Refused("Plan a course first: how many sessions, and in which phase.")
        unfinished = TreatmentSession.objects.filter(
            course=course, state__in=[SessionState.DRAFT, SessionState.STARTED], entered_in_error=None
        ).first()
        if unfinished is not None:
            return unfinished
        last = course.sessions.order_by("-number").first()
        skin = (selectors.last_session(patient) or TreatmentSession()).fitzpatrick or _declared_skin(patient)
        return TreatmentSession.objects.create(
            patient=patient, course=course, site=site or patient.site, number=(last.number if last else 0) + 1,
            operator=operator, opened_at=at, planned_start_at=at, saved_at=at, saved_by=by.name[:160], fitzpatrick=skin,
        )  # fmt: skip


def _declared_skin(patient: Patient) -> str:
    intake = patient.intakes.exclude(state="draft").order_by("-submitted_at").first()
    return str(intake.answers.get("fitzpatrick") or "") if intake else ""


def _locked(record: TreatmentSession, *states: SessionState) -> TreatmentSession:
    locked = TreatmentSession.objects.select_for_update().get(pk=record.pk)
    if locked.state not in states:
        raise NotOpen("This record is past that step. Open the page again.")
    if hasattr(locked, "entered_in_error"):
        raise NotOpen("This record was entered in error. Open a new session.")
    return locked


def save_session(*, record: TreatmentSession, version: int, entry: SessionEntry, by: Actor, at: datetime) -> TreatmentSession:
    """Replace the draft by what is on the form. Raises ChangedMeanwhile and CartridgeTaken; nothing is overwritten."""
    with audit.write(by=by, action="session.save"):
        locked = _locked(record, SessionState.DRAFT, SessionState.STARTED, SessionState.ENDED)
        if locked.version != version:
            raise ChangedMeanwhile(
                f"{locked.saved_by} saved this draft meanwhile. Your page is older and was not saved. Open the page again."
            )
        for name, value in entry.fields.items():
            setattr(locked, name, value)
        locked.reasons = {**locked.reasons, **entry.reasons}
        locked.version, locked.saved_at, locked.saved_by = version + 1, at, by.name[:160]
        locked.save()
        _store_block(locked, entry)
        _store_topicals(locked, entry)
        if locked.state == SessionState.ENDED:
            _events_of_bleeding(locked, by, at)
    return TreatmentSession.objects.get(pk=locked.pk)


def _store_block(record: TreatmentSession, entry: SessionEntry) -> None:
    """The form is about the newest block; earlier ones stay as they are."""
    newest = record.blocks.order_by("-position").first()
    spent = newest.cartridge if newest and record.started_at else None
    if newest and spent and (entry.cartridge != spent or entry.device != newest.device):
        raise CartridgeSpent(
            "The session has started with this device and cartridge, so they stay in the record. Use “Change device or cartridge”.",
            field="cartridge",
        )
    if entry.device is None:
        if newest:
            newest.delete()
        return
    values = {"device": entry.device, "cartridge": entry.cartridge, "seal_intact": entry.seal_intact}
    position = newest.position if newest else 1
    with _one_session_only():
        block, _made = DeviceBlock.objects.update_or_create(session=record, position=position, defaults=values)
    block.zones.exclude(zone__in=[zone.zone for zone in entry.zones]).delete()
    for zone in entry.zones:
        values = {k: v for k, v in zone.__dict__.items() if k != "zone"}
        ZoneRecord.objects.update_or_create(block=block, zone=zone.zone, defaults=values)


@contextmanager
def _one_session_only() -> Iterator[None]:
    """The database's answer about single use, in words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise CartridgeTaken("This cartridge is in another session's record. Take a new one.", field="cartridge") from error


def change_block(
    *, record: TreatmentSession, device: Device, cartridge: Cartridge, seal_intact: bool, by: Actor, at: datetime
) -> DeviceBlock:
    """Another device or cartridge in mid-session: a second block, on which the rules run too (SETTLED 7)."""
    with audit.write(by=by, action="session.change_block"):
        locked = _locked(record, SessionState.STARTED)
        newest = locked.blocks.order_by("-position").first()
        with _one_session_only():
            block = DeviceBlock.objects.create(
                session=locked, position=(newest.position if newest else 0) + 1, device=device, cartridge=cartridge, seal_intact=seal_intact
            )
        locked.version, locked.saved_at, locked.saved_by = locked.version + 1, at, by.name[:160]
        locked.save(update_fields=["version", "saved_at", "saved_by"])
    return block


def _store_topicals(record: TreatmentSession, entry: SessionEntry) -> None:
    record.product_uses.exclude(product__in=[product for product, _hours in entry.products]).delete()
    for product, hours in entry.products:
        test = selectors.newest_patch_test(record, product)
        ProductUse.objects.update_or_create(
            session=record, product=product, defaults={"hours_after": hours, "patch_test": test}
        )
    record.pre_topicals.all().delete()
    PreTopical.objects.bulk_create(PreTopical(session=record, kind=k, last_used_at=used) for k, used in entry.pre_topicals)
    if entry.anaesthetic is None:
        Anaesthetic.objects.filter(session=record).delete()
    else:
        Anaesthetic.objects.update_or_create(session=record, defaults=entry.anaesthetic)


def start_session(*, record: TreatmentSession, by: Actor, at: datetime) -> TreatmentSession:
    """The needle may touch the skin. The rules decide at stage `start`; nothing overrides a BLOCK. Raises Blocked."""
    with audit.write(by=by, action="session.start"):
        locked = _locked(record, SessionState.DRAFT)
        locked.planned_start_at = at
        locked.save(update_fields=["planned_start_at"])
        people.screen_patient(patient=locked.patient, gate=Gate.START, as_of=locked.site.today(at), by=by, at=at)
        found = selectors.evaluate(locked, Stage.START)
        blocks = [f for f in found.findings if f.severity == "BLOCK"]
        if blocks or found.missing or found.owed:
            raise Blocked("The session can't start yet.", blocks, found.missing, found.owed)
        locked.state, locked.started_at = SessionState.STARTED, at
        locked.save(update_fields=["state", "started_at"])
    return locked


def end_session(*, record: TreatmentSession, ended_at: datetime, by: Actor, at: datetime) -> TreatmentSession:
    """Check-out: from here the aftercare is planned (SETTLED 1). Frank bleeding opens an adverse event (S18).

    The rules run at stage `checkout`; what can still be mended (device, cartridge, depth, products) is refused here.

    Raises EndBeforeStart.
    """
    with audit.write(by=by, action="session.end"):
        locked = _locked(record, SessionState.STARTED)
        if locked.started_at is None or ended_at < locked.started_at:
            raise EndBeforeStart("The end lies before the start.", field="ended_at")
        if ended_at > at:
            raise EndBeforeStart("The end lies in the future.", field="ended_at")
        locked.ended_at = ended_at
        found = selectors.evaluate(locked, Stage.CHECKOUT)
        blocks = found.blocks(but=_NOT_AT_CHECKOUT)
        if blocks or found.missing:
            raise Blocked("The session can't be ended like this yet.", blocks, found.missing, [])
        locked.state = SessionState.ENDED
        locked.save(update_fields=["state", "ended_at"])
        _events_of_bleeding(locked, by, at)
        nudge("aftercare.plan_ended_sessions")
    return locked


def _events_of_bleeding(record: TreatmentSession, by: Actor, at: datetime) -> None:
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


def copy_last(*, record: TreatmentSession, version: int, by: Actor, at: datetime) -> TreatmentSession:
    """Settings of the last session: device, zones with depth and passes. Never cartridge, photos, events, signature."""
    last = selectors.last_session(record.patient)
    block = last.blocks.order_by("-position").first() if last else None
    if block is None:
        raise Refused("There is no earlier session to copy.")
    zones = tuple(
        ZoneEntry(zone=z.zone, depth_hundredths=z.depth_hundredths, passes=z.passes) for z in block.zones.all()
    )
    own = record.blocks.order_by("-position").first()
    entry = SessionEntry(
        device=own.device if own and record.started_at else block.device,
        cartridge=own.cartridge if own else None,
        seal_intact=own.seal_intact if own else False,
        zones=zones,
        products=tuple((use.product, float(use.hours_after)) for use in record.product_uses.select_related("product")),
        pre_topicals=tuple((t.kind, t.last_used_at) for t in record.pre_topicals.all()),
        anaesthetic=_numbing_values(record),
    )
    return save_session(record=record, version=version, entry=entry, by=by, at=at)


def _numbing_values(record: TreatmentSession) -> dict[str, Any] | None:
    row = Anaesthetic.objects.filter(session=record).first()
    if row is None:
        return None
    skip = {"id", "session"}
    return {f.name: getattr(row, f.name) for f in Anaesthetic._meta.concrete_fields if f.name not in skip}
