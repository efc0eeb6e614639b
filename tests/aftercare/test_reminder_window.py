"""Until when the reminder of a check-in is of use, and that one stopped by a mistake comes again (`docs/decisions/0041`)."""

from datetime import datetime, timedelta

import pytest
import time_machine

from aftercare import services, tasks
from aftercare.emails import build
from aftercare.models import Plan
from clinic.audit import Actor
from clinic.models import Clinic, OutboxMessage, Site, Staff
from tests.aftercare.make import ENDED, TASK, make_plan, make_response, make_session
from tests.aftercare.test_protocol import _change, _publish
from tests.clinic.outbox_make import FakeRelay, drain
from treatments.services import mark_entered_in_error

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SENT = ENDED + 24 * HOUR + timedelta(minutes=1)  # Tuesday, 14:31


def sent_plan(site: Site, amara: Staff) -> Plan:
    """The 24 h check-in has gone."""
    plan = make_plan(site, amara)
    for at in (ENDED + HOUR, SENT):
        drain(FakeRelay(), at=at)
    assert plan.check_ins.get(code="check_24h").message.outbox.state == "sent"
    return plan


def look(at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        for _again in range(2):
            tasks.plan_ended_sessions()
            tasks.remind_missed_check_ins()


def reminders(plan: Plan) -> list[OutboxMessage]:
    asked = plan.check_ins.get(code="check_24h")
    return list(OutboxMessage.objects.filter(kind="check_in_reminder", cause_uuid=asked.uuid).order_by("pk"))


@pytest.mark.parametrize(("hours", "count"), [(11.9, 0), (12, 1), (23.9, 1), (24, 0), (140, 0)])
def test_it_is_of_use_until_the_desk_phones(site: Site, amara: Staff, hours: float, count: int) -> None:
    plan = sent_plan(site, amara)
    look(SENT + timedelta(hours=hours))
    found = reminders(plan)
    assert len(found) == count and all(row.expires_at == SENT + 24 * HOUR for row in found)


@pytest.mark.parametrize(("call_hours", "open_for", "promised"), [(48, 168, True), (None, 168, False), (48, 47, False)])
def test_it_promises_a_call_only_where_one_follows(
    site: Site, amara: Staff, max_: Staff, call_hours: int | None, open_for: int, promised: bool
) -> None:
    """Not without a call, and not where the questions close before it: then nobody phones."""
    manager = Actor.of_staff(max_)
    draft = services.start_draft(by=manager, at=ENDED)
    _change(draft, "check_day7", manager, reminder_hours=12, call_hours=call_hours)
    _publish(draft, manager, Actor.of_staff(amara))
    asked = make_plan(site, amara).check_ins.get(code="check_day7")
    drain(FakeRelay(), at=asked.opens_at)
    asked.closes_at = asked.opens_at + open_for * HOUR
    asked.save(update_fields=["closes_at"])
    at = asked.opens_at + 12 * HOUR
    services.remind_check_in(check_in=asked, by=TASK, at=at)
    mail = build.check_in_reminder(OutboxMessage.objects.get(kind="check_in_reminder", cause_uuid=asked.uuid), at)
    for part in (mail.text, mail.html):
        assert ("we will phone you" in part) is promised and "A few questions, about a minute." in part


def test_a_step_without_a_call_is_reminded_of_for_as_long_again(site: Site, amara: Staff) -> None:
    from aftercare.selectors.check_ins import reminder_until

    plan = sent_plan(site, amara)
    asked = plan.check_ins.select_related("message__step", "message__outbox").get(code="check_24h")
    asked.message.step.call_hours = None
    assert reminder_until(asked) == SENT + 24 * HOUR
    asked.message.step.reminder_hours = 6
    assert reminder_until(asked) == SENT + 12 * HOUR


def _mistake(plan: Plan, staff: Staff, *, at: datetime, until: datetime) -> None:
    """Somebody else's session is written down here, and seen to be that."""
    session = make_session(plan.session.course, staff, ended_at=at, number=2)
    services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=at)
    mark_entered_in_error(record=session, reason="Wrong patient", staff=staff, by=Actor.of_staff(staff), at=until)
    look(until)


def test_one_that_waited_for_the_morning_when_a_mistake_stopped_it_comes_again(site: Site, amara: Staff) -> None:
    from datetime import time

    Clinic.objects.update(send_from=time(8), send_until=time(20))
    plan = sent_plan(site, amara)
    look(SENT + 12 * HOUR)
    drain(FakeRelay(), at=SENT + 12 * HOUR)
    _mistake(plan, amara, at=SENT + 13 * HOUR, until=SENT + 15 * HOUR)
    first, again = reminders(plan)
    assert (first.state, first.reason) == ("cancelled", "superseded by the next session")
    assert again.state == "planned" and again.key == f"{first.key}:1" and again.expires_at == SENT + 24 * HOUR
    relay = FakeRelay()
    drain(relay, at=datetime(2026, 3, 4, 8, 1, tzinfo=ENDED.tzinfo))
    again.refresh_from_db()
    assert again.state == "sent"
    look(SENT + 20 * HOUR)
    assert len(reminders(plan)) == 2


def test_one_that_had_gone_does_not_come_again(site: Site, amara: Staff) -> None:
    plan = sent_plan(site, amara)
    look(SENT + 12 * HOUR)
    drain(FakeRelay(), at=SENT + 12 * HOUR + timedelta(minutes=2))
    assert [row.state for row in reminders(plan)] == ["sent"]
    _mistake(plan, amara, at=SENT + 13 * HOUR, until=SENT + 14 * HOUR)
    assert [row.state for row in reminders(plan)] == ["sent"]


def test_nor_one_whose_time_is_over_or_whose_answer_is_in(site: Site, amara: Staff) -> None:
    plan = sent_plan(site, amara)
    _mistake(plan, amara, at=SENT + 5 * HOUR, until=SENT + 24 * HOUR)
    assert reminders(plan) == []
    make_response(plan.check_ins.get(code="check_24h"), at=SENT + 25 * HOUR)
    look(SENT + 26 * HOUR)
    assert reminders(plan) == []
