"""A session recorded by mistake takes nothing away: what it had ended goes on, nothing goes twice (SETTLED 7, PRODUCT “Nothing is lost”)."""

from datetime import datetime, time, timedelta

import pytest
import time_machine

from aftercare import services, tasks
from aftercare.models import CheckIn, Plan, PlannedMessage
from aftercare.selectors import open_call_tasks
from aftercare.selectors.protocol import protocol_hash, treatment_of
from aftercare.states import CallReason
from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from tests.aftercare.make import ENDED, TASK, make_course, make_patient, make_plan, make_response, make_session
from tests.clinic.outbox_make import FakeRelay, drain
from treatments.models import TreatmentSession
from treatments.services import mark_entered_in_error

pytestmark = pytest.mark.django_db
DAY5 = ENDED + timedelta(days=5)


def _second(first: Plan, staff: Staff, *, at: datetime = DAY5, number: int = 2) -> Plan:
    session = make_session(first.session.course, staff, ended_at=at, number=number)
    plan = services.plan_aftercare(session_uuid=session.uuid, by=TASK, at=at)
    assert plan is not None
    return plan


def _mistake(session: TreatmentSession, staff: Staff, *, at: datetime) -> None:
    mark_entered_in_error(record=session, reason="Wrong patient", staff=staff, by=Actor.of_staff(staff), at=at)
    with time_machine.travel(at + timedelta(minutes=1), tick=False):
        tasks.plan_ended_sessions()
        tasks.plan_ended_sessions()


def _rows(plan: Plan, state: str) -> set[str]:
    return set(OutboxMessage.objects.filter(planned_message__plan=plan, state=state).values_list("planned_message__code", flat=True))


def _drain_until(at: datetime) -> None:
    due = OutboxMessage.objects.filter(state="planned", send_after__lte=at).order_by("send_after")
    for moment in sorted({row.send_after for row in due} | {at}):
        drain(FakeRelay(), at=moment)


def test_the_plan_of_the_real_treatment_goes_on(site: Site, amara: Staff) -> None:
    first = make_plan(site, amara)
    before = {m.code: m.send_after for m in first.messages.all()}
    mistaken = _second(first, amara)
    _mistake(mistaken.session, amara, at=DAY5 + timedelta(minutes=20))
    first.refresh_from_db()
    assert (first.state, first.state_reason) == ("active", "")
    assert {"check_day7", "check_day14", "check_day28", "check_day57", "invitation"} <= _rows(first, "planned")
    assert not _rows(mistaken, "planned")
    for message in PlannedMessage.objects.filter(plan=first, outbox__state="planned"):
        assert (message.send_after, message.outbox.send_after) == (before[message.code], before[message.code])
    wanted = CheckIn.objects.unanswered().filter(plan=first, opens_at__gt=DAY5)
    assert {check_in.code for check_in in wanted} == {"check_day7", "check_day14", "check_day28", "check_day57"}
    assert all(check_in.message.outbox.state == "planned" for check_in in wanted)


def test_each_goes_once_and_what_had_passed_does_not_go(site: Site, amara: Staff) -> None:
    first = make_plan(site, amara)
    _drain_until(ENDED + timedelta(days=4))
    gone = _rows(first, "sent")
    _mistake(_second(first, amara).session, amara, at=ENDED + timedelta(days=20))
    _drain_until(ENDED + timedelta(days=70))
    sent = list(OutboxMessage.objects.filter(planned_message__plan=first, state="sent").values_list("planned_message__code", flat=True))
    assert len(sent) == len(set(sent)) and gone <= set(sent)
    assert "check_day7" not in sent and {"check_day28", "check_day57", "invitation"} <= set(sent)


def test_a_check_in_that_had_gone_can_be_answered_again(site: Site, amara: Staff) -> None:
    first = make_plan(site, amara)
    _drain_until(ENDED + timedelta(hours=73))
    at = ENDED + timedelta(hours=74)
    _mistake(_second(first, amara, at=at).session, amara, at=at + timedelta(hours=1))
    asked = first.check_ins.get(code="check_72h")
    assert asked.cancelled_at is None and asked.message.outbox.state == "sent"
    make_response(asked, at=at + timedelta(hours=2))


