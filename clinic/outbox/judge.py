"""May this go now? Asked of a whole chunk in few queries, then of each row's kind; a “no” is a state with its reason."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Lower

from clinic.models import Clinic, MailChoice, OutboxMessage, Suppression
from clinic.outbox import pace, people
from clinic.outbox.kinds import KINDS, Verdict
from clinic.outbox.rows import OUTSIDE_HOURS
from clinic.outbox.states import NO_ADDRESS, NOT_REACHED, TO_STAFF, Channel, Scope, State, Undeliverable
from clinic.outbox.window import opens_at

ORDERED = frozenset({"plan"})  # causes whose messages follow one another
LOOK_AGAIN = timedelta(minutes=1)
_CHOSEN = frozenset({Scope.INVITATION})  # what a patient may stop; care and appointments are not mail of this sort
_WAITS = (State.PLANNED, State.CLAIMED, State.SENDING)


class Judge:
    """What a chunk of locked rows needs to know together: addresses, choices, hours, and what goes before them."""

    def __init__(self, rows: Sequence[OutboxMessage], at: datetime) -> None:
        self.at = at
        self.clinic = Clinic.objects.first()
        _refresh(rows)
        self._refused = self._suppressions(rows)
        patients = {row.patient_uuid for row in rows if row.scope in _CHOSEN and row.patient_uuid}
        chosen = MailChoice.objects.filter(patient_uuid__in=patients, wanted=False) if patients else ()
        self._unwanted = {(choice.patient_uuid, choice.scope) for choice in chosen}
        plans = {row.cause_uuid for row in rows if row.cause_kind in ORDERED}
        self._open: list[OutboxMessage] = []
        if plans:
            found = OutboxMessage.objects.filter(cause_uuid__in=plans, cause_kind__in=ORDERED, state__in=_WAITS)
            self._open = list(found.only("pk", "cause_kind", "cause_uuid", "send_after", "wished_at", "attempts", "state"))
        self._allowed = pace.Allowances(self.clinic, at)

    @staticmethod
    def _suppressions(rows: Sequence[OutboxMessage]) -> dict[str, str]:
        addresses = {row.recipient.lower() for row in rows if row.recipient}
        found = Suppression.objects.filter(lifted_at=None).annotate(lower=Lower("address")).filter(lower__in=addresses)
        return dict(found.values_list("lower", "kind"))

    def verdict(self, row: OutboxMessage) -> Verdict:
        """The first that says no decides; what counts mails is asked last."""
        found = self._house(row)
        if found is None:
            found = self._kind(row)
        if found.word != "go":
            return found
        if (until := self._after_earlier(row)) is not None:
            return Verdict.wait(until, "an earlier message of the same plan goes first")
        return self._allowed.ask(row)

    def _house(self, row: OutboxMessage) -> Verdict | None:
        if row.attempts >= settings.OUTBOX_MAX_ATTEMPTS:
            return Verdict("fail", "tried too often")
        if row.expires_at is not None and row.expires_at <= self.at:
            return Verdict.skip("its time had passed before it could go")
        if not row.recipient:
            return Verdict.skip(NO_ADDRESS if row.channel == Channel.MAIL else "no phone number")
        kind = None if row.scope in TO_STAFF else self._refused.get(row.recipient.lower())  # an alert is tried all the same
        if kind is not None and (kind != Undeliverable.COMPLAINED or row.scope in _CHOSEN):
            return Verdict.skip("marked as spam by its reader" if kind == Undeliverable.COMPLAINED else NOT_REACHED)
        if (row.patient_uuid, row.scope) in self._unwanted:
            return Verdict.skip("opted out of invitations")
        if not row.urgent and (until := opens_at(self.clinic, row.zone, self.at)) is not None:
            return Verdict.wait(until, OUTSIDE_HOURS)
        return None

    def _kind(self, row: OutboxMessage) -> Verdict:
        kind = KINDS.get(row.kind)
        if kind is None:
            return Verdict("fail", "no such kind of message")
        try:
            with transaction.atomic():
                return kind.may_send(row, self.at)
        except (OperationalError, InterfaceError):  # the database is away: no fault of this row
            raise
        except Exception as error:  # one broken row must not stop the others
            return Verdict("fail", f"asking whether it may go failed: {type(error).__name__}")

    def note(self, row: OutboxMessage, verdict: Verdict) -> None:
        """What was just decided about a row of this chunk counts for those behind it."""
        if verdict.word != "go" and verdict.word != "wait":
            self._open = [other for other in self._open if other.pk != row.pk]

    def _after_earlier(self, row: OutboxMessage) -> datetime | None:
        """When to look again, if an earlier message of the same plan has not left yet. What is held keeps nobody waiting."""
        if row.cause_kind not in ORDERED or row.cause_uuid is None:
            return None
        earlier = [other for other in self._open if other.cause_uuid == row.cause_uuid and _before(other, row)]
        if not earlier:
            return None
        return max(self.at + LOOK_AGAIN, max(other.send_after for other in earlier) + timedelta(seconds=1))


def _refresh(rows: Sequence[OutboxMessage]) -> None:
    """A patient's mail goes where they are reached now, in the language they have chosen now."""
    about = [row for row in rows if row.patient_uuid and row.channel == Channel.MAIL and row.scope not in TO_STAFF]
    now = people.contacts({row.patient_uuid for row in about if row.patient_uuid})
    for row in about:
        contact = now.get(row.patient_uuid) if row.patient_uuid else None
        if contact is not None and (contact.email, contact.language) != (row.recipient, row.language):
            row.recipient, row.language = contact.email, contact.language
            row.save(update_fields=["recipient", "language"])


def _before(other: OutboxMessage, row: OutboxMessage) -> bool:
    """By the wish, then by the order of making; one that waits for the morning or is tried again keeps its place."""
    if other.pk == row.pk:
        return False
    return _place(other) < _place(row) or (other.attempts > 0 and other.pk < row.pk)


def _place(row: OutboxMessage) -> tuple[datetime, int]:
    """What a person brought forward stands where it was put; what waits stands where it was wished."""
    return min(row.wished_at or row.send_after, row.send_after), row.pk
