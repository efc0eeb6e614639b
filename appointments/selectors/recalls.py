"""Who is due for the next session and has no visit. Constant numbers of queries, whatever the number of patients."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery

from appointments.models import Appointment, Recall, RecallAttempt
from appointments.rules import OPEN, AppointmentState, RecallState
from clinic.models import Site
from treatments import selectors as sessions
from treatments.models import Course, EnteredInError, TreatmentSession
from treatments.rules import Window

_LOOK_BACK_DAYS = 730
_DONE = ("ended", "signed")
_PHASE_NOW = Subquery(Course.objects.filter(patient=OuterRef("patient"), ended_at=None).values("phase")[:1])
_IS_THROUGH = Exists(sessions.through_courses().filter(patient=OuterRef("patient")))
WAITING = (RecallState.DUE, RecallState.CONTACTED)


def sessions_to_recall(at: datetime) -> Iterator[tuple[TreatmentSession, Window]]:
    """The last session of each patient with a running course that has no recall yet, with the window that follows it.

    The course that runs may be a later one: after a first course the window is that of maintenance, once that is planned.
    """
    done = TreatmentSession.objects.filter(state__in=_DONE, entered_in_error=None)
    later = done.filter(patient=OuterRef("patient"), ended_at__gt=OuterRef("ended_at"))
    rows = done.filter(recall=None, started_at__gte=at - timedelta(days=_LOOK_BACK_DAYS)).annotate(phase_now=_PHASE_NOW).exclude(phase_now=None)
    rows = rows.filter(patient__deceased_on=None, patient__merged_into=None).exclude(Exists(later))
    policy = sessions.policy()
    for row in rows.select_related("site").order_by("pk"):
        yield row, sessions.window_after(row, row.phase_now, policy)


def recalls_out_of_date() -> Iterator[tuple[Recall, Window | None]]:
    """Waiting recalls whose course is over (None), or whose patient has another course by now, with its window."""
    rows = Recall.objects.filter(state__in=WAITING, after__course__ended_at__isnull=False).annotate(phase_now=_PHASE_NOW)
    policy = sessions.policy()
    for recall in rows.select_related("after__site").order_by("pk"):
        window = sessions.window_after(recall.after, recall.phase_now, policy) if recall.phase_now else None
        if window is None or (window.opens_on, window.closes_on) != (recall.opens_on, recall.closes_on):
            yield recall, window


def coming_session(patient_id: int, at: datetime) -> Appointment | None:
    """The next needling visit of a patient. A consultation or a review is not what an invitation asks for."""
    rows = Appointment.objects.filter(patient=patient_id, state__in=OPEN, starts_at__gt=at, visit_type__kind="session")
    return rows.select_related("clinician", "site", "visit_type").order_by("starts_at").first()


def recalls_whose_visit_is_gone() -> QuerySet[Recall]:
    """Booked recalls whose visit was cancelled or missed, or is done without a session."""
    gone = Q(appointment=None) | Q(appointment__state__in=[AppointmentState.CANCELLED, AppointmentState.MISSED])
    gone |= Q(appointment__state=AppointmentState.DONE, appointment__session=None)
    return Recall.objects.filter(gone, state=RecallState.BOOKED).order_by("pk")


_CAME = Exists(
    TreatmentSession.objects.filter(patient=OuterRef("patient"), state__in=_DONE, entered_in_error=None, ended_at__gt=OuterRef("after__ended_at"))
)


def recalls_that_came() -> list[int]:
    """Recalls whose patient has had a later session."""
    rows = Recall.objects.exclude(state__in=[RecallState.DONE, RecallState.DISMISSED]).filter(_CAME)
    return list(rows.values_list("pk", flat=True))


def recalls_that_did_not_come() -> QuerySet[Recall]:
    """Recalls that were done by a session which is entered in error since: the patient has had no later one."""
    mistaken = EnteredInError.objects.values("session__patient")
    rows = Recall.objects.filter(~_CAME, state=RecallState.DONE, patient__in=mistaken, after__entered_in_error=None)
    return rows.select_related("appointment").order_by("pk")


def recalls_after_an_error() -> list[int]:
    """Recalls that follow a session which is entered in error since: it did not take place for this patient."""
    rows = Recall.objects.exclude(state__in=[RecallState.DONE, RecallState.DISMISSED]).filter(after__entered_in_error__isnull=False)
    return list(rows.values_list("pk", flat=True))


def recalls(site: Site, today: date, *, show: str = "open", overdue: bool = False, query: str = "") -> QuerySet[Recall]:
    """One of the lists *open* (due and contacted), *due*, *contacted*, *booked*, *dismissed*; longest overdue first."""
    states = {"open": list(WAITING)}.get(show) or [RecallState(show)]
    rows = Recall.objects.filter(site=site, state__in=states, patient__deceased_on=None, patient__merged_into=None)
    rows = rows.exclude(_not_yet(today)).annotate(is_through=_IS_THROUGH)
    rows = rows.filter(closes_on__lt=today) if overdue else rows
    rows = rows.filter(patient__search_name__icontains=query.lower()) if query else rows
    tries = Prefetch("attempts", RecallAttempt.objects.order_by("-at", "-pk"))
    return rows.select_related("patient", "site", "appointment").prefetch_related(tries, "patient__holds").order_by("closes_on", "pk")


def _not_yet(today: date) -> Q:
    """Waits for a window that opens later, since another course was planned."""
    return Q(state__in=WAITING, opens_on__gt=today)


def recall_counts(site: Site, today: date) -> dict[str, int]:
    """How many stand in each state."""
    rows = Recall.objects.filter(site=site, patient__deceased_on=None, patient__merged_into=None).exclude(_not_yet(today))
    return dict(rows.order_by().values_list("state").annotate(n=Count("pk")))


def why_not_invited(recall: Recall) -> str:
    """Why no invitation goes to this patient; empty when one does."""
    held = any("invitations" in hold.blocks for hold in recall.patient.holds.all() if hold.released_at is None)
    if recall.patient.no_mail_because or held:
        return recall.patient.no_mail_because or "on hold: a clinician first"
    return "all planned sessions took place: a clinician decides first" if is_through(recall) else ""


def is_through(recall: Recall) -> bool:
    """Whether the patient's course has had all its planned sessions (annotated by `recalls`, else asked)."""
    known = getattr(recall, "is_through", None)
    return bool(sessions.through([recall.patient_id])) if known is None else bool(known)
