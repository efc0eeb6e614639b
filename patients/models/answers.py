"""What was asked and answered, and what the rules made of it."""

import uuid
from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from clinic.models.policy import PolicyVersion
from patients.models.person import Patient, options
from patients.vocabulary import AnsweredBy, Gate, IntakeState


@pghistory.track()
class Intake(models.Model):
    """One set of answers, with the keys of SCHEMA 2.3–2.5. Frozen once a clinician has reviewed it.

    `extras` is for people and for going on later: `notes`, what was `ticked`, half-filled screens as `typed`, and `since`
    which earlier intake some pages are confirmed. `amended`: of which answers, and from where; `submitted_at` is then the clinic's instant,
    and when the patient answered is `selectors.told_on`. `told`: what the patient said where the lists of medicines and allergies, or what was taken over from elsewhere, say more; `by_clinician`: keys that somebody typed for the patient who may read answers. `wording_sha256`: the questions exactly as they were worded.
    `paper_on`: the date on the paper it was typed in from; `typed_by`: the member of staff who typed it.
    """

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="intakes")
    state = models.CharField(max_length=10, choices=options(IntakeState), default=IntakeState.DRAFT)
    answered_by = models.CharField(max_length=10, choices=options(AnsweredBy), default=AnsweredBy.PATIENT)
    language = models.CharField(max_length=5, default="en")
    wording_sha256 = models.CharField(max_length=64, blank=True)
    answers = models.JSONField(default=dict)
    extras = models.JSONField(default=dict)
    pages_done = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    started_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    submission_sha256 = models.CharField(max_length=64, blank=True)
    paper_on = models.DateField(null=True, blank=True)
    typed_by = models.CharField(max_length=160, blank=True)
    link_uuid = models.UUIDField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey("clinic.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-started_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["patient"], condition=Q(state="draft"), name="one_draft_intake")
        ]

    def __str__(self) -> str:
        return f"intake of {self.patient_id}"


class Screening(models.Model):
    """What the rules said at a gate: the exact input, the rule version, the result. Never changed."""

    SITE_PATH: ClassVar[str] = "patient__site"
    insert_only: ClassVar[bool] = True

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="screenings")
    intake = models.ForeignKey(Intake, null=True, on_delete=models.PROTECT, related_name="screenings")
    gate = models.CharField(max_length=10, choices=options(Gate))
    as_of = models.DateField()
    rules_version = models.CharField(max_length=40)
    input = models.JSONField()
    overall = models.CharField(max_length=12)
    triggers = models.JSONField()
    at = models.DateTimeField()
    by = models.CharField(max_length=160)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.gate} {self.overall}"


@pghistory.track()
class Clearance(models.Model):
    """A clinician lifts a REVIEW finding (and E06), with evidence. Valid 180 days `P` (SCHEMA 2.2)."""

    SITE_PATH: ClassVar[str] = "patient__site"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="clearances")
    rule = models.CharField(max_length=5)
    evidence = models.TextField(max_length=2000)
    cleared_on = models.DateField()
    by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="clearances")
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.rule


class EligibilityPolicy(PolicyVersion):
    """The `P` numbers and the wording of the E-rules as this clinic runs them."""


class WordingReview(models.Model):
    """A clinician has read the questions in one language, exactly as worded. Only added."""

    SITE_PATH: ClassVar[str] = "reviewed_by__sites"
    insert_only: ClassVar[bool] = True

    language = models.CharField(max_length=5)
    sha256 = models.CharField(max_length=64)
    reviewed_by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.language} {self.sha256[:8]}"
