"""Faults 1–5 and 10: senders killed, stopped, woken, poisoned, and many at once (MESSAGES.md)."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.db import transaction
from django.utils import timezone

from clinic.models import OutboxMessage
from clinic.outbox import claim, deliver
from clinic.outbox.kinds import Mail
from tests.clinic.outbox_make import make_row, plain, probe
from tests.faults.crew import Child, Gate, full, let_go_of_locks, sender, twice, wait_until
from tests.faults.relay import Relay

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


def rows(amount: int, **fields: Any) -> list[OutboxMessage]:
    """Due now."""
    at = timezone.now()
    return [make_row(send_after=at, at=at, **fields) for _ in range(amount)]


def count(state: str) -> int:
    return OutboxMessage.objects.filter(state=state).count()


def at_the_sink(relay: Relay, doubts: int = 0) -> None:
    """Ids at the sink = rows marked sent, plus the named doubts."""
    sent = set(OutboxMessage.objects.filter(state="sent").values_list("message_id", flat=True))
    held = set(OutboxMessage.objects.filter(state="held").values_list("message_id", flat=True))
    assert sent <= set(relay.seen) <= sent | held and len(held) <= doubts


def _came_far(relay: Relay, mark: int) -> bool:
    return len(relay.seen) >= mark or not count("planned")


def _sent(number: int) -> bool:
    return count("sent") == number


@pytest.mark.parametrize("doubt", ["retry", "hold"])
def test_1_kill_nine_at_random_points_with_two_workers(doubt: str, relay: Relay) -> None:
    """Nothing lost; at most ten twice a kill with retry, none with hold."""
    kills, chance, relay.delay = full(20, 3), random.Random(7), 0.004
    with probe(doubt=doubt):
        rows(full(600, 90))
        crew = [sender(relay.port, loop=True) for _ in range(2)]
        for _ in range(kills):
            mark = len(relay.seen) + chance.randint(1, 25)
            wait_until(partial(_came_far, relay, mark))
            crew[0].kill()
            crew[0].wait()
            crew = [crew[1], sender(relay.port, loop=True)]
        wait_until(lambda: not OutboxMessage.objects.filter(state__in=["planned", "claimed", "sending"]).exists())
        stop(crew)
    at_the_sink(relay, doubts=0 if doubt == "retry" else 10 * kills)
    assert twice(relay.seen) <= (10 * kills if doubt == "retry" else 0)
    assert count("sent") + count("held") == OutboxMessage.objects.count()


def stop(crew: list[Child]) -> None:
    for child in crew:
        child.kill(signal.SIGTERM)
    for child in crew:
        assert child.wait() == 0


@pytest.mark.usefixtures("kind")
class TestKilledAt:
    """2."""

    def _hung(self, relay: Relay, tmp_path: Path, plant: Callable[[Gate], Callable[[], None]]) -> None:
        gate = Gate(tmp_path)
        first = sender(relay.port, before=plant(gate))
        gate.wait()
        first.kill()
        first.wait()
        again = sender(relay.port, loop=True)
        wait_until(lambda: count("sent") == 25)
        stop([again])
        at_the_sink(relay)

    def test_2_between_claim_and_intent_nothing_is_doubled(self, relay: Relay, tmp_path: Path) -> None:
        rows(25)

        def plant(gate: Gate) -> Callable[[], None]:
            real = claim.intend

            def late(*args: Any, **how: Any) -> Any:
                gate.stop_here()
                return real(*args, **how)

            return lambda: setattr(claim, "intend", late)

        self._hung(relay, tmp_path, plant)
        assert twice(relay.seen) == 0

    def test_2_between_the_last_answer_and_the_mark_at_most_a_chunk_is(self, relay: Relay, tmp_path: Path) -> None:
        rows(25)

        def plant(gate: Gate) -> Callable[[], None]:
            real = claim.mark_sent

            def late(batch: Any, done: Any, **how: Any) -> None:
                if done:
                    gate.stop_here()
                real(batch, done, **how)

            return lambda: setattr(claim, "mark_sent", late)

        self._hung(relay, tmp_path, plant)
        assert 0 < twice(relay.seen) <= 10


@pytest.mark.usefixtures("kind")
def test_3_told_to_stop_it_ends_within_a_second_and_gives_the_rest_back(relay: Relay) -> None:
    rows(40)
    first = sender(relay.port, loop=True)
    wait_until(lambda: len(relay.seen) >= 5)
    began = time.monotonic()
    first.kill(signal.SIGTERM)
    assert first.wait(15) == 0 and time.monotonic() - began < full(1.0, 3.0)  # the short form shares its processors
    assert not OutboxMessage.objects.filter(state__in=["claimed", "sending"]).exists()
    assert count("sent") == len(relay.seen) < 40
    assert sender(relay.port).wait() == 0
    assert len(relay.seen) == 40 and twice(relay.seen) == 0


@pytest.mark.usefixtures("kind")
def test_4_asleep_longer_than_its_lease_it_stops_when_it_wakes(relay: Relay) -> None:
    """The other sends the batch; the one mail that was on its way when the sleeper fell asleep may be doubled, no other."""
    rows(30)
    sleeper = sender(relay.port, before=let_go_of_locks(3))
    wait_until(lambda: len(relay.seen) >= 14)
    sleeper.kill(signal.SIGSTOP)
    time.sleep(0.1)
    other = sender(relay.port, loop=True)
    wait_until(lambda: count("sent") == 30)
    before = len(relay.seen)
    sleeper.kill(signal.SIGCONT)
    assert sleeper.wait() == 0
    stop([other])
    assert len(relay.seen) - before <= 1
    assert twice(relay.seen) <= 1 and count("sent") == 30
    at_the_sink(relay)


@pytest.mark.usefixtures("kind")
def test_4_beside_a_relay_that_answers_at_once_a_sleeper_is_as_one_that_died(relay: Relay) -> None:
    """It fell asleep before it could mark its chunk: at most that chunk is doubled, with the same Message-IDs, and awake
    it adds no more than one (decision 0016: a mark for each mail would cost such a relay's senders most of their speed)."""
    rows(30)
    relay.delay, real, sends = 0, deliver.Sender._one, iter(range(1000))

    def drowsy(self: deliver.Sender, row: OutboxMessage) -> str:
        if next(sends) == 17:  # the eighth of the second chunk: seven have gone and are not marked
            os.kill(os.getpid(), signal.SIGSTOP)
        return real(self, row)

    def before() -> None:
        let_go_of_locks(3)()
        deliver._SLOW_SECONDS = 3600.0  # on a busy machine a fast relay looks slow
        deliver.Sender._one = drowsy  # type: ignore[method-assign]

    sleeper = sender(relay.port, before=before, OUTBOX_CONNECTIONS=1)
    wait_until(sleeper.is_stopped)
    assert len(relay.seen) == 17 and count("sent") == 10
    other = sender(relay.port, loop=True, OUTBOX_CONNECTIONS=1)  # the sleeper's place is free when its lease is over
    wait_until(lambda: count("sent") == 30)
    assert len(relay.seen) == 37 and twice(relay.seen) == 7
    sleeper.kill(signal.SIGCONT)
    assert sleeper.wait() == 0
    stop([other])
    assert len(relay.seen) <= 38 and twice(relay.seen) <= 8 and count("sent") == 30
    at_the_sink(relay)


@pytest.mark.usefixtures("kind")
def test_4_asleep_while_it_marks_a_mail_it_loses_its_locks_to_the_other(relay: Relay) -> None:
    """Rows that a sleeping transaction holds are sent by the other once PostgreSQL has ended that transaction."""
    rows(30)
    real, marks = claim.mark_sent, iter(range(1000))

    def drowsy(batch: Any, done: Any, **how: Any) -> None:
        with transaction.atomic():
            real(batch, done, **how)
            if done and next(marks) == 14:
                os.kill(os.getpid(), signal.SIGSTOP)

    def before() -> None:
        let_go_of_locks(3)()
        mock.patch.object(claim, "mark_sent", drowsy).start()

    sleeper = sender(relay.port, before=before)
    wait_until(sleeper.is_stopped)
    other = sender(relay.port, loop=True)
    wait_until(lambda: count("sent") == 30)
    before_it_woke = len(relay.seen)
    sleeper.kill(signal.SIGCONT)
    assert sleeper.wait() == 0
    stop([other])
    assert len(relay.seen) == before_it_woke
    assert twice(relay.seen) <= 1 and count("sent") == 30
    at_the_sink(relay)


def test_5_a_row_that_kills_its_worker_fails_after_six_attempts(relay: Relay) -> None:
    def build(row: OutboxMessage, at: datetime) -> Mail:
        if row.key == "poison":
            os.kill(os.getpid(), signal.SIGKILL)
        return plain(row, at)

    relay.delay, deaths = 0.001, 0
    with probe(build=build):
        rows(4)
        rows(1, key="poison")
        rows(20)
        for _ in range(40):
            code = sender(relay.port, OUTBOX_LEASE_SECONDS=0.5).wait()
            deaths += code == -signal.SIGKILL
            if not OutboxMessage.objects.filter(state__in=["planned", "claimed", "sending"]).exists():
                break
            time.sleep(0.3)
        poison = OutboxMessage.objects.get(key="poison")
        assert (poison.state, poison.reason) == ("failed", "tried too often") and deaths == 6
        assert count("sent") == 24 and twice(relay.seen) <= 10
        assert sender(relay.port).wait() == 0


@pytest.mark.usefixtures("kind")
def test_10_ten_drains_at_once(relay: Relay) -> None:
    rows(full(1000, 60))
    relay.delay = 0.001
    crew = [sender(relay.port) for _ in range(10)]
    assert [child.wait() for child in crew] == [0] * 10
    assert count("sent") == len(relay.seen) == full(1000, 60) and twice(relay.seen) == 0


@pytest.mark.usefixtures("kind")
def test_10_without_a_beat_the_loop_carries_on(relay: Relay) -> None:
    """No beat, no worker, no nudge: rows that fall due are found by looking."""
    with mock.patch("clinic.tasks.send_nudge"):
        loop = sender(relay.port, loop=True, every=0.1)
        for number in (3, 6, 9):
            rows(3)
            wait_until(partial(_sent, number))
        stop([loop])
    assert Counter(relay.seen).most_common(1)[0][1] == 1 and len(relay.seen) == 9
