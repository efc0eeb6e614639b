"""Rows: queue, cancel, hold, release, send now; and what the timeline shows. Nothing here speaks SMTP."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import OutboxMessage, OutboxMove
from clinic.outbox.kinds import KINDS
from clinic.outbox.states import Channel, State

OUTSIDE_HOURS = "outside the sending hours"


class AlreadyGone(Refused):
    """The mail had left, or is leaving now; it can't be called back."""


def message_id(uuid_: UUID) -> str:
    """The Message-ID of a row, the same for every attempt (RFC 5322 3.6.4)."""
    domain = settings.MAIL_FROM.rpartition("@")[2].rstrip(">") or "localhost"
    return f"<{uuid_}@{domain}>"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One message that should go. `context` holds ids and plain values, no clinical text."""

    kind: str
    key: str
    recipient: str
    send_after: datetime
    patient_uuid: UUID | None = None
    cause_kind: str = ""
    cause_uuid: UUID | None = None
    context: dict[str, Any] | None = None
    expires_at: datetime | None = None
    language: str = "en"
    zone: str = ""
    channel: Channel = Channel.MAIL
    state: State = State.PLANNED
    reason: str = ""

    def row(self) -> OutboxMessage:
        """Its row, not stored yet."""
        declared, own = KINDS[self.kind], uuid.uuid4()
        return OutboxMessage(
            uuid=own, key=self.key, kind=self.kind, scope=declared.scope, doubt=declared.doubt, urgent=declared.urgent, channel=self.channel,
            wording_version=declared.wording_version, recipient=self.recipient, send_after=self.send_after, wished_at=self.send_after,
            expires_at=self.expires_at, patient_uuid=self.patient_uuid, cause_kind=self.cause_kind, cause_uuid=self.cause_uuid,
            context=self.context or {}, language=self.language, zone=self.zone, state=self.state, reason=self.reason, message_id=message_id(own),
        )  # fmt: skip


def queue(
    *,
    kind: str,
    key: str,
    recipient: str,
    send_after: datetime,
    by: Actor,
    at: datetime,
    patient_uuid: UUID | None = None,
    cause_kind: str = "",
    cause_uuid: UUID | None = None,
    context: dict[str, Any] | None = None,
    expires_at: datetime | None = None,
    language: str = "en",
    zone: str = "",
    channel: Channel = Channel.MAIL,
    state: State = State.PLANNED,
    reason: str = "",
) -> OutboxMessage:
    """Add a message once: the same key again returns the row that is there. Call it in the transaction of its cause.

    What is due now is nudged on commit.
    """
    wanted = Wanted(
        kind=kind, key=key, recipient=recipient, send_after=send_after, patient_uuid=patient_uuid, cause_kind=cause_kind, cause_uuid=cause_uuid,
        context=context, expires_at=expires_at, language=language, zone=zone, channel=channel, state=state, reason=reason,
    )  # fmt: skip
    return queue_all([wanted], by=by, at=at)[0]


def queue_all(wanted: Sequence[Wanted], *, by: Actor, at: datetime) -> list[OutboxMessage]:
    """Several at once, in as many queries as one; in the order given. As `queue`: what is there already stays as it is."""
    rows = [one.row() for one in wanted]
    with transaction.atomic():
        OutboxMessage.objects.bulk_create(rows, ignore_conflicts=True)
        stored = {row.key: row for row in OutboxMessage.objects.filter(key__in=[row.key for row in rows])}
        new = [stored[row.key] for row in rows if stored[row.key].uuid == row.uuid]
        OutboxMove.objects.bulk_create(
            OutboxMove(message=row, at=at, state=row.state, reason=row.reason or "queued", by=by.name) for row in new
        )
        if any(row.state == State.PLANNED and row.send_after <= at for row in new):
            nudge()
    return [stored[row.key] for row in rows]


def nudge() -> None:
    """Ask a worker to drain, once this transaction is committed. Losing the nudge loses seconds, never mail."""
    from clinic.tasks import send_nudge

    transaction.on_commit(send_nudge)


def move(rows: Iterable[OutboxMessage], *, to: State, reason: str, by: Actor, at: datetime, **fields: Any) -> int:
    """Set the state of rows that are locked by the caller, and add their moves."""
    found = list(rows)
    OutboxMessage.objects.filter(pk__in=[row.pk for row in found]).update(state=to, reason=reason[:200], **fields)
    OutboxMove.objects.bulk_create(
        OutboxMove(message=row, at=at, state=to, reason=reason[:200], by=by.name[:160]) for row in found
    )
    return len(found)


def _locked(which: Q, states: tuple[State, ...]) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.select_for_update().filter(which, state__in=states).order_by("pk")


def cancel(*, reason: str, by: Actor, at: datetime, **which: Any) -> int:
    """Cancel what has not left: `key=…`, `key__startswith=…`, `cause_uuid=…, kind=…`. Returns how many; 0 says it had gone."""
    with audit.write(by=by, action="message.cancel", reason=reason):
        rows = _locked(Q(**which), (State.PLANNED, State.CLAIMED, State.HELD))
        return move(rows, to=State.CANCELLED, reason=reason, by=by, at=at, lease_token=None, lease_until=None)


def hold(*, reason: str, by: Actor, at: datetime, **which: Any) -> int:
    """Keep messages back until they are released or cancelled."""
    with audit.write(by=by, action="message.hold", reason=reason):
        rows = _locked(Q(**which), (State.PLANNED, State.CLAIMED))
        return move(rows, to=State.HELD, reason=reason, by=by, at=at, lease_token=None, lease_until=None)


def release(*, reason: str, by: Actor, at: datetime, **which: Any) -> int:
    """Put held messages back into the plan. Whether they may go is asked again before they leave."""
    with audit.write(by=by, action="message.release", reason=reason):
        count = move(_locked(Q(**which), (State.HELD,)), to=State.PLANNED, reason=reason, by=by, at=at, in_doubt=False)
        nudge()
        return count


def send_now(*, message_uuid: UUID, by: Actor, at: datetime) -> OutboxMessage:
    """Bring a planned message forward to this instant. Raises AlreadyGone."""
    with audit.write(by=by, action="message.send_now"):
        if not move(
            _locked(Q(uuid=message_uuid), (State.PLANNED,)),
            to=State.PLANNED, reason="brought forward by a person", by=by, at=at, send_after=at,
        ):  # fmt: skip
            raise AlreadyGone("This message has left, is held, or was cancelled. Look at the list again.")
        nudge()
    return OutboxMessage.objects.get(uuid=message_uuid)


def reschedule(*, send_after: datetime, reason: str, by: Actor, at: datetime, **which: Any) -> int:
    """Move planned messages to another instant."""
    with audit.write(by=by, action="message.reschedule", reason=reason):
        rows = _locked(Q(**which), (State.PLANNED,))
        return move(rows, to=State.PLANNED, reason=reason, by=by, at=at, send_after=send_after, wished_at=send_after)


def opt_out(*, patient_uuid: UUID, scope: str, by: Actor, at: datetime) -> int:
    """What is planned or held of a scope that a patient does not want any more is skipped at once. Returns how many."""
    with audit.write(by=by, action="message.opt_out"):
        rows = _locked(Q(patient_uuid=patient_uuid, scope=scope), (State.PLANNED, State.CLAIMED, State.HELD))
        free: dict[str, Any] = {"lease_token": None, "lease_until": None}
        return move(rows, to=State.SKIPPED, reason="opted out of invitations", by=by, at=at, **free)


def ask_hours_again(*, by: Actor, at: datetime) -> int:
    """After the sending hours changed: what waits for the old ones goes back to its wish, and is asked when it is due."""
    with audit.write(by=by, action="message.hours"):
        waiting = OutboxMessage.objects.filter(state=State.PLANNED, wished_at__lt=F("send_after"), reason__startswith=OUTSIDE_HOURS)
        rows = list(waiting.select_for_update(skip_locked=True).order_by("pk"))
        wish = Greatest(F("wished_at"), at)
        count = move(rows, to=State.PLANNED, reason="the sending hours were changed", by=by, at=at, send_after=wish)
        nudge()
        return count


def speak(*, patient_uuid: UUID, language: str, by: Actor) -> int:
    """What has not left yet is written in the patient's new language. Returns how many rows changed."""
    with audit.write(by=by, action="message.language"):
        waiting = OutboxMessage.objects.filter(patient_uuid=patient_uuid, state__in=(State.PLANNED, State.HELD))
        return waiting.exclude(language=language).update(language=language)


def messages_for(patient_uuid: UUID) -> QuerySet[OutboxMessage]:
    """Every message of a patient with its moves, newest wish first. There is none that is not on it."""
    rows = OutboxMessage.objects.filter(patient_uuid=patient_uuid)
    return rows.prefetch_related("moves").order_by("-send_after", "-pk")
