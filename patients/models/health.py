"""What is known beside the answers: holds, the re-screen of the day, allergies, medicines."""

import uuid
from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from patients.models.person import Patient, options
from patients.rules.exchange.codes import SUBSTANCE_WORDS
from patients.vocabulary import AllergyEnd, AnsweredBy, Blocks


@pghistory.track()
class Hold(models.Model):
    """Stops booking, a session or invitations until a clinician releases it (SETTLED 13)."""

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="holds")
    blocks = ArrayField(models.CharField(max_length=12, choices=options(Blocks)))
    cause_kind = models.CharField(max_length=30)
    cause_uuid = models.UUIDField(null=True, blank=True)
    reason = models.CharField(max_length=300)
    placed_at = models.DateTimeField()
    placed_by = models.CharField(max_length=160)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=160, blank=True)
    release_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-placed_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["patient"], name="open_holds", condition=Q(released_at=None))
        ]

    def __str__(self) -> str:
        return f"hold on {', '.join(self.blocks)}"


@pghistory.track()
class Rescreen(models.Model):
    """“Anything changed since you answered?” A draft by link until somebody confirms it on the day (SETTLED 2)."""

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="rescreens")
    on = models.DateField()
    changed = models.BooleanField()
    words = models.TextField(max_length=2000, blank=True)
    answered_by = models.CharField(max_length=10, choices=options(AnsweredBy))
    at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=160, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.CharField(max_length=160, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-on", "-at", "-pk"]

    def __str__(self) -> str:
        return f"rescreen {self.on}"


@pghistory.track()
class Allergy(models.Model):
    """One substance that the patient reacts to. Its name blocks products that contain it (S13, S16).

    A row is never deleted: it ends, with why and by whom. `replaced_by` says the same thing by its name, or in newer words.
    """

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="allergies")
    substance = models.CharField(max_length=30)
    name = models.CharField(max_length=200)
    anaphylaxis = models.BooleanField(default=False)
    reaction = models.CharField(max_length=200, blank=True)
    noted_by = models.CharField(max_length=160, blank=True, help_text=_("Who of the clinic noted it. Empty: the patient's own answers."))
    noted_at = models.DateTimeField(null=True, blank=True, help_text=_("When the clinic learnt of it. Empty: before this was kept."))
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=20, blank=True, choices=options(AllergyEnd))
    ended_reason = models.CharField(max_length=300, blank=True)
    ended_by = models.CharField(max_length=160, blank=True)
    replaced_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaces")

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(ended_because__in=["", AllergyEnd.REPLACED]) | (Q(ended_at__isnull=False) & ~Q(ended_reason="")), name="allergy_ended_with_reason"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def words(self) -> str:
        """The substance's name; where nobody has named it, its kind in the word that the lists use."""
        return SUBSTANCE_WORDS.get(self.substance, self.name or self.substance).lower() if self.is_unnamed else self.name

    @property
    def is_unnamed(self) -> bool:
        """Nobody has named the substance: as a text it equals no ingredient, so no product is stopped by it."""
        return _plain(self.name) in {"", _plain(self.substance)}

    @property
    def was_wrong(self) -> bool:
        """The patient never reacted to it: refuted, or noted by mistake."""
        return self.ended_because in (AllergyEnd.REFUTED, AllergyEnd.IN_ERROR)


def _plain(words: str) -> str:
    return words.strip().casefold().replace("_", " ")


@pghistory.track()
class Medication(models.Model):
    """A medicine that the patient takes: declared, brought from elsewhere, or noted by a clinician.

    A row is never deleted: it ends, with the day and why. `in_error`: the patient never took it.
    """

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="medications")
    name = models.CharField(max_length=200)
    dose = models.CharField(max_length=100, blank=True)
    started_on = models.DateField(null=True, blank=True)
    noted_at = models.DateTimeField(null=True, blank=True, help_text=_("When the clinic learnt of it. Empty: before this was kept."))
    noted_by = models.CharField(max_length=160, blank=True, help_text=_("Who of the clinic noted it. Empty: the patient's own answers, or a record from elsewhere."))
    ended_on = models.DateField(null=True, blank=True)
    ended_reason = models.CharField(max_length=300, blank=True)
    ended_by = models.CharField(max_length=160, blank=True)
    in_error = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(in_error=False) | (Q(ended_on__isnull=False) & ~Q(ended_reason="")), name="medicine_in_error_with_reason")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def words(self) -> str:
        """Its name; a hair medicine that nobody has named, in words."""
        return "another hair medicine" if self.name == "other" else self.name
