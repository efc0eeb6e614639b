"""What happens in the demo's first minutes: today's visits, a check-in due, a red flag, a follow-up invitation."""

import random
from datetime import datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from aftercare import services as after
from aftercare.models import CheckIn
from appointments.models import Appointment, Occupation, Room, StatusChange, VisitType
from appointments.selectors import free_slots
from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from patients import services as people
from patients.models import Intake, Patient
from treatments.models import Cartridge, Course, Device, DeviceBlock, TreatmentSession, ZoneRecord

LIVE = ("Olivia Marsh", "Pär Lindqvist", "Tesfaye Abebe")


def fresh_session(patient: Patient, *, ended_at: datetime, operator: Staff) -> TreatmentSession:
    """A session that has ended and waits for its aftercare and its signature."""
    site = patient.site
    course = Course.objects.filter(patient=patient, ended_at=None).first() or Course.objects.create(
        patient=patient, planned_sessions=6, planned_by=operator, planned_at=ended_at - timedelta(days=1)
    )
    began = ended_at - timedelta(minutes=35)
    people.record_rescreen(patient=patient, on=site.today(began), changed=False, words="", by=Actor.of_command("seed_demo"), at=began - timedelta(minutes=9))
    last = course.sessions.order_by("-number").first()
    record = TreatmentSession.objects.create(
        patient=patient, course=course, site=site, number=(last.number if last else 0) + 1, operator=operator, state="ended", opened_at=began,
        planned_start_at=began, started_at=began, ended_at=ended_at, saved_at=ended_at, saved_by=operator.display_name, fitzpatrick="III",
        no_adverse_event=True, pain_readings=[4], aftercare_delivered=True, sharps_and_cleaning_confirmed=True,
    )  # fmt: skip
    cartridge = Cartridge.objects.filter(lot__site=site, lot__lot="A17", blocks=None).order_by("number").first()
    block = DeviceBlock.objects.create(session=record, device=Device.objects.filter(site=site).order_by("pk")[0], cartridge=cartridge, seal_intact=True)
    for zone, depth in (("vertex", 100), ("mid_scalp", 75)):
        ZoneRecord.objects.create(block=block, zone=zone, depth_hundredths=depth, passes=4, endpoint="mild_erythema")
    return record


def plan_live(site: Site, patients: list[Patient], *, by: Actor, at: datetime) -> None:
    """Sessions timed so that mail falls due within the first minute; one red flag; one invitation."""
    operator = Staff.objects.get(email="amara@demo.example")
    due, flagged, invited, done = patients[:4]
    after.plan_aftercare(session_uuid=fresh_session(due, ended_at=at - timedelta(hours=24) + timedelta(seconds=40), operator=operator).uuid, by=by, at=at)
    red = fresh_session(flagged, ended_at=at - timedelta(hours=30), operator=operator)
    after.plan_aftercare(session_uuid=red.uuid, by=by, at=at - timedelta(hours=29))
    red_flag(CheckIn.objects.filter(plan__session=red).order_by("pk")[0], by=by, at=at)
    old = fresh_session(invited, ended_at=at - timedelta(days=29), operator=operator)
    after.plan_aftercare(session_uuid=old.uuid, by=by, at=at - timedelta(days=29))
    OutboxMessage.objects.filter(patient_uuid=invited.uuid, state="planned", send_after__lt=at).exclude(kind="follow_up_invitation").update(
        state="skipped", reason="its time had passed before the demo was loaded"
    )
    OutboxMessage.objects.filter(patient_uuid=invited.uuid, kind="follow_up_invitation").update(
        send_after=at + timedelta(seconds=50), expires_at=at + timedelta(days=20)
    )
    OutboxMessage.objects.filter(patient_uuid=flagged.uuid, state="planned", send_after__lt=at).update(state="skipped", reason="its time had passed before the demo was loaded")
    fresh_session(done, ended_at=at - timedelta(minutes=3), operator=operator)


