"""The drain: claim a batch, mark intent in chunks, send, mark. The only code that speaks SMTP."""

import hashlib
import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone, translation

from clinic.models import OutboxMessage, Suppression
from clinic.outbox import claim
from clinic.outbox.claim import DRAIN, Batch
from clinic.outbox.kinds import KINDS
from clinic.outbox.mime import compose, sender_address
from clinic.outbox.rows import move
from clinic.outbox.states import Doubt, State
from clinic.smtp import Connection, Outcome, Relay

log = logging.getLogger("clinic.outbox")
_FREE = {"lease_token": None, "lease_until": None}


def relay_from_settings() -> Relay:
    """The relay as configured."""
    return Relay(
        settings.SMTP_HOST, settings.SMTP_PORT, settings.SMTP_TLS, settings.SMTP_USER, settings.SMTP_PASSWORD,
        float(settings.OUTBOX_SMTP_TIMEOUT),
    )  # fmt: skip


def drain(*, at: datetime | None = None, stop: Callable[[], bool] = lambda: False, batches: int = 200) -> Counter[str]:
    """Send everything that is due. Many may run at once. Returns how many rows ended how.

    `at` replaces the clock in simulations; `stop` is asked before each mail (SIGTERM).
    """
    totals: Counter[str] = Counter()
    connection = Connection(relay_from_settings())
    try:
        for _ in range(batches):
            now = at or claim.database_now()
            totals["reaped"] += claim.reap(at=now)
            if stop() or claim.breaker_open(now=now):
                break
            batch = claim.claim_due(limit=settings.OUTBOX_BATCH, at=at)
            if not batch.ids:
                break
            if not _Sender(batch, connection, at, stop).run(totals):
                break
    finally:
        connection.quit()
        _leave_a_sign()
    return totals


def _leave_a_sign() -> None:
    """For the alarms. A cache that is away must not end a loop that sends."""
    try:
        cache.set("drain:last", timezone.now().timestamp(), timeout=3600)
    except Exception as error:  # the driver's own errors, of several kinds
        log.warning("no sign left in the cache: %s", type(error).__name__)


