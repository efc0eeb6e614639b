"""The plain value that the S-rules take (SCHEMA part 3), from the stored record."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import Max

from clinic.clock import local_date
from patients import selectors as people
from patients.models import Hold
from treatments.models import (
    AdverseEvent,
    Anaesthetic,
    Cartridge,
    DeviceBlock,
    PatchTest,
    ProductUse,
    TreatmentSession,
    ZoneRecord,
)
from treatments.selectors import baseline, prp
from treatments.selectors.courses import done_sessions, last_day, last_needling, place_in_course, policy_of
from treatments.selectors.patch import reading_at
from treatments.vocabulary import SessionState


def session_input(record: TreatmentSession, stage: str, block: DeviceBlock | None) -> dict[str, Any]:
    """The input of the S-rules (SCHEMA part 3) from the stored record.

    Without a block a neutral device stands in, so that the general rules can speak while the form is still empty;
    such a record can't start, because something is missing.
    """
    start = record.started_at or record.planned_start_at
    day = local_date(start, record.site.zone)
    patient = record.patient
    given: dict[str, Any] = {
        "stage": stage,
        "sessionStart": start.isoformat(),
        "timeZone": record.site.zone,
        "phase": record.course.phase,
        "sessionNumber": place_in_course(record),
        "response": record.course.response,
        "fullRescreenDone": record.full_rescreen_done,
        "patientId": str(patient.uuid),
        "allergies": people.allergy_names(patient, until=record.ended_at if _is_over(record) else None),
        "excludedZones": list(record.course.excluded_zones),
        "painReadings": list(record.pain_readings),
        "aftercareDelivered": record.aftercare_delivered,
        "sharpsAndCleaningConfirmed": record.sharps_and_cleaning_confirmed,
    }
    given |= _screen(record, day) | _history(record, start, day) | _who(record) | block_input(block)
    given |= _products(record, start) | _baseline(record, day, given.get("lastSessionDate")) | prp.rules_input(record, day)
    if record.ended_at:
        given["sessionEnd"] = record.ended_at.isoformat()
    if record.fitzpatrick:
        given["fitzpatrick"] = record.fitzpatrick
    return given


NO_MINOXIDIL = {"E05", "E06", "E32"}


def minoxidil_waits(record: TreatmentSession, *, at: datetime) -> bool:
    """Whether minoxidil waits for a prescriber (E05, E06, E32): by what was known when the session started, or by what is known at `at`."""
    found = [people.eligibility_on(record.patient, as_of=record.site.today(at))]
    if record.started_at and (then := people.eligibility_at_start(record.patient, started_at=record.started_at)):
        found.append(then)
    # a question that nobody has answered says nothing about a prescriber; a treatment does not start with one open
    return any(NO_MINOXIDIL & {t["rule"] for t in one.triggers if t["class"] != "INCOMPLETE"} for one in found)


def _is_over(record: TreatmentSession) -> bool:
    """The patient has left: what is learnt now says nothing about what was done (decision 0011)."""
    return record.state in (SessionState.ENDED, SessionState.SIGNED)


def _screen(record: TreatmentSession, day: date) -> dict[str, Any]:
    patient = record.patient
    rescreen, found = people.rescreen_on(patient, day, until=record.started_at), people.eligibility_on(patient, as_of=day)
    hold = bool(NO_MINOXIDIL & {t["rule"] for t in found.triggers})
    if record.started_at and (then := people.eligibility_at_start(patient, started_at=record.started_at)):
        # what is learnt while the patient is here still stops minoxidil, which goes on last; afterwards it is about the next time
        hold = bool(NO_MINOXIDIL & {t["rule"] for t in then.triggers}) or (hold and not _is_over(record))
        found = then
    given: dict[str, Any] = {"sameDayScreenDone": rescreen is not None, "eligibility": found.overall}
    if rescreen:
        given["screenDate"] = rescreen.on.isoformat()
    # what the patient said by link is a changed answer too: a “no” at the desk or the chair does not unsay it
    changes = people.unreviewed_changes(patient)
    given["screenChangeUnreviewed"] = (changes.filter(at__lte=record.started_at) if record.started_at else changes).exists()
    given["minoxidilHold"] = hold
    consent = people.session_consent(patient, until=record.started_at)
    return given | ({"consent": consent} if consent else {})


def _history(record: TreatmentSession, start: datetime, day: date) -> dict[str, Any]:
    patient = record.patient
    last = last_needling(patient, before=start, besides=record)
    first = done_sessions(patient).filter(course=record.course).order_by("started_at").first()
    # what came up in this session, or after it, is about the next one
    events = list(AdverseEvent.objects.filter(patient=patient, closed_at=None).exclude(session=record))
    holds = [hold for hold in people.open_holds(patient, "session") if hold.cause_uuid != record.uuid]
    if record.started_at:
        events = [event for event in events if event.recorded_at <= record.started_at and not _was_closed(event, record.started_at)]
        holds = [hold for hold in holds if hold.placed_at <= record.started_at]
    given: dict[str, Any] = {"openAdverseEvent": bool(events), "holdNextSession": bool(holds)}
    if last_on := last_day(patient, last, until=day):
        given["lastSessionDate"] = min(last_on, day).isoformat()
    if first and first.started_at:
        given["courseStartDate"] = min(local_date(first.started_at, first.site.zone), day).isoformat()
    return given


def _was_closed(event: AdverseEvent, at: datetime) -> bool:
    """Whether an event that is open now was closed at that instant: its history keeps each closing, and opening it again placed a hold of its own."""
    rows = apps.get_model("treatments", "AdverseEventEvent").objects.filter(pgh_obj_id=event.pk, closed_at__lte=at)
    closed_at = rows.aggregate(last=Max("closed_at"))["last"]
    return closed_at is not None and not Hold.objects.filter(cause_uuid=event.uuid, placed_at__gt=closed_at, placed_at__lte=at).exists()


def _who(record: TreatmentSession) -> dict[str, Any]:
    who = record.operator
    given: dict[str, Any] = {
        "role": who.operator_role or "other",
        "credentialValid": who.credential_valid,
        "id": str(who.uuid),
    }
    if who.credential_expires_on:
        given["credentialExpires"] = who.credential_expires_on.isoformat()
    return {"operator": given}


def block_input(block: DeviceBlock | None, *, withdrawals: bool = True) -> dict[str, Any]:
    """Device, cartridge and zones; what is not chosen yet is stood in for, so that the rest can be judged.

    Without `withdrawals` it is as if no lot were recalled or set aside, and no device out of service.
    """
    zones = [_zone(zone) for zone in block.zones.all()] if block else []
    return {
        "device": _device(block, withdrawals) if block else {"maxDepthMm": 10},
        "cartridge": _cartridge(block.cartridge, block, withdrawals) if block and block.cartridge else _NO_CARTRIDGE_YET,
        "zones": zones or [{"zone": "vertex", "depthMm": 0.5}],
    }


_NO_CARTRIDGE_YET = {"lot": "-", "expiry": "2100-12-31", "usedBefore": False, "sealIntact": True}


def _device(block: DeviceBlock, withdrawals: bool) -> dict[str, Any]:
    device = block.device
    withdrawn = withdrawals and device.out_of_service and not _learnt_later(block.session, device.retired_at)
    found: dict[str, Any] = {
        "maxDepthMm": device.max_depth_hundredths / 100,
        "type": device.type,
        "registered": device.registered_for_scalp and not withdrawn,
    }
    return found | ({"udi": device.udi} if device.udi else {})


def _cartridge(unit: Cartridge, block: DeviceBlock, withdrawals: bool) -> dict[str, Any]:
    lot = unit.lot
    return {
        "lot": lot.lot,
        "expiry": lot.expiry_text(),
        "usedBefore": unit.discarded_at is not None,
        "sealIntact": block.seal_intact,
        "recalled": withdrawals and lot.is_out_of_use and not _learnt_later(block.session, lot.out_of_use_at),
    }


def _learnt_later(record: TreatmentSession, at: datetime | None) -> bool:
    """Whether it came up after the patient had left: then it says nothing about what was done (decision 0011)."""
    return record.ended_at is not None and (at is None or at > record.ended_at)


def _zone(zone: ZoneRecord) -> dict[str, Any]:
    row: dict[str, Any] = {"zone": zone.zone, "depthMm": zone.depth_hundredths / 100, "belowHairline": zone.below_hairline}
    row |= {"passes": zone.passes} if zone.passes else {}
    return row | ({"endpoint": zone.endpoint} if zone.endpoint else {})


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _products(record: TreatmentSession, start: datetime) -> dict[str, Any]:
    uses = record.product_uses.select_related("product", "patch_test").prefetch_related("patch_test__readings")
    given: dict[str, Any] = {
        "products": [product_input(use, use.patch_test, start, record.site.zone) for use in uses],
        "preTopicals": [{"kind": t.kind, "lastUsedAt": t.last_used_at.isoformat()} for t in record.pre_topicals.all()],
    }
    return given | anaesthetic_input(getattr(record, "anaesthetic", None))


def anaesthetic_input(numbing: Anaesthetic | None) -> dict[str, Any]:
    """The `anaesthetic` object of SCHEMA 3.4; nothing where none was applied."""
    if numbing is None:
        return {}
    return {
        "anaesthetic": {
            "product": numbing.product.name if numbing.product else None,
            "strengthPercent": _number(numbing.strength_percent),
            "areaCm2": _number(numbing.area_cm2),
            "grams": _number(numbing.grams),
            "onAt": numbing.on_at.isoformat() if numbing.on_at else None,
            "offAt": numbing.off_at.isoformat() if numbing.off_at else None,
            "weightKg": _number(numbing.weight_kg),
            "otherMg12h": float(numbing.other_mg_12h),
            "wipedOff": numbing.wiped_off,
            "ingredients": list(numbing.product.ingredients) if numbing.product else [],
        }
    }


def product_input(use: ProductUse, test: PatchTest | None, start: datetime, zone: str) -> dict[str, Any]:
    """One of the `products` of SCHEMA 3.4, with this patch test as it was known when the session started."""
    product = use.product
    given: dict[str, Any] = {
        "kind": product.kind,
        "id": product.name,
        "hoursAfter": float(use.hours_after),
        "ingredients": list(product.ingredients),
    }
    given |= {"lot": product.lot} if product.lot else {}
    if test is not None:
        result, read_at = reading_at(test, start)
        given |= {"patchTestAppliedAt": test.applied_at.isoformat(), "patchTestResult": result}
        given |= {"patchTestReadAt": read_at.isoformat()} if read_at else {}
        changed = product.formula_changed_on
        # a change on the very day of the test may have come after it
        given["formulationChanged"] = changed is not None and changed >= local_date(test.applied_at, zone)
    return given


def _baseline(record: TreatmentSession, day: date, last_on: str | None) -> dict[str, Any]:
    """Views, grade and density recorded for this patient since the baseline that counts began (S20)."""
    last = date.fromisoformat(last_on) if last_on else None
    zone, gap = record.site.zone, policy_of(record).rescreen_after_days
    since = baseline.begins(planned_at=record.course.planned_at, day=day, last_on=last, zone=zone, gap_days=gap)
    views, measures = baseline.photos_of([record.patient_id], since), baseline.measures_of([record.patient_id], since)
    return baseline.baseline_input(
        (row[1:] for row in views), (row[1:] for row in measures), since=since, waiver=record.baseline_waiver_reason
    )
