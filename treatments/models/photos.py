"""Photos: files as they were sent, cleaned photos, what is drawn over them, and what a patient lets them be used for."""

import uuid
from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q

from treatments.models.session import TreatmentSession
from treatments.models.stock import options
from treatments.vocabulary import MarkShape, PhotoSource, PhotoUse, PhotoView, UploadState


@pghistory.track(exclude=["wrapped"])
class PhotoKey(models.Model):
    """The key of one patient's photos, wrapped by the clinic's key. Destroying it erases them, backups included.

    The history leaves the key itself out: it could never be destroyed there.
    """

    patient = models.OneToOneField("patients.Patient", on_delete=models.PROTECT, related_name="photo_key")
    wrapped = models.BinaryField()

    def __str__(self) -> str:
        return f"photo key of {self.patient_id}"


@pghistory.track()
class Photo(models.Model):
    """One cleaned photo, encrypted on disk under a random name (R39–R46). `view` is empty for a patient's own picture."""

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="photos")
    session = models.ForeignKey(TreatmentSession, null=True, blank=True, on_delete=models.PROTECT, related_name="photos")
    view = models.CharField(max_length=20, choices=options(PhotoView), blank=True)
    source = models.CharField(max_length=8, choices=options(PhotoSource), default=PhotoSource.STAFF)
    cause_kind = models.CharField(max_length=30, blank=True)
    cause_uuid = models.UUIDField(null=True, blank=True)
    file_name = models.CharField(max_length=64, unique=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    taken_at = models.DateTimeField()
    camera_at = models.DateTimeField(null=True, blank=True)
    measures = models.JSONField(default=dict, blank=True)
    uploaded_by = models.CharField(max_length=160)
    error_at = models.DateTimeField(null=True, blank=True)
    error_by = models.CharField(max_length=160, blank=True)
    error_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["view", "-taken_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["cause_uuid"], name="photo_by_cause")]

    def __str__(self) -> str:
        return self.view


@pghistory.track()
class PhotoUpload(models.Model):
    """A file as it was sent, sealed in quarantine until a worker has looked at it. `refusal` says what was wrong."""

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="photo_uploads")
    session = models.ForeignKey(TreatmentSession, null=True, blank=True, on_delete=models.PROTECT, related_name="photo_uploads")
    view = models.CharField(max_length=20, choices=options(PhotoView), blank=True)
    source = models.CharField(max_length=8, choices=options(PhotoSource), default=PhotoSource.STAFF)
    cause_kind = models.CharField(max_length=30, blank=True)
    cause_uuid = models.UUIDField(null=True, blank=True)
    file_name = models.CharField(max_length=64, unique=True)
    bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    taken_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=160)
    state = models.CharField(max_length=8, choices=options(UploadState), default=UploadState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    refusal = models.CharField(max_length=300, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    photo = models.OneToOneField(Photo, null=True, blank=True, on_delete=models.PROTECT, related_name="upload")

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["id"], name="waiting_uploads", condition=Q(state=UploadState.WAITING)),
            models.Index(fields=["cause_uuid"], name="upload_by_cause"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state=UploadState.DONE, photo__isnull=False) | ~Q(state=UploadState.DONE), name="done_upload_has_its_photo"),
        ]

    def __str__(self) -> str:
        return f"upload {self.state}"


@pghistory.track()
class PhotoAnnotation(models.Model):
    """A mark over a photo, kept as data: the picture itself is never touched.

    Places are thousandths of the picture's width and height; an arrow points from (x, y) to (x2, y2), a circle fills the
    box between them.
    """

    SITE_PATH: ClassVar[str] = "photo__patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    photo = models.ForeignKey(Photo, on_delete=models.PROTECT, related_name="annotations")
    shape = models.CharField(max_length=8, choices=options(MarkShape))
    x = models.PositiveSmallIntegerField()
    y = models.PositiveSmallIntegerField()
    x2 = models.PositiveSmallIntegerField()
    y2 = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)
    by = models.CharField(max_length=160)
    at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.CharField(max_length=160, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(x__lte=1000, y__lte=1000, x2__lte=1000, y2__lte=1000), name="mark_is_on_the_picture"),
        ]

    def __str__(self) -> str:
        return f"{self.shape} at {self.x}, {self.y}"


class PhotoConsentText(models.Model):
    """The exact wording of one level of consent. A change is a new version."""

    insert_only: ClassVar[bool] = True

    use = models.CharField(max_length=12, choices=options(PhotoUse))
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=5, default="en")
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    in_force_from = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["use", "-in_force_from", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["use", "version", "language"], name="one_photo_consent_text")
        ]

    def __str__(self) -> str:
        return f"{self.use} {self.version}"


class PhotoConsentDecision(models.Model):
    """A patient gives or withdraws one level. Only added to: the newest row of a level is what holds."""

    SITE_PATH: ClassVar[str] = "patient__site"
    insert_only: ClassVar[bool] = True

    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="photo_consents")
    text = models.ForeignKey(PhotoConsentText, on_delete=models.PROTECT, related_name="decisions")
    use = models.CharField(max_length=12, choices=options(PhotoUse))
    given = models.BooleanField()
    signed_name = models.CharField(max_length=160, blank=True)
    on_paper = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=160)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(given=False) | ~Q(signed_name=""), name="given_photo_consent_is_signed")
        ]

    def __str__(self) -> str:
        return f"{self.use}: {'given' if self.given else 'withdrawn'}"
