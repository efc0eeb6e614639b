"""Claim, intent and reaper: who holds a row, whether it may still go, and in which order."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection

from clinic.clock import resolve_local
from clinic.models import Clinic, OutboxMessage, Site, Suppression
from clinic.outbox import claim, send_now
from clinic.outbox.kinds import Verdict
from tests.clinic.outbox_make import AT, BY, FakeRelay, drain, fresh, make_row, probe, words

pytestmark = pytest.mark.django_db
EARLY = datetime(2000, 1, 1, tzinfo=UTC)
LATE = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def kind() -> Iterator[None]:
    with probe():
        yield


@pytest.fixture
def relay() -> FakeRelay:
    return FakeRelay()


# May this go now?


@pytest.mark.parametrize(
    ("fields", "state", "reason"),
    [
        ({"expires_at": AT}, "skipped", "its time had passed before it could go"),
        ({"recipient": ""}, "skipped", "no e-mail address"),
        ({"recipient": "gone@patient.example"}, "skipped", "mail does not reach this address"),
        ({"recipient": "GONE@patient.example"}, "skipped", "mail does not reach this address"),
    ],
)
def test_what_the_house_itself_stops(fields: dict[str, Any], state: str, reason: str, relay: FakeRelay) -> None:
    Suppression.objects.create(address="gone@patient.example", reason="refused with 550")
    row = make_row(**fields)
    drain(relay)
    assert (fresh(row).state, words(row)[-1]) == (state, (state, reason))
    assert relay.asked == []


def test_a_lifted_suppression_stops_nothing(relay: FakeRelay) -> None:
    Suppression.objects.create(address="back@patient.example", reason="refused with 550", lifted_at=AT)
    row = make_row(recipient="back@patient.example")
    drain(relay)
    assert fresh(row).state == "sent"


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.skip("asked not to be contacted"), "skipped"),
        (Verdict.skip("no consent to e-mail: the desk phones"), "skipped"),
        (Verdict.hold("a red flag is open"), "held"),
        (Verdict.cancel("the visit was moved"), "cancelled"),
        (Verdict.wait(AT + timedelta(hours=1), "not yet"), "planned"),
    ],
)
def test_the_answer_of_its_kind_becomes_a_state_with_the_reason(verdict: Verdict, state: str, relay: FakeRelay) -> None:
    with probe(may_send=lambda row, at: verdict):
        row = make_row()
        drain(relay)
    assert words(row)[-1] == (state, verdict.reason) and relay.asked == []
    now = fresh(row)
    assert (now.state, now.attempts, now.lease_token) == (state, 0, None)
    assert now.send_after == (verdict.until or row.send_after)


def test_a_question_that_breaks_fails_its_row_alone(relay: FakeRelay) -> None:
    def ask(row: OutboxMessage, at: datetime) -> Verdict:
        if row.key == "broken":
            raise KeyError("patient 4711")
        return Verdict.go()

    with probe(may_send=ask):
        bad, good = make_row(key="broken"), make_row()
        drain(relay)
    assert fresh(good).state == "sent" and fresh(bad).state == "failed"
    assert "KeyError" in words(bad)[-1][1] and "4711" not in words(bad)[-1][1]


def test_a_kind_that_nobody_knows_fails(relay: FakeRelay) -> None:
    row = make_row()
    OutboxMessage.objects.filter(pk=row.pk).update(kind="of another version")
    drain(relay)
    assert words(row)[-1] == ("failed", "no such kind of message")


# Sending hours and clocks that change


@pytest.fixture
def hours(site: Site) -> Clinic:
    Clinic.objects.update(send_from=time(8), send_until=time(20))
    return site.clinic


@pytest.mark.parametrize(
    ("at", "goes_at"),
    [
        (datetime(2026, 3, 2, 7, 59, tzinfo=UTC), datetime(2026, 3, 2, 8, tzinfo=UTC)),
        (datetime(2026, 3, 2, 8, tzinfo=UTC), None),
        (datetime(2026, 3, 2, 19, 59, 59, tzinfo=UTC), None),
        (datetime(2026, 3, 2, 20, tzinfo=UTC), datetime(2026, 3, 3, 8, tzinfo=UTC)),
        (datetime(2026, 3, 28, 21, tzinfo=UTC), datetime(2026, 3, 29, 7, tzinfo=UTC)),  # the short night: 8:00 is BST
        (datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 8, tzinfo=UTC)),  # the long night: 8:00 is GMT
    ],
)
def test_outside_the_sending_hours_it_waits_for_the_morning(at: datetime, goes_at: datetime | None, hours: Clinic, relay: FakeRelay) -> None:
    row = make_row(zone="Europe/London", send_after=at)
    drain(relay, at=at)
    if goes_at is None:
        assert fresh(row).state == "sent"
    else:
        assert (fresh(row).state, fresh(row).send_after, relay.asked) == ("planned", goes_at, [])
        drain(relay, at=goes_at)
        assert fresh(row).state == "sent"


def test_an_urgent_kind_passes_at_night(hours: Clinic, relay: FakeRelay) -> None:
    with probe(urgent=True):
        row = make_row(zone="Europe/London", send_after=AT.replace(hour=3))
        drain(relay, at=AT.replace(hour=3))
    assert fresh(row).state == "sent"


@pytest.mark.parametrize(
    ("day", "instant"),
    [
        (datetime(2026, 3, 29).date(), datetime(2026, 3, 29, 1, tzinfo=UTC)),  # 01:30 does not exist; the next valid minute is 02:00 BST
        (datetime(2026, 10, 25).date(), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # 01:30 comes twice; the first
    ],
)
def test_a_wish_in_a_missing_or_doubled_hour_goes_once(day: Any, instant: datetime, relay: FakeRelay) -> None:
    wish = resolve_local(day, time(1, 30), "Europe/London")
    assert wish == instant
    row = make_row(zone="Europe/London", send_after=wish)
    for minutes in (-1, 0, 30, 60, 120):
        drain(relay, at=wish + timedelta(minutes=minutes))
        assert len(relay.mails) == (minutes >= 0)
    assert fresh(row).state == "sent"


# Order


def _step(plan: uuid.UUID, minutes: int, **fields: Any) -> OutboxMessage:
    return make_row(cause_kind="plan", cause_uuid=plan, send_after=AT - timedelta(minutes=minutes), **fields)


def test_a_later_step_waits_for_an_earlier_one_of_its_plan(relay: FakeRelay) -> None:
    plan = uuid.uuid4()
    first, second, other = _step(plan, 30), _step(plan, 20), _step(uuid.uuid4(), 10)
    drain(relay)
    assert [fresh(row).state for row in (first, second, other)] == ["sent", "planned", "sent"]
    assert words(second)[-1] == ("planned", "an earlier message of the same plan goes first")
    drain(relay, at=fresh(second).send_after)
    assert fresh(second).state == "sent"
    assert relay.asked == [first.recipient, other.recipient, second.recipient]


def test_the_wish_decides_the_order_also_when_the_earlier_one_waited_for_the_morning(relay: FakeRelay) -> None:
    plan = uuid.uuid4()
    first, second = _step(plan, 300), _step(plan, 20)
    OutboxMessage.objects.filter(pk=first.pk).update(send_after=AT)  # as the sending hours do
    drain(relay)
    assert [fresh(row).state for row in (first, second)] == ["sent", "planned"]
    drain(relay, at=fresh(second).send_after)
    assert relay.asked == [first.recipient, second.recipient]


def test_what_a_person_brought_forward_waits_for_no_earlier_step(relay: FakeRelay) -> None:
    plan = uuid.uuid4()
    first, second = _step(plan, -60), _step(plan, -120)
    send_now(message_uuid=second.uuid, by=BY, at=AT)
    drain(relay)
    assert [fresh(row).state for row in (first, second)] == ["planned", "sent"]


def test_while_the_earlier_one_is_tried_again_the_later_one_waits_behind_it(relay: FakeRelay) -> None:
    from clinic.smtp import Outcome

    plan = uuid.uuid4()
    first, second = _step(plan, 30), _step(plan, 20)
    relay.answers[first.recipient] = Outcome("later", 450)
    drain(relay)
    assert fresh(second).state == "planned" and fresh(second).send_after > AT
    relay.answers.clear()
    for minutes in range(1, 8):
        drain(relay, at=AT + timedelta(minutes=minutes))
    assert relay.asked == [first.recipient, first.recipient, second.recipient]


@pytest.mark.parametrize("state", ["held", "cancelled", "failed", "skipped", "sent"])
def test_what_is_held_or_over_keeps_no_later_step_waiting(state: str, relay: FakeRelay) -> None:
    plan = uuid.uuid4()
    first, second = _step(plan, 30), _step(plan, 20)
    OutboxMessage.objects.filter(pk=first.pk).update(state=state)
    drain(relay)
    assert fresh(second).state == "sent"


def test_after_an_outage_the_expired_are_skipped_and_the_newest_goes(relay: FakeRelay) -> None:
    plan = uuid.uuid4()
    old = [_step(plan, 60 * hours, expires_at=AT - timedelta(minutes=5)) for hours in (9, 6, 3)]
    newest = _step(plan, 10, expires_at=AT + timedelta(hours=5))
    drain(relay)
    assert [fresh(row).state for row in old] == ["skipped"] * 3 and fresh(newest).state == "sent"


# Leases


def test_a_claim_takes_what_is_due_in_order_and_no_more() -> None:
    late, soon, _future = make_row(send_after=AT), make_row(send_after=AT - timedelta(hours=1)), make_row(send_after=AT + timedelta(seconds=1))
    held = make_row()
    OutboxMessage.objects.filter(pk=held.pk).update(state="held")
    assert claim.claim_due(limit=10, at=AT).ids == (soon.pk, late.pk)
    assert claim.claim_due(limit=10, at=AT).ids == ()


def test_a_claim_is_one_statement_that_takes_urgent_ones_first(django_assert_num_queries: Any) -> None:
    """An empty tick is one round trip; the limit bounds urgent ones and the others together."""
    plain = [make_row(send_after=AT - timedelta(hours=hours)) for hours in (3, 2, 1)]
    with probe(urgent=True):
        urgent = [make_row(send_after=AT - timedelta(minutes=minutes)) for minutes in (1, 5)]
    with django_assert_num_queries(1):
        assert claim.claim_due(limit=4, at=AT).ids == (urgent[1].pk, urgent[0].pk, plain[0].pk, plain[1].pk)
    with django_assert_num_queries(1):
        assert claim.claim_due(limit=4, at=AT).ids == (plain[2].pk,)
    with django_assert_num_queries(1):
        assert claim.claim_due(limit=4, at=AT).ids == ()


def test_a_key_has_one_index() -> None:
    """Each move of a row writes every index; nobody asks for keys by LIKE."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'clinic_outboxmessage' AND indexdef LIKE '%(key%'")
        assert [name for (name,) in cursor.fetchall()] == ["outbox_key_once"]


