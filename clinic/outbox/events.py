"""What mail servers and providers say after a message left: delivered, bounced, complained. Doubled, late or forged words
change nothing."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from clinic import audit
from clinic.audit import Actor
from clinic.models import DeliveryEvent, OutboxMessage, OutboxMove
from clinic.outbox.states import Delivery, Undeliverable
from clinic.outbox.suppress import suppress
from clinic.outbox.tags import tag, went_to

HARD_CODES = ("5.1.", "5.2.1", "5.4.4", "5.0.")
"""Status codes that speak of the address (RFC 3463); a full mailbox or a policy does not."""
_SOFT_MOST, _SOFT_DAYS = 3, timedelta(days=30)
_WORDS = {
    Delivery.DELIVERED: "delivered",
    Delivery.DEFERRED: "the other mail server took its time",
    Delivery.SOFT: "came back: the mailbox does not take mail now",
    Delivery.BOUNCED: "came back: the address does not work; please phone",
    Delivery.COMPLAINED: "marked as spam by its reader; no more invitations",
}


@dataclass(frozen=True)
class Said:
    """One event. `code` is a status such as 5.1.1, never a sentence of another's server."""

    event: Delivery
    recipient: str
    source: str
    code: str = ""


def find(*, uuid: UUID | None = None, message_id: str = "", provider_id: str = "") -> OutboxMessage | None:
    """The message meant, by our own name for it, by its Message-ID, or by the provider's name."""
    tried = OutboxMessage.objects.exclude(first_attempt_at=None)
    if uuid is not None:
        return tried.filter(uuid=uuid).first()
    if message_id:
        local = message_id.strip().strip("<>").partition("@")[0]
        try:
            found = tried.filter(uuid=UUID(local)).first()
        except ValueError:
            found = None
        if found is not None and found.message_id.strip("<>") == message_id.strip().strip("<>"):
            return found
    return tried.filter(provider_id=provider_id[:120]).first() if provider_id else None


def record(row: OutboxMessage, said: Said, *, at: datetime) -> bool:
    """Note an event once. False for one that is known, or about another address than the message went to."""
    if not went_to(row, said.recipient):
        return False
    address = said.recipient.strip()
    by = Actor.of_task(f"mail events: {said.source}"[:120])
    with audit.write(by=by, action="mail.event"):
        locked = OutboxMessage.objects.select_for_update().get(pk=row.pk)
        if DeliveryEvent.objects.filter(message=locked, address_tag=tag(address), event=said.event).exists():
            return False
        before = [Delivery(word).weight for word in locked.deliveries.values_list("event", flat=True)]
        DeliveryEvent.objects.create(
            message=locked, address_tag=tag(address), event=said.event, source=said.source[:40], code=said.code[:12], at=at
        )
        words = _WORDS[said.event] + (f" ({said.code[:12]})" if said.code else "")
        OutboxMove.objects.create(message=locked, at=at, state=said.event, reason=words, by=by.name[:160])
        if said.event.weight > max(before, default=-1) and locked.state == "sent":
            OutboxMessage.objects.filter(pk=locked.pk).update(reason=words)
        _consequence(locked, replace(said, recipient=address), by=by, at=at)
    return True


def _consequence(row: OutboxMessage, said: Said, *, by: Actor, at: datetime) -> None:
    if said.event is Delivery.BOUNCED:
        suppress(row, address=said.recipient, kind=Undeliverable.BOUNCED, reason=f"mail came back {said.code}".strip(), by=by, at=at)
    elif said.event is Delivery.COMPLAINED:
        suppress(row, address=said.recipient, kind=Undeliverable.COMPLAINED, reason="marked as spam by its reader", by=by, at=at)
    elif said.event is Delivery.SOFT and _soft_bounces(said.recipient, at) >= _SOFT_MOST:
        suppress(row, address=said.recipient, kind=Undeliverable.BOUNCED, reason="three mails in a month came back", by=by, at=at)


def _soft_bounces(address: str, at: datetime) -> int:
    """Messages that came back lately, since the last one that was delivered."""
    lately = DeliveryEvent.objects.filter(address_tag=tag(address), at__gt=at - _SOFT_DAYS)
    delivered = lately.filter(event=Delivery.DELIVERED).order_by("-at").values_list("at", flat=True).first()
    soft = lately.filter(event=Delivery.SOFT)
    return (soft.filter(at__gt=delivered) if delivered else soft).count()
