"""A patient's emailed capability: one purpose, one patient, hashed tokens, an expiry (SECURITY.md, SETTLED 19)."""

import uuid
from typing import ClassVar

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _


@pghistory.track()
class Link(models.Model):
    """What the capability is for. The raw token exists only while a mail is rendered; consumption is the link's."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    purpose = models.CharField(max_length=30)
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="links")
    patient_uuid = models.UUIDField(db_index=True)
    birth_on = models.DateField(help_text=_("Compared with what is typed at the date-of-birth step."))
    language = models.CharField(max_length=5, default="en")
    subject_kind = models.CharField(max_length=30)
    subject_uuid = models.UUIDField(db_index=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.CharField(max_length=120, blank=True)
    first_verified_at = models.DateTimeField(null=True, blank=True)
    wrong_birth_dates = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["subject_kind", "subject_uuid"], name="link_by_subject"),
            models.Index(fields=["site"], name="link_locked", condition=models.Q(wrong_birth_dates__gte=5)),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} …{str(self.uuid)[-4:]}"


class LinkToken(models.Model):
    """SHA-256 of one token. Each sending attempt of a mail mints its own."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="tokens")
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"token of {self.link_id}"


class LinkVisit(models.Model):
    """A browser that passed the date-of-birth step (30 minutes), or a tablet that staff handed over (60). Only the hash of its cookie is kept."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="visits")
    cookie_sha256 = models.CharField(max_length=64, unique=True)
    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ip_prefix = models.CharField(max_length=50, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-opened_at", "-pk"]

    def __str__(self) -> str:
        return f"visit of {self.link_id}"
