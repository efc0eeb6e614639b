"""What a person may do with a message on the timeline: see it as it would be, hold it, release it, send it now."""

import re
from datetime import datetime

from django.db import transaction
from django.utils import translation

from clinic.audit import Actor
from clinic.models import OutboxMessage
from clinic.outbox import rows as outbox
from clinic.outbox import suppress
from clinic.outbox.kinds import KINDS, Mail
from clinic.outbox.states import State

_TOKEN = re.compile(r"(/l/)[A-Za-z0-9_-]{20,}")


def preview(row: OutboxMessage, at: datetime) -> Mail:
    """The mail as it would be built at `at`. Nothing is kept: links minted for it are rolled back, their tokens hidden."""
    with transaction.atomic():
        with translation.override(row.language):
            mail = KINDS[row.kind].build(row, at)
        transaction.set_rollback(True)
    return Mail(subject=mail.subject, text=_TOKEN.sub(r"\1…", mail.text), html="")


def is_movable(row: OutboxMessage, to: str) -> bool:
    """Whether *hold*, *release* or *send_now* makes sense in the row's state."""
    wanted = {"hold": State.PLANNED, "release": State.HELD, "send_now": State.PLANNED}
    return row.state == wanted[to]


def hold(row: OutboxMessage, *, reason: str, by: Actor, at: datetime) -> int:
    """Keep it back. 0 says that it had gone."""
    return outbox.hold(reason=reason, by=by, at=at, pk=row.pk)


def release(row: OutboxMessage, *, reason: str, by: Actor, at: datetime) -> int:
    """Back into the plan. 0 says that it was not held."""
    return outbox.release(reason=reason, by=by, at=at, pk=row.pk)


def send_now(row: OutboxMessage, *, by: Actor, at: datetime) -> OutboxMessage:
    """Bring it forward. Raises AlreadyGone; holds, consent and answers are asked again before it leaves."""
    return outbox.send_now(message_uuid=row.uuid, by=by, at=at)


def lift_address(pk: int, *, by: Actor, at: datetime) -> None:
    """Mail goes to this address again. Raises Conflict when somebody was faster."""
    suppress.lift(pk=pk, by=by, at=at)
