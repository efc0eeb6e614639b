"""Reads for the day page, the patient's list, recalls."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from appointments.models import Appointment, Occupation, RecallAttempt, StatusChange
from appointments.rules import HOLDS_TIME, OPEN, AppointmentState
from clinic.clock import resolve_local
from clinic.models import Site
from patients.models import Patient
from treatments import selectors as sessions
from treatments.models import TreatmentSession


def _of_day(site: Site, on: date) -> Q:
    start = resolve_local(on, datetime.min.time(), site.zone)
    end = resolve_local(on + timedelta(days=1), datetime.min.time(), site.zone)
    return Q(site=site, starts_at__gte=start, starts_at__lt=end)


def day_of(site: Site, on: date) -> QuerySet[Appointment]:
    """Appointments of one day, in order, with everything that a list shows."""
    rows = Appointment.objects.filter(_of_day(site, on))
    return rows.select_related("patient", "clinician", "room", "visit_type", "site", "session").order_by("starts_at", "pk")


def next_appointment(patient: Patient, at: datetime) -> Appointment | None:
    """The next visit that is still to come."""
    rows = patient.appointments.filter(state__in=OPEN, ends_at__gt=at)
    return rows.select_related("clinician", "visit_type", "site", "room").order_by("starts_at").first()


def of_patient(patient: Patient) -> QuerySet[Appointment]:
    """All visits of a patient, newest first, with their changes."""
    rows = patient.appointments.select_related("clinician", "visit_type", "site", "room")
    return rows.prefetch_related("changes").order_by("-starts_at")


def last_change(appointment: Appointment) -> StatusChange | None:
    """What an undo would take back: the newest change that is neither an undo nor undone."""
    return appointment.changes.exclude(what="undone").filter(undone_by=None).order_by("-at", "-pk").first()


def who_has(wanted: Appointment) -> str:
    """Whom the time went to, for the desk: the names of the visits that overlap it with one of its resources."""
    during = (wanted.starts_at, wanted.ends_at)
    mine = Q(resource_kind="clinician", resource_id=wanted.clinician_id) | Q(resource_kind="patient", resource_id=wanted.patient_id)
    rows = Occupation.objects.filter(mine, during__overlap=during).exclude(appointment=None).exclude(appointment=wanted.pk)
    return "; ".join(
        f"{row.appointment.patient.short_name} with {row.appointment.clinician.display_name}"
        for row in rows.select_related("appointment__patient", "appointment__clinician").order_by("pk")[:2]
        if row.appointment
    )


def ended_visits() -> QuerySet[Appointment]:
    """Visits whose session has ended while they still say “in session”."""
    ended = Q(session__state__in=["ended", "signed"])
    return Appointment.objects.filter(ended, state=AppointmentState.IN_SESSION)


@dataclass(frozen=True)
class Recall:
    """A patient whose window is open, or over, without a booking."""

    patient: Patient
    opens_on: date
    closes_on: date
    overdue: bool
    attempts: list[RecallAttempt]


def recalls(site: Site, today: date, *, limit: int = 200) -> list[Recall]:
    """Due in the window or overdue without a booking; dismissed ones leave the list. Most overdue first."""
    coming = Appointment.objects.filter(patient=OuterRef("pk"), state__in=OPEN, visit_type__kind="session")
    newest = TreatmentSession.objects.filter(patient=OuterRef("pk"), ended_at__isnull=False, entered_in_error=None)
    rows = Patient.objects.filter(site=site, deceased_on=None, do_not_contact=False, merged_into=None)
    rows = rows.filter(Exists(newest), courses__ended_at=None).exclude(Exists(coming)).distinct()
    found = []
    for patient in rows.prefetch_related("recall_attempts")[:2000]:
        window = sessions.next_window(patient, today=today)
        if window is None or today < window.opens_on:
            continue
        attempts = [a for a in patient.recall_attempts.all() if a.window_opens_on == window.opens_on]
        if not any(a.result == "dismissed" for a in attempts):
            found.append(Recall(patient, window.opens_on, window.closes_on, today > window.closes_on, attempts))
    return sorted(found, key=lambda recall: (recall.closes_on, recall.patient.pk))[:limit]


def holds_time(appointment: Appointment) -> bool:
    """Whether the visit takes up its clinician, room and patient."""
    return appointment.state in HOLDS_TIME
