"""Fault 11: a worker's clock an hour off, the database's clock an hour off, and both nights on which the clocks change."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone

from clinic.clock import resolve_local
from clinic.models import OutboxMessage
from clinic.outbox import claim
from embedded import pg
from embedded.services import Services
from tests.clinic.outbox_make import FakeRelay, drain, make_row
from tests.faults.crew import sender, twice
from tests.faults.relay import Relay
from tests.faults.test_databases import close, name
from tests.faults.test_senders import count, rows

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kind")]
HOUR = timedelta(hours=1)


def due_in(minutes: int) -> OutboxMessage:
    at = timezone.now()
    return make_row(send_after=at + timedelta(minutes=minutes), at=at)


@pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["an hour ahead", "an hour behind"])
def test_11_a_worker_s_clock_decides_nothing(off: timedelta, relay: Relay) -> None:
    """What is due by the database goes, once; what is due in half an hour does not."""
    rows(15)
    later = due_in(30)

    def turn_the_clock() -> None:
        time_machine.travel(timezone.now() + off, tick=True).start()

    assert [sender(relay.port, before=turn_the_clock).wait(), sender(relay.port).wait()] == [0, 0]
    assert len(relay.seen) == 15 and twice(relay.seen) == 0
    assert OutboxMessage.objects.get(pk=later.pk).state == "planned"
    [mistaken] = {abs(row.sent_at - timezone.now()) > HOUR / 2 for row in OutboxMessage.objects.filter(state="sent") if row.sent_at}
    assert not mistaken, "the time of sending is the database's"


@pytest.fixture
def shifted(services: Services) -> Iterator[timedelta]:
    """The database's clock, told by functions that stand before its own in the search path: no tool outside is needed."""
    yield HOUR
    close()
    pg.run_sql(services.sockets, f'ALTER DATABASE "{name()}" RESET search_path')


def turn_database(services: Services, off: timedelta) -> None:
    close()
    seconds = int(off.total_seconds())
    pg.run_sql(services.sockets, "CREATE SCHEMA IF NOT EXISTS shifted;;GRANT USAGE ON SCHEMA shifted TO PUBLIC", database=name())
    for function in ("now", "statement_timestamp", "clock_timestamp", "transaction_timestamp"):
        body = f"SELECT pg_catalog.{function}() + interval '{seconds} seconds'"
        pg.run_sql(
            services.sockets, f"CREATE OR REPLACE FUNCTION shifted.{function}() RETURNS timestamptz LANGUAGE sql STABLE AS $${body}$$", database=name()
        )
    pg.run_sql(services.sockets, f'ALTER DATABASE "{name()}" SET search_path = shifted, pg_catalog, public')


@pytest.mark.usefixtures("shifted")
@pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["an hour ahead", "an hour behind"])
def test_11_the_database_s_clock_is_the_only_one_and_its_jump_doubles_nothing(off: timedelta, services: Services, relay: Relay) -> None:
    early = [due_in(-90) for _ in range(5)]
    soon = [due_in(30) for _ in range(5)]
    turn_database(services, off)
    assert abs(claim.database_now() - timezone.now() - off) < timedelta(seconds=30), "the clock was not turned"
    assert [sender(relay.port).wait() for _ in range(2)] == [0, 0]
    assert len(relay.seen) == (10 if off > timedelta() else 5)
    turn_database(services, timedelta())
    OutboxMessage.objects.filter(pk__in=[row.pk for row in soon], state="planned").update(send_after=timezone.now())
    assert [sender(relay.port).wait() for _ in range(2)] == [0, 0]
    assert len(relay.seen) == 10 == count("sent") and twice(relay.seen) == 0 and len(early) == 5


@pytest.mark.parametrize(
    ("zone", "night", "instant"),
    [
        ("Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),  # 02:30 is missing: 03:00 summer time
        ("Europe/Berlin", date(2026, 10, 25), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # 02:30 comes twice: the first
        ("America/New_York", date(2026, 3, 8), datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 1), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
    ],
)
def test_11_a_wish_for_the_night_of_the_change_goes_once(zone: str, night: date, instant: datetime) -> None:
    local = time(1, 30) if (zone, night.month) == ("America/New_York", 11) else time(2, 30)
    wish, relay = resolve_local(night, local, zone), FakeRelay()
    assert wish == instant
    row = make_row(zone=zone, send_after=wish, at=wish - HOUR)
    for minutes in range(-120, 241, 15):
        drain(relay, at=wish + timedelta(minutes=minutes))
        assert len(relay.mails) == (minutes >= 0)
    assert OutboxMessage.objects.get(pk=row.pk).sent_at == wish


def test_the_test_database_s_clock_is_right_again() -> None:
    """Guards the guard above."""
    assert settings.USE_TZ
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        assert "shifted" not in cursor.fetchone()[0]
