"""Bringing patients in from a file: the file, and each of its rows until it is written or left out."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

import pghistory
from django.db import models
from django.db.models import Q

from appointments.rules import ImportState, RowState


@pghistory.track(exclude=["content", "checked", "written"])
class PatientImport(models.Model):
    """One file. Read into rows, checked (nothing of a patient is written), confirmed by a person, written; each step in small transactions."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="imports")
    staff = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=120)
    month_first = models.BooleanField(default=False)
    content = models.BinaryField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in ImportState], default=ImportState.READING)
    problem = models.CharField(max_length=400, blank=True)
    remarks = models.JSONField(default=list, blank=True)
    total = models.PositiveIntegerField(default=0)
    checked = models.PositiveIntegerField(default=0)
    to_write = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=160, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-made_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["id"], condition=Q(state__in=["reading", "checking", "writing"]), name="imports_under_way")
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_running(self) -> bool:
        """Whether a worker has something to do."""
        return self.state in (ImportState.READING, ImportState.CHECKING, ImportState.WRITING)

    def percent(self, at: datetime) -> int:
        """How far the present step is."""
        if self.state == ImportState.WRITING:
            return 100 * self.written // max(1, self.to_write)
        return 100 * self.checked // self.total if self.total else 0


class ImportRow(models.Model):
    """A row of the file as it was typed. Forgotten some weeks after the import has ended; patients written from it are tracked."""

    file = models.ForeignKey(PatientImport, on_delete=models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField()
    cells: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(default=dict)
    same_as = models.CharField(max_length=400, blank=True)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in RowState], default=RowState.NEW)
    problems: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    doubles: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    bring_in = models.BooleanField(default=False)
    patient = models.ForeignKey("patients.Patient", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["line", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [models.UniqueConstraint(fields=["file", "line"], name="a_line_once")]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["file", "state", "line"], name="import_rows_by_state"),
            models.Index(fields=["file", "same_as"], name="import_rows_same"),
        ]

    def __str__(self) -> str:
        return f"line {self.line}"
