"""Plans: made once, with the times of the true end; superseded, cancelled, late (SETTLED 1, 5, 7)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, time, timedelta

import pytest

from aftercare import default_protocol, services
from aftercare.models import CheckIn, Plan, PlannedMessage, Protocol
from clinic.models import OutboxMessage, Site, Staff
from tests.aftercare.make import ENDED, TASK, make_course, make_patient, make_plan, make_session
from treatments.models import EnteredInError


def _planned(plan: Plan) -> dict[str, PlannedMessage]:
    return {message.code: message for message in plan.messages.select_related("outbox")}


def test_a_plan_has_every_step_of_the_initial_phase(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara)
    assert set(_planned(plan)) == {
        "instructions", "check_24h", "check_48h", "check_72h", "check_day7", "check_day14", "check_day28",
        "invitation", "check_day57", "results_month3", "results_month6",
    }  # fmt: skip
    assert plan.check_ins.count() == 7


def test_times_come_from_the_true_end(site: Site, amara: Staff) -> None:
    planned = _planned(make_plan(site, amara, at=ENDED + timedelta(minutes=5)))
    assert planned["instructions"].send_after == ENDED
    assert planned["check_24h"].outbox.send_after == ENDED + timedelta(hours=24)
    assert planned["check_72h"].outbox.send_after == ENDED + timedelta(hours=72)
    assert planned["check_day7"].send_after == datetime(2026, 3, 9, 9, tzinfo=UTC)


def test_days_after_the_clocks_change_keep_their_wall_clock_time(site: Site, amara: Staff) -> None:
    planned = _planned(make_plan(site, amara))
    # 30 March is the day after British Summer Time begins: 09:00 there is 08:00 UTC
    assert planned["check_day28"].send_after == datetime(2026, 3, 30, 8, tzinfo=UTC)
    assert (planned["check_day28"].local_on.isoformat(), planned["check_day28"].local_time) == ("2026-03-30", time(9))
    assert planned["invitation"].send_after == datetime(2026, 3, 30, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ended_at", "after_24_hours"),
    [
        (datetime(2026, 3, 28, 14, 30, tzinfo=UTC), datetime(2026, 3, 29, 14, 30, tzinfo=UTC)),
        (datetime(2026, 10, 24, 13, 30, tzinfo=UTC), datetime(2026, 10, 25, 13, 30, tzinfo=UTC)),
    ],
)
def test_24_hours_are_24_hours_also_over_a_night_with_23_or_25(
    site: Site, amara: Staff, ended_at: datetime, after_24_hours: datetime
) -> None:
    plan = make_plan(site, amara, ended_at=ended_at, at=ended_at)
    assert _planned(plan)["check_24h"].send_after == after_24_hours


def test_the_maintenance_phase_invites_on_day_56(site: Site, amara: Staff) -> None:
    course = make_course(make_patient(site), amara, phase="maintenance")
    plan = services.plan_aftercare(session_uuid=make_session(course, amara).uuid, by=TASK, at=ENDED)
    assert plan is not None
    codes = _planned(plan)
    assert "invitation" not in codes
    assert codes["invitation_maintenance"].local_on.isoformat() == "2026-04-27"


def test_planning_twice_changes_nothing(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara)
    rows = OutboxMessage.objects.count()
    again = services.plan_aftercare(session_uuid=plan.session.uuid, by=TASK, at=ENDED + timedelta(days=3))
    assert again == plan
    assert OutboxMessage.objects.count() == rows
    assert Protocol.objects.count() == 1


def test_a_plan_asks_the_same_few_questions_however_many_steps_it_has(
    site: Site, amara: Staff, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    course = make_course(make_patient(site), amara)
    first = services.plan_aftercare(session_uuid=make_session(course, amara).uuid, by=TASK, at=ENDED)
    later = make_session(course, amara, number=2, ended_at=ENDED + timedelta(days=28))
    with django_assert_max_num_queries(31):  # of which 9 end the plan before it, and one asks which treatment of its course this is
        second = services.plan_aftercare(session_uuid=later.uuid, by=TASK, at=ENDED + timedelta(days=28))
    assert first is not None and second is not None
    assert [message.outbox.state for message in first.messages.filter(code="check_day57")] == ["cancelled"]
    moves = OutboxMessage.objects.filter(planned_message__plan=second).values_list("moves__reason", flat=True)
    assert second.messages.count() == 9 and list(moves) == ["queued"] * 9


def test_a_session_that_has_not_ended_has_no_plan(site: Site, amara: Staff) -> None:
    course = make_course(make_patient(site), amara)
    session = make_session(course, amara, state="started")
    session.ended_at = None
    session.save()
    assert services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=ENDED) is None


def test_a_session_planned_late_skips_what_has_passed_and_says_why(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara, at=ENDED + timedelta(days=5))
    planned = _planned(plan)
    assert planned["check_24h"].outbox.state == "cancelled"
    assert "its time had passed" in planned["check_24h"].outbox.reason
    assert planned["check_day7"].outbox.state == "planned"
    assert plan.check_ins.get(code="check_24h").cancelled_at is not None
    assert plan.check_ins.get(code="check_day7").cancelled_at is None


def test_the_next_session_supersedes_session_steps_and_keeps_course_steps(site: Site, amara: Staff) -> None:
    first = make_plan(site, amara)
    later = ENDED + timedelta(days=30)
    session = make_session(first.session.course, amara, ended_at=later, number=2)
    second = services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=later)
    assert second is not None
    first.refresh_from_db()
    planned = _planned(first)
    assert first.state == "superseded"
    assert planned["check_day57"].outbox.state == "cancelled"
    assert planned["check_day57"].outbox.reason == "superseded by the next session"
    assert planned["results_month3"].outbox.state == "planned"
    assert "results_month3" not in _planned(second)
    assert _planned(second)["check_24h"].outbox.state == "planned"
    assert not first.check_ins.filter(cancelled_at__isnull=True, opens_at__gt=later).exists()


def test_an_older_session_found_later_does_not_supersede_the_newer(site: Site, amara: Staff) -> None:
    newer = make_plan(site, amara)
    older = make_session(newer.session.course, amara, ended_at=ENDED - timedelta(days=2), number=9)
    plan = services.plan_aftercare(session_uuid=older.uuid, by=TASK, at=ENDED)
    assert plan is not None
    newer.refresh_from_db()
    plan.refresh_from_db()
    assert (newer.state, plan.state) == ("active", "superseded")


def test_entered_in_error_cancels_everything_and_deletes_nothing(site: Site, amara: Staff) -> None:
    plan = make_plan(site, amara)
    EnteredInError.objects.create(session=plan.session, reason="wrong patient", by=amara, at=ENDED)
    services.cancel_plan(plan=plan, by=TASK, at=ENDED + timedelta(hours=1))
    plan.refresh_from_db()
    assert plan.state == "cancelled"
    assert {m.outbox.state for m in plan.messages.select_related("outbox")} == {"cancelled"}
    assert not plan.check_ins.unanswered().exists()
    assert PlannedMessage.objects.filter(plan=plan).count() == 11


def test_a_session_in_error_is_not_planned(site: Site, amara: Staff) -> None:
    session = make_session(make_course(make_patient(site), amara), amara)
    EnteredInError.objects.create(session=session, reason="wrong patient", by=amara, at=ENDED)
    assert services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=ENDED) is None


ASKED = {
    "check_24h": [*(f"Q{n}" for n in range(1, 11)), "Q13"],
    "check_48h": [*(f"Q{n}" for n in range(1, 10)), "Q13"],
    "check_72h": [*(f"Q{n}" for n in range(1, 11)), "Q13"],
    "check_day7": [*(f"Q{n}" for n in range(1, 11)), "Q12", "Q14", "satisfaction"],
    "check_day14": [*(f"Q{n}" for n in range(4, 13)), "Q14"],
    "check_day28": [*(f"Q{n}" for n in range(4, 13)), "Q14"],
    "check_day57": [*(f"Q{n}" for n in range(4, 10)), "Q11", "Q12", "Q14"],
}


@pytest.mark.parametrize("step", [s for s in default_protocol.STEPS if s.questions], ids=lambda step: step.code)
def test_question_sets_are_those_of_settled_9(step: default_protocol.Step) -> None:
    assert list(step.questions) == ASKED[step.code]


def test_a_check_in_asks_what_its_step_asks(site: Site, amara: Staff) -> None:
    make_plan(site, amara)
    assert {c.code: c.asked for c in CheckIn.objects.all()} == ASKED
