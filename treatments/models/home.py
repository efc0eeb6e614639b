"""Needling at home: what a named professional allowed, and until when."""

import uuid
from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q

from treatments.models.stock import options
from treatments.vocabulary import HomeDevice


@pghistory.track()
class HomePlan(models.Model):
    """A device for use at home with its length and interval (S22). There is none unless a clinician approved one by name.

    `judged` keeps the exact input and result of the rule, `policy_version` the numbers it was judged by.
    """

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="home_plans")
    device_type = models.CharField(max_length=10, choices=options(HomeDevice))
    device_name = models.CharField(max_length=120)
    length_hundredths = models.PositiveIntegerField()
    every_days = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=500, blank=True)
    approved_by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    judged = models.JSONField()
    policy_version = models.PositiveIntegerField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=160, blank=True)
    end_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-recorded_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["patient"], condition=Q(ended_at=None), name="one_home_plan_runs"),
            models.CheckConstraint(condition=Q(every_days__gte=1) & Q(length_hundredths__gte=1), name="home_plan_has_numbers"),
        ]

    def __str__(self) -> str:
        return f"home plan {self.length_mm} mm every {self.every_days} days"

    @property
    def length_mm(self) -> str:
        """`1.00`."""
        return f"{self.length_hundredths / 100:.2f}"
