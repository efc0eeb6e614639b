"""Texts of consent, and who signed which."""

import uuid
from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from patients.models.person import Patient, options
from patients.vocabulary import ConsentDraftState


class ConsentText(models.Model):
    """The exact words that patients sign. A new wording is a new row."""

    insert_only: ClassVar[bool] = True

    version = models.CharField(max_length=20)
    language = models.CharField(max_length=5, default="en")
    procedures = ArrayField(models.CharField(max_length=30))
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    off_label = models.BooleanField(default=True)
    in_force_from = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-in_force_from", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "language"], name="one_consent_text")
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.language}"


@pghistory.track()
class Consent(models.Model):
    """A signature under one consent text. From paper: `paper_on` is the date on it, `signed_at` and `by` say when and by whom it was typed in."""

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="consents")
    procedures = ArrayField(models.CharField(max_length=30))
    off_label_understood = models.BooleanField()
    photos = models.BooleanField(default=False)
    signed_name = models.CharField(max_length=300)
    signature_png = models.BinaryField(blank=True, default=b"")
    on_paper = models.BooleanField(default=False)
    paper_on = models.DateField(null=True, blank=True)
    signed_at = models.DateTimeField()
    by = models.CharField(max_length=160)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-signed_at", "-pk"]

    def __str__(self) -> str:
        return f"consent {self.text_id}"


@pghistory.track()
class ConsentDraft(models.Model):
    """A consent text in work: written by a manager, read and put into force by a clinician. At most one is open."""

    OPEN: ClassVar[tuple[str, str]] = ("draft", "proposed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    version = models.CharField(max_length=20, unique=True)
    texts: "models.JSONField[dict[str, str]]" = models.JSONField(default=dict, help_text=_("The whole text by language."))
    off_label = models.BooleanField(default=True)
    covers_prp = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=options(ConsentDraftState), default=ConsentDraftState.DRAFT)
    written_by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    sent_back_words = models.CharField(max_length=400, blank=True)
    approved_by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-started_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(models.Value(1), condition=Q(state__in=["draft", "proposed"]), name="one_consent_draft"),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.state}"
