"""Reads about courses: the open one, sessions that took place, the next window."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce

from clinic.clock import local_date
from patients.models import Patient
from treatments.models import Course, EarlierSession, SessionPolicy, TreatmentSession
from treatments.rules import DEFAULT, Window, next_window
from treatments.rules import SessionPolicy as Policy
from treatments.rules.policy import policy_from
from treatments.vocabulary import SessionState


def policy(*, until: datetime | None = None) -> Policy:
    """The `P` numbers as this clinic runs them, or ran them at an instant: versions are only added, each with its time."""
    rows = SessionPolicy.objects.filter(at__lte=until) if until else SessionPolicy.objects.all()
    row = rows.order_by("-version").first()
    return policy_from(row.values, row.words, row.version) if row else DEFAULT


def policy_of(record: TreatmentSession) -> Policy:
    """By which numbers a session is judged: once it has begun, those in force when it began. What is approved later decides about later ones."""
    return policy(until=record.started_at)


def done_sessions(patient: Patient) -> QuerySet[TreatmentSession]:
    """Sessions that really took place, newest first: ended or signed, not entered in error."""
    rows = TreatmentSession.objects.filter(patient=patient, entered_in_error=None)
    return rows.filter(state__in=[SessionState.ENDED, SessionState.SIGNED]).order_by("-ended_at", "-pk")


def last_session(patient: Patient, *, before: datetime | None = None) -> TreatmentSession | None:
    """The newest session that took place (before an instant, if given)."""
    rows = done_sessions(patient)
    return (rows.filter(started_at__lt=before) if before else rows).first()


def last_needling(patient: Patient, *, before: datetime, besides: TreatmentSession) -> TreatmentSession | None:
    """The newest other session in which needling began, also one whose end nobody has noted (S10: skin counts days, not forms)."""
    rows = TreatmentSession.objects.filter(patient=patient, entered_in_error=None, started_at__lt=before)
    return rows.exclude(pk=besides.pk).order_by("-started_at", "-pk").first()


def took_place(course: Course | int | OuterRef) -> QuerySet[TreatmentSession]:
    """Sessions of a course in which needling began and that are no mistake, in the order in which they began."""
    return TreatmentSession.objects.filter(course=course, entered_in_error=None, started_at__isnull=False).order_by("started_at", "pk")


def place_in_course(record: TreatmentSession) -> int:
    """The how-manieth treatment of its course this is, from 1. `number` names the record; what was entered in error is no treatment (SETTLED 7)."""
    rows = took_place(record.course_id).exclude(pk=record.pk)
    began = record.started_at
    return 1 + (rows.filter(Q(started_at__lt=began) | Q(started_at=began, pk__lt=record.pk)).count() if began else rows.count())


def place_of_begun() -> CombinedExpression:
    """`place_in_course` as an expression, for sessions that began."""
    rows = took_place(OuterRef("course")).filter(Q(started_at__lt=OuterRef("started_at")) | Q(started_at=OuterRef("started_at"), pk__lt=OuterRef("pk")))
    counted = rows.order_by().values("course").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0)) + Value(1)


def open_course(patient: Patient) -> Course | None:
    """The course that has not ended."""
    return patient.courses.filter(ended_at=None).first()


def through(patient_ids: Collection[int]) -> set[int]:
    """Patients whose open course has had all its planned sessions, so that a clinician decides how to go on. One query."""
    return set(through_courses().filter(patient__in=patient_ids).values_list("patient_id", flat=True))


def through_courses() -> QuerySet[Course]:
    """Open courses that have had all their planned sessions; those entered in error did not take place."""
    took = Q(sessions__state__in=[SessionState.ENDED, SessionState.SIGNED], sessions__entered_in_error=None)
    rows = Course.objects.filter(ended_at=None).annotate(took=Count("sessions", filter=took))
    return rows.filter(took__gte=F("planned_sessions")).order_by()


def window_of(patient: Patient, *, today: date, numbers: Policy | None = None) -> Window | None:
    """The days in which the next session should fall; None without an earlier one, or when the course is over.

    Sessions from before this record began count too: without a course here they are taken as the beginning of one.
    `numbers`: the policy, for who has read it already.
    """
    course, last = open_course(patient), last_session(patient)
    day = last_day(patient, last)
    if day is None or (course is None and last is not None):
        return None
    return next_window(day, course.phase if course else "initial", numbers or policy())


def last_day(patient: Patient, last: TreatmentSession | None, *, until: date | None = None) -> date | None:
    """The day of the last needling: `last` as recorded here, or one that is known from before (S10)."""
    earlier = patient.earlier_sessions.filter(on__lte=until) if until else patient.earlier_sessions.all()
    before = earlier.order_by("-on").values_list("on", flat=True).first()
    here = local_date(last.started_at, last.site.zone) if last and last.started_at else None
    return max(filter(None, (before, here)), default=None)


def session_days(patients: Sequence[Patient]) -> dict[int, list[date]]:
    """The days of all sessions of many patients, from before this record too. Two queries."""
    ids, found = [patient.pk for patient in patients], defaultdict[int, set[date]](set)
    for patient_id, on in EarlierSession.objects.filter(patient__in=ids).values_list("patient_id", "on"):
        found[patient_id].add(on)
    rows = TreatmentSession.objects.filter(patient__in=ids, entered_in_error=None, state__in=[SessionState.ENDED, SessionState.SIGNED])
    for row in rows.select_related("site").only("patient_id", "started_at", "site__zone"):
        if row.started_at:
            found[row.patient_id].add(local_date(row.started_at, row.site.zone))
    return {patient_id: sorted(days) for patient_id, days in found.items()}


def window_after(record: TreatmentSession, phase: str, numbers: Policy) -> Window:
    """The window that follows this session, in the phase of the course that runs now."""
    began = record.started_at or record.planned_start_at
    return next_window(local_date(began, record.site.zone), phase, numbers)


def sessions_ended_since(at: datetime) -> QuerySet[TreatmentSession]:
    """Sessions that ended at or after an instant and are not entered in error."""
    rows = TreatmentSession.objects.filter(ended_at__gte=at, entered_in_error=None)
    return rows.filter(state__in=[SessionState.ENDED, SessionState.SIGNED]).order_by("ended_at", "pk")
