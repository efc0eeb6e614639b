"""A file is received into quarantine; a worker makes a photo of it or says what is wrong (R39–R46).

Each step may be done twice or be cut off anywhere: the row says what is true, the file's name is chosen once.
"""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.nudges import nudge
from patients.models import Patient
from treatments.models import Photo, PhotoUpload, TreatmentSession
from treatments.selectors import photos as selectors
from treatments.selectors.whose import of_this_patient
from treatments.services.photos import files
from treatments.services.photos.cleaning import NotAPhoto, cleaned, refuse_other_kinds
from treatments.vocabulary import PhotoSource, UploadState

MOST_PER_LINK = selectors.MOST_PHOTOS_PER_LINK
MOST_BYTES_PER_LINK = 60 * 1024 * 1024
MOST_WAITING = 60
MOST_ATTEMPTS = 3
CLEANING = "treatments.clean_photos"
log = logging.getLogger("treatments.photos")


class NoPhotoConsent(Refused):
    """The patient has not agreed to photos for the record, or has withdrawn it."""


class TooManyPhotos(Refused):
    """More than one link may send (SECURITY, “Upload flood”), or too many wait already."""


@dataclass(frozen=True)
class Sent:
    """A file as it came: its bytes, the standard view or nothing, and when the picture was taken."""

    raw: bytes
    view: str
    taken_at: datetime


def receive_photo(*, patient: Patient, session: TreatmentSession | None, sent: Sent, by: Actor, at: datetime) -> PhotoUpload:
    """Staff send a photo. The same file for the same view again is the same upload.

    Raises NotAPhoto, NoPhotoConsent, TooManyPhotos.
    """
    if not selectors.photo_uses(patient).record:
        raise NoPhotoConsent(_("%(name)s has not agreed to photos. Record the consent first.") % {"name": patient.name}, field="photo")
    return _received(patient, session, sent, PhotoSource.STAFF, ("", None), by, at)


def receive_patient_photo(
    *, patient: Patient, cause_kind: str, cause_uuid: UUID, raw: bytes, by: Actor, at: datetime
) -> PhotoUpload:
    """A patient sends a photo through a link, for example for a check-in (`cause_kind`, `cause_uuid`).

    At most 6 photos and 60 MB for one cause, 15 MB each. Nothing is ever shown back. Raises NotAPhoto, TooManyPhotos.
    """
    refuse_other_kinds(raw)
    with audit.write(by=by, action="photo.receive"):
        Patient.objects.select_for_update().get(pk=patient.pk)
        rows = PhotoUpload.objects.filter(cause_uuid=cause_uuid).exclude(state=UploadState.REFUSED)
        if rows.count() >= MOST_PER_LINK and not rows.filter(sha256=hashlib.sha256(raw).hexdigest()).exists():
            raise TooManyPhotos(_("You have sent %(n)s photos. That is as many as we can take.") % {"n": MOST_PER_LINK}, field="photo")
        if (rows.aggregate(all=Sum("bytes"))["all"] or 0) + len(raw) > MOST_BYTES_PER_LINK:
            raise TooManyPhotos(_("Together these photos are larger than 60 MB. Send fewer."), field="photo")
        return _received(patient, None, Sent(raw, "", at), PhotoSource.PATIENT, (cause_kind, cause_uuid), by, at)


def _received(
    patient: Patient, session: TreatmentSession | None, sent: Sent, source: PhotoSource, cause: tuple[str, UUID | None], by: Actor, at: datetime
) -> PhotoUpload:  # fmt: skip
    refuse_other_kinds(sent.raw)
    digest = hashlib.sha256(sent.raw).hexdigest()
    with audit.write(by=by, action="photo.receive"):
        Patient.objects.select_for_update().get(pk=patient.pk)
        rows = PhotoUpload.objects.filter(patient=patient).exclude(state=UploadState.REFUSED)
        same = rows.filter(of_this_patient("photo__"), sha256=digest, view=sent.view, cause_uuid=cause[1], photo__error_at=None).first()
        if same is not None:
            return same
        if rows.filter(state=UploadState.WAITING).count() >= MOST_WAITING:
            raise TooManyPhotos(_("Many photos of this patient are still being checked. Try again in some minutes."), field="photo")
        name = secrets.token_hex(16)
        files.quarantine(patient, name, sent.raw)
        row = PhotoUpload.objects.create(
            patient=patient, session=session, view=sent.view, source=source, cause_kind=cause[0], cause_uuid=cause[1], file_name=name,
            bytes=len(sent.raw), sha256=digest, taken_at=sent.taken_at, sent_at=at, sent_by=by.name[:160],
        )  # fmt: skip
        nudge(CLEANING)
    return row


