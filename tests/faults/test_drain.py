"""The command itself, started as in production and killed (MESSAGES.md, faults 1 and 8); the others are forked: test_senders."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from clinic.audit import Actor
from clinic.models import OutboxMessage, OutboxMove, Site, Suppression
from patients import services
from patients.services import PersonData
from tests.faults.relay import Relay

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
BY = Actor(kind="command", name="test")


def sender(relay: Relay, *arguments: str, **settings_: str) -> subprocess.Popen[bytes]:
    """A real drain in a process of its own."""
    environment = os.environ | {
        "DATABASE_NAME": settings.DATABASES["default"]["NAME"], "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(relay.port),
        "OUTBOX_LEASE_SECONDS": "3", "OUTBOX_RATE_PER_SECOND": "0", "OUTBOX_BACKOFF_SECONDS": "1,1,1", **settings_,
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "manage.py", "drain_outbox", *arguments], env=environment, stdout=subprocess.DEVNULL)


def queue_mails(site: Site, amount: int) -> None:
    """One intake invitation for each of `amount` patients, all due."""
    at = timezone.now()
    for number in range(amount):
        data = PersonData(given_name="Ana", family_name=f"Ruiz {number}", birth_on=date(1980, 1, 1), email=f"ana{number}@patient.example")
        services.register_patient(data=data, site=site, by=BY, at=at)


def wait_until(holds: Any, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_killed_sender_loses_nothing_and_repeats_at_most_one_chunk(site: Site, relay: Relay) -> None:
    """Fault 1: kill -9 in the middle; another sender finishes, with the same Message-ID for what was in doubt."""
    queue_mails(site, 60)
    first = sender(relay)
    wait_until(lambda: len(relay.seen) >= 17)
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    second = sender(relay, "--loop", "--every", "0.5")
    try:
        wait_until(lambda: OutboxMessage.objects.filter(state="sent").count() == 60)
    finally:
        second.terminate()
        second.wait(15)
    counts = Counter(relay.seen)
    assert len(counts) == 60
    assert sum(n - 1 for n in counts.values()) <= 10
    assert set(counts) == set(OutboxMessage.objects.values_list("message_id", flat=True))


def test_answers_of_the_relay_become_states_with_reasons(site: Site, relay: Relay) -> None:
    """Fault 8: 5.1.1 suppresses the address and asks to phone; 5.7.1 fails this mail alone; 450 comes back later."""
    queue_mails(site, 3)
    relay.answers = {"ana0@patient.example": "550 5.1.1 no such user", "ana1@patient.example": "550 5.7.1 refused", "ana2@patient.example": "450 4.2.0 later"}
    sender(relay).wait(30)
    states = {row.recipient[:4]: row for row in OutboxMessage.objects.all()}
    assert states["ana0"].state == "failed" and "phone" in states["ana0"].reason
    assert states["ana1"].state == "failed" and list(Suppression.objects.values_list("address", flat=True)) == ["ana0@patient.example"]
    assert states["ana2"].state == "planned" and states["ana2"].attempts == 1
    assert OutboxMove.objects.filter(message=states["ana0"]).count() >= 2
    assert relay.seen == []
