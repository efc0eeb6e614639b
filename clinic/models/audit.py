"""Who read what. Rows are only ever added; there is no clinical text in them (R50)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class AccessEvent(models.Model):
    """One look at a patient's page, photo, list or export, by staff, link or task."""

    insert_only: ClassVar[bool] = True

    at = models.DateTimeField(db_default=Now())
    actor_kind = models.CharField(max_length=10)
    actor_name = models.CharField(max_length=160)
    staff_id = models.BigIntegerField(null=True)
    link_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, blank=True)
    patient_uuid = models.UUIDField(null=True, db_index=True)
    reason = models.CharField(max_length=300, blank=True)
    allowed = models.BooleanField(default=True)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["staff_id", "-at"], name="access_by_staff"),
            models.Index(fields=["-at"], name="access_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action} {self.subject}"
