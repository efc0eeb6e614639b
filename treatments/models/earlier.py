"""Sessions elsewhere or before this record began: a day and where it is known from."""

from typing import ClassVar

import pghistory
from django.db import models


@pghistory.track()
class EarlierSession(models.Model):
    """A needling session that has no record here. It counts for the interval between sessions (S10), and for nothing else."""

    SITE_PATH: ClassVar[str] = "patient__site"

    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="earlier_sessions")
    on = models.DateField()
    source = models.CharField(max_length=200)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=160)

    class Meta:
        ordering: ClassVar[list[str]] = ["-on", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [models.UniqueConstraint(fields=["patient", "on"], name="earlier_session_once")]

    def __str__(self) -> str:
        return f"earlier session {self.on}"
