"""Small builders for aftercare: an ended session, its plan, a check-in with answers."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aftercare import pages, services
from aftercare.models import CheckIn, CheckInResponse, Plan
from aftercare.selectors import record_of
from clinic.audit import Actor
from clinic.models import OpeningHours, Site, Staff
from patients.models import Intake, Patient
from treatments.models import Course, TreatmentSession

TASK = Actor.of_task("test")
ENDED = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
WELL: dict[str, Any] = {
    "redness": 0, "swelling": 0, "pain": 0, "burning": False,
    "bleeding": "none", "discharge": "none", "chills": False, "rash": "none",
    "breathing_difficulty": False, "lip_tongue_swelling": False, "chest_pain_faint_palpitations": False,
    "spreading_redness": False, "red_streaks": False, "hot_skin": False, "painful_lumps": False, "neck_glands": False,
    "itch": 0, "flaking": 0, "shedding": "usual", "dark_spots": False, "light_patches": False,
    "raised_or_pitted_scars": False, "firm_bumps": False, "numbness": False, "products_used": [], "health_changes": [],
}  # fmt: skip
_numbers = itertools.count(50_000)


def make_patient(site: Site, **fields: Any) -> Patient:
    """Olivia Marsh, with e-mail and full mail mode."""
    values = {
        "given_name": "Olivia", "family_name": "Marsh", "search_name": "marsh olivia", "birth_on": date(1985, 3, 27),
        "email": "olivia@patient.example", "phone": "07700 900123", "phone_digits": "07700900123", "language": "en",
        "mail_mode": "full", "created_at": ENDED - timedelta(days=30),
    } | fields  # fmt: skip
    return Patient.objects.create(site=site, **({"number": next(_numbers)} | values))


def make_course(patient: Patient, staff: Staff, **fields: Any) -> Course:
    """An open course in its initial phase."""
    return Course.objects.create(patient=patient, planned_by=staff, planned_at=ENDED - timedelta(days=20), **fields)


def make_session(course: Course, staff: Staff, *, ended_at: datetime = ENDED, number: int = 1, **fields: Any) -> TreatmentSession:
    """A session that ended, not yet signed."""
    began = ended_at - timedelta(minutes=45)
    values = {
        "state": "ended", "opened_at": began, "planned_start_at": began, "started_at": began, "ended_at": ended_at,
        "saved_at": ended_at, "saved_by": staff.display_name,
    } | fields  # fmt: skip
    return TreatmentSession.objects.create(
        patient=course.patient, course=course, site=course.patient.site, number=number, operator=staff, **values
    )


def make_plan(site: Site, staff: Staff, *, at: datetime = ENDED, ended_at: datetime = ENDED, **patient: Any) -> Plan:
    """The plan of Olivia's first session."""
    session = make_session(make_course(make_patient(site, **patient), staff), staff, ended_at=ended_at)
    plan = services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=at)
    assert plan is not None
    return plan


def as_recorded(plan: Plan) -> Plan:
    """The plan goes by its record as the test has completed it."""
    plan.basis = record_of(plan.session).as_json()
    plan.save(update_fields=["basis"])
    return plan


def may_use_minoxidil(plan: Plan) -> Plan:
    """Olivia has answered, and nothing in it holds minoxidil for a prescriber (E05, E06, E32)."""
    then = ENDED - timedelta(days=2)
    answers = {"fitzpatrick": "II", "pregnancy": "no", "breastfeeding": "no"}
    Intake.objects.create(patient=plan.patient, state="submitted", answers=answers, started_at=then, saved_at=then, submitted_at=then)
    return plan


def make_draft(check_in: CheckIn, **answers: Any) -> CheckIn:
    """Every page answered: well, but for what is given. Keys of follow-up pages count when they are given."""
    given = {**WELL, **answers}
    draft: dict[str, Any] = {}
    for page in pages.PAGES:
        draft = pages.with_page(draft, page.name, {key: given[key] for key in page.keys if key in given})
    check_in.draft = draft
    check_in.save(update_fields=["draft"])
    return check_in


def make_response(check_in: CheckIn, *, at: datetime, by: Actor = TASK, **answers: Any) -> CheckInResponse:
    """A submitted check-in."""
    return services.submit_check_in(check_in=make_draft(check_in, **answers), by=by, at=at)


def make_hours(site: Site) -> None:
    """Open Monday to Friday, 09:00 to 18:00."""
    from datetime import time

    for weekday in range(5):
        OpeningHours.objects.create(site=site, weekday=weekday, opens=time(9), closes=time(18))
