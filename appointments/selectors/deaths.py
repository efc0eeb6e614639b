"""What a death ends."""

from datetime import datetime, time

from django.db.models import QuerySet

from appointments.models import Appointment, WaitingListEntry
from appointments.rules import AppointmentState
from clinic.clock import resolve_local
from patients.models import Patient


def visits_to_stop(patient: Patient, at: datetime) -> list[Appointment]:
    """Visits of today and later that have not begun, the next first."""
    midnight = resolve_local(patient.site.today(at), time.min, patient.site.zone)
    rows = patient.appointments.filter(state__in=[AppointmentState.BOOKED, AppointmentState.CONFIRMED], starts_at__gte=midnight)
    return list(rows.select_related("visit_type", "clinician", "site").order_by("starts_at", "pk"))


def waits_of(patient: Patient) -> QuerySet[WaitingListEntry]:
    """Open entries of the waiting list."""
    return WaitingListEntry.objects.filter(patient=patient, ended_at=None).select_related("visit_type").order_by("pk")
