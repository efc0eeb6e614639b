"""What is said about a photo: entered in error, marks drawn over it, and what a patient lets photos be used for."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from patients.models import Patient
from treatments.models import Measurement, Photo, PhotoAnnotation, PhotoConsentDecision, PhotoConsentText
from treatments.selectors import photos as selectors
from treatments.vocabulary import MarkShape, PhotoUse


class TextChanged(Conflict):
    """The wording that was shown is not the one in force any more."""


class NotAllowed(Refused):
    """The patient has not agreed to this use."""


@dataclass(frozen=True)
class Mark:
    """Where and how, in thousandths of the picture's width and height."""

    shape: MarkShape
    x: int
    y: int
    x2: int
    y2: int
    text: str


def mark_photo_in_error(*, photo: Photo, reason: str, by: Actor, at: datetime) -> Photo:
    """Wrong patient, wrong view, unusable: it leaves every list. The bytes stay until retention or erasure.

    A grade read from a pair with this photo is a mistake too, with the same reason (SETTLED 7).
    """
    if not reason.strip():
        raise Refused(_("Give the reason."), field="text")
    with audit.write(by=by, action="photo.entered_in_error", reason=reason):
        locked = Photo.objects.select_for_update().get(pk=photo.pk)
        if locked.error_at is None:
            locked.error_at, locked.error_by, locked.error_reason = at, by.name[:160], reason.strip()[:300]
            locked.save(update_fields=["error_at", "error_by", "error_reason"])
            read = Measurement.objects.filter(Q(reading__baseline=locked) | Q(reading__later=locked), error_at=None)
            why = (_("Read from a photo that was entered in error: %(reason)s") % {"reason": locked.error_reason})[:300]
            read.update(error_at=at, error_by=by.name[:160], error_reason=why)
    return locked


def annotate_photo(*, photo: Photo, mark: Mark, by: Actor, at: datetime) -> PhotoAnnotation:
    """Draw over a photo; the picture itself is not touched."""
    if not mark.text.strip():
        raise Refused(_("Write what the mark shows."), field="text")
    with audit.write(by=by, action="photo.annotate"):
        return PhotoAnnotation.objects.create(
            photo=photo, shape=mark.shape, x=mark.x, y=mark.y, x2=mark.x2, y2=mark.y2, text=mark.text.strip()[:200], by=by.name[:160], at=at
        )


def remove_annotation(*, annotation: PhotoAnnotation, by: Actor, at: datetime) -> None:
    """Take a mark away; its row stays."""
    with audit.write(by=by, action="photo.remove_annotation"):
        PhotoAnnotation.objects.filter(pk=annotation.pk, removed_at=None).update(removed_at=at, removed_by=by.name[:160])


def give_photo_consent(
    *, patient: Patient, use: PhotoUse, shown_sha256: str, signed_name: str, on_paper: bool, by: Actor, at: datetime
) -> PhotoConsentDecision:
    """The patient signs one level, under the exact text that was shown. Raises TextChanged, Refused."""
    if not signed_name.strip():
        raise Refused(_("Type the full name to sign."), field="signed_name")
    with audit.write(by=by, action="photo_consent.give"):
        return PhotoConsentDecision.objects.create(
            patient=patient, text=_text(use, shown_sha256, patient.language, at), use=use, given=True, signed_name=signed_name.strip()[:160],
            on_paper=on_paper, by=by.name[:160], at=at,
        )  # fmt: skip


def withdraw_photo_consent(*, patient: Patient, use: PhotoUse, reason: str, by: Actor, at: datetime) -> PhotoConsentDecision:
    """The patient takes one level back; the others stay as they are. A reason may be given, never asked for."""
    with audit.write(by=by, action="photo_consent.withdraw", reason=reason):
        text = _text(use, selectors.photo_consent_text(use, patient.language).sha256, patient.language, at)
        return PhotoConsentDecision.objects.create(
            patient=patient, text=text, use=use, given=False, reason=reason.strip()[:300], by=by.name[:160], at=at
        )


def publish_photo_consent_text(*, use: PhotoUse, version: str, text: str, language: str = "en", by: Actor, at: datetime) -> PhotoConsentText:
    """Put a wording into force in one language. The same version again returns the row that is there."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    with audit.write(by=by, action="photo_consent.publish"):
        row, _made = PhotoConsentText.objects.get_or_create(
            use=use, version=version, language=language, defaults={"text": text, "sha256": sha256, "in_force_from": at}
        )
    return row


def _text(use: PhotoUse, shown_sha256: str, language: str, at: datetime) -> PhotoConsentText:
    """The row of the wording in force in the patient's language; the proposed one becomes a row when it is first signed."""
    now = selectors.photo_consent_text(use, language)
    if now.sha256 != shown_sha256:
        raise TextChanged(_("The wording has changed since this page was opened. Read it again."))
    row, _made = PhotoConsentText.objects.get_or_create(
        use=use, version=now.version, language=now.language, defaults={"text": now.text, "sha256": now.sha256, "in_force_from": at}
    )
    return row


def allow_download(*, photo: Photo, use: PhotoUse | None, reason: str, by: Actor, at: datetime) -> None:
    """Write down who takes a photo out of the house, for what, and why. Raises NotAllowed.

    `use` is nothing where the patient asked for the photo: then no consent is needed.
    """
    if not reason.strip():
        raise Refused(_("Give the reason."), field="reason")
    if photo.error_at is not None:
        raise NotAllowed(_("This photo was entered in error."))
    if use is not None and not selectors.photo_uses(photo.patient).allows(use):
        raise NotAllowed(_("The patient has not agreed to this use, or has withdrawn it."), field="use")
    audit.record_access(
        by=by, action=f"photo.download {use or 'patient'}", subject=f"photo {photo.pk}", patient_uuid=photo.patient.uuid, reason=reason.strip()
    )
