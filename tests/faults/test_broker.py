"""Fault 6: the broker restarted with and without its data, emptied, away for an hour. Mail goes on by the tables."""

import signal
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from clinic.celery import app
from clinic.models import OutboxMessage, Site, Staff
from clinic.outbox.states import FINAL
from embedded.services import Services
from tests.appointments.make import at_hour, make_clear, make_clinic, make_visit
from tests.faults.crew import full, twice
from tests.faults.relay import Relay
from tests.faults.team import team
from tests.faults.test_drain import queue_mails, wait_until
from tests.faults.test_senders import count
from tests.treatments.make import make_signed

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def empty_broker(services: Services) -> Services:
    """What other tests have nudged would be worked off first."""
    app.control.purge()
    return services


def go_away(services: Services, how: signal.Signals) -> None:
    """The broker ends. Told to, it writes down what it holds; killed, it cannot."""
    services.broker.send_signal(how)
    services.broker.wait(10)


def test_6_restarted_without_its_data_and_emptied_it_loses_no_mail(site: Site, relay: Relay, empty_broker: Services, tmp_path: Path) -> None:
    """A real worker and a real beat; the broker is killed while mails are on their way."""
    for _ in range(30):
        app.send_task("clinic.drain", expires=0.01, ignore_result=True)  # ticks of an hour ago, as a broker with its data keeps them
    with team(tmp_path, relay.port) as crew:
        queue_mails(site, 40)
        wait_until(lambda: len(relay.seen) >= 5, seconds=120)
        go_away(empty_broker, signal.SIGKILL)
        queue_mails(site, 20)  # booking and registering go on while it is away
        empty_broker.start_broker()
        wait_until(lambda: count("sent") == 60, seconds=120)
        queue_mails(site, 20)
        redis.from_url(settings.CACHES["default"]["LOCATION"]).flushall()
        wait_until(lambda: count("sent") == 80, seconds=120)
        assert crew.words().count("Discarding revoked task: clinic.drain") >= 30, "stale ticks are thrown away, no burst of drains"
    assert len(set(relay.seen)) == 80 and twice(relay.seen) == 0


@pytest.fixture
def keeping(empty_broker: Services) -> Iterator[Services]:
    """A broker that keeps its data on disk, as the compose file's does; the usual one is back afterwards."""
    go_away(empty_broker, signal.SIGTERM)
    empty_broker.start_broker(durable=True)
    yield empty_broker
    if empty_broker.broker.poll() is None:
        go_away(empty_broker, signal.SIGKILL)
    empty_broker.start_broker()


@pytest.mark.parametrize("loop", [False, True], ids=["worker and beat alone", "with the loop"])
def test_6_an_hour_away_and_back_with_its_data(loop: bool, site: Site, relay: Relay, keeping: Services, tmp_path: Path) -> None:
    """Beat ticks each second, not each half minute, so that two minutes hold the ticks of an hour.

    What falls due meanwhile goes at once by the loop; without it, when the broker is back. Nothing goes twice, though the
    broker comes back with the ticks and nudges that nobody had taken.
    """
    away = full(120, 8)
    with team(tmp_path, relay.port, loop=loop, DRAIN_SECONDS="1") as crew:
        queue_mails(site, 10)
        wait_until(lambda: count("sent") == 10, seconds=120)
        worker = crew.named("worker 0").process
        worker.send_signal(signal.SIGSTOP)
        queue_mails(site, 10)  # their nudges, and some of beat's ticks, are what the broker keeps
        time.sleep(4)
        go_away(keeping, signal.SIGTERM)
        worker.send_signal(signal.SIGCONT)
        began = time.monotonic()
        queue_mails(site, 20)
        due_later(5, timezone.now() + timedelta(seconds=away / 2))
        if loop:
            wait_until(lambda: count("sent") == 40, seconds=away + 60)
        time.sleep(max(0.0, away - (time.monotonic() - began)))
        before = len(relay.seen)
        # without the loop: a worker that had taken a tick before it lost the broker sends what was due by then, and no more
        assert before in ({40} if loop else {10, 20}) and twice(relay.seen) == 0
        keeping.start_broker(durable=True)
        wait_until(lambda: count("sent") == 40, seconds=120)
        queue_mails(site, 5)
        wait_until(lambda: count("sent") == 45, seconds=120)
        # the broker came back with what it had kept; the worker tries again each half minute at most
        wait_until(lambda: crew.words().count("Discarding revoked task: clinic.drain") >= 2, seconds=120)
        drains = crew.words().count("Task clinic.drain[")
    assert len(set(relay.seen)) == 45 and twice(relay.seen) == 0
    assert set(OutboxMessage.objects.values_list("state", "attempts")) == {("sent", 1)}
    assert drains < full(400, 120), "no burst of drains"


def due_later(amount: int, when: datetime) -> None:
    """The last so many fall due in the middle of the time without a broker."""
    last = OutboxMessage.objects.filter(state="planned").order_by("-pk").values_list("pk", flat=True)[:amount]
    OutboxMessage.objects.filter(pk__in=list(last)).update(send_after=when)


def test_6_booking_and_signing_do_not_fail_without_a_broker(site: Site, amara: Staff, services: Services) -> None:
    """The services themselves, with the broker dead: what they owe stands in the tables."""
    visit_type = make_clinic(site, amara)
    go_away(services, signal.SIGKILL)
    try:
        visit = make_visit(make_clear(site), visit_type, amara, at_hour(10))
        record = make_signed(site, amara)
    finally:
        services.start_broker()
    assert visit.pk and record.pk
    assert OutboxMessage.objects.filter(cause_uuid=visit.uuid).exclude(state__in=FINAL).exists(), "the mail of the booking waits"


def test_6_worker_and_beat_never_give_the_broker_up() -> None:
    """Celery ends both after a hundred tries, some 48 minutes, unless it is told to go on."""
    assert app.conf.broker_connection_max_retries is None and app.conf.broker_connection_retry is True
