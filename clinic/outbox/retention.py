"""What is removed of finished messages, and when (R57). The row itself stays: its key is what stops a second mail, and its
moves are what answers “why did, or didn't, this message go?” (docs/decisions/0019).
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from clinic import audit
from clinic.audit import Actor
from clinic.models import Clinic, OutboxMessage, OutboxMove
from clinic.outbox.states import FINAL
from clinic.outbox.tags import tag

BATCH = 500
_NAMES = ("step", "title")
"""Of a message's context: what the timeline calls it by. No word of a patient is in either."""


@dataclass(frozen=True)
class Swept:
    """How many messages, by what they are about; `days` is the clinic's setting, None when everything is kept."""

    days: int | None
    before: datetime | None = None
    scopes: tuple[tuple[str, int], ...] = ()

    @property
    def rows(self) -> int:
        """In all."""
        return sum(count for _scope, count in self.scopes)


def period() -> int | None:
    """The clinic's days; None keeps everything."""
    clinic = Clinic.objects.order_by("pk").first()
    return (clinic.mail_details_days or None) if clinic else None


def due(before: datetime) -> QuerySet[OutboxMessage]:
    """Finished, not thinned yet, and nothing has happened to them since `before`: neither their own time nor a later word."""
    since = OutboxMove.objects.filter(message=OuterRef("pk"), at__gte=before)
    return OutboxMessage.objects.filter(~Exists(since), state__in=FINAL, thinned_at=None, send_after__lt=before).order_by("pk")


def sweep(*, at: datetime, by: Actor, dry_run: bool = False) -> Swept:
    """Remove what is due; a dry run only counts it. Each batch is a transaction, so a stop in between loses nothing."""
    days = period()
    if days is None:
        return Swept(None)
    before = at - timedelta(days=days)
    counts: Counter[str] = Counter()
    last = 0
    while rows := _batch(before, last, days=days, at=at, by=by, dry_run=dry_run):
        counts.update(row.scope for row in rows)
        last = rows[-1].pk
    found = Swept(days, before, tuple(sorted(counts.items())))
    if found.rows and not dry_run:
        subject = f"{found.rows} finished message{'s' if found.rows > 1 else ''}"
        reason = f"addresses and details older than {days} days removed, of what ended before {before:%d.%m.%Y %H:%M} UTC"
        audit.record_access(by=by, action="message.thin", subject=subject, reason=reason)
    return found


def _batch(before: datetime, last: int, *, days: int, at: datetime, by: Actor, dry_run: bool) -> list[OutboxMessage]:
    found = due(before).filter(pk__gt=last)
    if dry_run:
        return list(found[:BATCH])
    with audit.write(by=by, action="message.thin"), transaction.atomic():
        rows = list(found.select_for_update(of=("self",))[:BATCH])
        for row in rows:
            row.recipient_tag = tag(row.recipient) if row.recipient else ""
            row.recipient, row.provider_id, row.thinned_at = "", "", at
            row.context = {name: row.context[name] for name in _NAMES if name in row.context}
        OutboxMessage.objects.bulk_update(rows, ["recipient", "recipient_tag", "provider_id", "context", "thinned_at"])
        words = f"address and details removed after {days} days"
        OutboxMove.objects.bulk_create(OutboxMove(message=row, at=at, state="thinned", reason=words, by=by.name[:160]) for row in rows)
    return rows
