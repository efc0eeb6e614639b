"""Text messages: a second channel behind the same outbox. Claimed, leased, tried again and held by the same rules; a console carries
them, and no kind of message goes that way yet (docs/decisions/0024).
"""

import hashlib
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from clinic.models import Breaker, OutboxMessage
from clinic.outbox import claim, deliver
from clinic.outbox.states import Channel
from clinic.smtp import Outcome
from tests.clinic.outbox_make import AT, FakeRelay, drain, fresh, make_row, plain, probe, words
from tests.clinic.scripted_relay import scripted

pytestmark = pytest.mark.django_db
NUMBER = "+44 7700 900123"


@pytest.fixture(autouse=True)
def kind(settings: Any) -> Iterator[None]:
    settings.OUTBOX_RATE_PER_SECOND = 0
    with probe():
        yield


def a_text(**fields: Any) -> OutboxMessage:
    return make_row(**({"channel": Channel.TEXT, "recipient": NUMBER} | fields))


def test_it_goes_by_the_console_and_its_timeline_is_that_of_a_mail(caplog: pytest.LogCaptureFixture) -> None:
    row, mail = a_text(), make_row()
    said = plain(row, AT).text
    with caplog.at_level(logging.DEBUG, logger="clinic.outbox"):
        _drained(row)
    assert fresh(row).state == "sent" and fresh(row).body_sha256 == hashlib.sha256(said.encode()).hexdigest()
    drain(FakeRelay())
    assert words(fresh(row)) == words(fresh(mail)) == [("planned", "queued"), ("sent", "accepted by the mail server")]
    assert "number ending in 23" in caplog.text and "7700" not in caplog.text and "Something waits" not in caplog.text


def _drained(row: OutboxMessage) -> None:
    """By the carrier that the settings name; mail stays behind."""
    OutboxMessage.objects.exclude(pk=row.pk).update(send_after=AT + timedelta(hours=1))
    deliver.drain(at=AT)
    OutboxMessage.objects.exclude(pk=row.pk).update(send_after=AT)


@pytest.mark.parametrize(
    ("outcome", "state", "attempts"),
    [
        (Outcome("later", 429, "the carrier said 429"), "planned", 1), (Outcome("refused", 554, "refused"), "failed", 1),
        (Outcome("bad_address", 550, "no such number"), "failed", 1), (Outcome("doubt", 0, ""), "planned", 1),
        (Outcome("closed", 0, "closed"), "planned", 0), (Outcome("ours", 401, "no account"), "planned", 0),
    ],
)  # fmt: skip
def test_each_answer_does_to_a_text_what_it_does_to_a_mail(outcome: Outcome, state: str, attempts: int) -> None:
    found = []
    for make in (a_text, make_row):
        row = make()
        relay = FakeRelay()
        relay.answers[row.recipient] = outcome
        drain(relay)
        now = fresh(row)
        found.append((now.state, now.attempts, now.in_doubt, now.smtp_code, now.lease_token, words(now)))
        assert relay.asked == [row.recipient]
        Breaker.objects.all().delete()
        OutboxMessage.objects.filter(pk=row.pk).update(state="cancelled")
    assert found[0] == found[1] and found[0][:2] == (state, attempts)


def test_in_doubt_and_told_to_hold_it_waits_for_a_person() -> None:
    with probe(doubt="hold"):
        row, relay = a_text(), FakeRelay()
        relay.answers[NUMBER] = Outcome("doubt", 0, "")
        drain(relay)
        drain(relay, at=AT + timedelta(days=1))
    assert fresh(row).state == "held" and relay.asked == [NUMBER]


def test_a_sender_that_died_gives_it_back_under_the_same_name() -> None:
    row = a_text()
    batch = claim.claim_due(limit=10, at=AT)
    assert [one.pk for one in claim.intend(batch, batch.ids, at=AT)] == [row.pk]
    name = fresh(row).message_id
    OutboxMessage.objects.filter(pk=row.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claim.reap(at=AT) == 1 and (fresh(row).state, fresh(row).attempts, fresh(row).in_doubt) == ("planned", 1, True)
    drain(FakeRelay())
    assert (fresh(row).state, fresh(row).message_id) == ("sent", name)


def test_one_key_is_one_text() -> None:
    assert a_text(key="text:1").pk == a_text(key="text:1", recipient="+1 555 0100").pk


def test_without_a_carrier_it_fails_with_the_reason_and_mail_goes_on(settings: Any) -> None:
    settings.TEXT_CARRIER, settings.SMTP_TLS = "", "none"
    row, mail = a_text(), make_row()
    with scripted() as relay:
        settings.SMTP_HOST, settings.SMTP_PORT = "127.0.0.1", relay.port
        deliver.drain(at=AT)
    assert (fresh(row).state, fresh(row).reason) == ("failed", "no provider for text messages is set up")
    assert fresh(mail).state == "sent" and len(relay.accepted) == 1


@pytest.mark.parametrize("recipient", ["ana@patient.example", "+44\r\n7700", "call me", "+44 7700 900123,+44 7700 900124"])
def test_what_is_no_number_fails_alone(recipient: str) -> None:
    row, other, relay = a_text(recipient=recipient), a_text(), FakeRelay()
    drain(relay)
    assert (fresh(row).state, fresh(other).state) == ("failed", "sent") and relay.asked == [NUMBER]


def test_a_number_is_no_address_for_mail() -> None:
    row, relay = make_row(recipient=NUMBER), FakeRelay()
    drain(relay)
    assert fresh(row).state == "failed" and relay.asked == []


def test_nothing_goes_by_text_yet() -> None:
    tree = Path(__file__).parents[2]
    apps = ("patients", "treatments", "appointments", "aftercare", "desk", "clinic")
    named = {str(path.relative_to(tree)) for app in apps for path in (tree / app).rglob("*.py") if "Channel.TEXT" in path.read_text()}
    assert named == {"clinic/outbox/carriers.py", "clinic/outbox/mime.py"}
