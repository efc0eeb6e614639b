"""What was applied in the demo's past sessions, and their signed records: each holds the whole input of the rules and what they said of it."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from clinic.models import Site
from clinic.rulebook import stamp
from desk.demo import cast
from treatments.models import (
    Anaesthetic,
    DeviceBlock,
    PatchReading,
    PatchTest,
    Product,
    ProductUse,
    PrpUse,
    SignedRecord,
    TreatmentSession,
)
from treatments.rules import DEFAULT, RULES_VERSION, findings_for, session
from treatments.selectors.evaluations import reason_key
from treatments.selectors.inputs import anaesthetic_input, block_input, product_input
from treatments.services.signing import canonical, fingerprint
from treatments.vocabulary import PhotoView

_REASON = "Tolerated well last time; agreed with the patient."


def apply_products(site: Site, sessions: list[TreatmentSession], dice: random.Random) -> None:
    """Some courses go with a serum that was tested before the first session, some with minoxidil a day later; every third patient has numbing cream."""
    products = {product.kind: product for product in Product.objects.filter(site=site, is_anaesthetic=False)}
    chosen = {s.course_id: dice.choice(["", "serum_sterile", "minoxidil"]) for s in sessions}
    tests = _patch_tests(products["serum_sterile"], [s for s in sessions if chosen[s.course_id] == "serum_sterile" and s.number == 1])
    ProductUse.objects.bulk_create(
        [
            ProductUse(session=s, product=products[kind], patch_test=tests.get(s.course_id) if kind == "serum_sterile" else None, hours_after=24 if kind == "minoxidil" else 0)
            for s in sessions
            if (kind := chosen[s.course_id]) in products
        ],
        batch_size=2000,
    )
    cream = Product.objects.filter(site=site, is_anaesthetic=True).first()
    Anaesthetic.objects.bulk_create([_cream(cream, s) for s in sessions if s.patient.number % 3 == 0], batch_size=2000)


def _patch_tests(serum: Product, firsts: list[TreatmentSession]) -> dict[int, PatchTest]:
    """By course: on six days before session 1, read after two days."""
    begun = [(s, s.started_at - timedelta(days=6)) for s in firsts if s.started_at]
    rows = [
        PatchTest(patient=s.patient, product=serum, applied_at=on, place="behind the left ear", read_at=on + timedelta(hours=50), result="negative", by=s.operator.display_name)
        for s, on in begun
    ]
    made = PatchTest.objects.bulk_create(rows, batch_size=2000)
    PatchReading.objects.bulk_create([PatchReading(test=row, at=row.applied_at + timedelta(hours=50), result="negative", by=row.by) for row in made], batch_size=2000)
    return {s.course_id: row for (s, _on), row in zip(begun, made, strict=True)}


def _cream(product: Product | None, s: TreatmentSession) -> Anaesthetic:
    """Well under both limits: at most 4.2 mg a kilogram."""
    assert s.started_at is not None
    weight, grams = 58 + s.patient.number % 37, Decimal(4) + Decimal(s.patient.number % 5) / 2
    return Anaesthetic(
        session=s, product=product, strength_percent=Decimal(4), area_cm2=Decimal(120), grams=grams, weight_kg=Decimal(weight),
        on_at=s.started_at - timedelta(minutes=45), off_at=s.started_at - timedelta(minutes=10), wiped_off=True,
    )  # fmt: skip


def sign_all(sessions: list[TreatmentSession]) -> None:
    """Signed records in one chain, with the content that the page shows."""
    last = SignedRecord.objects.order_by("-pk").first()
    previous, rows = last.sha256 if last else "", []
    blocks = DeviceBlock.objects.filter(session__in=sessions).select_related("device", "cartridge__lot", "session").prefetch_related("zones")
    by_session = {block.session_id: block for block in blocks}
    used: dict[int, list[ProductUse]] = {}
    for use in ProductUse.objects.filter(session__in=sessions).select_related("product", "patch_test").prefetch_related("patch_test__readings"):
        used.setdefault(use.session_id, []).append(use)
    creams = {row.session_id: row for row in Anaesthetic.objects.filter(session__in=sessions).select_related("product")}
    plasma = {row.session_id: row for row in PrpUse.objects.filter(session__in=sessions).prefetch_related("session__tube_checks")}
    days = _days(sessions)
    for s in sorted(sessions, key=lambda row: row.saved_at):
        given = _input(s, by_session[s.pk], used.get(s.pk, []), days[s.course_id]) | anaesthetic_input(creams.get(s.pk))
        text = canonical(_content(s, by_session[s.pk], given) | ({"prp": _plasma(plasma[s.pk])} if s.pk in plasma else {}))
        digest = fingerprint(text, previous)
        who = s.operator
        rows.append(SignedRecord(session=s, content=text, sha256=digest, previous_sha256=previous, signed_by=who, signed_name=who.display_name, signed_at=s.saved_at))
        previous = digest
    SignedRecord.objects.bulk_create(rows, batch_size=2000)


def _days(sessions: list[TreatmentSession]) -> dict[int, list[date]]:
    found: dict[int, list[date]] = {}
    for s in sorted(sessions, key=lambda row: row.number):
        found.setdefault(s.course_id, []).append(s.site.today(s.opened_at))
    return found


def _input(s: TreatmentSession, block: DeviceBlock, uses: list[ProductUse], days: list[date]) -> dict[str, Any]:
    """SCHEMA part 3, as a clinic that leaves nothing out would have it."""
    assert s.started_at is not None and s.ended_at is not None
    start, today = s.started_at, days[s.number - 1]
    given: dict[str, Any] = {
        "stage": "signoff", "sessionStart": start.isoformat(), "sessionEnd": s.ended_at.isoformat(), "timeZone": s.site.zone, "phase": s.course.phase,
        "sessionNumber": s.number, "response": s.course.response, "fullRescreenDone": False, "patientId": str(s.patient.uuid), "fitzpatrick": s.fitzpatrick,
        "sameDayScreenDone": True, "screenDate": today.isoformat(), "screenChangeUnreviewed": False, "eligibility": "CLEAR", "minoxidilHold": False,
        "consent": {"signed": True, "version": cast.CONSENT_VERSION, "currentVersion": cast.CONSENT_VERSION, "procedures": ["scalp_microneedling", "prp"], "offLabelStatement": True},
        "operator": {"role": s.operator.operator_role or "other", "credentialValid": True, "id": str(s.operator.uuid)}, "openAdverseEvent": False,
        "holdNextSession": False, "allergies": [], "excludedZones": [], "preTopicals": [], "painReadings": s.pain_readings, "courseStartDate": days[0].isoformat(),
        "aftercareDelivered": s.aftercare_delivered, "sharpsAndCleaningConfirmed": s.sharps_and_cleaning_confirmed,
        "products": [product_input(use, use.patch_test, start, s.site.zone) for use in uses],
        "baseline": {"photoViews": sorted(PhotoView), "gradeRecorded": True, "densitySiteRecorded": True},
    }  # fmt: skip
    return given | block_input(block, withdrawals=False) | ({"lastSessionDate": days[s.number - 2].isoformat()} if s.number > 1 else {})


def _content(s: TreatmentSession, block: DeviceBlock, given: dict[str, Any]) -> dict[str, Any]:
    result, who, unit = session(given), s.operator, block.cartridge
    assert unit is not None
    found = findings_for(result)
    return {
        "version": 1, "session": str(s.uuid), "site": s.site.name,
        "course": {"phase": s.course.phase, "number": s.number, "planned": s.course.planned_sessions}, "signed_by": who.display_name, "findings": result["results"],
        "reasons": {reason_key(f.rule, f.subject): _REASON for f in found if f.severity == "REASON"},
        "words": [{"rule": f.rule, "severity": f.severity, "subject": f.subject, "words": f.words} for f in found],
        "patient": {"uuid": str(s.patient.uuid), "number": s.patient.number, "name": s.patient.name, "born": s.patient.birth_on},
        "operator": {"name": who.display_name, "role": who.operator_role}, "no_adverse_event": True, "reactions": "", "notes": "",
        "blocks": [{"device": {"name": block.device.name, "udi": block.device.udi}, "cartridge": {"lot": unit.lot.lot, "number": unit.number, "expiry": unit.lot.expiry_text()},
                    "zones": [{"zone": z.zone, "depth_mm": z.depth_mm, "passes": z.passes, "endpoint": z.endpoint} for z in block.zones.all()]}],
        "input": [given], "rules_version": stamp(RULES_VERSION, DEFAULT.version),
    }  # fmt: skip


def _plasma(row: PrpUse) -> dict[str, Any]:
    checks = [{"name": c.name, "matches": c.matches, "label": c.tube_label, "how": c.how, "at": c.at.isoformat()} for c in row.session.tube_checks.all()]
    drawn, used = (moment.isoformat() if moment else None for moment in (row.drawn_at, row.used_at))
    return {"drawn_at": drawn, "used_at": used, "volume_ml": str(row.volume_ml), "given_up": "", "checks": checks}
