"""Account mails (sign-in, second factor, password) take the outbox too; their text is wiped once they have gone."""

import base64
import os
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from clinic.audit import Actor
from clinic.models import OutboxMessage
from clinic.outbox.kinds import Kind, Mail, Verdict
from clinic.outbox.rows import queue
from clinic.outbox.states import Doubt, Scope


def _cipher() -> AESGCM:
    return AESGCM(base64.b64decode(settings.FILE_KEY))


def _sealed(text: str) -> str:
    nonce = os.urandom(12)
    return base64.b64encode(nonce + _cipher().encrypt(nonce, text.encode(), b"account mail")).decode()


def _opened(sealed: str) -> str:
    raw = base64.b64decode(sealed)
    return _cipher().decrypt(raw[:12], raw[12:], b"account mail").decode()


def _may_send(row: OutboxMessage, at: datetime) -> Verdict:
    return Verdict.go() if row.context else Verdict.skip("its text is gone")


def _build(row: OutboxMessage, at: datetime) -> Mail:
    return Mail(subject=row.context["subject"], text=_opened(row.context["text"]), html="")


ACCOUNT = Kind("account", _may_send, _build, doubt=Doubt.RETRY, urgent=True, scope=Scope.ACCOUNT)


class OutboxBackend(BaseEmailBackend):
    """Django's mail backend: queues, never speaks SMTP."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """One row a recipient. Returns how many messages were queued."""
        at = timezone.now()
        for message in email_messages:
            for recipient in message.recipients():
                queue(
                    kind=ACCOUNT.name,
                    key=f"account:{uuid.uuid4()}",
                    recipient=recipient,
                    context={"subject": str(message.subject), "text": _sealed(str(message.body))},
                    send_after=at,
                    expires_at=at + timedelta(hours=1),
                    by=Actor.of_task("sign-in"),
                    at=at,
                )
        return len(email_messages)
