"""Claims, intents and leases: short transactions on the database's clock (MESSAGES.md, “The drain”)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from clinic.audit import Actor
from clinic.models import Breaker, OutboxMessage, OutboxMove, Suppression
from clinic.outbox.kinds import KINDS, Verdict
from clinic.outbox.rows import move
from clinic.outbox.states import Doubt, State
from clinic.outbox.window import opens_at

DRAIN = Actor.of_task("clinic.drain")
_ORDERED = frozenset({"plan"})  # causes whose messages follow one another
_LOOK_AGAIN = timedelta(minutes=1)

_CLAIM = """
WITH due AS MATERIALIZED (
  SELECT id FROM clinic_outboxmessage
  WHERE state = 'planned' AND send_after <= COALESCE(%(at)s, now())
  ORDER BY send_after, id LIMIT %(limit)s
  FOR UPDATE SKIP LOCKED
)
UPDATE clinic_outboxmessage m SET state = 'claimed', lease_token = %(token)s, lease_until = now() + %(lease)s
FROM due WHERE m.id = due.id RETURNING m.id
"""


@dataclass(frozen=True)
class Batch:
    """Rows claimed under one token, in sending order."""

    token: UUID
    ids: tuple[int, ...]


def database_now() -> datetime:
    """The database's clock: the one clock that all senders share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
    return now


def claim_due(*, limit: int, at: datetime | None = None) -> Batch:
    """Take up to `limit` due rows for this sender alone. `at` replaces the database's clock in simulations."""
    token = uuid.uuid4()
    lease = timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    with transaction.atomic(), connection.cursor() as cursor:
        values: dict[str, Any] = {"at": at, "limit": limit, "token": token, "lease": lease}
        cursor.execute(_CLAIM, values)
        ids = [row[0] for row in cursor.fetchall()]
    ordered = OutboxMessage.objects.filter(pk__in=ids).order_by("send_after", "pk").values_list("pk", flat=True)
    return Batch(token, tuple(ordered))


def chunks(batch: Batch) -> list[tuple[int, ...]]:
    """Tens; rows that were in doubt, and account mails, stand alone (SETTLED 25)."""
    rows = OutboxMessage.objects.in_bulk(batch.ids)
    found: list[list[int]] = []
    alone = True
    for pk in batch.ids:
        single = rows[pk].in_doubt or rows[pk].attempts > 0 or rows[pk].kind == "account"
        if single or alone or len(found[-1]) >= settings.OUTBOX_CHUNK:
            found.append([])
        found[-1].append(pk)
        alone = single
    return [tuple(part) for part in found]


def intend(batch: Batch, part: Sequence[int], *, at: datetime) -> list[OutboxMessage]:
    """Mark a chunk as sending, if the lease is still ours, after asking each row's kind *may this go now?*

    A “no” becomes a state with its reason. Returns the rows to send, in order.
    """
    with transaction.atomic():
        mine = OutboxMessage.objects.select_for_update().filter(
            pk__in=part, state=State.CLAIMED, lease_token=batch.token, lease_until__gt=Now()
        )
        go = [row for row in mine.order_by("send_after", "pk") if _judge(row, at)]
        lease = timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
        OutboxMessage.objects.filter(pk__in=[row.pk for row in go]).update(
            state=State.SENDING,
            lease_until=Now() + lease,
            in_doubt=True,
        )
        for row in go:
            if not row.message_id:
                row.message_id = f"<{row.uuid}@{_domain()}>"
                row.first_attempt_at = at
                row.save(update_fields=["message_id", "first_attempt_at"])
    return go


def sending_under(batch: Batch, rows: Sequence[OutboxMessage]) -> list[OutboxMessage]:
    """Those of the rows that this sender still holds, locked. A sender that slept past its lease holds none."""
    mine = OutboxMessage.objects.select_for_update().filter(
        pk__in=[row.pk for row in rows], state=State.SENDING, lease_token=batch.token
    )
    return list(mine)


def _domain() -> str:
    return settings.MAIL_FROM.rpartition("@")[2].rstrip(">") or "localhost"


def _judge(row: OutboxMessage, at: datetime) -> bool:
    verdict = _verdict(row, at)
    if verdict.word == "go" and (until := _after_earlier(row, at)) is not None:
        verdict = Verdict.wait(until, "an earlier message of the same plan goes first")
    if verdict.word == "go":
        return True
    free = {"lease_token": None, "lease_until": None}
    if verdict.word == "wait":
        move([row], to=State.PLANNED, reason=verdict.reason, by=DRAIN, at=at, send_after=verdict.until, **free)
        return False
    to = {"hold": State.HELD, "cancel": State.CANCELLED, "skip": State.SKIPPED, "fail": State.FAILED}[verdict.word]
    move([row], to=to, reason=verdict.reason, by=DRAIN, at=at, **free)
    return False


