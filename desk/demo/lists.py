"""The desk's work lists in the demo: recalls in every state, and a few who wait for an earlier time."""

from datetime import datetime, time, timedelta

from django.db.models import Exists, OuterRef

from appointments import services as visits
from appointments.models import Appointment, Recall, VisitType
from appointments.rules import Wants
from clinic.audit import Actor
from clinic.models import Site, Staff
from desk.demo import front
from treatments import services as sessions
from treatments.models import Course, TreatmentSession
from treatments.selectors import through_courses

_TRIES = (("phone", "no_answer", ""), ("phone", "message", "will call back on Friday"), ("mail", "reached", "thinks about it"))


def fill_lists(site: Site, at: datetime, *, by: Actor) -> None:
    """Most old courses are over, some go on in maintenance; of the rest some were called, some left out."""
    _end_old_courses(at)
    _go_on(at)
    visits.open_recalls(by=by, at=at)
    rosa = Actor(kind="staff", name="Rosa Delgado")
    rows = list(Recall.objects.filter(state="due").select_related("patient").order_by("closes_on")[:12])
    for number, recall in enumerate(rows):
        if number % 4 == 3:
            visits.note_recall(recall=recall, channel="phone", result="dismissed", note="moved to another town", by=rosa, at=at - timedelta(days=2))
        elif number % 4 < 2:
            channel, result, note = _TRIES[number % 3]
            visits.note_recall(recall=recall, channel=channel, result=result, note=note, by=rosa, at=at - timedelta(days=number % 5 + 1))
    _wait(at, by=by)


def _end_old_courses(at: datetime) -> None:
    lately = TreatmentSession.objects.filter(course=OuterRef("pk"), started_at__gte=at - timedelta(days=100))
    old = Course.objects.filter(ended_at=None).exclude(Exists(lately)).values_list("pk", flat=True)
    Course.objects.filter(pk__in=[pk for pk in old if pk % 5]).update(ended_at=at - timedelta(days=30), ended_by="Dr Amara Osei", end_reason="all planned sessions took place")


def _go_on(at: datetime) -> None:
    """Of those whose planned sessions all took place some weeks ago: some stop, some go on in maintenance, some wait for a decision."""
    lately = TreatmentSession.objects.filter(patient=OuterRef("patient"), started_at__gte=at - timedelta(days=40))
    coming = Appointment.objects.filter(patient=OuterRef("patient"), starts_at__gt=at)
    amara, then = Staff.objects.get(email="amara@demo.example"), at - timedelta(days=6)
    done = through_courses().exclude(Exists(lately)).exclude(Exists(coming)).select_related("patient").order_by("pk")
    for number, course in enumerate(done):
        if number % 3 == 0:
            sessions.end_course(course=course, reason="pleased with the result", by=Actor.of_staff(amara), at=then)
        elif number % 3 == 1:
            sessions.plan_course(patient=course.patient, planned_sessions=4, phase="maintenance", indication=course.indication, staff=amara, by=Actor.of_staff(amara), at=then)


def _wait(at: datetime, *, by: Actor) -> None:
    """Four booked patients who would come earlier, at different hours, and may."""
    visit_type = VisitType.objects.get(code="session")
    later = Appointment.objects.filter(starts_at__gt=at + timedelta(hours=32), state__in=["booked", "confirmed"]).select_related("patient__site", "site", "visit_type")
    wishes = (Wants(), Wants(weekdays=frozenset({0, 2})), Wants(from_time=time(14)), Wants(to_time=time(12)))
    able = (visit for visit in later.filter(visit_type=visit_type).exclude(patient__email="").order_by("-starts_at")[:60] if front.suited(visit, at=at))
    for number, (visit, wants) in enumerate(zip(able, wishes, strict=False)):
        visits.join_waiting_list(
            patient=visit.patient, visit_type=visit_type, wants=wants, clinician=None, gives_up=visit, by=by, at=at - timedelta(days=9 - number),
        )  # fmt: skip
