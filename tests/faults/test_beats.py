"""Fault 10: two beats over two workers and the loop. Every tick comes twice, at about the same moment."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from aftercare.models import Plan, PlannedMessage
from clinic.celery import app
from clinic.models import OutboxMessage, Site, Staff
from tests.aftercare.make import make_course, make_patient, make_session
from tests.faults.crew import full, twice, wait_until
from tests.faults.relay import Relay
from tests.faults.team import Team, team
from tests.faults.test_drain import queue_mails

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


def owed(code: str) -> QuerySet[OutboxMessage]:
    """The rows of one step of all plans."""
    return OutboxMessage.objects.filter(pk__in=PlannedMessage.objects.filter(code=code).values("outbox"))


def sent_in_time(rows: QuerySet[OutboxMessage], amount: int) -> None:
    """Wait for them; a message that waits a minute for an earlier one of its plan is asked again at once."""

    def all_sent() -> bool:
        rows.filter(state="planned").update(send_after=timezone.now())
        return rows.filter(state="sent").count() == amount

    wait_until(all_sent, seconds=180)


def test_10_two_beats_plan_once_remind_once_and_send_once(site: Site, amara: Staff, relay: Relay, tmp_path: Path) -> None:
    """Drains and all sweeps each second from both: instructions, the check-in of 24 hours, its reminder, each once."""
    app.control.purge()
    amount, at = full(60, 12), timezone.now()
    with team(tmp_path, relay.port, workers=2, beats=2, loop=True, DRAIN_SECONDS="1", SWEEP_SECONDS="1") as crew:
        for number in range(amount):
            patient = make_patient(site, email=f"two{number}@patient.example")
            make_session(make_course(patient, amara), amara, ended_at=at - timedelta(hours=40))
        queue_mails(site, amount)
        wait_until(lambda: Plan.objects.count() == amount, seconds=180)
        check_ins, reminders = owed("check_24h"), OutboxMessage.objects.filter(kind="check_in_reminder")
        sent_in_time(owed("instructions"), amount)
        sent_in_time(check_ins, amount)
        check_ins.update(sent_at=at - timedelta(hours=13))  # twelve silent hours
        sent_in_time(reminders, amount)
        wait_until(lambda: ticks(crew, 0) >= 6 and ticks(crew, 1) >= 6, seconds=60)
        said = crew.words()
    assert "deadlock" not in said and "Traceback" not in said
    assert twice(relay.seen) == 0 and len(relay.seen) == OutboxMessage.objects.filter(state="sent").count() == 4 * amount
    to_each = Counter(address for address in relay.to if address.startswith("two"))
    assert len(to_each) == amount and set(to_each.values()) == {3}
    assert reminders.count() == amount and set(check_ins.values_list("attempts", flat=True)) == {1}


def ticks(crew: Team, number: int) -> int:
    """How often this beat has asked for a drain."""
    return sum(f"beat {number} |" in line and "drain the outbox" in line for line in crew.words().splitlines())