@pytest.mark.parametrize("mode", ["full", "none"])
def test_the_call_about_a_check_in_is_on_the_desk_s_list_again(site: Site, amara: Staff, mode: str) -> None:
    """Also where no mail may go and the call is the check-in (SETTLED 6, 20)."""
    first = make_plan(site, amara, mail_mode=mode)
    _drain_until(ENDED + timedelta(hours=25))
    asked = first.check_ins.get(code="check_24h")
    reason = CallReason.MISSED if mode == "full" else CallReason.NO_MAIL
    task = services.open_call_task(check_in=asked, reason=reason, by=TASK, at=ENDED + timedelta(hours=49))
    at = ENDED + timedelta(hours=50)
    _mistake(_second(first, amara, at=at).session, amara, at=at + timedelta(hours=1))
    assert list(open_call_tasks(Actor.of_staff(amara)).filter(patient=first.patient)) == [task]


def test_twice_mistaken_and_twice_taken_up(site: Site, amara: Staff) -> None:
    first = make_plan(site, amara)
    for number in (2, 3):
        at = DAY5 + timedelta(hours=number)
        _mistake(_second(first, amara, at=at, number=number).session, amara, at=at + timedelta(minutes=20))
    first.refresh_from_db()
    assert first.state == "active" and "check_day14" in _rows(first, "planned")
    assert OutboxMessage.objects.filter(planned_message__plan=first, planned_message__code="check_day14").count() == 3


def test_an_older_mistake_leaves_the_running_plan_alone(site: Site, amara: Staff) -> None:
    first = make_plan(site, amara)
    second = _second(first, amara, at=ENDED + timedelta(days=30))
    before = OutboxMessage.objects.filter(planned_message__plan=second).count()
    _mistake(first.session, amara, at=ENDED + timedelta(days=31))
    again = OutboxMessage.objects.filter(planned_message__plan=second)
    codes = set(again.values_list("planned_message__code", flat=True))
    assert again.count() == before + 2 and {"results_month3", "results_month6"} <= codes
    assert _rows(second, "planned") >= {"check_24h", "results_month3", "results_month6"}


def test_the_course_s_own_steps_come_with_the_next_real_session(site: Site, amara: Staff) -> None:
    first = make_plan(site, amara)
    _mistake(first.session, amara, at=ENDED + timedelta(minutes=20))
    second = _second(first, amara, at=ENDED + timedelta(days=30))
    assert {"results_month3", "results_month6"} <= _rows(second, "planned")
    keys = OutboxMessage.objects.filter(planned_message__plan=second, planned_message__code="results_month3").values_list("key", flat=True)
    assert [key.rpartition(":")[2] for key in keys] == ["1"]


def test_what_a_mistaken_session_had_sent_of_the_course_does_not_go_again(site: Site, amara: Staff) -> None:
    first = make_plan(site, amara)
    _drain_until(ENDED + timedelta(days=100))
    assert "results_month3" in _rows(first, "sent")
    second = _second(first, amara, at=ENDED + timedelta(days=101))
    _mistake(first.session, amara, at=ENDED + timedelta(days=102))
    codes = set(second.messages.values_list("code", flat=True))
    assert "results_month3" not in codes and "results_month6" in codes


def _protocol_with_places(amara: Staff, max_: Staff) -> None:
    """The protocol with a word after the first session and, once in a course, one after the last planned session."""
    manager, note = Actor.of_staff(max_), {
        "purpose": "care_note", "offset_hours": 0, "offset_days": 10, "local_time": time(9), "expires_hours": 24 * 20,
        "wording": {"en": "Thank you, {first_name}.", "es": "Gracias, {first_name}."},
    }  # fmt: skip
    draft = services.start_draft(by=manager, at=ENDED)
    services.save_step(protocol=draft, code="new", values={**note, "title": "welcome", "scope": "session", "first_session_only": True}, by=manager)
    services.save_step(protocol=draft, code="new", values={**note, "title": "closing", "scope": "course", "course_end_only": True}, by=manager)
    services.propose_protocol(protocol=draft, by=manager, at=ENDED)
    services.approve_protocol(protocol=draft, sha256=protocol_hash(draft), by=Actor.of_staff(amara), at=ENDED)
    services.publish_protocol(protocol=draft, by=manager, at=ENDED)


