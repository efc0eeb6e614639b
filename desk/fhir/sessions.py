"""What was done: the course, each session with its zones, devices and medicines, PRP, patch tests."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from appointments.models import Appointment
from desk.fhir.parts import Draft, Json, concept, day, note, quantity
from desk.fhir.people import location, practitioner
from patients.rules.exchange.codes import PHOTOTYPES, SCALP
from treatments.models import (
    Cartridge,
    Course,
    Device,
    HomePlan,
    PatchTest,
    ProductUse,
    PrpUse,
    TreatmentSession,
    ZoneRecord,
)
from treatments.vocabulary import SessionState, Zone
from treatments.words import ENDPOINT_WORDS, ZONE_WORDS

_ZONE_SNOMED = {"vertex": "61719002", "occipital": "79951008", "temple_left": "16621002", "temple_right": "16621002"}
_STATUS = {SessionState.STARTED: "in-progress", SessionState.ENDED: "completed", SessionState.SIGNED: "completed"}
_VISIT = {
    "booked": "booked", "confirmed": "booked", "arrived": "arrived", "in_session": "arrived", "done": "fulfilled", "missed": "noshow", "cancelled": "cancelled",
}  # fmt: skip
NEEDLING = "scalp-microneedling"


def zone_site(zone: str) -> Json:
    """A zone of the scalp; SNOMED's wider place beside our own where it has none."""
    return concept(str(ZONE_WORDS[Zone(zone)]), local=f"zone.{zone}", snomed=_ZONE_SNOMED.get(zone, SCALP[0]))


def done(draft: Draft) -> None:
    """Courses and every session that was begun; a draft is no record yet."""
    for course in draft.patient.courses.select_related("planned_by").order_by("pk"):
        _course(draft, course)
    rows = draft.patient.sessions.filter(started_at__isnull=False).order_by("started_at", "pk")
    for record in rows.select_related("operator", "site__clinic", "course__planned_by", "signed_record__signed_by", "entered_in_error", "replaced_by").prefetch_related(
        "blocks__device", "blocks__cartridge__lot", "blocks__zones", "product_uses__product", "signed_record__addenda__by"
    ):
        _session(draft, record)
    for plan in draft.patient.home_plans.select_related("approved_by").order_by("pk"):
        _home_plan(draft, plan)
    for test in draft.patient.patch_tests.select_related("product").order_by("pk"):
        _patch_test(draft, test)


def _course(draft: Draft, row: Course) -> Json:
    open_ = row.ended_at is None
    return draft.add(
        "CarePlan", draft.id_of(row), status="active" if open_ else "completed", intent="plan", title=row.indication, subject=draft.subject,
        created=draft.moment(row.planned_at), author=practitioner(draft, row.planned_by), goal=[_goal(draft, row)],
        period={"start": draft.moment(row.planned_at), "end": draft.moment(row.ended_at)}, category=[{"text": f"Phase: {row.phase}"}],
        activity=[{"detail": {
            "kind": "ServiceRequest", "code": concept("Microneedling of the scalp", local=NEEDLING), "status": "in-progress" if open_ else "completed",
            "scheduledTiming": {"repeat": {"count": row.planned_sessions}}, "description": f"{row.planned_sessions} sessions planned",
        }}],
    )  # fmt: skip


def _home_plan(draft: Draft, row: HomePlan) -> Json:
    """Needling at home, approved by name."""
    words = f"{row.device_name} ({row.device_type}), {row.length_mm} mm, once in {row.every_days} days"
    return draft.add(
        "CarePlan", draft.id_of(row), status="active" if row.ended_at is None else "completed", intent="plan", title="Needling at home", subject=draft.subject,
        created=draft.moment(row.recorded_at), author=practitioner(draft, row.approved_by), note=note(row.note, row.end_reason),
        period={"start": draft.moment(row.recorded_at), "end": draft.moment(row.ended_at)},
        activity=[{"detail": {
            "kind": "DeviceRequest", "status": "in-progress" if row.ended_at is None else "completed", "description": words,
            "scheduledTiming": {"repeat": {"frequency": 1, "period": row.every_days, "periodUnit": "d"}},
        }}],
    )  # fmt: skip


def _goal(draft: Draft, row: Course) -> Json:
    """The plan as a goal: nothing is promised of the hair."""
    return draft.add(
        "Goal", draft.id_of(row, "goal"), lifecycleStatus="active" if row.ended_at is None else "completed", subject=draft.subject,
        description={"text": f"{row.planned_sessions} sessions of the {row.phase} phase"}, startDate=day(row.planned_at.astimezone(draft.zone).date()),
    )  # fmt: skip


