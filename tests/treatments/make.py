"""Small builders for treatments: a patient who may be treated, stock, and a record at each of its steps."""

import io
import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from PIL import Image

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients import services as people
from patients.models import Consent, ConsentText, Intake, Patient
from treatments import services
from treatments.models import Cartridge, Course, Device, Photo, Product, SignedRecord, TreatmentSession
from treatments.rules.measures import Method, Unit
from treatments.services import MeasureEntry, SessionEntry, ZoneEntry
from treatments.vocabulary import MeasurementKind, PhotoView

DESK = Actor.of_command("test")
DAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
END = DAY + timedelta(minutes=40)
_numbers = itertools.count(70_000)


def make_patient(site: Site, **fields: Any) -> Patient:
    """Olivia Marsh, whose answers are clear."""
    values = {
        "given_name": "Olivia", "family_name": "Marsh", "search_name": "marsh olivia", "birth_on": date(1985, 3, 27),
        "email": "olivia@patient.example", "phone": "07700 900123", "phone_digits": "07700900123", "sex": "female",
        "created_at": DAY - timedelta(days=30),
    } | fields  # fmt: skip
    return Patient.objects.create(site=site, number=next(_numbers), **values)


def make_ready(site: Site, at: datetime = DAY, **answers: Any) -> Patient:
    """Answers sent, consent signed, asked today: nothing stands in the way."""
    patient = make_patient(site)
    Intake.objects.create(
        patient=patient, state="submitted", answers={"pregnancy": "no", "fitzpatrick": "II", **answers},
        started_at=at - timedelta(days=2), saved_at=at - timedelta(days=2), submitted_at=at - timedelta(days=2),
    )  # fmt: skip
    make_consent(patient, at - timedelta(days=1))
    people.record_rescreen(patient=patient, on=patient.site.today(at), changed=False, words="", by=DESK, at=at)
    return patient


def make_consent(patient: Patient, at: datetime) -> Consent:
    """The wording in force, signed."""
    text = ConsentText.objects.filter(version="1").first() or people.publish_consent_text(
        version="1", language="en", text="Exact words.", procedures=["scalp_microneedling"], off_label=True, by=DESK, at=at
    )
    return people.sign_consent(
        patient=patient, text=text, signed_name="Olivia Marsh", off_label_understood=True, photos=True, by=DESK, at=at
    )


def make_course(patient: Patient, staff: Staff, at: datetime = DAY - timedelta(days=1), **fields: Any) -> Course:
    """Four sessions, initial phase."""
    values: dict[str, Any] = {"planned_sessions": 4, "phase": "initial", "indication": "Androgenetic alopecia"} | fields
    return services.plan_course(patient=patient, staff=staff, by=Actor.of_staff(staff), at=at, **values)


def make_device(site: Site, **fields: Any) -> Device:
    """A pen that reaches 2.50 mm."""
    return Device.objects.create(site=site, **({"name": "Pen X", "max_depth_hundredths": 250, "udi": "UDI-1"} | fields))


def make_cartridge(site: Site, lot: str = "A17", expires_on: date = date(2027, 3, 31), **fields: Any) -> Cartridge:
    """One unit of a lot."""
    row = services.register_lot(site=site, name="16-needle", lot=lot, expires_on=expires_on, month_only=False, units=2, by=DESK, at=DAY)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row.cartridges.order_by("number")[0]


def make_product(site: Site, **fields: Any) -> Product:
    """A sterile serum, which needs a patch test."""
    values = {"name": "HA serum", "kind": "serum_sterile", "lot": "S1", "ingredients": ["hyaluronic acid"]} | fields
    return Product.objects.create(site=site, **values)


def make_entry(site: Site, **changes: Any) -> SessionEntry:
    """A form filled in well: one device, one cartridge, two zones."""
    entry = SessionEntry(
        device=make_device(site),
        cartridge=make_cartridge(site, lot=f"L{next(_numbers)}"),
        seal_intact=True,
        zones=(ZoneEntry("vertex", 75, 4, "mild_erythema"), ZoneEntry("mid_scalp", 50, 4, "mild_erythema")),
        fields={
            "fitzpatrick": "II", "no_adverse_event": True, "aftercare_delivered": True,
            "sharps_and_cleaning_confirmed": True, "pain_readings": [3], "baseline_waiver_reason": "",
        },
    )
    return replace(entry, **changes)


def make_baseline(patient: Patient, staff: Staff, at: datetime = DAY) -> None:
    """Six views, a grade and a density with its site."""
    by = Actor.of_staff(staff)
    for view in PhotoView:
        Photo.objects.create(
            patient=patient, view=view, file_name=f"{patient.pk}-{view}-{at:%Y%m%d}", width=1, height=1, sha256="0" * 64, taken_at=at, uploaded_by="x"
        )
    for entry in (
        MeasureEntry(MeasurementKind.SINCLAIR, Method.EXAMINATION, grade="2"),
        MeasureEntry(MeasurementKind.HAIR_DENSITY, Method.TRICHOSCOPY, (Decimal(92),), Unit.PER_CM2, area_cm2=Decimal(1), place="midline"),
    ):
        services.record_measurement(patient=patient, entry=entry, by=by, at=at)


def make_draft(site: Site, staff: Staff, entry: SessionEntry | None = None, at: datetime = DAY, patient: Patient | None = None) -> TreatmentSession:
    """A record that may start."""
    patient = patient or make_ready(site, at)
    if not patient.courses.exists():
        make_course(patient, staff, at - timedelta(days=1))
        make_baseline(patient, staff, at)
    by = Actor.of_staff(staff)
    record = services.open_session(patient=patient, operator=staff, by=by, at=at)
    return services.save_session(record=record, version=record.version, entry=entry or make_entry(site), by=by, at=at)


def make_started(site: Site, staff: Staff, entry: SessionEntry | None = None, at: datetime = DAY) -> TreatmentSession:
    """The needle has touched the skin."""
    return services.start_session(record=make_draft(site, staff, entry, at), by=Actor.of_staff(staff), at=at)


def make_ended(site: Site, staff: Staff, entry: SessionEntry | None = None, at: datetime = DAY) -> TreatmentSession:
    """The patient has left."""
    end = at + timedelta(minutes=40)
    return services.end_session(record=make_started(site, staff, entry, at), ended_at=end, by=Actor.of_staff(staff), at=end)


def make_past_session(patient: Patient, staff: Staff, at: datetime) -> TreatmentSession:
    """A bare session that began then and ended: only its day matters."""
    course = patient.courses.first() or make_course(patient, staff, at)
    return TreatmentSession.objects.create(
        patient=patient, course=course, site=patient.site, operator=staff, number=course.sessions.count() + 1, state="ended", opened_at=at,
        planned_start_at=at, started_at=at, ended_at=at + timedelta(minutes=40), saved_at=at, saved_by="t",
    )  # fmt: skip


def make_signed(site: Site, staff: Staff, at: datetime = DAY) -> SignedRecord:
    """Locked."""
    record = make_ended(site, staff, at=at)
    return services.sign_session(record=record, signer=staff, by=Actor.of_staff(staff), at=at + timedelta(hours=1))


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """A small red picture as a file."""
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **options)
    return out.getvalue()
