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

from clinic import mailkit
from clinic.models import Clinic, OutboxMessage
from clinic.outbox import breaker, claim, foot, pace
from clinic.outbox.carriers import Carrier, open_carrier
from clinic.outbox.claim import DRAIN, Batch, Sent
from clinic.outbox.kinds import KINDS
from clinic.outbox.mime import Letter, compose
from clinic.outbox.rows import move
from clinic.outbox.states import Doubt, State, Undeliverable
from clinic.outbox.suppress import suppress
from clinic.smtp import Outcome

log = logging.getLogger("clinic.outbox")
_FREE: dict[str, Any] = {"lease_token": None, "lease_until": None}
_TOO_MUCH = {429, 432, 452}  # the first is a provider's
_SLOW_SECONDS = 0.01  # a mail that took longer is marked at once: the mark costs little beside it, and a stop then doubles one mail, not ten


def drain(*, at: datetime | None = None, stop: Callable[[], bool] = lambda: False, batches: int = 200) -> Counter[str]:
    """Send everything that is due. Many may run at once. Returns how many rows ended how.

    `at` replaces the clock in simulations; `stop` is asked before each mail (SIGTERM).
    """
    totals: Counter[str] = Counter()
    carriers: dict[str, Carrier] = {}
    with breaker.slot(now=at or claim.database_now()) as may_connect:
        try:
            for _ in range(batches if may_connect else 0):
                if not _batch(totals, carriers, at, stop):
                    break
        finally:
            for carrier in carriers.values():
                carrier.quit()
            _leave_a_sign()
    return totals


def _batch(totals: Counter[str], carriers: dict[str, Carrier], at: datetime | None, stop: Callable[[], bool]) -> bool:
    """One batch; False when there is nothing more to do, or nothing may be done."""
    now = at or claim.database_now()
    totals["reaped"] += claim.reap(at=now)
    if stop() or breaker.is_open(now=now):
        return False
    batch = claim.claim_due(limit=claim.fair_share(at=at), at=at)
    return bool(batch.ids) and Sender(batch, carriers, at, stop).run(totals)


def _leave_a_sign() -> None:
    """For the alarms. A cache that is away must not end a loop that sends."""
    try:
        cache.set("drain:last", timezone.now().timestamp(), timeout=3600)
    except Exception as error:  # the driver's own errors, of several kinds
        log.warning("no sign left in the cache: %s", type(error).__name__)


