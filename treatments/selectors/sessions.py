"""Reads about courses and sessions: the rules' input, the next window, what the chart shows."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from clinic.clock import local_date
from clinic.findings import Finding
from patients import selectors as people
from patients.models import Patient
from treatments.models import (
    AdverseEvent,
    Cartridge,
    Course,
    Device,
    DeviceBlock,
    SessionPolicy,
    TreatmentSession,
    ZoneRecord,
)
from treatments.rules import DEFAULT, RANK, Window, findings_for, next_window, session
from treatments.rules import SessionPolicy as Policy
from treatments.rules.vocabulary import Stage
from treatments.vocabulary import Endpoint, MeasurementKind, SessionState, Zone
from treatments.words import ENDPOINT_WORDS, ZONE_WORDS


def policy() -> Policy:
    """The `P` numbers as this clinic runs them."""
    row = SessionPolicy.objects.order_by("-version").first()
    return Policy(**{**DEFAULT.__dict__, **row.values}) if row else DEFAULT


def done_sessions(patient: Patient) -> QuerySet[TreatmentSession]:
    """Sessions that really took place, newest first: ended or signed, not entered in error."""
    rows = TreatmentSession.objects.filter(patient=patient, entered_in_error=None)
    return rows.filter(state__in=[SessionState.ENDED, SessionState.SIGNED]).order_by("-ended_at", "-pk")


def last_session(patient: Patient, *, before: datetime | None = None) -> TreatmentSession | None:
    """The newest session that took place (before an instant, if given)."""
    rows = done_sessions(patient)
    return (rows.filter(started_at__lt=before) if before else rows).first()


def open_course(patient: Patient) -> Course | None:
    """The course that has not ended."""
    return patient.courses.filter(ended_at=None).first()


def window_of(patient: Patient, *, today: date) -> Window | None:
    """The days in which the next session should fall; None without an earlier one, or when the course is over."""
    course, last = open_course(patient), last_session(patient)
    if course is None or last is None or last.started_at is None:
        return None
    return next_window(local_date(last.started_at, last.site.zone), course.phase, policy())


def window_after(record: TreatmentSession, numbers: Policy) -> Window:
    """The window that follows this session, in its course's phase."""
    began = record.started_at or record.planned_start_at
    return next_window(local_date(began, record.site.zone), record.course.phase, numbers)


def sessions_ended_since(at: datetime) -> QuerySet[TreatmentSession]:
    """Sessions that ended at or after an instant and are not entered in error."""
    rows = TreatmentSession.objects.filter(ended_at__gte=at, entered_in_error=None)
    return rows.filter(state__in=[SessionState.ENDED, SessionState.SIGNED]).order_by("ended_at", "pk")


@dataclass(frozen=True)
class Evaluation:
    """The S-rules on a record: results, findings with words, what is not filled in yet, reasons still owed."""

    overall: str
    results: list[dict[str, str]]
    findings: list[Finding]
    missing: list[str] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)

    def blocks(self, *, but: tuple[str, ...] = ()) -> list[Finding]:
        """Findings that stop, but for the rules named."""
        return [f for f in self.findings if f.severity in ("BLOCK", "BLOCK_PRODUCT") and f.rule not in but]


def reason_key(rule: str, subject: str) -> str:
    """How a signed reason is stored: `S08:vertex`."""
    return f"{rule}:{subject}" if subject else rule


def evaluate(record: TreatmentSession, stage: str) -> Evaluation:
    """Run the S-rules on every device block and merge: worst severity of each rule and subject (SETTLED 7)."""
    numbers = policy()
    blocks = list(record.blocks.select_related("device", "cartridge", "cartridge__lot").prefetch_related("zones"))
    missing = _missing(blocks)
    general = session_input(record, stage, None)  # asked once, whatever the number of devices
    inputs = [general | _block(block) for block in blocks if block.zones.all() or (block.cartridge and stage == Stage.START)]
    worst: dict[tuple[str, str], dict[str, str]] = {}
    for given in inputs or [general]:
        answer = session(given, numbers)
        if "errors" in answer:
            missing += [f"{error['path']}: {error['message']}" for error in answer["errors"]]
            continue
        for row in answer["results"]:
            key = (row["rule"], row.get("zone", row.get("product", "")))
            if key not in worst or RANK[row["severity"]] > RANK[worst[key]["severity"]]:
                worst[key] = row
    results = [worst[key] for key in sorted(worst)]
    overall = max((row["severity"] for row in results), key=lambda s: RANK[s], default="OK")
    findings = findings_for({"results": results}, numbers)
    owed = [reason_key(f.rule, f.subject) for f in findings if f.severity == "REASON"]
    return Evaluation(overall, results, findings, missing, [key for key in owed if not record.reasons.get(key)])


