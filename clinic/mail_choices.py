"""What a patient wants of mail that isn't care: one yes or no a scope. Care and appointments have the consent to e-mail instead."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from clinic import audit
from clinic.audit import Actor
from clinic.models import Link, MailChoice, Suppression
from clinic.outbox import people
from clinic.outbox.rows import opt_out
from clinic.outbox.states import Scope, Undeliverable
from clinic.outbox.suppress import NotSuppressed, lift


def wants_invitations(patient_uuid: UUID) -> bool:
    """Yes, until the patient says no or marks one of our mails as spam."""
    row = MailChoice.objects.filter(patient_uuid=patient_uuid, scope=Scope.INVITATION).first()
    return (row is None or row.wanted) and _complaint(patient_uuid) is None


def _complaint(patient_uuid: UUID) -> Suppression | None:
    """What stops invitations to the address that the patient has now, if its reader marked a mail as spam."""
    contact = people.contacts({patient_uuid}).get(patient_uuid)
    if contact is None:
        return None
    return Suppression.objects.filter(address__iexact=contact.email, kind=Undeliverable.COMPLAINED, lifted_at=None).first()


def choose_invitations(*, patient_uuid: UUID, wanted: bool, by: Actor, at: datetime) -> None:
    """Keep the choice; a no also skips what waits. Saying the same again changes nothing.

    A yes from the patient's own hand is later than a mail that they marked as spam: it ends that, not a bounce.
    """
    with audit.write(by=by, action="mail.choose", reason="yes" if wanted else "no"):
        MailChoice.objects.bulk_create(
            [MailChoice(patient_uuid=patient_uuid, scope=Scope.INVITATION, wanted=True, at=at, by=by.name[:160])], ignore_conflicts=True
        )
        row = MailChoice.objects.select_for_update().get(patient_uuid=patient_uuid, scope=Scope.INVITATION)
        if row.wanted != wanted:
            row.wanted, row.at, row.by = wanted, at, by.name[:160]
            row.save()
        if not wanted:
            opt_out(patient_uuid=patient_uuid, scope=Scope.INVITATION, by=by, at=at)
        elif by.link_id is not None and (complaint := _complaint(patient_uuid)) is not None:
            with suppress(NotSuppressed):  # another patient at the same address was quicker
                lift(pk=complaint.pk, by=by, at=at)


def unsubscribe(*, link: Link, at: datetime) -> None:
    """One click from a mail program (RFC 8058): no date of birth, and nothing but this."""
    choose_invitations(patient_uuid=link.patient_uuid, wanted=False, by=Actor.of_link(link), at=at)
