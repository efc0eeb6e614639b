"""Rows: one a key, and only the moves that MESSAGES.md allows."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from clinic.models import OutboxMessage, OutboxMove
from clinic.outbox import AlreadyGone, State, cancel, hold, release, send_now
from clinic.outbox.rows import reschedule
from tests.clinic.outbox_make import AT, BY, fresh, make_row, probe, words

pytestmark = pytest.mark.django_db
WAITING, GONE = ("planned", "claimed"), ("sent", "failed", "cancelled", "skipped")


@pytest.fixture(autouse=True)
def kind() -> Iterator[None]:
    with probe():
        yield


def _in_state(state: str) -> OutboxMessage:
    row = make_row()
    OutboxMessage.objects.filter(pk=row.pk).update(state=state)
    return row


def test_the_same_key_again_gives_the_row_that_is_there() -> None:
    first = make_row(key="plan:step:0")
    again = make_row(key="plan:step:0", recipient="other@patient.example")
    assert again.pk == first.pk and again.recipient == first.recipient
    assert OutboxMessage.objects.filter(key="plan:step:0").count() == 1 and first.moves.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_four_threads_with_one_key_make_one_row() -> None:
    ready = Barrier(4)

    def one(number: int) -> int:
        ready.wait(10)
        try:
            return make_row(key="plan:race:0", recipient=f"r{number}@patient.example").pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(one, range(4)))
    assert len(found) == 1
    assert OutboxMessage.objects.filter(key="plan:race:0").count() == 1
    assert OutboxMove.objects.filter(message__key="plan:race:0").count() == 1


@pytest.mark.parametrize("state", [*WAITING, "held"])
def test_what_has_not_left_can_be_cancelled(state: str) -> None:
    row = _in_state(state)
    assert cancel(reason="the visit was moved", by=BY, at=AT, key=row.key) == 1
    assert fresh(row).state == "cancelled" and words(row)[-1] == ("cancelled", "the visit was moved")
    assert fresh(row).lease_token is None


@pytest.mark.parametrize("state", ["sending", *GONE])
def test_what_is_leaving_or_has_left_is_not_cancelled_and_that_is_said(state: str) -> None:
    row = _in_state(state)
    assert cancel(reason="too late", by=BY, at=AT, key=row.key) == 0
    assert fresh(row).state == state and words(row) == [("planned", "queued")]


@pytest.mark.parametrize(("state", "moved"), [("planned", 1), ("claimed", 1), ("sending", 0), ("held", 0), *((s, 0) for s in GONE)])
def test_only_what_waits_can_be_held(state: str, moved: int) -> None:
    row = _in_state(state)
    assert hold(reason="a person asked", by=BY, at=AT, key=row.key) == moved
    assert fresh(row).state == ("held" if moved else state)


@pytest.mark.parametrize(("state", "moved"), [("held", 1), ("planned", 0), ("sending", 0), *((s, 0) for s in GONE)])
def test_out_of_held_leads_back_to_the_plan(state: str, moved: int) -> None:
    row = _in_state(state)
    assert release(reason="flag closed", by=BY, at=AT, key=row.key) == moved
    assert fresh(row).state == ("planned" if moved else state)


@pytest.mark.parametrize("state", ["claimed", "sending", "held", *GONE])
def test_send_now_says_when_it_is_too_late(state: str) -> None:
    row = _in_state(state)
    with pytest.raises(AlreadyGone):
        send_now(message_uuid=row.uuid, by=BY, at=AT)
    assert fresh(row).state == state


def test_send_now_brings_a_planned_message_forward() -> None:
    row = make_row(send_after=AT + timedelta(days=3))
    send_now(message_uuid=row.uuid, by=BY, at=AT)
    assert fresh(row).send_after == AT and words(row)[-1] == ("planned", "brought forward by a person")


def test_only_planned_rows_follow_a_change_of_time() -> None:
    rows = [_in_state(state) for state in (*WAITING, "sending", "held", *GONE)]
    assert reschedule(send_after=AT + timedelta(days=1), reason="moved", by=BY, at=AT, pk__in=[row.pk for row in rows]) == 1
    assert fresh(rows[0]).send_after == AT + timedelta(days=1)


def test_a_row_that_never_may_go_is_kept_with_its_reason() -> None:
    row = make_row(state=State.SKIPPED, reason="the patient does not want e-mail; please phone")
    assert words(row) == [("skipped", "the patient does not want e-mail; please phone")]


def test_moves_can_not_be_changed_by_the_app() -> None:
    """The timeline only grows: the app's role has no right to change it."""
    from django.db import ProgrammingError, transaction

    row = make_row()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        OutboxMove.objects.filter(message=row).update(reason="nicer")
