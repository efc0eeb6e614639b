"""A course is planned; a session in it is opened."""

from datetime import datetime

from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site, Staff
from patients.models import Patient
from treatments import selectors
from treatments.models import Course, TreatmentSession
from treatments.vocabulary import SessionState

ANOTHER = "another course was planned"


class NoCourse(Refused):
    """Nothing is planned for this patient yet; the course's page is where that is done."""


def plan_course(
    *, patient: Patient, planned_sessions: int, phase: str, indication: str, staff: Staff, by: Actor, at: datetime
) -> Course:
    """A new course; an open one is ended first. Zones that were closed stay closed (S24). A session that has not begun goes along into it.

    Raises Refused while one of its sessions runs, and for somebody who has died or whose record was merged.
    """
    with audit.write(by=by, action="course.plan"):
        locked = Patient.objects.select_for_update().get(pk=patient.pk)
        if locked.deceased_on or locked.merged_into_id:
            raise Refused(_("No course can be planned on this record."))
        running = TreatmentSession.objects.filter(patient=patient, state=SessionState.STARTED, entered_in_error=None).first()
        if running is not None:
            raise Refused(_("Session %(number)s is still running: note its end first.") % {"number": running.number})
        Course.objects.filter(patient=patient, ended_at=None).update(ended_at=at, ended_by=by.name[:160], end_reason=ANOTHER)
        before = Course.objects.filter(patient=patient).first()
        course = Course.objects.create(
            patient=patient, planned_sessions=planned_sessions, phase=phase, indication=indication, planned_by=staff, planned_at=at,
            excluded_zones=before.excluded_zones if before else [],
        )  # fmt: skip
        drafts = TreatmentSession.objects.select_for_update(of=("self",)).filter(patient=patient, state=SessionState.DRAFT, entered_in_error=None)
        for number, draft in enumerate(drafts.order_by("pk"), start=1):
            draft.course, draft.number = course, number
            draft.save(update_fields=["course", "number"])
    return course


def end_course(*, course: Course, reason: str, by: Actor, at: datetime) -> Course:
    """Stop here: no further session is planned, nobody is invited or recalled (`docs/decisions/0021`).

    Raises Refused without a reason, for a course that is over, and while one of its sessions is not finished.
    """
    with audit.write(by=by, action="course.end", reason=reason):
        Patient.objects.select_for_update().get(pk=course.patient_id)
        locked = Course.objects.select_for_update().get(pk=course.pk)
        if not reason.strip():
            raise Refused(_("Say why the course ends here."), field="reason")
        if locked.ended_at is not None:
            raise Refused(_("This course is over already."))
        unfinished = locked.sessions.filter(state__in=[SessionState.DRAFT, SessionState.STARTED], entered_in_error=None).first()
        if unfinished is not None:
            raise Refused(_("Finish session %(number)s first, or enter it in error.") % {"number": unfinished.number})
        locked.ended_at, locked.ended_by, locked.end_reason = at, by.name[:160], reason.strip()[:200]
        locked.save(update_fields=["ended_at", "ended_by", "end_reason"])
        return locked


def open_session(
    *, patient: Patient, operator: Staff, by: Actor, at: datetime, site: Site | None = None, course: Course | None = None
) -> TreatmentSession:
    """A draft for today in the patient's open course; an unfinished one is opened again and keeps its operator (`take_over_session`).

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
        skin = (selectors.last_session(patient) or TreatmentSession()).fitzpatrick or declared_skin(patient)
        return TreatmentSession.objects.create(
            patient=patient, course=course, site=site or patient.site, number=(last.number if last else 0) + 1,
            operator=operator, opened_at=at, planned_start_at=at, saved_at=at, saved_by=by.name[:160], fitzpatrick=skin,
        )  # fmt: skip


def declared_skin(patient: Patient) -> str:
    """The skin type that the patient told in the newest answers; empty without one."""
    intake = patient.intakes.exclude(state="draft").order_by("-submitted_at").first()
    return str(intake.answers.get("fitzpatrick") or "") if intake else ""