def red_flag(check_in: CheckIn, *, by: Actor, at: datetime) -> None:
    """Pus with a temperature: URGENT, the emergency number first."""
    from aftercare import pages

    answers: dict[str, Any] = {
        "redness": 2, "redness_trend": "worse", "swelling": 1, "pain": 6, "pain_trend": "worse", "burning": False, "itch": 1, "flaking": 0,
        "bleeding": "none", "discharge": "pus", "temp_c": 38.4, "chills": True, "rash": "none", "breathing_difficulty": False,
        "lip_tongue_swelling": False, "chest_pain_faint_palpitations": False, "spreading_redness": True, "red_streaks": False,
        "hot_skin": True, "painful_lumps": False, "neck_glands": False, "products_used": [],
    }  # fmt: skip
    done = [page.name for page in pages.pages_for(check_in.asked, answers)]
    CheckIn.objects.filter(pk=check_in.pk).update(draft={"answers": answers, "done": done})
    check_in.refresh_from_db()
    after.submit_check_in(check_in=check_in, by=by, at=at)


def fill_calendar(site: Site, patients: list[Patient], dice: random.Random, *, by: Actor, at: datetime) -> int:
    """Today from morning to evening, in all states, and the days to come."""
    visit_type = VisitType.objects.get(code="session")
    today = site.today(at)
    free = free_slots(site=site, visit_type=visit_type, from_on=today, to_on=today + timedelta(days=10), at=at - timedelta(hours=14))
    picked: dict[tuple[datetime, int], Any] = {}
    for slot in free:
        if slot.starts_at.minute in (0, 30) and dice.random() < 0.5:
            picked[(slot.starts_at, slot.clinician_id)] = slot
    rooms, devices = list(Room.objects.filter(site=site).order_by("pk")), list(Device.objects.filter(site=site).order_by("pk"))
    booked, pool = 0, iter(patients)
    for slot in sorted(picked.values(), key=lambda slot: (slot.starts_at, slot.clinician_id)):
        span = (slot.starts_at, slot.ends_at + timedelta(minutes=visit_type.buffer_minutes))
        taken = set(Occupation.objects.filter(during__overlap=span).values_list("resource_kind", "resource_id"))
        room = next((r for r in rooms if ("room", r.pk) not in taken), None)
        device = next((d for d in devices if ("device", d.pk) not in taken), None)
        patient = next(pool, None)
        if patient is None:
            break
        if room is None or device is None or ("clinician", slot.clinician_id) in taken:
            continue
        _visit(Appointment(patient=patient, site=site, visit_type=visit_type, room=room, device=device), slot, span, at=at)
        booked += 1
    return booked


def _visit(row: Appointment, slot: Any, span: tuple[datetime, datetime], *, at: datetime) -> None:
    row.state = "booked"
    if slot.ends_at < at - timedelta(minutes=20):
        row.state = "done"
    elif slot.starts_at < at - timedelta(minutes=10):
        row.state = "missed"
    elif slot.starts_at < at + timedelta(minutes=20):
        row.state = "arrived"
    elif row.patient.number % 3 == 0:
        row.state = "confirmed"
    row.clinician_id, row.starts_at, row.ends_at = slot.clinician_id, slot.starts_at, slot.ends_at
    row.state_since = min(at, slot.starts_at) - timedelta(minutes=8)
    row.booked_at, row.booked_by = at - timedelta(days=6), "Rosa Delgado"
    row.save()
    StatusChange.objects.create(appointment=row, at=at - timedelta(days=6), now="booked", what="booked", by="Rosa Delgado")
    if row.state != "missed":
        resources = (("clinician", row.clinician_id), ("room", row.room_id), ("device", row.device_id), ("patient", row.patient_id))
        for kind, pk in resources:
            assert pk is not None
            Occupation.objects.create(resource_kind=kind, resource_id=pk, during=DateTimeTZRange(*span), appointment=row)


def answered(patients: list[Patient]) -> list[Patient]:
    """Those who have sent their answers and declared nothing that needs a clinician."""
    rows = Intake.objects.filter(patient__in=patients, state="submitted").exclude(answers__psoriasis="history_clear")
    rows = rows.filter(answers__blood_thinner="none").exclude(answers__has_key="allergies")
    chosen = set(rows.values_list("patient_id", flat=True))
    return [patient for patient in patients if patient.pk in chosen]


