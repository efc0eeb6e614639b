"""How fast and when mail leaves: a day's cap, a minute's share of a domain, quiet hours, connections, and the rate of all senders."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from clinic.models import Clinic, OutboxMessage, Site
from clinic.outbox import breaker, claim, pace, rows
from clinic.smtp import Outcome
from tests.clinic.outbox_make import AT, BY, FakeRelay, drain, fresh, make_row, probe

pytestmark = pytest.mark.django_db
ZONE = "Europe/London"


@pytest.fixture(autouse=True)
def kind(settings: Any) -> Iterator[None]:
    settings.OUTBOX_RATE_PER_SECOND = 0
    with probe():
        yield


@pytest.fixture
def relay() -> FakeRelay:
    return FakeRelay()


def rules(**fields: Any) -> None:
    Clinic.objects.update(**fields)


class TestDomain:
    """So many a minute to one provider."""

    def test_the_rest_waits_for_the_next_minute_and_others_go(self, site: Site, relay: FakeRelay) -> None:
        rules(domain_per_minute=3)
        many = [make_row(recipient=f"p{n}@Gmail.com", zone=ZONE) for n in range(8)]
        other = make_row(recipient="q@patient.example", zone=ZONE)
        drain(relay)
        assert [fresh(row).state for row in many] == ["sent"] * 3 + ["planned"] * 5 and fresh(other).state == "sent"
        assert fresh(many[3]).reason == "no more mails this minute to gmail.com"
        assert {fresh(row).send_after for row in many[3:]} == {AT + timedelta(minutes=1)}
        for minute in (1, 2):
            drain(relay, at=AT + timedelta(minutes=minute))
        assert len(relay.asked) == 9 and [fresh(row).attempts for row in many] == [1] * 8

    def test_what_is_urgent_does_not_wait(self, site: Site, relay: FakeRelay) -> None:
        rules(domain_per_minute=1)
        with probe(urgent=True):
            for n in range(4):
                make_row(recipient=f"p{n}@gmail.com", zone=ZONE)
            drain(relay)
        assert len(relay.asked) == 4


class TestDay:
    """A provider's cap a day: one in five is kept for care."""

    def test_invitations_stop_before_care_does_and_all_go_tomorrow(self, site: Site, relay: FakeRelay) -> None:
        rules(daily_cap=10)
        with probe(scope="invitation"):
            invitations = [make_row(zone=ZONE) for _ in range(12)]
        care = [make_row(zone=ZONE, send_after=AT) for _ in range(4)]
        drain(relay)
        assert [fresh(row).state for row in invitations].count("sent") == 8
        assert [fresh(row).state for row in care].count("sent") == 2
        midnight = datetime(2026, 3, 3, tzinfo=UTC)
        assert {fresh(row).send_after for row in (*invitations, *care) if fresh(row).state == "planned"} == {midnight}
        drain(relay, at=midnight)
        assert len(relay.asked) == 16

    def test_the_day_is_the_clinic_s(self, site: Site, relay: FakeRelay) -> None:
        rules(daily_cap=1)
        summer = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)  # 23:30 in London
        for n in range(2):
            make_row(zone=ZONE, send_after=summer, key=f"s{n}")
        drain(relay, at=summer)
        assert len(relay.asked) == 1
        drain(relay, at=datetime(2026, 7, 1, 23, 0, tzinfo=UTC))
        assert len(relay.asked) == 2

    def test_a_sign_in_mail_passes(self, site: Site, relay: FakeRelay) -> None:
        rules(daily_cap=1)
        make_row(zone=ZONE)
        drain(relay)
        with probe(urgent=True):
            make_row(zone=ZONE)
        waits = make_row(zone=ZONE)
        drain(relay)
        assert len(relay.asked) == 2 and fresh(waits).state == "planned"


