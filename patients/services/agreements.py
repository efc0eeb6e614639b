"""Consent and holds."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from patients import emails
from patients.models import Consent, ConsentText, Hold, Patient
from patients.vocabulary import Blocks


class SignatureMissing(Refused):
    """Neither a name nor a drawing."""


def publish_consent_text(
    *, version: str, language: str, text: str, procedures: list[str], off_label: bool, by: Actor, at: datetime
) -> ConsentText:
    """Put a wording into force. The same version and language again returns the row that is there."""
    with audit.write(by=by, action="consent.publish"):
        row, _made = ConsentText.objects.get_or_create(
            version=version,
            language=language,
            defaults={
                "text": text,
                "procedures": procedures,
                "off_label": off_label,
                "sha256": hashlib.sha256(text.encode()).hexdigest(),
                "in_force_from": at,
            },
        )
    return row


def sign_consent(
    *,
    patient: Patient,
    text: ConsentText,
    signed_name: str,
    off_label_understood: bool,
    photos: bool,
    by: Actor,
    at: datetime,
    signature_png: bytes = b"",
    on_paper: bool = False,
    paper_on: date | None = None,
    by_its_link: bool = False,
) -> Consent:
    """Store the signature under the exact text, and mail a link to it. Raises SignatureMissing.

    `by_its_link`: signed behind such a link, which goes on; a new one would end it under the patient's hands.
    """
    if not signed_name.strip():
        raise SignatureMissing("Type your full name to sign.", field="signed_name")
    with audit.write(by=by, action="consent.sign"):
        signed = Consent.objects.create(
            patient=patient,
            text=text,
            procedures=text.procedures,
            off_label_understood=off_label_understood,
            photos=photos,
            signed_name=signed_name.strip()[:300],
            signature_png=signature_png[:200_000],
            on_paper=on_paper,
            paper_on=paper_on,
            signed_at=at,
            by=by.name[:160],
        )
        if not by_its_link:
            emails.consent_link(patient=patient, by=by, at=at)
    return signed


def withdraw_consent(*, consent: Consent, reason: str, by: Actor, at: datetime) -> None:
    """The patient takes it back; the next session can't start (S03). Earlier signatures go with it."""
    with audit.write(by=by, action="consent.withdraw", reason=reason):
        standing = Consent.objects.filter(patient_id=consent.patient_id, withdrawn_at=None, signed_at__lte=consent.signed_at)
        standing.update(withdrawn_at=at, withdrawn_reason=reason[:300])


def ask_consent(*, patient: Patient, by: Actor, at: datetime) -> None:
    """Send the form again; earlier links to it stop working."""
    with audit.write(by=by, action="consent.ask"):
        emails.consent_link(patient=patient, by=by, at=at)


def place_hold(
    *, patient: Patient, blocks: Iterable[str], cause_kind: str, cause_uuid: UUID | None, reason: str, by: Actor, at: datetime
) -> Hold:
    """Stop booking, the session or invitations. One open hold a cause: the same cause again widens it."""
    wanted = [Blocks(block).value for block in blocks]
    with audit.write(by=by, action="hold.place", reason=reason):
        Patient.objects.select_for_update().get(pk=patient.pk)
        there = Hold.objects.filter(
            patient=patient, cause_kind=cause_kind, cause_uuid=cause_uuid, released_at=None
        ).first()
        if there is None:
            return Hold.objects.create(
                patient=patient, blocks=wanted, cause_kind=cause_kind, cause_uuid=cause_uuid,
                reason=reason[:300], placed_at=at, placed_by=by.name[:160],
            )  # fmt: skip
        there.blocks = sorted({*there.blocks, *wanted})
        there.save(update_fields=["blocks"])
        return there


def release_hold(*, hold: Hold, reason: str, by: Actor, at: datetime) -> Hold:
    """A clinician releases it, with a reason."""
    with audit.write(by=by, action="hold.release", reason=reason):
        locked = Hold.objects.select_for_update().get(pk=hold.pk)
        if locked.released_at is None:
            locked.released_at, locked.released_by, locked.release_reason = at, by.name[:160], reason[:300]
            locked.save(update_fields=["released_at", "released_by", "release_reason"])
    return locked
