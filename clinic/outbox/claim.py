"""Claims, intents and leases: short transactions on the database's clock (MESSAGES.md, “The drain”)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from clinic.audit import Actor
from clinic.models import OutboxMessage, OutboxMove
from clinic.outbox.judge import Judge
from clinic.outbox.kinds import Verdict
from clinic.outbox.rows import message_id, move
from clinic.outbox.states import Doubt, State

DRAIN = Actor.of_task("clinic.drain")
_FREE: dict[str, Any] = {"lease_token": None, "lease_until": None}

# One statement, its own transaction: a tick that finds nothing is one round trip. Urgent rows first; the last limit bounds both together,
# and no more are locked, for rows are pulled one by one. Each limit is a plain number: a computed one lets the planner sort the whole table.
_CLAIM = """
WITH urgent AS MATERIALIZED (
  SELECT id FROM clinic_outboxmessage
  WHERE state = 'planned' AND urgent AND send_after <= COALESCE(%(at)s, now())
  ORDER BY send_after, id LIMIT %(limit)s
  FOR UPDATE SKIP LOCKED
), others AS MATERIALIZED (
  SELECT id FROM clinic_outboxmessage
  WHERE state = 'planned' AND NOT urgent AND send_after <= COALESCE(%(at)s, now())
  ORDER BY send_after, id LIMIT %(limit)s
  FOR UPDATE SKIP LOCKED
)
UPDATE clinic_outboxmessage m SET state = 'claimed', lease_token = %(token)s, lease_until = now() + %(lease)s
WHERE m.id = ANY (ARRAY(SELECT id FROM (SELECT id FROM urgent UNION ALL SELECT id FROM others) AS due LIMIT %(limit)s))
RETURNING m.id, m.send_after, m.urgent
"""

_DUE = """
SELECT count(*) FROM (SELECT 1 FROM clinic_outboxmessage
  WHERE state = 'planned' AND send_after <= COALESCE(%(at)s, now()) LIMIT %(most)s) AS due
"""

_SENT = """
UPDATE clinic_outboxmessage m SET state = 'sent', reason = '', sent_at = %(at)s, attempts = m.attempts + 1, smtp_code = 250,
  in_doubt = false, lease_token = NULL, lease_until = NULL, body_sha256 = v.sha, provider_id = v.provider,
  context = CASE WHEN m.kind = 'account' THEN '{}'::jsonb ELSE m.context END
FROM unnest(%(ids)s::bigint[], %(shas)s::text[], %(providers)s::text[]) AS v(id, sha, provider)
WHERE m.id = v.id AND m.state <> 'sent'
"""


@dataclass(frozen=True)
class Batch:
    """Rows claimed under one token, in sending order."""

    token: UUID
    ids: tuple[int, ...]


@dataclass
class Sent:
    """A row whose final answer was 250, with the hash of its text and what a provider calls it."""

    row: OutboxMessage
    sha256: str = ""
    provider_id: str = ""


def database_now() -> datetime:
    """The database's clock: the one clock that all senders share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
    return now