def claim_upload(*, by: Actor, at: datetime) -> PhotoUpload | None:
    """The next file that nobody works on. The attempt is counted before the work: a file that kills its worker is given up."""
    with audit.write(by=by, action="photo.claim"):
        free = Q(lease_until=None) | Q(lease_until__lte=at)
        row = PhotoUpload.objects.select_for_update(skip_locked=True).filter(free, state=UploadState.WAITING).order_by("pk").first()
        if row is None:
            return None
        row.attempts, row.lease_until = row.attempts + 1, at + timedelta(seconds=settings.PHOTO_LEASE_SECONDS)
        row.save(update_fields=["attempts", "lease_until"])
    return row


def clean_upload(*, upload: PhotoUpload, by: Actor, at: datetime) -> Photo | None:
    """Make a photo of a claimed file, or refuse it in words. Anything else is tried again when the claim has run out."""
    try:
        if upload.attempts > MOST_ATTEMPTS:
            raise NotAPhoto(_("This file could not be read after several tries. Please send the photo again."))
        clean = cleaned(files.quarantined(upload.patient, upload.file_name))
        files.keep(upload.patient, upload.file_name, clean.jpeg, clean.small)
    except NotAPhoto as refusal:
        _refuse(upload, refusal.message, by)
        return None
    except FileNotFoundError:
        _refuse(upload, _("The file was lost. Please send the photo again."), by)
        return None
    except Exception:  # a full disk, a lost database: the file stays, and so does the row
        log.exception("cleaning upload %s failed", upload.pk)
        return None
    zone = upload.patient.site.tz
    photo = _finished(upload, by, {
        "width": clean.width, "height": clean.height, "measures": clean.measures, "sha256": hashlib.sha256(clean.jpeg).hexdigest(),
        "camera_at": clean.camera_clock.replace(tzinfo=zone) if clean.camera_clock else None,
    })  # fmt: skip
    files.release(upload.file_name)
    return photo


def _finished(upload: PhotoUpload, by: Actor, found: dict[str, object]) -> Photo | None:
    with audit.write(by=by, action="photo.store"):
        row = PhotoUpload.objects.select_for_update().get(pk=upload.pk)
        if row.state != UploadState.WAITING:
            return row.photo
        row.photo = Photo.objects.create(
            patient_id=row.patient_id, session_id=row.session_id, view=row.view, source=row.source, cause_kind=row.cause_kind, cause_uuid=row.cause_uuid,
            file_name=row.file_name, taken_at=row.taken_at, uploaded_by=row.sent_by, **found,
        )  # fmt: skip
        row.state, row.lease_until = UploadState.DONE, None
        row.save(update_fields=["state", "lease_until", "photo"])
    return row.photo


def _refuse(upload: PhotoUpload, words: str, by: Actor) -> None:
    with audit.write(by=by, action="photo.refuse"):
        row = PhotoUpload.objects.select_for_update().get(pk=upload.pk)
        if row.state == UploadState.WAITING:
            row.state, row.refusal, row.lease_until = UploadState.REFUSED, words[:300], None
            row.save(update_fields=["state", "refusal", "lease_until"])
            files.discard(row.file_name)


def dismiss_upload(*, upload: PhotoUpload, by: Actor, at: datetime) -> None:
    """Somebody has read why a file was refused."""
    with audit.write(by=by, action="photo.dismiss"):
        PhotoUpload.objects.filter(pk=upload.pk, state=UploadState.REFUSED, dismissed_at=None).update(dismissed_at=at)


def sweep_quarantine() -> int:
    """Delete files that a crash left behind. Returns how many."""
    waiting = PhotoUpload.objects.filter(state=UploadState.WAITING).values_list("file_name", flat=True)
    return files.leftovers(waiting=set(waiting))