def _missing(blocks: list[DeviceBlock]) -> list[str]:
    words = []
    if not blocks:
        words.append("Choose a device.")
    elif any(block.cartridge is None for block in blocks):
        words.append("Choose a cartridge.")
    if not any(block.zones.all() for block in blocks):
        words.append("Enter the depth of one zone at least.")
    return words


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
        "sessionNumber": record.number,
        "response": record.course.response,
        "fullRescreenDone": record.full_rescreen_done,
        "patientId": str(patient.uuid),
        "allergies": people.allergy_names(patient),
        "excludedZones": list(record.course.excluded_zones),
        "painReadings": list(record.pain_readings),
        "aftercareDelivered": record.aftercare_delivered,
        "sharpsAndCleaningConfirmed": record.sharps_and_cleaning_confirmed,
    }
    given |= _screen(record, day) | _history(record, start, day) | _who(record) | _block(block)
    given |= _products(record) | _baseline(record)
    if record.ended_at:
        given["sessionEnd"] = record.ended_at.isoformat()
    if record.fitzpatrick:
        given["fitzpatrick"] = record.fitzpatrick
    return given


def _screen(record: TreatmentSession, day: date) -> dict[str, Any]:
    patient = record.patient
    rescreen, found = people.rescreen_on(patient, day), people.eligibility_on(patient, as_of=day)
    given: dict[str, Any] = {"sameDayScreenDone": rescreen is not None, "eligibility": found.overall}
    if rescreen:
        given["screenDate"] = rescreen.on.isoformat()
    given["screenChangeUnreviewed"] = patient.rescreens.filter(changed=True, reviewed_at=None).exclude(confirmed_at=None).exists()
    given["minoxidilHold"] = bool({"E05", "E06", "E32"} & {t["rule"] for t in found.triggers})
    consent = people.session_consent(patient)
    return given | ({"consent": consent} if consent else {})


def _history(record: TreatmentSession, start: datetime, day: date) -> dict[str, Any]:
    patient = record.patient
    last = last_session(patient, before=start)
    first = done_sessions(patient).filter(course=record.course).order_by("started_at").first()
    events = AdverseEvent.objects.filter(patient=patient, closed_at=None).exclude(session=record)
    given: dict[str, Any] = {
        "openAdverseEvent": events.exists(),
        "holdNextSession": any(hold.cause_uuid != record.uuid for hold in people.open_holds(patient, "session")),
    }
    if last and last.started_at:
        given["lastSessionDate"] = min(local_date(last.started_at, last.site.zone), day).isoformat()
    if first and first.started_at:
        given["courseStartDate"] = min(local_date(first.started_at, first.site.zone), day).isoformat()
    return given


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


def _block(block: DeviceBlock | None) -> dict[str, Any]:
    """Device, cartridge and zones; what is not chosen yet is stood in for, so that the rest can be judged."""
    zones = [_zone(zone) for zone in block.zones.all()] if block else []
    return {
        "device": _device(block.device) if block else {"maxDepthMm": 10},
        "cartridge": _cartridge(block.cartridge, block.seal_intact) if block and block.cartridge else _NO_CARTRIDGE_YET,
        "zones": zones or [{"zone": "vertex", "depthMm": 0.5}],
    }


_NO_CARTRIDGE_YET = {"lot": "-", "expiry": "2100-12-31", "usedBefore": False, "sealIntact": True}


def _device(device: Device) -> dict[str, Any]:
    found: dict[str, Any] = {
        "maxDepthMm": device.max_depth_hundredths / 100,
        "type": device.type,
        "registered": device.registered_for_scalp and not device.out_of_service,
    }
    return found | ({"udi": device.udi} if device.udi else {})


def _cartridge(unit: Cartridge, seal_intact: bool) -> dict[str, Any]:
    return {
        "lot": unit.lot.lot,
        "expiry": unit.lot.expiry_text(),
        "usedBefore": unit.discarded_at is not None,
        "sealIntact": seal_intact,
        "recalled": unit.lot.recalled,
    }


