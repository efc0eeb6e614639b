"""Small builders for appointments: a clinic at work, patients, visits."""

from datetime import UTC, datetime, time, timedelta

from appointments import services
from appointments.models import Appointment, Room, VisitType, WorkingHours
from clinic.audit import Actor
from clinic.models import OpeningHours, Site, Staff
from patients.models import Patient
from tests.treatments.make import make_device, make_ready

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DESK = Actor(kind="staff", name="Rosa Lind", staff_id=1)


def make_clinic(site: Site, *people: Staff) -> VisitType:
    """Open every day from nine to five, everybody at work, two rooms, a device; the needling visit of 45 + 10 minutes."""
    for weekday in range(7):
        OpeningHours.objects.create(site=site, weekday=weekday, opens=time(9), closes=time(17))
        for person in people:
            WorkingHours.objects.create(staff=person, site=site, weekday=weekday, starts=time(9), ends=time(17))
    Room.objects.bulk_create([Room(site=site, name="Room 1"), Room(site=site, name="Room 2")])
    make_device(site, name="Pen 1")
    make_device(site, name="Pen 2")
    return VisitType.objects.create(
        code="session", name="Microneedling session", kind="session", minutes=45, buffer_minutes=10, needs_screening=True, needs_device=True
    )


def make_talk() -> VisitType:
    """A consultation of twenty minutes: nothing is needled."""
    return VisitType.objects.create(
        code="talk", name="Consultation", kind="consultation", minutes=20, buffer_minutes=0, needs_screening=False, needs_device=False
    )


def make_clear(site: Site, **fields: object) -> Patient:
    """A patient whom nothing stops."""
    patient = make_ready(site, NOW)
    for name, value in fields.items():
        setattr(patient, name, value)
    patient.save()
    return patient


def at_hour(hour: int, *, days: int = 1) -> datetime:
    """Some days from now, on the hour."""
    return NOW.replace(hour=hour) + timedelta(days=days)


def make_visit(patient: Patient, visit_type: VisitType, clinician: Staff, starts_at: datetime, **more: object) -> Appointment:
    """Booked by the desk."""
    wish = services.Wish(starts_at=starts_at, clinician=clinician)
    return services.book_appointment(patient=patient, visit_type=visit_type, wish=wish, by=DESK, at=NOW, **more)  # type: ignore[arg-type]
