"""What carries a message away: our SMTP, a provider's API through django-anymail, or for text messages a console.

A carrier answers with an `Outcome`, so that the drain treats all of them alike.
"""

import logging
from typing import Protocol

from django.conf import settings

from clinic.outbox.mime import Letter
from clinic.outbox.provider import ProviderCarrier
from clinic.outbox.states import Channel
from clinic.smtp import Connection, Outcome, Relay

log = logging.getLogger("clinic.outbox")


class Carrier(Protocol):
    """Takes one message at a time; knows what became of it."""

    def send(self, letter: Letter) -> Outcome:
        """Hand one over."""

    def quit(self) -> None:
        """Close what is open."""


def relay_from_settings() -> Relay:
    """The relay as configured."""
    return Relay(
        settings.SMTP_HOST, settings.SMTP_PORT, settings.SMTP_TLS, settings.SMTP_USER, settings.SMTP_PASSWORD,
        float(settings.OUTBOX_SMTP_TIMEOUT),
    )  # fmt: skip


class SmtpCarrier:
    """Plain SMTP, over one connection."""

    def __init__(self) -> None:
        self._connection = Connection(relay_from_settings())

    def send(self, letter: Letter) -> Outcome:
        """One recipient a message."""
        return self._connection.send(letter.raw, sender=letter.envelope_from, recipient=letter.recipient)

    def quit(self) -> None:
        """Say goodbye."""
        self._connection.quit()


class ConsoleCarrier:
    """Text messages for development: one line in the log, without number and without words."""

    def send(self, letter: Letter) -> Outcome:
        """Nothing leaves the machine."""
        log.info("text message of %d characters, number ending in %s", len(letter.mail.text), letter.recipient[-2:])
        return Outcome("sent", 250)

    def quit(self) -> None:
        """Nothing to close."""


class NoCarrier:
    """A channel that is not set up: its message fails with the reason, the others go on."""

    def send(self, letter: Letter) -> Outcome:
        """Refuse this message, not its address."""
        return Outcome("refused", 0, "no provider for text messages is set up")

    def quit(self) -> None:
        """Nothing to close."""


def open_carrier(channel: str) -> Carrier:
    """The configured one of a channel."""
    if channel == Channel.TEXT:
        return ConsoleCarrier() if settings.TEXT_CARRIER == "console" else NoCarrier()
    return SmtpCarrier() if settings.MAIL_CARRIER == "smtp" else ProviderCarrier(settings.MAIL_CARRIER)