def test_the_limit_holds() -> None:
    for _ in range(7):
        make_row()
    assert [len(claim.claim_due(limit=3, at=AT).ids) for _ in range(4)] == [3, 3, 1, 0]


def test_intent_needs_the_lease() -> None:
    row = make_row()
    batch = claim.claim_due(limit=10, at=AT)
    OutboxMessage.objects.filter(pk=row.pk).update(lease_token=uuid.uuid4())
    assert claim.intend(batch, batch.ids, at=AT) == []
    OutboxMessage.objects.filter(pk=row.pk).update(lease_token=batch.token, lease_until=EARLY)
    assert claim.intend(batch, batch.ids, at=AT) == []
    OutboxMessage.objects.filter(pk=row.pk).update(lease_until=LATE)
    assert claim.intend(batch, batch.ids, at=AT) == [row]
    assert fresh(row).state == "sending" and fresh(row).in_doubt


def test_what_was_cancelled_between_claim_and_intent_does_not_go() -> None:
    from clinic.outbox import cancel
    from tests.clinic.outbox_make import BY

    row = make_row()
    batch = claim.claim_due(limit=10, at=AT)
    assert cancel(reason="moved", by=BY, at=AT, key=row.key) == 1
    assert claim.intend(batch, batch.ids, at=AT) == []


