"""A course is planned; a session in it is opened."""

from datetime import datetime

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site, Staff
from patients.models import Patient
from treatments import selectors
from treatments.models import Course, TreatmentSession
from treatments.vocabulary import SessionState


class NoCourse(Refused):
    """Nothing is planned for this patient yet; the course's page is where that is done."""


def plan_course(
    *, patient: Patient, planned_sessions: int, phase: str, indication: str, staff: Staff, by: Actor, at: datetime
) -> Course:
    """A new course; an open one is ended first."""
    with audit.write(by=by, action="course.plan"):
        Patient.objects.select_for_update().get(pk=patient.pk)
        Course.objects.filter(patient=patient, ended_at=None).update(ended_at=at)
        return Course.objects.create(
            patient=patient, planned_sessions=planned_sessions, phase=phase, indication=indication, planned_by=staff, planned_at=at
        )


def open_session(
    *, patient: Patient, operator: Staff, by: Actor, at: datetime, site: Site | None = None, course: Course | None = None
) -> TreatmentSession:
    """A draft for today in the patient's open course; an unfinished one is taken up again.

    Raises NoCourse without an open course, Refused for somebody who has died or whose record was merged.
    """
    with audit.write(by=by, action="session.open"):
        Patient.objects.select_for_update().get(pk=patient.pk)
        if patient.deceased_on or patient.merged_into_id:
            raise Refused("No session can be opened on this record.")
        course = course or selectors.open_course(patient)
        if course is None:
            raise NoCourse("Plan a course first: how many sessions, and in which phase.")
        unfinished = TreatmentSession.objects.filter(
            course=course, state__in=[SessionState.DRAFT, SessionState.STARTED], entered_in_error=None
        ).first()
        if unfinished is not None:
            return unfinished
        last = course.sessions.order_by("-number").first()
        skin = (selectors.last_session(patient) or TreatmentSession()).fitzpatrick or _declared_skin(patient)
        return TreatmentSession.objects.create(
            patient=patient, course=course, site=site or patient.site, number=(last.number if last else 0) + 1,
            operator=operator, opened_at=at, planned_start_at=at, saved_at=at, saved_by=by.name[:160], fitzpatrick=skin,
        )  # fmt: skip


def _declared_skin(patient: Patient) -> str:
    intake = patient.intakes.exclude(state="draft").order_by("-submitted_at").first()
    return str(intake.answers.get("fitzpatrick") or "") if intake else ""
