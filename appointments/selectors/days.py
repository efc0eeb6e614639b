"""Reads for the day page and the patient's list."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from appointments.models import Appointment, Occupation, StatusChange
from appointments.rules import HERE, OPEN, AppointmentState
from clinic.audit import Actor
from clinic.clock import local_date, resolve_local, wall
from clinic.models import Site
from clinic.permissions import scoped
from patients.models import Patient
from treatments.models import TreatmentSession

_LATEST = timedelta(hours=12)  # an arrival that nobody ended is no visit of the next morning


def _of_day(site: Site, on: date) -> Q:
    start = resolve_local(on, datetime.min.time(), site.zone)
    end = resolve_local(on + timedelta(days=1), datetime.min.time(), site.zone)
    return Q(site=site, starts_at__gte=start, starts_at__lt=end)


def day_of(site: Site, on: date) -> QuerySet[Appointment]:
    """Appointments of one day, in order, with everything that a list shows."""
    rows = Appointment.objects.filter(_of_day(site, on))
    return rows.select_related("patient", "clinician", "room", "visit_type", "site", "session").order_by("starts_at", "pk")


def days_of(site: Site, first: date, last: date) -> QuerySet[Appointment]:
    """Visits from `first` to before `last`, for the list beside the calendar."""
    start, end = (resolve_local(on, datetime.min.time(), site.zone) for on in (first, last))
    rows = Appointment.objects.filter(site=site, starts_at__gte=start, starts_at__lt=end)
    return rows.select_related("patient", "clinician", "room", "visit_type", "site").order_by("starts_at", "pk")


_WHAT = {"booked": _("Booked"), "moved": _("Moved"), "undone": _("Taken back"), "room": _("Into a room"), "state": ""}
STATE_WORDS = {
    "booked": _("Booked"), "confirmed": _("Confirmed"), "arrived": _("Arrived"), "in_session": _("In session"), "done": _("Done"),
    "missed": _("Missed"), "cancelled": _("Cancelled"),
}  # fmt: skip


def change_lines(appointment: Appointment) -> list[tuple[StatusChange, str]]:
    """The visit's history in words, newest first."""
    found = []
    for row in appointment.changes.order_by("-at", "-pk"):
        words = str(_WHAT.get(row.what, "") or STATE_WORDS.get(row.now, row.now))
        if row.what == "undone":
            words = f"{words}: {STATE_WORDS.get(row.was, row.was)} → {STATE_WORDS.get(row.now, row.now)}"
        if row.what == "moved" and row.before:
            was = wall(datetime.fromisoformat(row.before["starts_at"]), appointment.site.zone)
            words = f"{words} ({was:%a %d %b %H:%M})"
        found.append((row, words))
    return found


def same_day(appointment: Appointment) -> list[Appointment]:
    """Other visits of the patient on that day: the desk is warned, not stopped."""
    on = local_date(appointment.starts_at, appointment.site.zone)
    rows = Appointment.objects.filter(_of_day(appointment.site, on), patient=appointment.patient_id, state__in=OPEN)
    return list(rows.exclude(pk=appointment.pk).select_related("visit_type").order_by("starts_at"))


def _to_come(at: datetime) -> Q:
    """Visits whose time is not over; and of those that ran late, whose patient is in the house."""
    return Q(state__in=OPEN, ends_at__gt=at) | Q(state__in=HERE, ends_at__gt=at - _LATEST)


def next_appointment(patient: Patient, at: datetime) -> Appointment | None:
    """The visit of who is here; else the next that is still to come."""
    rows = patient.appointments.filter(_to_come(at))
    return rows.select_related("clinician", "visit_type", "site", "room").order_by("starts_at").first()


def next_appointments(patients: Iterable[int], at: datetime) -> dict[int, Appointment]:
    """The same for many, by patient id. One query."""
    rows = Appointment.objects.filter(_to_come(at), patient__in=list(patients)).select_related("site", "visit_type", "clinician")
    return {row.patient_id: row for row in rows.order_by("patient_id", "starts_at").distinct("patient_id")}


def usual_clinician(patient: Patient) -> int | None:
    """Id of who saw the patient last; None for a new patient."""
    return patient.appointments.filter(state=AppointmentState.DONE).order_by("-starts_at").values_list("clinician_id", flat=True).first()


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
    rows = Occupation.objects.filter(mine, during__overlap=during).exclude(appointment=wanted.pk)
    held = rows.exclude(freed=None).order_by("-expires_at").first()
    if held is not None and held.expires_at is not None:
        return f"held for the waiting list until {wall(held.expires_at, wanted.site.zone):%H:%M}"
    rows = rows.exclude(appointment=None)
    return "; ".join(
        f"{row.appointment.patient.short_name} with {row.appointment.clinician.display_name}"
        for row in rows.select_related("appointment__patient", "appointment__clinician").order_by("pk")[:2]
        if row.appointment
    )


def ended_visits() -> QuerySet[Appointment]:
    """Visits whose session has ended while they still say “in session”."""
    ended = Q(session__state__in=["ended", "signed"], session__entered_in_error=None)
    return Appointment.objects.filter(ended, state=AppointmentState.IN_SESSION)


PUT_BACK = "the record of its session was entered in error"  # the reason on those changes; by it a visit is found that waits for a word


def visits_in_error() -> QuerySet[Appointment]:
    """Visits that were begun or are done only by a session that is entered in error (docs/decisions/0046)."""
    return Appointment.objects.filter(session__entered_in_error__isnull=False, state__in=[AppointmentState.IN_SESSION, AppointmentState.DONE])


def _unsaid() -> QuerySet[StatusChange]:
    """Puttings back after which nobody has said anything of the visit; what was taken back again is not said."""
    since = StatusChange.objects.filter(appointment=OuterRef("appointment"), pk__gt=OuterRef("pk"), what__in=["state", "moved"], undone_by=None)
    return StatusChange.objects.filter(~Exists(since), what="undone", reason=PUT_BACK)


def _waiting() -> QuerySet[Appointment]:
    return Appointment.objects.filter(Exists(_unsaid().filter(appointment=OuterRef("pk"))), state=AppointmentState.ARRIVED, session=None)


def visits_recorded_anew() -> list[tuple[Appointment, TreatmentSession]]:
    """Visits put back whose treatment is now written in a right record of the same patient, with that record."""
    found = []
    for visit in _waiting():
        row = visit.changes.filter(what="undone", reason=PUT_BACK, before__session__isnull=False).order_by("-at", "-pk").first()
        wrong = row.before["session"] if row and row.before else None
        right = TreatmentSession.objects.filter(replaces__uuid=wrong, patient=visit.patient_id, entered_in_error=None, appointment=None).first() if wrong else None
        if right is not None:
            found.append((visit, right))
    return found


def visits_put_back(actor: Actor) -> QuerySet[Appointment]:
    """Visits of the actor's sites of which somebody has still to say what is true for their patient, oldest first."""
    rows = scoped(_waiting(), actor)
    return rows.select_related("patient", "clinician", "visit_type", "site").order_by("starts_at", "pk")


def is_put_back(appointment: Appointment) -> bool:
    """Whether this one is among them."""
    waits = appointment.state == AppointmentState.ARRIVED and appointment.session_id is None
    return waits and _unsaid().filter(appointment=appointment).exists()
