"""Who is due for the next session and has no visit. Constant numbers of queries, whatever the number of patients."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from appointments.models import Appointment, Recall, RecallAttempt
from appointments.rules import OPEN, AppointmentState, RecallState
from clinic.models import Site
from treatments import selectors as sessions
from treatments.models import TreatmentSession
from treatments.rules import Window

_LOOK_BACK_DAYS = 730
_DONE = ("ended", "signed")


def sessions_to_recall(at: datetime) -> Iterator[tuple[TreatmentSession, Window]]:
    """The last session of each running course that has no recall yet, with the window that follows it."""
    done = TreatmentSession.objects.filter(state__in=_DONE, entered_in_error=None)
    later = done.filter(patient=OuterRef("patient"), ended_at__gt=OuterRef("ended_at"))
    rows = done.filter(recall=None, course__ended_at=None, started_at__gte=at - timedelta(days=_LOOK_BACK_DAYS))
    rows = rows.filter(patient__deceased_on=None, patient__merged_into=None).exclude(Exists(later))
    policy = sessions.policy()
    for row in rows.select_related("course", "site").order_by("pk"):
        yield row, sessions.window_after(row, policy)


def coming_session(patient_id: int, at: datetime) -> Appointment | None:
    """The next needling visit of a patient. A consultation or a review is not what an invitation asks for."""
    rows = Appointment.objects.filter(patient=patient_id, state__in=OPEN, starts_at__gt=at, visit_type__kind="session")
    return rows.select_related("clinician", "site", "visit_type").order_by("starts_at").first()


def recalls_whose_visit_is_gone() -> QuerySet[Recall]:
    """Booked recalls whose visit was cancelled or missed."""
    gone = Q(appointment=None) | Q(appointment__state__in=[AppointmentState.CANCELLED, AppointmentState.MISSED])
    return Recall.objects.filter(gone, state=RecallState.BOOKED).order_by("pk")


def recalls_that_came() -> list[int]:
    """Recalls whose patient has had a later session."""
    later = TreatmentSession.objects.filter(
        patient=OuterRef("patient"), state__in=_DONE, entered_in_error=None, ended_at__gt=OuterRef("after__ended_at")
    )
    rows = Recall.objects.exclude(state__in=[RecallState.DONE, RecallState.DISMISSED]).filter(Exists(later))
    return list(rows.values_list("pk", flat=True))


def recalls(site: Site, today: date, *, show: str = "open", overdue: bool = False, query: str = "") -> QuerySet[Recall]:
    """One of the lists *open* (due and contacted), *due*, *contacted*, *booked*, *dismissed*; longest overdue first."""
    states = {"open": [RecallState.DUE, RecallState.CONTACTED]}.get(show) or [RecallState(show)]
    rows = Recall.objects.filter(site=site, state__in=states, patient__deceased_on=None, patient__merged_into=None)
    rows = rows.filter(closes_on__lt=today) if overdue else rows
    rows = rows.filter(patient__search_name__icontains=query.lower()) if query else rows
    tries = Prefetch("attempts", RecallAttempt.objects.order_by("-at", "-pk"))
    return rows.select_related("patient", "site", "appointment").prefetch_related(tries, "patient__holds").order_by("closes_on", "pk")


def recall_counts(site: Site) -> dict[str, int]:
    """How many stand in each state."""
    rows = Recall.objects.filter(site=site, patient__deceased_on=None, patient__merged_into=None)
    return dict(rows.order_by().values_list("state").annotate(n=Count("pk")))


def why_not_invited(recall: Recall) -> str:
    """Why no invitation goes to this patient; empty when one does."""
    held = any("invitations" in hold.blocks for hold in recall.patient.holds.all() if hold.released_at is None)
    return recall.patient.no_mail_because or ("on hold: a clinician first" if held else "")
