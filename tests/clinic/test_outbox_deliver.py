"""Delivery: what each answer makes of a row, the pause after trouble, and what one bad mail does to the others."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email import policy
from email.parser import BytesParser
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError

from clinic.models import Breaker, OutboxMessage, Suppression
from clinic.outbox import breaker
from clinic.outbox.kinds import Mail
from clinic.smtp import Outcome
from tests.clinic.outbox_make import AT, FakeRelay, drain, fresh, make_row, plain, probe, words

pytestmark = pytest.mark.django_db
BACKOFF = [60, 300, 900, 3600, 14400, 43200]


@pytest.fixture(autouse=True)
def kind(settings: Any) -> Iterator[None]:
    settings.OUTBOX_RATE_PER_SECOND = 0
    with probe():
        yield


@pytest.fixture
def relay() -> FakeRelay:
    return FakeRelay()


def test_the_backoff_is_the_documented_one() -> None:
    assert settings.OUTBOX_BACKOFF_SECONDS == BACKOFF
    assert settings.OUTBOX_MAX_ATTEMPTS == 6 and settings.OUTBOX_CHUNK == 10 and settings.OUTBOX_LEASE_SECONDS == 600


@pytest.mark.parametrize("attempts", range(5))
def test_a_4xx_comes_back_after_its_step_give_or_take_a_fifth(attempts: int, relay: FakeRelay) -> None:
    row = make_row()
    OutboxMessage.objects.filter(pk=row.pk).update(attempts=attempts)
    relay.answers[row.recipient] = Outcome("later", 450, "the relay said 450")
    drain(relay)
    now = fresh(row)
    wait = (now.send_after - AT).total_seconds()
    assert (now.state, now.attempts, now.smtp_code, now.in_doubt) == ("planned", attempts + 1, 450, False)
    assert BACKOFF[attempts] * 0.8 <= wait <= BACKOFF[attempts] * 1.2


def test_a_4xx_does_not_wait_past_its_end(relay: FakeRelay) -> None:
    row = make_row(expires_at=AT + timedelta(seconds=40))
    relay.answers[row.recipient] = Outcome("later", 450, "the relay said 450")
    drain(relay)
    assert words(row)[-1] == ("failed", "the relay said 450; its time is over before the next try")


def test_a_4xx_for_ever_fails_after_six_attempts(relay: FakeRelay) -> None:
    row, at = make_row(), AT
    relay.answers[row.recipient] = Outcome("later", 450, "the relay said 450")
    for _ in range(12):
        drain(relay, at=at)
        at += timedelta(hours=15)
    assert fresh(row).state == "failed" and len(relay.asked) == 6


def test_a_bad_address_is_suppressed_and_the_desk_is_asked_to_phone(relay: FakeRelay) -> None:
    row, next_one = make_row(recipient="Nobody@patient.example"), make_row(recipient="nobody@patient.example", send_after=AT)
    relay.answers[row.recipient] = Outcome("bad_address", 550, "the address was refused with 550")
    drain(relay)
    assert words(row)[-1] == ("failed", "the address was refused with 550; please phone")
    assert Suppression.objects.get().address == "nobody@patient.example"
    drain(relay)
    assert fresh(next_one).state in {"skipped", "sent"}
    later = make_row(recipient="nobody@patient.example")
    drain(relay)
    assert fresh(later).state == "skipped"


def test_a_refused_mail_fails_and_its_address_stays(relay: FakeRelay) -> None:
    row = make_row()
    relay.answers[row.recipient] = Outcome("refused", 554, "the relay refused the mail with 554")
    drain(relay)
    assert (fresh(row).state, fresh(row).smtp_code, fresh(row).attempts) == ("failed", 554, 1)
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(("doubt", "state", "attempts"), [("retry", "planned", 1), ("hold", "held", 0)])
def test_no_answer_after_the_dot_follows_the_doubt_policy(doubt: str, state: str, attempts: int, relay: FakeRelay) -> None:
    with probe(doubt=doubt):
        row = make_row()
        relay.answers[row.recipient] = Outcome("doubt", 0, "TimeoutError")
        drain(relay)
        first_id = fresh(row).message_id
        assert (fresh(row).state, fresh(row).attempts) == (state, attempts)
        relay.answers.clear()
        drain(relay, at=AT + timedelta(minutes=2))
    assert fresh(row).message_id == first_id
    assert [str(mail["Message-ID"]) for mail in relay.mails] == ([first_id] if doubt == "retry" else [])


def test_every_attempt_has_the_same_message_id_and_date(relay: FakeRelay) -> None:
    row = make_row()
    relay.answers[row.recipient] = Outcome("later", 450)
    drain(relay)
    was = fresh(row).message_id, fresh(row).first_attempt_at
    relay.answers.clear()
    drain(relay, at=AT + timedelta(hours=1))
    assert (fresh(row).message_id, fresh(row).first_attempt_at) == was == (relay.mails[0]["Message-ID"], AT)
    assert relay.mails[0]["Date"] == "Mon, 02 Mar 2026 14:30:00 +0000"


@pytest.mark.parametrize("word", ["ours", "closed"])
def test_trouble_with_the_relay_stops_all_sending_and_costs_no_attempt(word: str, relay: FakeRelay) -> None:
    rows = [make_row() for _ in range(15)]
    relay.answers[rows[2].recipient] = Outcome(word, 535, "the relay refused our sign-in")
    drain(relay)
    assert len(relay.asked) == 3 and [fresh(row).state for row in rows] == ["sent"] * 2 + ["planned"] * 13
    assert {fresh(row).attempts for row in rows[2:]} == {0} and {fresh(row).lease_token for row in rows} == {None}


def test_the_pause_grows_from_half_a_minute_to_ten_and_a_mail_ends_it(relay: FakeRelay) -> None:
    assert settings.OUTBOX_BREAKER_SECONDS[0] == 30 and settings.OUTBOX_BREAKER_SECONDS[-1] == 600
    for seconds in [*settings.OUTBOX_BREAKER_SECONDS, 600, 600]:
        breaker.trip(reason="away", now=AT)
        assert Breaker.objects.get().open_until == AT + timedelta(seconds=seconds)
    row = make_row()
    drain(relay, at=AT + timedelta(seconds=599))
    assert relay.asked == [] and fresh(row).state == "planned"
    drain(relay, at=AT + timedelta(seconds=600))
    assert fresh(row).state == "sent" and Breaker.objects.get().strikes == 0


def test_one_broken_template_of_a_hundred_fails_alone(relay: FakeRelay) -> None:
    def build(row: OutboxMessage, at: datetime) -> Mail:
        if row.key == "broken":
            raise LookupError("no such template for Ana Ruiz")
        return plain(row, at)

    with probe(build=build):
        rows = [make_row(key="broken" if number == 42 else f"good:{number}") for number in range(100)]
        drain(relay)
    assert [row.key for row in rows if fresh(row).state != "sent"] == ["broken"] and len(relay.mails) == 99
    assert words(rows[42])[-1] == ("failed", "it could not be written: LookupError")


def test_a_database_that_goes_away_while_building_fails_no_row(relay: FakeRelay) -> None:
    def build(row: OutboxMessage, at: datetime) -> Mail:
        raise OperationalError("server closed the connection")

    with probe(build=build):
        row = make_row()
        with pytest.raises(OperationalError):
            drain(relay)
    assert fresh(row).state == "sending"


@pytest.mark.parametrize(
    ("subject", "recipient"),
    [
        ("Hello\r\nBcc: all@elsewhere.example", "ana@patient.example"),
        ("Hello\nBcc: all@elsewhere.example", "ana@patient.example"),
        ("Hello", "ana@patient.example\r\nBcc: all@elsewhere.example"),
    ],
)
def test_a_line_break_in_a_header_fails_the_mail(subject: str, recipient: str, relay: FakeRelay) -> None:
    with probe(build=lambda row, at: Mail(subject=subject, text="x\n", html="")):
        row = make_row(recipient=recipient)
        drain(relay)
    assert fresh(row).state == "failed" and relay.asked == []


def test_a_line_break_in_a_file_name_adds_no_header(relay: FakeRelay) -> None:
    files = (("a.ics\r\nBcc: all@elsewhere.example", "text/calendar", b"x"),)
    with probe(build=lambda row, at: Mail(subject="Hello", text="x\n", html="", attachments=files)):
        row = make_row()
        drain(relay)
    for mail in relay.mails:
        assert BytesParser(policy=policy.default).parsebytes(mail.as_bytes())["Bcc"] is None
        assert b"\nBcc:" not in mail.as_bytes()
    assert fresh(row).state in {"sent", "failed"}


def test_two_megabytes_go_and_the_timeline_keeps_none_of_it(relay: FakeRelay) -> None:
    body = "ä long line of text.\n" * 100_000
    with probe(build=lambda row, at: Mail(subject="Long", text=body, html="")):
        row = make_row()
        drain(relay)
    assert fresh(row).state == "sent" and len(fresh(row).body_sha256) == 64
    assert relay.mails[0].get_content().replace("\r\n", "\n") == body
    assert all(len(reason) <= 200 for _state, reason in words(row))


def test_stopped_in_the_middle_the_rest_is_given_back(relay: FakeRelay) -> None:
    from unittest import mock

    from clinic.outbox import deliver

    rows = [make_row() for _ in range(15)]
    with mock.patch.object(deliver, "open_carrier", relay):
        deliver.drain(at=AT, stop=lambda: len(relay.asked) >= 4)
    assert [fresh(row).state for row in rows] == ["sent"] * 4 + ["planned"] * 11
    assert {(fresh(row).attempts, fresh(row).lease_token) for row in rows[4:]} == {(0, None)}
    drain(relay)
    assert len(relay.asked) == 15 == len(set(relay.asked))


def test_an_account_mail_leaves_no_text_behind(relay: FakeRelay) -> None:
    from django.core.mail import EmailMessage

    from clinic.outbox.backend import OutboxBackend

    OutboxBackend().send_messages([EmailMessage("Your code", "The code is 123456.", to=["amara@riverside.example"])])
    row = OutboxMessage.objects.get(kind="account")
    assert "123456" not in str(row.context)
    drain(relay, at=row.send_after)
    assert "123456" in str(relay.mails[0]) and fresh(row).context == {}


def test_a_cache_that_is_away_does_not_end_the_drain(relay: FakeRelay, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.cache import cache

    def away(*args: object, **how: object) -> None:
        raise ConnectionError("no cache")

    monkeypatch.setattr(cache, "set", away)
    row = make_row()
    drain(relay)
    assert fresh(row).state == "sent"