def test_the_reaper_gives_back_what_surely_did_not_leave() -> None:
    row = make_row()
    claim.claim_due(limit=10, at=AT)
    assert claim.reap(at=AT) == 0
    OutboxMessage.objects.filter(pk=row.pk).update(lease_until=EARLY)
    assert claim.reap(at=AT) == 1
    now = fresh(row)
    assert (now.state, now.attempts, now.in_doubt, now.lease_token) == ("planned", 0, False, None)


@pytest.mark.parametrize(("doubt", "state", "attempts"), [("retry", "planned", 1), ("hold", "held", 0)])
def test_the_reaper_follows_the_doubt_policy(doubt: str, state: str, attempts: int) -> None:
    with probe(doubt=doubt):
        row = make_row()
        batch = claim.claim_due(limit=10, at=AT)
        claim.intend(batch, batch.ids, at=AT)
    sent_as = fresh(row).message_id
    OutboxMessage.objects.filter(pk=row.pk).update(lease_until=EARLY)
    claim.reap(at=AT)
    now = fresh(row)
    assert (now.state, now.attempts, now.message_id) == (state, attempts, sent_as) and "in doubt" in words(row)[-1][1]


def test_a_row_that_was_in_doubt_goes_alone_and_last() -> None:
    rows = [make_row() for _ in range(12)]
    OutboxMessage.objects.filter(pk=rows[3].pk).update(in_doubt=True)
    OutboxMessage.objects.filter(pk=rows[4].pk).update(attempts=1)
    batch = claim.claim_due(limit=50, at=AT)
    parts = claim.chunks(batch)
    assert [len(part) for part in parts] == [10, 1, 1]
    assert parts[1:] == [(rows[3].pk,), (rows[4].pk,)], "behind the healthy ones, so that a row that kills its sender delays nobody"


