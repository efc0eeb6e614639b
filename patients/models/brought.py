"""What another record says about a patient: a file that was read, its proposals, and what a clinician decided. Only added to."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from patients.models.person import Patient, options
from patients.vocabulary import Decision, ProposalKind


class RecordImport(models.Model):
    """One file (FHIR R4) as it was read. The file itself is not kept: its hash is, and everything that it says as proposals.

    `differs`: `name`, `born`; then nothing is taken over before a clinician says that it is the same person.
    """

    SITE_PATH: ClassVar[str] = "patient__site"
    insert_only: ClassVar[bool] = True

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="record_imports")
    source = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveIntegerField()
    person_name = models.CharField(max_length=200, blank=True)
    person_born = models.CharField(max_length=10, blank=True)
    differs = models.JSONField(default=list, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["patient", "sha256"], name="one_import_a_file"),
        ]

    def __str__(self) -> str:
        return f"import {self.sha256[:8]}"


class RecordProposal(models.Model):
    """One thing that the file says. `suggestion`: what would be written; `cannot`: why it can't be accepted."""

    SITE_PATH: ClassVar[str] = "record__patient__site"
    insert_only: ClassVar[bool] = True

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    record = models.ForeignKey(RecordImport, on_delete=models.PROTECT, related_name="proposals")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=options(ProposalKind))
    title = models.CharField(max_length=300)
    details = models.JSONField(default=list, blank=True)
    suggestion = models.JSONField(default=dict, blank=True)
    cannot = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["record", "position"], name="one_proposal_a_position"),
        ]

    def __str__(self) -> str:
        return f"proposal {self.position}"


class ProposalDecision(models.Model):
    """A clinician accepted it, or put it aside. One decision a proposal, for ever; `wrote` says what it changed here."""

    SITE_PATH: ClassVar[str] = "proposal__record__patient__site"
    insert_only: ClassVar[bool] = True

    proposal = models.OneToOneField(RecordProposal, on_delete=models.PROTECT, related_name="decision")
    decision = models.CharField(max_length=10, choices=options(Decision))
    reason = models.CharField(max_length=300, blank=True)
    wrote = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(decision="accepted") | Q(wrote={}), name="put_aside_writes_nothing"),
        ]

    def __str__(self) -> str:
        return self.decision