class TestHours:
    """Sending hours and quiet hours together."""

    @pytest.mark.parametrize(
        ("hour", "goes"), [(7, 8), (8, 8), (11, 11), (12, 14), (13, 14), (14, 14), (19, 19), (20, 32), (23, 32)]
    )
    def test_mail_waits_for_an_hour_in_which_it_may_leave(self, hour: int, goes: int, site: Site, relay: FakeRelay) -> None:
        rules(send_from=time(8), send_until=time(20), quiet_from=time(12), quiet_until=time(14))
        day = datetime(2026, 3, 2, tzinfo=UTC)
        row = make_row(zone=ZONE, send_after=day)
        drain(relay, at=day + timedelta(hours=hour))
        if goes == hour:
            assert fresh(row).state == "sent"
        else:
            assert (fresh(row).state, fresh(row).send_after) == ("planned", day + timedelta(hours=goes))

    def test_quiet_hours_over_midnight(self, site: Site, relay: FakeRelay) -> None:
        rules(quiet_from=time(21), quiet_until=time(7))
        row = make_row(zone=ZONE, send_after=AT.replace(hour=22))
        drain(relay, at=AT.replace(hour=22))
        assert fresh(row).send_after == AT.replace(day=3, hour=7, minute=0)

    def test_quiet_until_after_the_window_ends_is_the_next_morning(self, site: Site, relay: FakeRelay) -> None:
        rules(send_from=time(8), send_until=time(20), quiet_from=time(18), quiet_until=time(22))
        row = make_row(zone=ZONE, send_after=AT.replace(hour=18))
        drain(relay, at=AT.replace(hour=18))
        assert fresh(row).send_after == AT.replace(day=3, hour=8, minute=0)

    def test_new_hours_bring_back_what_waits_for_the_old_ones(self, site: Site, relay: FakeRelay) -> None:
        rules(send_from=time(16), send_until=time(20))
        waits, later = make_row(zone=ZONE), make_row(zone=ZONE, send_after=AT + timedelta(days=2))
        drain(relay)
        assert fresh(waits).send_after == AT.replace(hour=16, minute=0)
        rules(send_from=time(8))
        assert rows.ask_hours_again(by=BY, at=AT + timedelta(minutes=5)) == 1
        assert fresh(waits).send_after == AT + timedelta(minutes=5) and fresh(later).send_after == AT + timedelta(days=2)
        drain(relay, at=AT + timedelta(minutes=5))
        assert fresh(waits).state == "sent"


class TestConnections:
    """How many senders at once."""

    def test_more_senders_than_connections_do_nothing(self, settings: Any, relay: FakeRelay) -> None:
        settings.OUTBOX_CONNECTIONS = 1
        row, here = make_row(), connection.settings_dict
        with psycopg.connect(host=here["HOST"], user="app_rw", dbname=here["NAME"], autocommit=True) as other:
            other.execute("SELECT pg_advisory_lock(%s, 0)", [breaker._SLOTS])
            drain(relay)
            assert fresh(row).state == "planned"
            other.execute("SELECT pg_advisory_unlock(%s, 0)", [breaker._SLOTS])
        drain(relay)
        assert fresh(row).state == "sent"

    @pytest.mark.parametrize("code", [432, 452])
    def test_too_much_at_once_halves_them_for_an_hour(self, code: int, settings: Any, relay: FakeRelay) -> None:
        settings.OUTBOX_CONNECTIONS = 4
        row, now = make_row(), claim.database_now()
        relay.answers[row.recipient] = Outcome("later", code, f"the relay said {code}")
        drain(relay)
        assert fresh(row).state == "planned" and breaker.connections(now=now) == 2
        for _ in range(5):
            breaker.narrow(now=now)
        assert breaker.connections(now=now) == 1
        assert breaker.connections(now=now + timedelta(hours=1, seconds=1)) == 4

    def test_another_4xx_halves_nothing(self, relay: FakeRelay) -> None:
        row = make_row()
        relay.answers[row.recipient] = Outcome("later", 450, "the relay said 450")
        drain(relay)
        assert breaker.connections(now=claim.database_now()) == 3

    def test_one_sender_takes_its_part_alone(self, settings: Any) -> None:
        settings.OUTBOX_CONNECTIONS = 3
        for _ in range(60):
            make_row()
        assert claim.fair_share(at=AT) == 20
        OutboxMessage.objects.update(state="sent")
        for _ in range(6):
            make_row()
        assert claim.fair_share(at=AT) == settings.OUTBOX_BATCH


def test_urgent_mail_goes_before_a_flood() -> None:
    flood = [make_row(send_after=AT - timedelta(hours=5)) for _ in range(20)]
    with probe(urgent=True):
        alert = make_row(send_after=AT)
    batch = claim.claim_due(limit=5, at=AT)
    assert batch.ids == (alert.pk, *(row.pk for row in flood[:4]))


def test_all_senders_together_keep_the_rate() -> None:
    """Each reservation begins where the last one ends, whoever made it."""
    waits = [pace.reserve(10, rate=50) for _ in range(5)]
    assert waits[0] == 0 and all(0.15 * n <= wait <= 0.2 * n + 0.01 for n, wait in enumerate(waits))
