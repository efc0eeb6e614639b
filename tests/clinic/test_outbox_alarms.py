"""What rings, and at which number (MESSAGES.md, “Alarms”)."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from clinic.models import OutboxMessage, OutboxMove
from clinic.outbox import alarms
from tests.clinic.outbox_make import make_row, probe

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def calm() -> Iterator[None]:
    """A drain has just ended, and nothing is due."""
    cache.set("drain:last", time.time())
    cache.set("alarms:watch", (time.time() - 600, time.time()))
    with probe():
        yield
    cache.delete_many(["drain:last", "alarms:reported", "alarms:watch"])


def _ringing() -> set[str]:
    return {alarm.name for alarm in alarms.alarms()}


def test_a_calm_house_is_silent() -> None:
    make_row(send_after=timezone.now() + timedelta(hours=1))
    assert _ringing() == set()


@pytest.mark.parametrize(("seconds", "rings"), [(290, set()), (310, {"lag"})])
def test_the_oldest_due_message_may_wait_five_minutes(seconds: int, rings: set[str]) -> None:
    due = timezone.now() - timedelta(seconds=seconds)
    row = make_row(send_after=due)
    OutboxMessage.objects.filter(pk=row.pk).update(created_at=due - timedelta(days=1))
    assert _ringing() == rings


@pytest.mark.parametrize(("seconds", "rings"), [(0, set()), (290, set()), (310, {"lag"})])
def test_what_is_written_down_late_is_late_from_then_on(seconds: int, rings: set[str]) -> None:
    """A session recorded days later, a clinic that was just set up: their mail has not waited for days."""
    row = make_row(send_after=timezone.now() - timedelta(days=3))
    OutboxMessage.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(seconds=seconds))
    assert _ringing() == rings


def test_one_held_message_rings() -> None:
    row = make_row(send_after=timezone.now())
    OutboxMessage.objects.filter(pk=row.pk).update(state="held")
    assert _ringing() == {"held"}


@pytest.mark.parametrize("state", ["claimed", "sending"])
@pytest.mark.parametrize(("seconds", "rings"), [(-60, set()), (110, set()), (130, {"leases"})])
def test_a_lease_may_be_over_for_two_minutes(state: str, seconds: int, rings: set[str]) -> None:
    row = make_row(send_after=timezone.now())
    OutboxMessage.objects.filter(pk=row.pk).update(state=state, lease_until=timezone.now() - timedelta(seconds=seconds))
    assert _ringing() == rings


@pytest.mark.parametrize(("failed", "sent", "rings"), [(4, 0, set()), (5, 300, set()), (5, 200, {"failed"}), (20, 0, {"failed"})])
def test_more_than_two_in_a_hundred_failed_within_an_hour(failed: int, sent: int, rings: set[str]) -> None:
    row = make_row(send_after=timezone.now() + timedelta(hours=1))
    now = timezone.now()
    OutboxMove.objects.bulk_create(
        OutboxMove(message=row, at=now, state=state, by="test") for state, amount in (("failed", failed), ("sent", sent)) for _ in range(amount)
    )
    OutboxMove.objects.bulk_create(OutboxMove(message=row, at=now - timedelta(hours=2), state="failed", by="test") for _ in range(50))
    assert _ringing() == rings


@pytest.mark.parametrize(("seconds", "rings"), [(100, set()), (130, {"drain"})])
def test_a_drain_ends_every_two_minutes(seconds: int, rings: set[str]) -> None:
    cache.set("drain:last", time.time() - seconds)
    assert _ringing() == rings


def test_no_sign_of_a_drain_rings() -> None:
    cache.delete("drain:last")
    assert _ringing() == {"drain"}


@pytest.mark.parametrize("sign", [None, 4000])
def test_after_a_start_a_drain_is_missed_only_once_two_minutes_were_watched(sign: int | None) -> None:
    """Nothing has drained yet, or not since the house was last up."""
    began = datetime(2026, 3, 2, 9, tzinfo=UTC)
    cache.delete_many(["drain:last", "alarms:watch"])
    if sign is not None:
        cache.set("alarms:watch", (began.timestamp() - sign - 900, began.timestamp() - sign))
        cache.set("drain:last", began.timestamp() - sign)
    found = {}
    for seconds in (0, 60, 110, 125, 185):
        with time_machine.travel(began + timedelta(seconds=seconds), tick=False):
            found[seconds] = "drain" in _ringing()
    assert found == {0: False, 60: False, 110: False, 125: True, 185: True}


def test_an_old_open_snapshot_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    settings = connection.settings_dict
    monkeypatch.setattr(alarms, "SNAPSHOT_SECONDS", 0.2)
    with psycopg.connect(host=settings["HOST"], user="app_rw", dbname=settings["NAME"]) as other:
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT pg_sleep(0.3)")
        assert _ringing() == {"snapshot"}


def test_each_alarm_is_one_line_a_minute_without_names(caplog: pytest.LogCaptureFixture) -> None:
    row = make_row(send_after=timezone.now(), recipient="ana@patient.example")
    OutboxMessage.objects.filter(pk=row.pk).update(state="held")
    alarms.report()
    alarms.report()
    assert caplog.messages == ["outbox alarm held: 1 messages are held and wait for a person"]
