"""Addresses that mail does not reach. The desk phones instead, and lifts it when the address is mended."""

from collections.abc import Collection
from datetime import datetime

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict
from clinic.models import OutboxMessage, Suppression
from clinic.outbox.states import TO_STAFF, Undeliverable


class NotSuppressed(Conflict):
    """Somebody lifted it before."""


def suppress(row: OutboxMessage, *, address: str, kind: Undeliverable, reason: str, by: Actor, at: datetime) -> None:
    """Send no more to the address that the row went to. A complaint never replaces a bounce: it stops less.

    A colleague's address is noted too, without the patient their mail was about; mail to colleagues goes all the same.
    """
    with audit.write(by=by, action="mail.suppress", reason=reason):
        address = address.lower()
        there = Suppression.objects.select_for_update().filter(address=address).first()
        if there is not None and there.lifted_at is None and kind == Undeliverable.COMPLAINED:
            return
        known = there.patient_uuid if there is not None else None
        values = {
            "patient_uuid": known if row.scope in TO_STAFF else row.patient_uuid, "kind": kind, "reason": reason[:200], "lifted_at": None, "handled_by": "", "at": at,
        }  # fmt: skip
        Suppression.objects.update_or_create(address=address, defaults=values)


def arrives(addresses: Collection[str]) -> bool:
    """Whether mail to at least one of these is not known to come back."""
    return len({address.lower() for address in addresses}) > len(failing_of(addresses))


def failing_of(addresses: Collection[str]) -> frozenset[str]:
    """Those of these addresses, in lower case, from which mail is known to come back."""
    wanted = {address.lower() for address in addresses}
    failing = Suppression.objects.filter(lifted_at=None, address__in=wanted).exclude(kind=Undeliverable.COMPLAINED)
    return frozenset(failing.values_list("address", flat=True))


def lift(*, pk: int, by: Actor, at: datetime) -> Suppression:
    """The address works again, as somebody knows who asked the patient. Raises NotSuppressed."""
    with audit.write(by=by, action="mail.lift"):
        row = Suppression.objects.select_for_update().filter(pk=pk, lifted_at=None).first()
        if row is None:
            raise NotSuppressed("Mail to this address goes again already. Look at the list again.")
        row.lifted_at, row.handled_by = at, by.name[:160]
        row.save(update_fields=["lifted_at", "handled_by"])
        return row