def earlier(draft: Draft) -> None:
    """Sessions elsewhere or before this record began: a day, and where it is known from."""
    for row in draft.patient.earlier_sessions.order_by("on", "pk"):
        draft.add(
            "Procedure", draft.id_of(row), status="completed", subject=draft.subject, code=concept("Microneedling of the scalp", local=NEEDLING),
            performedDateTime=day(row.on), note=note(f"Not recorded here. Known from: {row.source}"),
        )  # fmt: skip


def in_error(record: TreatmentSession) -> bool:
    """Whether the session was marked as entered in error."""
    return hasattr(record, "entered_in_error")


def _session(draft: Draft, record: TreatmentSession) -> None:
    blocks, zone = list(record.blocks.all()), record.site.tz
    used = [ref for block in blocks for ref in (_device(draft, block.device), _cartridge(draft, block.cartridge)) if ref]
    status = "entered-in-error" if in_error(record) else _STATUS[SessionState(record.state)]
    parent = draft.add(
        "Procedure", draft.id_of(record), status=status, subject=draft.subject, code=concept("Microneedling of the scalp", local=NEEDLING),
        basedOn=[_course(draft, record.course)], location=location(draft, record.site), performer=[{"actor": practitioner(draft, record.operator)}],
        performedPeriod={"start": draft.moment(record.started_at, zone), "end": draft.moment(record.ended_at, zone)},
        bodySite=[zone_site(name) for name in dict.fromkeys(row.zone for block in blocks for row in block.zones.all())], usedReference=used,
        complication=[{"text": record.reactions}] if record.reactions else [], followUp=[{"text": "Aftercare instructions given"}] if record.aftercare_delivered else [],
        note=_remarks(draft, record), identifier=[{"system": f"urn:uuid:{record.course.uuid}", "value": f"session {record.number}"}],
    )  # fmt: skip
    for block in blocks:
        for row in block.zones.all():
            _zone(draft, record, row, parent, [ref for ref in (_device(draft, block.device), _cartridge(draft, block.cartridge)) if ref])
    _readings(draft, record, parent)
    _medicines(draft, record, parent)
    if (prp := getattr(record, "prp", None)) is not None:
        _prp(draft, record, prp, parent)


def _remarks(draft: Draft, record: TreatmentSession) -> list[Json]:
    signed = getattr(record, "signed_record", None)
    found = note(record.notes, "No adverse event." if record.no_adverse_event else "")
    if in_error(record):
        found += note(f"Entered in error: {record.entered_in_error.reason}")
        found += note("The treatment is written in the record it belongs to." if hasattr(record, "replaced_by") else "")
    if record.replaces_id:
        found += note(f"Replaces a record of the same treatment that was entered in error: {record.replaces_reason}")
    if signed is None:
        return found + note("Not signed yet.")
    in_place = f" in place of {record.operator.display_name}, who treated," if signed.signed_by_id != record.operator_id else ""
    found += note(f"Signed by {signed.signed_name}{in_place} on {draft.moment(signed.signed_at, record.site.tz)}. SHA-256 of the signed record: {signed.sha256}")
    for row in signed.addenda.all():
        found.append({"authorReference": practitioner(draft, row.by), "time": draft.moment(row.at, record.site.tz), "text": row.text})
    return found


def _device(draft: Draft, row: Device) -> Json:
    return draft.add(
        "Device", draft.id_of(row), status="inactive" if row.out_of_service else "active", deviceName=[{"name": row.name, "type": "user-friendly-name"}],
        serialNumber=row.serial, type=concept(f"Microneedling device: {row.type}", local=f"device.{row.type}"), udiCarrier=[{"carrierHRF": row.udi}] if row.udi else [],
    )  # fmt: skip


def _cartridge(draft: Draft, row: Cartridge | None) -> Json | None:
    """One physical unit, used once."""
    if row is None:
        return None
    lot = row.lot
    return draft.add(
        "Device", draft.id_of(row), status="inactive", deviceName=[{"name": lot.name, "type": "user-friendly-name"}], lotNumber=lot.lot,
        expirationDate=lot.expiry_text(), type=concept("Needle cartridge, single use", local="device.cartridge"), distinctIdentifier=str(row.number),
        udiCarrier=[{"deviceIdentifier": lot.gtin, "issuer": "https://www.gs1.org"}] if lot.gtin else [],
    )  # fmt: skip