def _verdict(row: OutboxMessage, at: datetime) -> Verdict:
    kind = KINDS.get(row.kind)
    if kind is None:
        return Verdict("fail", "no such kind of message")
    if row.attempts >= settings.OUTBOX_MAX_ATTEMPTS:
        return Verdict("fail", "tried too often")
    if row.expires_at is not None and row.expires_at <= at:
        return Verdict.skip("its time had passed before it could go")
    if not row.recipient:
        return Verdict.skip("no e-mail address")
    if Suppression.objects.filter(address__iexact=row.recipient, lifted_at=None).exists():
        return Verdict.skip("mail does not reach this address")
    if not row.urgent and (until := opens_at(row.zone, at)) is not None:
        return Verdict.wait(until, "outside the sending hours")
    try:
        with transaction.atomic():
            return kind.may_send(row, at)
    except (OperationalError, InterfaceError):  # the database is away: no fault of this row
        raise
    except Exception as error:  # one broken row must not stop the others
        return Verdict("fail", f"asking whether it may go failed: {type(error).__name__}")


def _after_earlier(row: OutboxMessage, at: datetime) -> datetime | None:
    """When to look again, if an earlier message of the same plan has not left yet. What is held keeps nobody waiting."""
    if row.cause_kind not in _ORDERED or row.cause_uuid is None:
        return None
    earlier = (
        OutboxMessage.objects.filter(
            Q(send_after__lt=row.send_after) | Q(send_after=row.send_after, pk__lt=row.pk) | Q(attempts__gt=0, pk__lt=row.pk),
            cause_kind=row.cause_kind, cause_uuid=row.cause_uuid, state__in=(State.PLANNED, State.CLAIMED, State.SENDING),
        )
        .exclude(pk=row.pk)
        .order_by("-send_after")
        .first()
    )  # fmt: skip
    if earlier is None:
        return None
    return max(at + _LOOK_AGAIN, earlier.send_after + timedelta(seconds=1))


def mark_sent(batch: Batch, done: Sequence[tuple[OutboxMessage, int]], *, at: datetime) -> None:
    """Close rows whose final answer was 250. Rows taken over by another sender meanwhile are closed too: they went."""
    if not done:
        return
    with transaction.atomic():
        rows = [row for row, _code in done]
        OutboxMessage.objects.filter(pk__in=[row.pk for row in rows]).exclude(state=State.SENT).update(
            state=State.SENT, reason="", sent_at=Now(), attempts=F("attempts") + 1, smtp_code=250, in_doubt=False,
            lease_token=None, lease_until=None,
        )  # fmt: skip
        OutboxMessage.objects.filter(pk__in=[r.pk for r in rows], kind="account").update(context={})
        OutboxMove.objects.bulk_create(
            OutboxMove(message=row, at=at, state=State.SENT, reason="accepted by the mail server", by=DRAIN.name)
            for row in rows
        )


def give_back(batch: Batch, *, reason: str, at: datetime) -> int:
    """Release what this sender has claimed and not begun; attempts stay as they were."""
    with transaction.atomic():
        rows = OutboxMessage.objects.select_for_update().filter(lease_token=batch.token, state=State.CLAIMED)
        return move(rows, to=State.PLANNED, reason=reason, by=DRAIN, at=at, lease_token=None, lease_until=None)


def reap(*, at: datetime) -> int:
    """Leases that are over: claimed rows surely did not leave; sending rows follow their doubt policy."""
    free = {"lease_token": None, "lease_until": None}
    with transaction.atomic():
        over = OutboxMessage.objects.select_for_update(skip_locked=True).filter(lease_until__lt=Now())
        unsent = move(
            over.filter(state=State.CLAIMED), to=State.PLANNED, reason="a sender stopped before it left", by=DRAIN, at=at, **free
        )
        doubtful = list(over.filter(state=State.SENDING))
        again = [row for row in doubtful if row.doubt == Doubt.RETRY]
        retried = move(
            again, to=State.PLANNED, reason="in doubt after a stop; sent again with the same Message-ID", by=DRAIN, at=at,
            attempts=F("attempts") + 1, in_doubt=True, **free,
        )  # fmt: skip
        held = [row for row in doubtful if row.doubt == Doubt.HOLD]
        kept = move(held, to=State.HELD, reason="in doubt: it may have gone; a person decides", by=DRAIN, at=at, **free)
    return unsent + retried + kept


def breaker_open(*, now: datetime) -> bool:
    """Whether sending pauses."""
    row = Breaker.objects.filter(pk="smtp").first()
    return row is not None and row.open_until is not None and row.open_until > now


def trip(*, reason: str, now: datetime) -> None:
    """Pause all sending; each strike longer than the last."""
    with transaction.atomic():
        Breaker.objects.bulk_create([Breaker(pk="smtp")], ignore_conflicts=True)
        row = Breaker.objects.select_for_update().get(pk="smtp")
        steps = settings.OUTBOX_BREAKER_SECONDS
        row.open_until = now + timedelta(seconds=steps[min(row.strikes, len(steps) - 1)])
        row.strikes, row.reason = row.strikes + 1, reason[:200]
        row.save()


def mend_breaker() -> None:
    """After a mail went through."""
    Breaker.objects.filter(pk="smtp", strikes__gt=0).update(strikes=0, open_until=None, reason="")
