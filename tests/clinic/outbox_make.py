"""A kind of message, a relay and rows for the tests of the outbox. Not a test."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from unittest import mock

from clinic.audit import Actor
from clinic.models import OutboxMessage
from clinic.outbox import deliver, kinds, queue
from clinic.outbox.kinds import Kind, Mail, Verdict
from clinic.outbox.mime import Letter
from clinic.smtp import Outcome

AT = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
BY = Actor.of_task("test")
SENT = Outcome("sent", 250)
_numbers = itertools.count()


def plain(row: OutboxMessage, at: datetime) -> Mail:
    """A short mail without a link."""
    return Mail(subject="Riverside: something waits", text="Something waits for you.\n", html="<p>Something waits for you.</p>")


@contextmanager
def probe(
    *, may_send: Callable[[OutboxMessage, datetime], Verdict] = lambda row, at: Verdict.go(),
    build: Callable[[OutboxMessage, datetime], Mail] = plain, **how: Any,
) -> Iterator[None]:  # fmt: skip
    """A kind named `probe`, for as long as the block lasts."""
    before = dict(kinds.KINDS)
    kinds.register(Kind("probe", may_send, build, **how))
    try:
        yield
    finally:
        kinds.KINDS.clear()
        kinds.KINDS.update(before)


def make_row(**fields: Any) -> OutboxMessage:
    """A due row of the kind `probe`."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "kind": "probe", "key": f"probe:{number}", "recipient": f"p{number}@patient.example", "send_after": AT - timedelta(minutes=1),
        "by": BY, "at": AT - timedelta(minutes=2),
    } | fields  # fmt: skip
    return queue(**values)


class FakeRelay:
    """In the place of the SMTP connection: answers as told, remembers what it took."""

    def __init__(self) -> None:
        self.answers: dict[str, Outcome] = {}
        self.asked: list[str] = []
        self.mails: list[EmailMessage] = []
        self.letters: list[Letter] = []

    def __call__(self, channel: str) -> "FakeRelay":
        """Carries every channel."""
        return self

    def send(self, letter: Letter) -> Outcome:
        """One mail."""
        self.asked.append(letter.recipient)
        outcome = self.answers.get(letter.recipient, SENT)
        if outcome.word == "sent":
            self.letters.append(letter)
            self.mails.append(message_from_bytes(letter.raw, policy=policy.default))
        return outcome

    def quit(self) -> None:
        """Nothing to close."""


def drain(relay: FakeRelay, *, at: datetime = AT) -> None:
    """One drain at an instant."""
    with mock.patch.object(deliver, "open_carrier", relay):
        deliver.drain(at=at)


def fresh(row: OutboxMessage) -> OutboxMessage:
    """The row as it stands now."""
    return OutboxMessage.objects.get(pk=row.pk)


def words(row: OutboxMessage) -> list[tuple[str, str]]:
    """Its timeline."""
    return [(move.state, move.reason) for move in row.moves.order_by("pk")]
