"""Platelet-rich plasma in a session: drawn, checked by two, used (S19)."""

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q

from treatments.models.session import TreatmentSession
from treatments.models.stock import options
from treatments.vocabulary import CheckHow


@pghistory.track()
class PrpUse(models.Model):
    """PRP planned, drawn and used in one session. Frozen with the record."""

    session = models.OneToOneField(TreatmentSession, on_delete=models.PROTECT, related_name="prp")
    planned_at = models.DateTimeField()
    planned_by = models.CharField(max_length=160)
    drawn_at = models.DateTimeField(null=True, blank=True)
    tube_label = models.CharField(max_length=60, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    volume_ml = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    given_up_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(used_at=None) | Q(used_at__gte=F("drawn_at")), name="prp_used_after_drawn"),
            models.CheckConstraint(condition=Q(volume_ml=None) | Q(volume_ml__range=("0.1", 60)), name="prp_volume_range"),
            models.CheckConstraint(condition=Q(used_at=None) | Q(given_up_at=None), name="prp_used_or_given_up"),
        ]

    def __str__(self) -> str:
        return f"PRP of {self.session_id}"


class TubeCheck(models.Model):
    """One person's word that the label on the tube is this patient's, or is not."""

    insert_only: ClassVar[bool] = True

    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="tube_checks")
    by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="tube_checks")
    name = models.CharField(max_length=160)
    matches = models.BooleanField()
    tube_label = models.CharField(max_length=60)
    how = models.CharField(max_length=9, choices=options(CheckHow))
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]

    def __str__(self) -> str:
        return f"tube check of {self.session_id}"