def fair_share(*, at: datetime | None = None) -> int:
    """How many rows one sender should take: the batch, or its part of what is due when several work."""
    most, workers = settings.OUTBOX_BATCH, settings.OUTBOX_CONNECTIONS
    if workers <= 1:
        return int(most)
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"at": at, "most": most * workers})
        due = cursor.fetchone()[0]
    return max(1, min(most, -(-due // workers))) if due > settings.OUTBOX_CHUNK else int(most)


def claim_due(*, limit: int, at: datetime | None = None) -> Batch:
    """Take up to `limit` due rows for this sender alone, urgent ones first. `at` replaces the database's clock in simulations."""
    token = uuid.uuid4()
    lease = timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    values: dict[str, Any] = {"at": at, "limit": limit, "token": token, "lease": lease}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        found = sorted((not urgent, send_after, pk) for pk, send_after, urgent in cursor.fetchall())
    return Batch(token, tuple(pk for _rest, _at, pk in found))


def chunks(batch: Batch) -> list[tuple[int, ...]]:
    """Tens; account mails stand alone. Rows that were in doubt stand alone too, behind all others: one of them may
    be the row that kills its sender (SETTLED 25)."""
    rows = OutboxMessage.objects.only("pk", "in_doubt", "attempts", "kind").in_bulk(batch.ids)
    healthy: list[list[int]] = []
    doubtful: list[tuple[int, ...]] = []
    alone = True
    for pk in batch.ids:
        if rows[pk].in_doubt or rows[pk].attempts > 0:
            doubtful.append((pk,))
            continue
        single = rows[pk].kind == "account"
        if single or alone or len(healthy[-1]) >= settings.OUTBOX_CHUNK:
            healthy.append([])
        healthy[-1].append(pk)
        alone = single
    return [*(tuple(part) for part in healthy), *doubtful]


def intend(batch: Batch, part: Sequence[int], *, at: datetime) -> list[OutboxMessage]:
    """Mark a chunk as sending, if the lease is still ours, after asking each row's kind *may this go now?*

    A “no” becomes a state with its reason. Returns the rows to send, in order.
    """
    with transaction.atomic():
        found = OutboxMessage.objects.select_for_update().filter(
            pk__in=part, state=State.CLAIMED, lease_token=batch.token, lease_until__gt=Now()
        )
        places = {pk: place for place, pk in enumerate(part)}
        mine = sorted(found, key=lambda row: places[row.pk])
        go = _judged(mine, at)
        lease = timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
        if go:
            OutboxMessage.objects.filter(pk__in=[row.pk for row in go]).update(
                state=State.SENDING, lease_until=Now() + lease, in_doubt=True
            )
            _name(go, at)
    return go


def _name(rows: Sequence[OutboxMessage], at: datetime) -> None:
    """Message-ID and Date, kept for every later attempt."""
    new = [row for row in rows if row.first_attempt_at is None]
    OutboxMessage.objects.filter(pk__in=[row.pk for row in new]).update(first_attempt_at=at)
    for row in new:
        row.first_attempt_at = at
    for row in rows:
        if not row.message_id:
            row.message_id = message_id(row.uuid)
            row.save(update_fields=["message_id"])


def _judged(rows: Sequence[OutboxMessage], at: datetime) -> list[OutboxMessage]:
    judge, go = Judge(rows, at), []
    for row in rows:
        verdict = judge.verdict(row)
        if verdict.word == "go":
            go.append(row)
        else:
            _refuse(row, verdict, at)
        judge.note(row, verdict)
    return go


def _refuse(row: OutboxMessage, verdict: Verdict, at: datetime) -> None:
    if verdict.word == "wait":
        move([row], to=State.PLANNED, reason=verdict.reason, by=DRAIN, at=at, send_after=verdict.until, **_FREE)
        return
    to = {"hold": State.HELD, "cancel": State.CANCELLED, "skip": State.SKIPPED, "fail": State.FAILED}[verdict.word]
    move([row], to=to, reason=verdict.reason, by=DRAIN, at=at, **_FREE)


def sending_under(batch: Batch, rows: Sequence[OutboxMessage]) -> list[OutboxMessage]:
    """Those of the rows that this sender still holds, locked. A sender that slept past its lease holds none."""
    mine = OutboxMessage.objects.select_for_update().filter(
        pk__in=[row.pk for row in rows], state=State.SENDING, lease_token=batch.token
    )
    return list(mine)


def mark_sent(batch: Batch, done: Sequence[Sent], *, at: datetime) -> None:
    """Close rows whose final answer was 250. Rows taken over by another sender meanwhile are closed too: they went."""
    if not done:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        values: dict[str, Any] = {
            "at": at, "ids": [one.row.pk for one in done], "shas": [one.sha256 for one in done],
            "providers": [one.provider_id for one in done],
        }  # fmt: skip
        cursor.execute(_SENT, values)
        OutboxMove.objects.bulk_create(
            OutboxMove(message=one.row, at=at, state=State.SENT, reason="accepted by the mail server", by=DRAIN.name)
            for one in done
        )


def give_back(batch: Batch, *, reason: str, at: datetime) -> int:
    """Release what this sender has claimed and not begun; attempts stay as they were."""
    with transaction.atomic():
        rows = OutboxMessage.objects.select_for_update().filter(lease_token=batch.token, state=State.CLAIMED)
        return move(rows, to=State.PLANNED, reason=reason, by=DRAIN, at=at, **_FREE)


def reap(*, at: datetime) -> int:
    """Leases that are over: claimed rows surely did not leave; sending rows follow their doubt policy."""
    with transaction.atomic():
        over = OutboxMessage.objects.select_for_update(skip_locked=True).filter(
            state__in=(State.CLAIMED, State.SENDING), lease_until__lt=Now()
        )
        rows = list(over)
        if not rows:
            return 0
        unsent = [row for row in rows if row.state == State.CLAIMED]
        again = [row for row in rows if row.state == State.SENDING and row.doubt == Doubt.RETRY]
        held = [row for row in rows if row.state == State.SENDING and row.doubt == Doubt.HOLD]
        move(unsent, to=State.PLANNED, reason="a sender stopped before it left", by=DRAIN, at=at, **_FREE)
        move(
            again, to=State.PLANNED, reason="in doubt after a stop; sent again with the same Message-ID", by=DRAIN, at=at,
            attempts=F("attempts") + 1, in_doubt=True, **_FREE,
        )  # fmt: skip
        move(held, to=State.HELD, reason="in doubt: it may have gone; a person decides", by=DRAIN, at=at, **_FREE)
        return len(rows)
