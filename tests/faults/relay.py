"""An SMTP server on loopback that counts what it accepted, slowly enough to be interrupted. Not a test."""

import logging
import socket
import time
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller


class Relay:
    """`answers` replaces the answer to RCPT for an address."""

    def __init__(self, *, delay: float = 0.02) -> None:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # each line of each dialogue costs more than the dialogue
        self.seen: list[str] = []
        self.to: list[str] = []
        self.sizes: list[int] = []
        self.raw: list[bytes] = []
        self.times: list[float] = []
        self.delay = delay
        self.answers: dict[str, str] = {}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """Accept, or answer as told for an address."""
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Count by Message-ID."""
        time.sleep(self.delay)
        self.seen.append(str(message_from_bytes(envelope.content)["Message-ID"]))
        self.to.append(envelope.rcpt_tos[0])
        self.sizes.append(len(envelope.content))
        self.raw.append(envelope.content if len(envelope.content) < 20_000 else envelope.content[:20_000])
        self.times.append(time.monotonic())
        return "250 OK"
