"""The automatic answer of the address that nobody reads: how to reach a person (SETTLED 21). RFC 3834."""

import re
from datetime import datetime, timedelta

from clinic import mailkit
from clinic.audit import Actor
from clinic.models import Clinic, OutboxMessage, Site
from clinic.outbox.kinds import Kind, Mail, Verdict
from clinic.outbox.rows import queue
from clinic.outbox.states import Doubt, Scope

KIND = "auto_reply"
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,200}@[^<>\s]{1,200}>")
_LIVES = timedelta(hours=12)


def queue_auto_reply(*, key: str, recipient: str, language: str, in_reply_to: str, at: datetime) -> OutboxMessage:
    """One row a key. What was written to us is not kept."""
    found = _MESSAGE_ID.search(in_reply_to)
    return queue(
        kind=KIND, key=key, recipient=recipient, language=language, context={"in_reply_to": found.group() if found else ""},
        send_after=at, expires_at=at + _LIVES, by=Actor.of_command("read_mail"), at=at,
    )  # fmt: skip


def _may_send(row: OutboxMessage, at: datetime) -> Verdict:
    return Verdict.go()


def _build(row: OutboxMessage, at: datetime) -> Mail:
    context = {"clinic": Clinic.objects.first(), "sites": list(Site.objects.order_by("name", "pk"))}
    headers = {"Auto-Submitted": "auto-replied"}
    if row.context.get("in_reply_to"):
        headers |= {"In-Reply-To": row.context["in_reply_to"], "References": row.context["in_reply_to"]}
    return Mail(*mailkit.render(KIND, context, row.language), headers=headers)


AUTO_REPLY = Kind(KIND, _may_send, _build, doubt=Doubt.HOLD, urgent=True, scope=Scope.CARE)
