"""What is added around a signed record: a second signature, its PDF's hash, and the head of the chain each day."""

from typing import ClassVar

from django.db import models

from treatments.models.record import SignedRecord


class CoSignature(models.Model):
    """A second clinician's signature over the record's hash."""

    insert_only: ClassVar[bool] = True

    record = models.OneToOneField(SignedRecord, on_delete=models.PROTECT, related_name="cosignature")
    by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="cosignatures")
    name = models.CharField(max_length=160)
    at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"second signature of {self.record_id}"


class RecordPdf(models.Model):
    """A PDF of a signed record that was handed out: its hash, and what it held. The file itself is not kept."""

    insert_only: ClassVar[bool] = True

    record = models.ForeignKey(SignedRecord, on_delete=models.PROTECT, related_name="pdfs")
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField()
    addenda = models.PositiveSmallIntegerField()
    cosigned = models.BooleanField()
    in_error = models.BooleanField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return self.sha256[:12]


class ChainHead(models.Model):
    """How far the chain of signed records had grown on a day: without it, rows missing at the end would leave no trace (R52)."""

    insert_only: ClassVar[bool] = True

    on = models.DateField(unique=True)
    at = models.DateTimeField()
    records = models.PositiveIntegerField()
    addenda = models.PositiveIntegerField()
    cosignatures = models.PositiveIntegerField()
    errors = models.PositiveIntegerField()
    head_sha256 = models.CharField(max_length=64, blank=True)
    notes_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar[list[str]] = ["on"]

    def __str__(self) -> str:
        return f"head of {self.on}"
