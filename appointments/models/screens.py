"""Wall screens: a read-only login for the board. It belongs to a screen, not to a person."""

import uuid
from datetime import datetime
from typing import ClassVar

import pghistory
from django.db import models


@pghistory.track(exclude=["code_hash", "token_hash"])
class WallScreen(models.Model):
    """A screen that shows the board of one site. Paired once with a short code; afterwards its cookie's hash is kept. Both end with `revoked_at`."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey("clinic.Site", on_delete=models.CASCADE, related_name="wall_screens")
    name = models.CharField(max_length=60)
    shows_names = models.BooleanField(default=False)
    code_hash = models.CharField(max_length=64, blank=True)
    code_expires_at = models.DateTimeField(null=True, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=160)
    paired_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def waits_for_code(self, at: datetime) -> bool:
        """Whether a code would still pair it."""
        return bool(self.code_hash) and self.revoked_at is None and self.code_expires_at is not None and at < self.code_expires_at