def _zone(draft: Draft, record: TreatmentSession, row: ZoneRecord, parent: Json, used: list[Json]) -> None:
    """A child procedure, with depth, passes and endpoint as observations of it."""
    wrong, site, when = in_error(record), zone_site(row.zone), draft.moment(record.started_at, record.site.tz)
    child = draft.add(
        "Procedure", draft.id_of(row), status="entered-in-error" if wrong else _STATUS[SessionState(record.state)], partOf=[parent], subject=draft.subject,
        code=concept("Microneedling of one zone", local=f"{NEEDLING}.zone"), bodySite=[site], usedReference=used,
        performedPeriod={"start": when, "end": draft.moment(record.ended_at, record.site.tz)}, note=note("Below the hairline." if row.below_hairline else ""),
    )  # fmt: skip
    values: list[tuple[str, str, Json]] = [("depth", "Needle depth", {"valueQuantity": quantity(Decimal(row.depth_hundredths) / 100, "mm")})]
    if row.passes is not None:
        values.append(("passes", "Passes", {"valueInteger": row.passes}))
    if row.endpoint:
        values.append(("endpoint", "Endpoint of the skin", {"valueCodeableConcept": concept(str(ENDPOINT_WORDS[row.endpoint]), local=f"endpoint.{row.endpoint}")}))  # type: ignore[index]
    for part, words, value in values:
        draft.add(
            "Observation", draft.id_of(row, part), status="entered-in-error" if wrong else "final", partOf=[child], subject=draft.subject, bodySite=site,
            code=concept(words, local=f"needling.{part}"), effectiveDateTime=when, performer=[practitioner(draft, record.operator)], **value,
        )  # fmt: skip


def _readings(draft: Draft, record: TreatmentSession, parent: Json) -> None:
    """Skin type and pain of the day."""
    status, when = "entered-in-error" if in_error(record) else "final", draft.moment(record.started_at, record.site.tz)
    common: dict[str, Any] = {"status": status, "subject": draft.subject, "partOf": [parent], "effectiveDateTime": when}
    if record.fitzpatrick in PHOTOTYPES:
        draft.add(
            "Observation", draft.id_of(record, "phototype"), code=concept("Fitzpatrick skin type", loinc="66555-4"),
            valueCodeableConcept=concept(f"Type {record.fitzpatrick}", snomed=PHOTOTYPES[record.fitzpatrick], local=f"fitzpatrick.{record.fitzpatrick}"), **common,
        )  # fmt: skip
    for number, value in enumerate(record.pain_readings, start=1):
        draft.add(
            "Observation", draft.id_of(record, f"pain/{number}"), code=concept("Pain, 0 to 10", loinc="72514-3"), valueInteger=value,
            note=note(f"Reading {number} of the session."), **common,
        )  # fmt: skip


def _medicines(draft: Draft, record: TreatmentSession, parent: Json) -> None:
    status, zone = "entered-in-error" if in_error(record) else "completed", record.site.tz
    cream = getattr(record, "anaesthetic", None)
    if cream is not None and (cream.product or cream.strength_percent or cream.grams):
        strength = f" {cream.strength_percent:f} %" if cream.strength_percent is not None else ""
        draft.add(
            "MedicationAdministration", draft.id_of(cream), status=status, subject=draft.subject, partOf=[parent], performer=[{"actor": practitioner(draft, record.operator)}],
            medicationCodeableConcept=concept(f"{cream.product.name if cream.product else 'Local anaesthetic'}{strength}"),
            effectivePeriod={"start": draft.moment(cream.on_at or record.started_at, zone), "end": draft.moment(cream.off_at, zone)},
            dosage={"text": f"on {cream.area_cm2:f} cm2" if cream.area_cm2 is not None else "on the skin", "dose": quantity(cream.grams, "g") if cream.grams is not None else None},
            note=note("Wiped off." if cream.wiped_off else "", f"Body weight {cream.weight_kg:f} kg." if cream.weight_kg is not None else "", f"Other local anaesthetic in the last 12 h: {cream.other_mg_12h:f} mg." if cream.other_mg_12h else ""),
        )  # fmt: skip
    for use in record.product_uses.all():
        draft.add(
            "MedicationAdministration", draft.id_of(use), subject=draft.subject, partOf=[parent], **_applied(draft, record, use),
            medicationCodeableConcept=concept(use.product.name, local=f"product.{use.product.kind}"),
        )  # fmt: skip