class _Sender:
    """One claimed batch on its way out."""

    def __init__(self, batch: Batch, connection: Connection, at: datetime | None, stop: Callable[[], bool]) -> None:
        self.batch, self.connection, self.at, self.stop = batch, connection, at, stop
        self.deadline = time.monotonic() + settings.OUTBOX_LEASE_SECONDS / 2
        self.done: list[tuple[OutboxMessage, int]] = []
        self.halted = False
        self._ahead = claim.database_now() - timezone.now() if at is None else timedelta()

    def now(self) -> datetime:
        """The database's clock: this machine's own may be an hour off."""
        return self.at or timezone.now() + self._ahead

    def _move(self, row: OutboxMessage, to: State, reason: str, **fields: Any) -> None:
        """Set the state of a row that is still ours; one that another sender took over meanwhile is left alone."""
        with transaction.atomic():
            ours = claim.sending_under(self.batch, [row])
            move(ours, to=to, reason=reason, by=DRAIN, at=self.now(), **_FREE, **fields)

    def run(self, totals: Counter[str]) -> bool:
        """Send the batch chunk by chunk; False when all sending must stop."""
        for part in claim.chunks(self.batch):
            if self.halted or self.stop() or time.monotonic() > self.deadline:
                break
            with transaction.atomic():
                claim.mark_sent(self.batch, self.done, at=self.now())
                self.done = []
                rows = claim.intend(self.batch, part, at=self.now())
            self._send_chunk(rows, totals)
        claim.mark_sent(self.batch, self.done, at=self.now())
        claim.give_back(self.batch, reason="released unsent", at=self.now())
        return not self.halted and not self.stop()

    def _send_chunk(self, rows: list[OutboxMessage], totals: Counter[str]) -> None:
        for index, row in enumerate(rows):
            if self.halted or self.stop() or time.monotonic() > self.deadline:
                self._unbegun(rows[index:])
                return
            self._pace()
            word = self._one(row)
            totals[word] += 1

    def _pace(self) -> None:
        rate = settings.OUTBOX_RATE_PER_SECOND
        if rate > 0:
            time.sleep(min(1.0 / rate, 1.0))

    def _unbegun(self, rows: list[OutboxMessage]) -> None:
        for row in rows:
            self._move(row, State.PLANNED, "released unsent", in_doubt=row.in_doubt)

    def _one(self, row: OutboxMessage) -> str:
        try:
            with transaction.atomic(), translation.override(row.language):
                mail = KINDS[row.kind].build(row, self.now())
                message = compose(row, mail)
        except (OperationalError, InterfaceError):  # the database is away: no fault of this row
            raise
        except Exception as error:  # a broken template fails this row alone (MESSAGES.md)
            log.error("message %s can't be built: %s", row.uuid, type(error).__name__)
            self._end(row, State.FAILED, f"it could not be written: {type(error).__name__}")
            return "failed"
        OutboxMessage.objects.filter(pk=row.pk).update(body_sha256=hashlib.sha256(mail.text.encode()).hexdigest())
        outcome = self.connection.send(message, sender=sender_address(), recipient=row.recipient)
        self._settle(row, outcome)
        return outcome.word

    def _settle(self, row: OutboxMessage, outcome: Outcome) -> None:
        if outcome.word == "sent":
            self.done.append((row, outcome.code))
            claim.mend_breaker()
        elif outcome.word == "later":
            self._later(row, outcome)
        elif outcome.word == "bad_address":
            Suppression.objects.update_or_create(
                address=row.recipient.lower(),
                defaults={"patient_uuid": row.patient_uuid, "reason": outcome.text, "lifted_at": None, "handled_by": ""},
            )
            self._end(row, State.FAILED, f"{outcome.text}; please phone", code=outcome.code)
        elif outcome.word == "refused":
            self._end(row, State.FAILED, outcome.text, code=outcome.code)
        elif outcome.word == "doubt":
            self._doubt(row)
        else:
            self._halt(row, outcome)

    def _end(self, row: OutboxMessage, to: State, reason: str, code: int | None = None) -> None:
        self._move(row, to, reason, attempts=F("attempts") + 1, smtp_code=code, in_doubt=False)

    def _later(self, row: OutboxMessage, outcome: Outcome) -> None:
        steps = settings.OUTBOX_BACKOFF_SECONDS
        if row.attempts >= len(steps):
            self._end(row, State.FAILED, f"{outcome.text}; tried too often", outcome.code)
            return
        then = self.now() + timedelta(seconds=steps[row.attempts] * random.uniform(0.8, 1.2))
        if row.expires_at is not None and then >= row.expires_at:
            self._end(row, State.FAILED, f"{outcome.text}; its time is over before the next try", outcome.code)
            return
        self._move(
            row, State.PLANNED, f"{outcome.text}; tried again later", attempts=F("attempts") + 1, send_after=then,
            smtp_code=outcome.code, in_doubt=False,
        )  # fmt: skip

    def _doubt(self, row: OutboxMessage) -> None:
        if row.doubt == Doubt.HOLD:
            self._move(row, State.HELD, "no answer after it was handed over; it may have gone")
            return
        then = self.now() + timedelta(seconds=settings.OUTBOX_BACKOFF_SECONDS[0])
        self._move(
            row, State.PLANNED, "no answer after it was handed over; sent again with the same Message-ID",
            attempts=F("attempts") + 1, in_doubt=True, send_after=then,
        )  # fmt: skip

    def _halt(self, row: OutboxMessage, outcome: Outcome) -> None:
        """Closed before the dot, or ours to mend: release the row, stop all sending for a while. No attempt is counted."""
        self._unbegun([row])
        claim.trip(reason=outcome.text, now=claim.database_now())
        log.error("sending pauses: %s", outcome.text)
        self.halted = True
