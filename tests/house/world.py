"""One object of every kind in the demo clinic, as arguments for every URL; and canaries that say who sees too much."""

import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.management import call_command
from django.utils import timezone

from aftercare import services as after
from aftercare.models import CallTask, CheckIn, Concern, OnCallShift
from appointments.models import Absence, Appointment, PatientImport, Recall, Room, WaitingListEntry, WallScreen
from clinic.audit import Actor
from clinic.models import Closure, Link, OutboxMessage, PolicyProposal, Site, Staff, StaffProposal
from patients import services as people
from patients.models import (
    Allergy,
    Clearance,
    Intake,
    Medication,
    Patient,
    RecordImport,
    RecordProposal,
    Rescreen,
    Screening,
)
from treatments.models import (
    AdverseEvent,
    BlindReading,
    Cartridge,
    CartridgeLot,
    Device,
    Measurement,
    PatchTest,
    Photo,
    PhotoAnnotation,
    PhotoUpload,
    Product,
    RecallContact,
    TreatmentSession,
)

CANARY = "CANARYQZX"
CLINICAL = {
    "evidence": f"{CANARY}-evidence",
    "hold": f"{CANARY}-hold",
    "notes": f"{CANARY}-notes",
    "answer": f"{CANARY}-answer",
}


def load() -> dict[str, str]:
    """Seed the demo, plant the canaries, and name the objects by the arguments of the URLs."""
    call_command("seed_demo", patients=40, seed=3, verbosity=0, stdout=io.StringIO())
    site, at, by = Site.objects.get(), timezone.now(), Actor.of_command("test")
    amara = Staff.objects.get(email="amara@demo.example")
    concern = Concern.objects.select_related("patient").order_by("pk")[0]
    patient = concern.patient
    Clearance.objects.create(
        patient=patient, rule="E02", evidence=CLINICAL["evidence"], cleared_on=site.today(at), by=amara, at=at
    )
    hold = people.place_hold(
        patient=patient, blocks=["session"], cause_kind="test", cause_uuid=None, reason=CLINICAL["hold"], by=by, at=at
    )
    intake = Intake.objects.filter(patient=patient).exclude(state="draft").order_by("pk")[0]
    Intake.objects.filter(pk=intake.pk).update(answers={**intake.answers, "free_text": CLINICAL["answer"]})
    record = TreatmentSession.objects.filter(patient=patient, state="ended").order_by("pk")[0]
    TreatmentSession.objects.filter(pk=record.pk).update(notes=CLINICAL["notes"])
    event = AdverseEvent.objects.create(
        patient=patient, session=record, what=f"{CANARY}-event", onset_at=at, recorded_at=at, recorded_by="test"
    )
    photo = Photo.objects.create(
        patient=patient,
        view="vertex",
        file_name=uuid4().hex,
        width=1,
        height=1,
        sha256="0" * 64,
        taken_at=at,
        uploaded_by="t",
    )
    measurement = Measurement.objects.create(
        patient=patient, kind="wash_test", method="count", value=30, unit="{hairs}/d", canonical=30, measured_at=at, by=f"{CANARY}-measured"
    )
    later = Photo.objects.create(
        patient=patient, view="vertex", file_name=uuid4().hex, width=1, height=1, sha256="0" * 64, taken_at=at + timedelta(days=90), uploaded_by="t"
    )
    reading = BlindReading.objects.create(patient=patient, view="vertex", baseline=photo, later=later, baseline_is_left=True, reader=amara, opened_at=at)
    upload = PhotoUpload.objects.create(
        patient=patient, view="vertex", file_name=uuid4().hex, bytes=1, sha256="0" * 64, taken_at=at, sent_at=at, sent_by="t", state="refused",
        refusal=f"{CANARY}-refusal",
    )  # fmt: skip
    mark = PhotoAnnotation.objects.create(photo=photo, shape="circle", x=1, y=1, x2=9, y2=9, text=f"{CANARY}-mark", by="t", at=at)
    lot = CartridgeLot.objects.order_by("pk")[0]
    product = Product.objects.order_by("pk")[0]
    contact = RecallContact.objects.create(lot=lot, patient=patient, way="phone", prepared_at=at, prepared_by=amara, prepared_as="clinician")
    test = PatchTest.objects.create(patient=patient, product=product, applied_at=at, by="test")
    rescreen = Rescreen.objects.create(
        patient=patient, on=site.today(at), changed=True, words=f"{CANARY}-rescreen", answered_by="staff", at=at
    )
    check_in = CheckIn.objects.filter(plan__patient=patient).order_by("pk")[0]
    task = CallTask.objects.order_by("pk").first() or CallTask.objects.create(
        check_in=check_in, reason="missed", opened_at=at, **_task_fields(check_in)
    )
    visit = Appointment.objects.create(
        patient=patient, site=site, visit_type_id=Appointment.objects.order_by("pk")[0].visit_type_id, clinician=amara,
        starts_at=at + timedelta(days=60), ends_at=at + timedelta(days=60, minutes=45), state_since=at, booked_at=at, booked_by="t",
    )  # fmt: skip
    colleague, iris = (Staff.objects.get(email=f"{name}@demo.example") for name in ("okoro", "iris"))
    proposal = StaffProposal.objects.create(
        staff=iris, act="disable", reason="test", proposed_by=Staff.objects.get(email="max@demo.example"), proposed_at=at
    )
    policy = PolicyProposal.objects.create(
        book="E", base_version=0, values={"well_days": 3}, reason="test", proposed_by=Staff.objects.get(email="max@demo.example"), proposed_at=at
    )
    absence = Absence.objects.create(staff=amara, starts_at=at, ends_at=at + timedelta(days=1))
    closure = Closure.objects.create(site=site, on=site.today(at) + timedelta(days=90))
    room = Room.objects.order_by("pk")[0]
    recall = Recall.objects.order_by("pk")[0]
    Recall.objects.filter(pk=recall.pk).update(patient=patient)
    entry = WaitingListEntry.objects.create(patient=patient, site=site, visit_type=visit.visit_type, added_at=at)
    shift = OnCallShift.objects.create(site=site, staff=amara, starts_at=at + timedelta(days=80), ends_at=at + timedelta(days=81))
    draft = after.start_draft(by=Actor.of_staff(Staff.objects.get(email="max@demo.example")), at=at)
    text = people.start_consent_text(by=Actor.of_staff(Staff.objects.get(email="max@demo.example")), at=at)
    file = PatientImport.objects.create(site=site, staff=colleague, file_name="old.csv", state="checked", made_at=at)
    kept = Screening.objects.create(
        patient=patient, intake=intake, gate="booking", as_of=site.today(at), rules_version="E-2026.11", input={"answers": {}}, overall="CLEAR", triggers=[], at=at, by="t"
    )
    brought = RecordImport.objects.create(patient=patient, source=f"{CANARY}-source", sha256="0" * 64, bytes=1, at=at, by=amara)
    line = RecordProposal.objects.create(record=brought, position=0, kind="condition", title=f"{CANARY}-brought", cannot="not_in_table")
    allergy = Allergy.objects.create(patient=patient, substance="serum_ingredient", name=f"{CANARY}-allergy")
    medicine = Medication.objects.create(patient=patient, name=f"{CANARY}-medicine")
    link = Link.objects.create(
        purpose="intake", site=site, patient_uuid=patient.uuid, birth_on=patient.birth_on, subject_kind="patient", subject_uuid=patient.uuid,
        created_at=at, expires_at=at + timedelta(days=14), wrong_birth_dates=5,
    )  # fmt: skip
    screen = WallScreen.objects.create(site=site, name="Staff room", made_at=at, made_by="t")
    message = OutboxMessage.objects.filter(patient_uuid=patient.uuid).order_by("pk")[0]
    return {key: str(value) for key, value in {
        "patient": patient.uuid, "patient_uuid": patient.uuid, "intake": intake.uuid, "hold": hold.uuid, "rescreen": rescreen.uuid, "decision": kept.uuid,
        "session": record.uuid, "event": event.uuid, "photo": photo.uuid, "upload": upload.uuid, "annotation": mark.uuid, "use": "teaching", "measurement": measurement.uuid, "kind": "wash_test", "table": "events-grade", "reading": reading.uuid, "lot": lot.uuid, "unit": Cartridge.objects.order_by("pk")[0].uuid, "product": product.uuid, "contact": contact.uuid, "test": test.uuid, "device": Device.objects.order_by("pk")[0].uuid,
        "appointment": visit.uuid, "recall": recall.uuid, "absence": absence.pk, "closure": closure.pk, "room": room.pk, "entry": entry.uuid, "concern_uuid": concern.uuid, "task_uuid": task.uuid, "check_in_uuid": check_in.uuid,
        "message_uuid": message.uuid, "policy": policy.uuid, "book": "E", "protocol_uuid": draft.uuid, "shift_uuid": shift.uuid, "site_uuid": site.uuid, "code": "check_24h", "staff": colleague.uuid, "proposal": proposal.uuid, "page": "today", "language": "es", "to": "confirmed", "provider": "postmark", "token": "A" * 43, "secret": "A" * 43, "uidb36": "1", "key": "x-y",
        "brought": brought.uuid, "line": line.uuid, "screen": screen.uuid, "draft": text.uuid, "file": file.uuid, "allergy": allergy.uuid, "medicine": medicine.uuid, "link": link.uuid,
    }.items()}  # fmt: skip


def _task_fields(check_in: CheckIn) -> dict[str, Any]:
    names = {field.name for field in CallTask._meta.concrete_fields}
    wanted = {"patient": check_in.plan.patient, "site": check_in.plan.site, "due_at": timezone.now()}
    return {name: value for name, value in wanted.items() if name in names}


def stranger_patient() -> Patient:
    """A patient of another site."""
    return Patient.objects.exclude(site__name="Harley site").order_by("pk")[0]