def _placed(plan: Plan) -> set[str]:
    return set(plan.messages.filter(outbox__state="planned").exclude(step__title="").values_list("step__title", flat=True))


def test_the_first_that_took_place_is_the_first_and_the_last_is_the_last(site: Site, amara: Staff, max_: Staff) -> None:
    """The wrong one is known to be a mistake before the right one is planned."""
    _protocol_with_places(amara, max_)
    patient = make_patient(site)
    course = make_course(patient, amara, planned_sessions=2)
    wrong = make_session(course, amara, ended_at=ENDED)
    mark_entered_in_error(record=wrong, reason="Wrong patient", staff=amara, by=Actor.of_staff(amara), at=ENDED)
    made = [make_session(course, amara, ended_at=ENDED + timedelta(days=30 * n), number=n) for n in (2, 3)]
    for one, place, title in zip(made, (1, 2), ("welcome", "closing"), strict=True):
        plan = services.plan_aftercare(session_uuid=one.uuid, by=TASK, at=one.ended_at or ENDED)
        assert plan is not None and treatment_of(plan).number == place
        assert _placed(plan) == {title}


def test_what_goes_only_to_the_first_or_last_follows_when_a_mistake_is_found_late(site: Site, amara: Staff, max_: Staff) -> None:
    _protocol_with_places(amara, max_)
    course = make_course(make_patient(site), amara, planned_sessions=2)
    first = services.plan_aftercare(session_uuid=make_session(course, amara).uuid, by=TASK, at=ENDED)
    assert first is not None and _placed(first) == {"welcome"}
    second = _second(first, amara)
    assert _placed(second) == {"closing"}
    _mistake(first.session, amara, at=DAY5 + timedelta(hours=1))
    assert _placed(first) == set() and _placed(second) == {"welcome"}
    ended = second.messages.get(step__title="closing").outbox
    assert (ended.state, ended.reason) == ("cancelled", "an earlier or later record of the course was put right: this is for another session")
    third = _second(first, amara, at=ENDED + timedelta(days=33), number=3)
    assert _placed(third) == {"closing"}, "the course's own step comes with the session that is the last"


def test_a_treatment_written_down_late_takes_its_place(site: Site, amara: Staff, max_: Staff) -> None:
    """The record of an earlier treatment comes after that of a later one, with a higher number."""
    _protocol_with_places(amara, max_)
    course = make_course(make_patient(site), amara, planned_sessions=2)
    later = services.plan_aftercare(session_uuid=make_session(course, amara, ended_at=DAY5).uuid, by=TASK, at=DAY5)
    assert later is not None and _placed(later) == {"welcome"}
    earlier = services.plan_aftercare(session_uuid=make_session(course, amara, number=2).uuid, by=TASK, at=DAY5 + timedelta(hours=2))
    assert earlier is not None and treatment_of(earlier).number == 1
    assert _placed(later) == {"closing"}


def test_what_has_gone_stays_with_whom_it_went_to(site: Site, amara: Staff, max_: Staff) -> None:
    _protocol_with_places(amara, max_)
    course = make_course(make_patient(site), amara, planned_sessions=3)
    later = services.plan_aftercare(session_uuid=make_session(course, amara, ended_at=DAY5).uuid, by=TASK, at=DAY5)
    assert later is not None
    _drain_until(DAY5 + timedelta(days=11))
    assert later.messages.get(step__title="welcome").outbox.state == "sent"
    services.plan_aftercare(session_uuid=make_session(course, amara, number=2).uuid, by=TASK, at=DAY5 + timedelta(days=12))
    assert later.messages.get(step__title="welcome").outbox.state == "sent"
