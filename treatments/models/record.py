"""What is kept for ever: the signed record, addenda, errors."""

from typing import ClassVar

from django.db import models

from clinic.models.policy import PolicyVersion
from treatments.models.session import TreatmentSession


class SignedRecord(models.Model):
    """The record as signed: canonical JSON, its SHA-256, and that of the record signed before it. Never changed."""

    insert_only: ClassVar[bool] = True

    session = models.OneToOneField(TreatmentSession, on_delete=models.PROTECT, related_name="signed_record")
    content = models.TextField()
    content_version = models.PositiveSmallIntegerField(default=1)
    sha256 = models.CharField(max_length=64)
    previous_sha256 = models.CharField(max_length=64, blank=True)
    signed_by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="signed_records")
    signed_name = models.CharField(max_length=160)
    signed_at = models.DateTimeField()
    cosign_asked = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return self.sha256[:12]


class Addendum(models.Model):
    """A dated correction to a signed record: its own row, its own signature."""

    insert_only: ClassVar[bool] = True

    record = models.ForeignKey(SignedRecord, on_delete=models.PROTECT, related_name="addenda")
    text = models.TextField(max_length=4000)
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="addenda")
    at = models.DateTimeField()
    form_key = models.CharField(max_length=64, unique=True, null=True, editable=False)  # two taps sign it once

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]

    def __str__(self) -> str:
        return f"addendum {self.at}"


class SignatureHandover(models.Model):
    """Another clinician signs in place of one who has left: who, why, when (docs/decisions/0046). The operator stays who treated."""

    insert_only: ClassVar[bool] = True

    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="signature_handovers")
    before = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")
    before_name = models.CharField(max_length=160)
    to = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")
    to_name = models.CharField(max_length=160)
    reason = models.CharField(max_length=500)
    content = models.TextField()  # the record as it was left, so that what was completed afterwards is told apart
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="handover_has_a_reason"),
            models.CheckConstraint(condition=~models.Q(before=models.F("to")), name="handover_between_two"),
        ]

    def __str__(self) -> str:
        return f"{self.before_name} → {self.to_name}"


class EnteredInError(models.Model):
    """Says that a session was recorded by mistake or for the wrong patient. Nothing is deleted (SETTLED 7)."""

    insert_only: ClassVar[bool] = True

    session = models.OneToOneField(TreatmentSession, on_delete=models.PROTECT, related_name="entered_in_error")
    reason = models.CharField(max_length=500)
    by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]

    def __str__(self) -> str:
        return f"error {self.session_id}"


class SessionPolicy(PolicyVersion):
    """The `P` numbers and the wording of the S-rules as this clinic runs them."""