def test_chunks_are_tens() -> None:
    for _ in range(23):
        make_row()
    assert [len(part) for part in claim.chunks(claim.claim_due(limit=50, at=AT))] == [10, 10, 3]


def test_six_attempts_are_enough(relay: FakeRelay) -> None:
    row = make_row()
    OutboxMessage.objects.filter(pk=row.pk).update(attempts=6)
    drain(relay)
    assert words(row)[-1] == ("failed", "tried too often") and relay.asked == []


def test_a_sender_that_lost_its_lease_changes_nothing() -> None:
    """It slept, another sender took the row over and sent it; the first one wakes with the row in hand."""
    from clinic.outbox.deliver import Sender
    from clinic.smtp import Outcome

    row = make_row()
    batch = claim.claim_due(limit=10, at=AT)
    [mine] = claim.intend(batch, batch.ids, at=AT)
    OutboxMessage.objects.filter(pk=row.pk).update(state="sent", lease_token=None)
    sender = Sender(batch, {}, AT, lambda: False)
    sender._unbegun([mine])
    for outcome in (Outcome("later", 450), Outcome("doubt"), Outcome("refused", 554), Outcome("bad_address", 550), Outcome("closed")):
        sender._settle(mine, outcome)
    assert fresh(row).state == "sent" and words(row) == [("planned", "queued")]
