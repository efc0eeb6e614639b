"""A person's hand on the timeline: hold, release, send now. Rights are those of the matrix and the message's scope."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from aftercare import emails
from aftercare.selectors.messages import may_act, may_read
from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.models import OutboxMessage, Suppression
from clinic.permissions import require
from patients.models import Patient
from patients.services.people import send_unsent_links


class MessageGone(Conflict):
    """It had left, or is leaving now, or somebody moved it before."""


def _require(by: Actor, right: str, row: OutboxMessage) -> None:
    if not may_act(by, right, row):
        raise PermissionDenied(right)


def hold_message(*, row: OutboxMessage, reason: str, by: Actor, at: datetime) -> None:
    """Keep a planned message back, with a reason. Raises MessageGone."""
    _require(by, "message:hold", row)
    if not reason.strip():
        raise Refused(_("Write a short reason."), field="reason")
    with audit.write(by=by, action="message.hold", reason=reason):
        if not emails.hold(row, reason=reason.strip()[:200], by=by, at=at):
            raise MessageGone(_("It had gone, or is held already. Look at the list again."))


def release_message(*, row: OutboxMessage, reason: str, by: Actor, at: datetime) -> None:
    """Put a held message back into the plan. Whether it may go is asked again. Raises MessageGone."""
    _require(by, "message:release", row)
    with audit.write(by=by, action="message.release", reason=reason):
        if not emails.release(
            row,
            reason=reason.strip()[:200] or str(_("released by a person")),
            by=by,
            at=at,
        ):
            raise MessageGone(_("It is not held any more. Look at the list again."))


def send_message_now(*, row: OutboxMessage, by: Actor, at: datetime) -> None:
    """Bring a planned message forward. Raises MessageGone; consent and holds are asked again before it leaves."""
    _require(by, "message:send_now", row)
    with audit.write(by=by, action="message.send_now"):
        try:
            emails.send_now(row, by=by, at=at)
        except Refused as error:
            raise MessageGone(error.message) from error


def preview_message(*, row: OutboxMessage, by: Actor, at: datetime) -> emails.Mail:
    """The mail as it would be built now; nothing is kept. Raises PermissionDenied without the right to its text."""
    if not may_read(by, row):
        raise PermissionDenied("message:body")
    return emails.preview(row, at)


def lift_address(*, pk: int, patient: Patient, by: Actor, at: datetime) -> None:
    """The address works again, as the patient said on the phone. Raises Conflict when their address is not suppressed."""
    require(by, "message:lift")
    if not Suppression.objects.filter(pk=pk, address__iexact=patient.email, lifted_at=None).exists():
        raise MessageGone(_("Mail to this address goes again already. Look at the list again."))
    emails.lift_address(pk, by=by, at=at)
    send_unsent_links(patient=patient, by=by, at=at)
