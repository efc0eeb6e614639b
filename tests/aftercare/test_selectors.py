"""Reads: the timeline in words, what may be done with a line, who is asked to phone whom."""

from datetime import date, timedelta

import pytest

from aftercare import selectors
from aftercare.models import CheckIn, Plan
from clinic.audit import Actor
from clinic.models import OutboxMessage, Site, Staff
from tests.aftercare.make import ENDED, make_patient, make_plan, make_response

NOW = ENDED + timedelta(hours=1)


@pytest.fixture
def plan(site: Site, amara: Staff) -> Plan:
    """Olivia's plan."""
    return make_plan(site, amara)


def _row(plan: Plan, code: str, **values: object) -> OutboxMessage:
    row = plan.messages.get(code=code).outbox
    OutboxMessage.objects.filter(pk=row.pk).update(**values)
    row.refresh_from_db()
    return row


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "sent", "sent_at": ENDED}, "sent Mon 2 Mar, 14:30"),
        ({"state": "planned"}, "will go Mon 9 Mar, 09:00"),
        ({"state": "planned", "send_after": ENDED}, "going out now"),
        ({"state": "sending"}, "going out now"),
        ({"state": "held", "reason": "abroad"}, "held"),
        ({"state": "skipped", "reason": "no e-mail address"}, "skipped"),
        ({"state": "failed", "reason": "mailbox full"}, "not delivered"),
        ({"state": "cancelled"}, "cancelled"),
    ],
)
def test_a_state_is_said_in_words_and_the_reason_beside_it(
    plan: Plan, amara: Staff, values: dict[str, object], words: str
) -> None:
    row = _row(plan, "check_day7", **values)
    line = selectors.timeline_row(row, actor=Actor.of_staff(amara), zone="Europe/London", now=NOW)
    assert line.title == "Check-in, day 7"
    assert line.words == words
    assert line.reason == row.reason


@pytest.mark.parametrize(
    ("who", "state", "scope", "moves"),
    [
        ("amara", "planned", "care", (True, False, True)),
        ("amara", "held", "care", (False, True, False)),
        ("amara", "sent", "care", (False, False, False)),
        ("amara", "planned", "staff", (False, False, False)),
        ("rosa", "planned", "care", (False, False, False)),
        ("rosa", "planned", "invitation", (False, False, False)),
        ("rosa", "planned", "appointment", (True, False, True)),
        ("max_", "planned", "appointment", (False, False, False)),
        ("iris", "planned", "appointment", (False, False, False)),
    ],
)
def test_what_may_be_done_follows_role_and_scope(
    plan: Plan, request: pytest.FixtureRequest, who: str, state: str, scope: str, moves: tuple[bool, bool, bool]
) -> None:
    row = _row(plan, "check_day7", state=state, scope=scope)
    actor = Actor.of_staff(request.getfixturevalue(who))
    line = selectors.timeline_row(row, actor=actor, zone="Europe/London", now=NOW)
    assert (line.may_hold, line.may_release, line.may_send_now) == moves


def test_every_message_about_the_patient_is_on_the_timeline(plan: Plan, amara: Staff) -> None:
    make_response(plan.check_ins.get(code="check_24h"), at=NOW, discharge="pus")
    lines = selectors.message_timeline(plan.patient, actor=Actor.of_staff(amara), now=NOW)
    assert len(lines) == OutboxMessage.objects.count() == 12
    assert "Alert to a clinician" in [line.title for line in lines]


def test_planned_for_lists_a_session_s_messages_in_time_order(plan: Plan) -> None:
    planned = selectors.planned_for(plan.session)
    assert planned[0].code == "instructions"
    assert [m.send_after for m in planned] == sorted(m.send_after for m in planned)


def test_the_dead_and_those_who_said_no_are_not_phoned(plan: Plan) -> None:
    due = ENDED + timedelta(hours=24)
    _row(plan, "check_24h", state="sent", sent_at=due)
    late = due + timedelta(hours=25)
    assert selectors.check_ins_to_call(late).count() == 1
    plan.patient.deceased_on = date(2026, 3, 3)
    plan.patient.save()
    assert not selectors.check_ins_to_call(late).exists()
    assert not selectors.check_ins_to_remind(late).exists()


def test_what_was_overtaken_by_time_is_not_phoned_about(plan: Plan) -> None:
    _row(plan, "check_24h", state="skipped", reason="its time had passed before it could go")
    assert not selectors.check_ins_without_mail(ENDED + timedelta(hours=46)).exists()


def test_answers_are_read_back_in_words(plan: Plan) -> None:
    asked = plan.check_ins.get(code="check_24h")
    make_response(
        asked, at=NOW + timedelta(hours=24), redness=2, redness_trend="worse", rash=None, temp_c=38.2, chills=True,
        products_used=[{"kind": "minoxidil", "hoursAfter": 12}], burning=None,
    )  # fmt: skip
    found = selectors.answers_in_words(CheckIn.objects.get(pk=asked.pk))
    said = {line.question: line for line in found.lines}
    assert said["How red is your scalp now?"].answer == "Red"
    assert said["Fever"].answer == "Shivers, or feeling feverish, 38.2 °C"
    assert said["Rash"].answer == "Not sure"
    assert said["Rash"].stands_out
    assert said["Does it burn or sting now?"].answer == "Not sure"
    assert "Minoxidil (In the first 24 hours / Not sure when)" in said["Have you used or done any of these since the treatment?"].answer
    assert {finding.rule for finding in found.findings} >= {"T03", "T16"}
    assert all(finding.words and finding.source for finding in found.findings)


def test_a_patient_without_messages_has_an_empty_timeline(site: Site, amara: Staff) -> None:
    assert selectors.message_timeline(make_patient(site), actor=Actor.of_staff(amara), now=NOW) == []