def _zone(zone: ZoneRecord) -> dict[str, Any]:
    row: dict[str, Any] = {"zone": zone.zone, "depthMm": zone.depth_hundredths / 100, "belowHairline": zone.below_hairline}
    row |= {"passes": zone.passes} if zone.passes else {}
    return row | ({"endpoint": zone.endpoint} if zone.endpoint else {})


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _products(record: TreatmentSession) -> dict[str, Any]:
    given: dict[str, Any] = {
        "products": [_product(use) for use in record.product_uses.select_related("product", "patch_test")],
        "preTopicals": [{"kind": t.kind, "lastUsedAt": t.last_used_at.isoformat()} for t in record.pre_topicals.all()],
    }
    numbing = getattr(record, "anaesthetic", None)
    if numbing is not None:
        given["anaesthetic"] = {
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
    return given


def _product(use: Any) -> dict[str, Any]:
    product, test = use.product, use.patch_test
    given: dict[str, Any] = {
        "kind": product.kind,
        "id": product.name,
        "hoursAfter": float(use.hours_after),
        "ingredients": list(product.ingredients),
    }
    given |= {"lot": product.lot} if product.lot else {}
    if test is not None:
        given |= {"patchTestAppliedAt": test.applied_at.isoformat(), "patchTestResult": test.result}
        given |= {"patchTestReadAt": test.read_at.isoformat()} if test.read_at else {}
        changed = product.formula_changed_on
        given["formulationChanged"] = changed is not None and changed > test.applied_at.date()
    return given


def _baseline(record: TreatmentSession) -> dict[str, Any]:
    """Views, grade and density recorded for this patient since the course was planned (S20)."""
    views = record.patient.photos.filter(error_at=None, taken_at__gte=record.course.planned_at)
    rows = record.patient.measurements.filter(measured_at__gte=record.course.planned_at)
    density = Q(kind=MeasurementKind.HAIR_DENSITY)
    given: dict[str, Any] = {
        "photoViews": sorted(set(views.values_list("view", flat=True))),
        "gradeRecorded": rows.exclude(density).exists(),
        "densitySiteRecorded": rows.filter(density).exclude(site_on_scalp="").exists(),
    }
    if record.baseline_waiver_reason.strip():
        given["waiverReason"] = record.baseline_waiver_reason.strip()
    return {"baseline": given}


def checklist(record: TreatmentSession) -> list[tuple[str, bool, str]]:
    """What signing needs: words, whether it is done, and the part of the form that mends it."""
    found = evaluate(record, Stage.SIGNOFF)
    rules = {f.rule for f in found.blocks()}
    zones = [zone for block in record.blocks.prefetch_related("zones") for zone in block.zones.all()]
    return [
        ("Asked today whether anything changed", "S01" not in rules, "rescreen"),
        ("Cleared for today", "S02" not in rules, "findings"),
        ("Consent in force", "S03" not in rules, "findings"),
        ("Device and cartridge", not (rules & {"S05", "S06"}) and not found.missing, "device"),
        ("Every zone with passes and endpoint", bool(zones) and all(z.passes and z.endpoint for z in zones), "scalp"),
        ("Products allowed", not (rules & {"S13", "S14", "S15", "S16"}), "topicals"),
        ("Adverse events: recorded, or “none”", record.no_adverse_event or record.adverse_events.exists(), "reactions"),
        ("Written aftercare given", record.aftercare_delivered, "aftercare"),
        ("Sharps and cleaning", record.sharps_and_cleaning_confirmed, "aftercare"),
        ("Start and end", bool(record.started_at and record.ended_at), "actions"),
        ("Reasons given", not found.owed, "findings"),
    ]


def settings_of(record: TreatmentSession) -> list[dict[str, Any]]:
    """Zone by zone, for the overview and for “copy last session”."""
    return [
        {
            "zone": zone.zone, "depth": zone.depth_mm, "passes": zone.passes, "endpoint": zone.endpoint,
            "words": ENDPOINT_WORDS[Endpoint(zone.endpoint)] if zone.endpoint else "", "zone_words": ZONE_WORDS[Zone(zone.zone)],
        }  # fmt: skip
        for block in record.blocks.prefetch_related("zones")
        for zone in block.zones.all()
    ]