def _applied(draft: Draft, record: TreatmentSession, use: ProductUse) -> Json:
    """When a product went on, and whether it can have gone on by now.

    What goes on later is dated by its own hour, counted from the end of needling (SCHEMA 3.4). While that hour lies ahead, or the
    end is not noted, nobody claims that it was done. What went on in the session has the session's time: nearer is not noted.
    """
    begun, ended, zone = record.started_at, record.ended_at, record.site.tz
    at = ended + timedelta(hours=float(use.hours_after)) if ended and use.hours_after else None
    ahead = bool(use.hours_after) and (at is None or at > draft.at)
    words = f"{use.hours_after.normalize():f} hours after the needling" if use.hours_after else "during the session"
    when: Json = {"effectiveDateTime": draft.moment(at, zone)} if at else {"effectivePeriod": {"start": draft.moment(begun, zone), "end": draft.moment(ended, zone)}}
    return when | {
        "status": "entered-in-error" if in_error(record) else "unknown" if ahead else "completed",
        "note": note(f"{'To be applied' if ahead else 'Applied'} {words}.", f"Lot {use.product.lot}." if use.product.lot else ""),
    }


def _prp(draft: Draft, record: TreatmentSession, row: PrpUse, parent: Json) -> None:
    """Plasma that was drawn: the procedure and its specimen. What was only planned is left out."""
    if row.drawn_at is None:
        return
    wrong, zone = in_error(record), record.site.tz
    status = "entered-in-error" if wrong else "completed" if row.used_at else "not-done" if row.given_up_at else "in-progress"
    draft.add(
        "Procedure", draft.id_of(row), status=status, partOf=[parent], subject=draft.subject, code=concept("Platelet-rich plasma to the scalp", local="prp"),
        performedDateTime=draft.moment(row.used_at, zone), statusReason={"text": row.given_up_reason} if row.given_up_at else None,
        performer=[{"actor": practitioner(draft, record.operator)}], bodySite=[concept(SCALP[1], snomed=SCALP[0])],
    )  # fmt: skip
    draft.add(
        "Specimen", draft.id_of(row, "specimen"), status="entered-in-error" if wrong else "available", subject=draft.subject, type={"text": "Platelet-rich plasma"},
        collection={"collectedDateTime": draft.moment(row.drawn_at, zone), "quantity": quantity(row.volume_ml, "mL") if row.volume_ml is not None else None},
        container=[{"identifier": [{"value": row.tube_label}]}] if row.tube_label else [],
    )  # fmt: skip


def _patch_test(draft: Draft, row: PatchTest) -> None:
    status = "cancelled" if row.given_up_at else "final" if row.read_at else "registered"
    draft.add(
        "Observation", draft.id_of(row), status=status, subject=draft.subject, code=concept(f"Patch test: {row.product.name}", local="patch-test"),
        effectivePeriod={"start": draft.moment(row.applied_at), "end": draft.moment(row.read_at)}, bodySite={"text": row.place} if row.place else None,
        valueCodeableConcept=concept(row.result.capitalize(), local=f"patch.{row.result}") if row.read_at else None, note=note(row.given_up_reason),
    )  # fmt: skip


def visits(draft: Draft) -> None:
    """Bookings, past and to come."""
    for row in Appointment.objects.filter(patient=draft.patient).select_related("site__clinic", "clinician", "visit_type").order_by("starts_at", "pk"):
        place, clinician = location(draft, row.site), practitioner(draft, row.clinician)
        who, times = [draft.subject, clinician, place], (draft.moment(row.starts_at, row.site.tz), draft.moment(row.ends_at, row.site.tz))
        slots = [] if row.state == "cancelled" else [_slot(draft, row, [clinician, place], times)]
        draft.add(
            "Appointment", draft.id_of(row), status=_VISIT[row.state], start=times[0], end=times[1], slot=slots,
            serviceType=[{"text": str(row.visit_type)}], participant=[{"actor": actor, "status": "accepted"} for actor in who], created=draft.moment(row.booked_at),
        )  # fmt: skip


def _slot(draft: Draft, row: Appointment, actors: list[Json | None], times: tuple[str | None, str | None]) -> Json:
    """The time it takes of one clinician's diary at one site."""
    schedule = draft.add("Schedule", draft.id_of(row.clinician, f"schedule/{row.site_id}"), active=True, actor=actors)
    return draft.add("Slot", draft.id_of(row, "slot"), schedule=schedule, status="busy", start=times[0], end=times[1])
