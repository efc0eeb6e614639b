"""What the overview says of check-ins: the last answer whatever lies ahead, and only what is still wanted is waited for."""

from datetime import timedelta

import pytest

from aftercare import services as after
from clinic.audit import Actor
from clinic.models import Site, Staff
from desk.selectors import overview
from tests.aftercare import make as m

pytestmark = pytest.mark.django_db


def test_many_check_ins_to_come_do_not_hide_the_last_answer(site: Site, amara: Staff) -> None:
    """Weekly sessions: each plan opens days 14, 28 and 57 ahead."""
    course = m.make_course(m.make_patient(site), amara, planned_sessions=6)
    for n in range(4):
        session = m.make_session(course, amara, ended_at=m.ENDED + timedelta(days=7 * n), number=n + 1)
        plan = after.plan_aftercare(session_uuid=session.uuid, by=m.TASK, at=m.ENDED + timedelta(days=7 * n))
        assert plan is not None
        if n < 3:
            check_in = plan.check_ins.get(code="check_72h")
            m.make_response(check_in, at=check_in.opens_at + timedelta(hours=2), pain=4)
    shown = overview(course.patient, actor=Actor.of_staff(amara), at=m.ENDED + timedelta(days=21, hours=1))
    assert shown["check_in"] == check_in
    assert shown["waiting_check_in"] is None, "those of earlier sessions are not wanted any more, those of this one are to come"


def test_one_whose_time_has_come_is_waited_for_until_it_is_not_wanted(site: Site, amara: Staff) -> None:
    plan, at = m.make_plan(site, amara), m.ENDED + timedelta(hours=30)
    assert overview(plan.patient, actor=Actor.of_staff(amara), at=at)["waiting_check_in"] == plan.check_ins.get(code="check_24h")
    after.cancel_plan(plan=plan, by=m.TASK, at=at)
    assert overview(plan.patient, actor=Actor.of_staff(amara), at=at)["waiting_check_in"] is None
