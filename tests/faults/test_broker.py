"""The broker dies with its data (MESSAGES.md, fault 6): mail goes on by the tables, nothing lost, nothing twice."""

import os
import sys
from collections import Counter
from pathlib import Path

import pytest
import redis
from django.conf import settings

from clinic.celery import app
from clinic.models import OutboxMessage, Site
from embedded.services import Services
from embedded.supervisor import Supervisor
from tests.faults.relay import Relay
from tests.faults.test_drain import queue_mails, wait_until

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


def test_a_broker_restarted_without_its_data_loses_no_mail(site: Site, relay: Relay, services: Services, tmp_path: Path) -> None:
    """A real worker and a real beat; the broker is killed while mails are on their way."""
    environment = os.environ | {
        "DATABASE_NAME": settings.DATABASES["default"]["NAME"], "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(relay.port),
        "DRAIN_SECONDS": "2", "SWEEP_SECONDS": "60", "OUTBOX_RATE_PER_SECOND": "0",
    }  # fmt: skip
    app.control.purge()  # what other tests have nudged would be worked off first
    for _ in range(30):
        app.send_task("clinic.drain", expires=0.01, ignore_result=True)  # ticks of an hour ago, as a broker with its data keeps them
    log = tmp_path / "log"
    team = Supervisor(environment, quiet=True, log=log)
    celery = [sys.executable, "-m", "celery", "-A", "clinic"]
    team.spawn("worker", [*celery, "worker", "-l", "INFO", "-c", "1", "--without-gossip", "--without-mingle"])
    team.spawn("beat", [*celery, "beat", "-l", "ERROR", "--pidfile=", "-s", str(tmp_path / "beat")])
    try:
        queue_mails(site, 40)
        wait_until(lambda: len(relay.seen) >= 5, seconds=120)
        services.broker.kill()
        services.broker.wait(10)
        queue_mails(site, 20)  # booking and registering go on while it is away
        services.start_broker()
        wait_until(lambda: OutboxMessage.objects.filter(state="sent").count() == 60, seconds=120)
        queue_mails(site, 20)
        redis.from_url(settings.CACHES["default"]["LOCATION"]).flushall()
        wait_until(lambda: OutboxMessage.objects.filter(state="sent").count() == 80, seconds=120)
    finally:
        team.stop()
    assert len(set(relay.seen)) == 80 and max(Counter(relay.seen).values()) == 1
    assert log.read_text().count("Discarding revoked task: clinic.drain") >= 30, "stale ticks are thrown away, no burst of drains"
