"""What people do at the sign-in pages, as steps; codes come from allauth's own generator."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from clinic.models import OutboxMessage, Staff
from clinic.outbox.kinds import KINDS, Mail

PASSWORD = "correct horse battery"
NEW_PASSWORD = "three lemons on tuesday"
Answer = Any
SignedIn = Callable[[Staff], Client]


@dataclass
class Enrolled:
    """Somebody with a second factor: the seed in their phone, and the paper with the recovery codes."""

    staff: Staff
    secret: str
    recovery: list[str]

    def code(self, windows: int = 0) -> str:
        """What the phone shows now, or so many half minutes later."""
        return str(format_hotp_value(hotp_value(self.secret, int(time.time()) // 30 + windows)))


def sign_in(client: Client, staff: Staff, password: str = PASSWORD) -> Answer:
    """The first step: address and password."""
    return client.post("/accounts/login/", {"login": staff.email, "password": password})


def confirm(client: Client, next_url: str = "/", password: str = PASSWORD) -> Answer:
    """The page that asks for the password again."""
    return client.post("/accounts/reauthenticate/", {"password": password, "next": next_url})


def enrol(client: Client, staff: Staff) -> Enrolled:
    """Scan the picture, type the code, note the recovery codes."""
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    answer = client.post("/accounts/2fa/totp/activate/", {"code": format_hotp_value(hotp_value(secret, int(time.time()) // 30))})
    assert answer.status_code == 302, answer.content
    codes = client.get("/accounts/2fa/recovery-codes/")
    assert codes.status_code == 200, codes
    return Enrolled(staff, secret, list(codes.context["unused_codes"]))


def is_in(client: Client) -> bool:
    """Whether pages for staff open: the clinical rules are for every role."""
    return client.get("/rules/").status_code == 200


def mails_to(staff: Staff) -> list[OutboxMessage]:
    """What waits for this person, oldest first."""
    return list(OutboxMessage.objects.filter(recipient=staff.email).order_by("pk"))


def built(row: OutboxMessage, at: Any) -> Mail:
    """The mail as the drain would send it."""
    return KINDS[row.kind].build(row, at)


def body(answer: Answer) -> bytes:
    """Without what differs by request."""
    import re

    text: bytes = answer.content.replace(answer.headers.get("X-Request-Id", "-").encode(), b"")
    return re.sub(rb'(csrfmiddlewaretoken" value=|csrf-token" content=)"[^"]+"', b"", text)