class Sender:
    """One claimed batch on its way out."""

    def __init__(self, batch: Batch, carriers: dict[str, Carrier], at: datetime | None, stop: Callable[[], bool]) -> None:
        self.batch, self.carriers, self.at, self.stop = batch, carriers, at, stop
        self.deadline = time.monotonic() + settings.OUTBOX_LEASE_SECONDS / 2
        self.done: list[Sent] = []
        self.halted = self.went = False
        self._clinic = Clinic.objects.first()
        self._ahead = claim.database_now() - timezone.now() if at is None else timedelta()

    def now(self) -> datetime:
        """The database's clock: this machine's own may be an hour off."""
        return self.at or timezone.now() + self._ahead

    def _over(self) -> bool:
        return self.halted or self.stop() or time.monotonic() > self.deadline

    def _move(self, row: OutboxMessage, to: State, reason: str, **fields: Any) -> None:
        """Set the state of a row that is still ours; one that another sender took over meanwhile is left alone."""
        with transaction.atomic():
            ours = claim.sending_under(self.batch, [row])
            move(ours, to=to, reason=reason, by=DRAIN, at=self.now(), **_FREE, **fields)

    def run(self, totals: Counter[str]) -> bool:
        """Send the batch chunk by chunk; False when all sending must stop."""
        for part in claim.chunks(self.batch):
            if self._over():
                break
            with transaction.atomic():
                claim.mark_sent(self.batch, self.done, at=self.now())
                self.done = []
                rows = claim.intend(self.batch, part, at=self.now())
            self._send_chunk(rows, totals)
        self._mark()
        claim.give_back(self.batch, reason="released unsent", at=self.now())
        return not self.halted and not self.stop()

    def _send_chunk(self, rows: list[OutboxMessage], totals: Counter[str]) -> None:
        rate = settings.OUTBOX_RATE_PER_SECOND
        starts = time.monotonic() + (pace.reserve(len(rows), rate=rate) if rate > 0 and rows else 0.0)
        for index, row in enumerate(rows):
            if rate > 0:
                self._wait_until(starts + index / rate)
            if self._over():
                self._unbegun(rows[index:])
                return
            began = time.monotonic()
            totals[self._one(row)] += 1
            if time.monotonic() - began > _SLOW_SECONDS:
                self._mark()

    def _mark(self) -> None:
        claim.mark_sent(self.batch, self.done, at=self.now())
        self.done = []

    def _wait_until(self, moment: float) -> None:
        while (left := moment - time.monotonic()) > 0 and not self._over():
            time.sleep(min(left, 0.2))

    def _unbegun(self, rows: list[OutboxMessage]) -> None:
        for row in rows:
            self._move(row, State.PLANNED, "released unsent", in_doubt=row.in_doubt)

    def _one(self, row: OutboxMessage) -> str:
        try:
            with transaction.atomic(), translation.override(row.language):
                letter = self._written(row)
        except (OperationalError, InterfaceError):  # the database is away: no fault of this row
            raise
        except Exception as error:  # a broken template fails this row alone (MESSAGES.md)
            log.error("message %s can't be built: %s", row.uuid, type(error).__name__)
            self._end(row, State.FAILED, f"it could not be written: {type(error).__name__}")
            return "failed"
        outcome = self._carrier(row).send(letter)
        self._settle(row, outcome, letter)
        return outcome.word

    def _written(self, row: OutboxMessage) -> Letter:
        with mailkit.shared(foot.values_for(row, self.now())) as values:
            mail = KINDS[row.kind].build(row, self.now())
        letter = compose(row, foot.with_headers(mail, values), self._clinic)
        letter.raw  # noqa: B018 — what can't be put together fails here, not on the wire
        return letter

    def _carrier(self, row: OutboxMessage) -> Carrier:
        if row.channel not in self.carriers:
            self.carriers[row.channel] = open_carrier(row.channel)
        return self.carriers[row.channel]

    def _settle(self, row: OutboxMessage, outcome: Outcome, letter: Letter | None = None) -> None:
        if outcome.word == "sent":
            text = letter.mail.text if letter else ""
            self.done.append(Sent(row, hashlib.sha256(text.encode()).hexdigest(), outcome.provider_id))
            if not self.went:
                self.went = True
                breaker.mend()
        elif outcome.word == "later":
            self._later(row, outcome)
        elif outcome.word == "bad_address":
            self._end(row, State.FAILED, f"{outcome.text}; please phone", code=outcome.code)
            suppress(row, address=row.recipient, kind=Undeliverable.REFUSED, reason=outcome.text, by=DRAIN, at=self.now())
        elif outcome.word == "refused":
            self._end(row, State.FAILED, outcome.text, code=outcome.code)
        elif outcome.word == "doubt":
            self._doubt(row)
        else:
            self._halt(row, outcome)

    def _end(self, row: OutboxMessage, to: State, reason: str, code: int | None = None) -> None:
        self._move(row, to, reason, attempts=F("attempts") + 1, smtp_code=code, in_doubt=False)

    def _later(self, row: OutboxMessage, outcome: Outcome) -> None:
        if outcome.code in _TOO_MUCH:
            breaker.narrow(now=claim.database_now())
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
        steps = settings.OUTBOX_BACKOFF_SECONDS
        then = self.now() + timedelta(seconds=steps[min(row.attempts, len(steps) - 1)])  # a server that is dumb for an hour must not use up all tries
        self._move(
            row, State.PLANNED, "no answer after it was handed over; sent again with the same Message-ID",
            attempts=F("attempts") + 1, in_doubt=True, send_after=then,
        )  # fmt: skip

    def _halt(self, row: OutboxMessage, outcome: Outcome) -> None:
        """Closed before the dot, or ours to mend: release the row, stop all sending for a while. No attempt is counted."""
        self._unbegun([row])
        breaker.trip(reason=outcome.text, now=self.at or claim.database_now())
        log.error("sending pauses: %s", outcome.text)
        self.halted = True
