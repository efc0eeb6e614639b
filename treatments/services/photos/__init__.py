"""Photos, from the file as it was sent to what may be done with it."""

from treatments.services.photos.cleaning import MOST_BYTES, MOST_PIXELS, Cleaned, NotAPhoto, cleaned, measured
from treatments.services.photos.files import keep, opened
from treatments.services.photos.marks import (
    Mark,
    NotAllowed,
    TextChanged,
    allow_download,
    annotate_photo,
    give_photo_consent,
    mark_photo_in_error,
    publish_photo_consent_text,
    remove_annotation,
    withdraw_photo_consent,
)
from treatments.services.photos.uploads import (
    MOST_PER_LINK,
    NoPhotoConsent,
    Sent,
    TooManyPhotos,
    claim_upload,
    clean_upload,
    dismiss_upload,
    receive_patient_photo,
    receive_photo,
    sweep_quarantine,
)

__all__ = [
    "MOST_BYTES", "MOST_PER_LINK", "MOST_PIXELS", "Cleaned", "Mark", "NoPhotoConsent", "NotAPhoto", "NotAllowed", "Sent", "TextChanged",
    "TooManyPhotos", "allow_download", "annotate_photo", "claim_upload", "clean_upload", "cleaned", "dismiss_upload",
    "give_photo_consent", "keep", "mark_photo_in_error", "measured", "opened", "publish_photo_consent_text", "receive_patient_photo",
    "receive_photo", "remove_annotation", "sweep_quarantine", "withdraw_photo_consent",
]  # fmt: skip
