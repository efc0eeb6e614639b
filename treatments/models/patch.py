"""Patch tests and their readings."""

import uuid
from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q

from treatments.models.stock import Product, options
from treatments.vocabulary import PatchResult


@pghistory.track()
class PatchTest(models.Model):
    """A product tried on a small area, with the exact instants at which it went on and was read (S13).

    `read_at` and `result` sum up the readings: the newest instant, the worst result.
    """

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="patch_tests")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="patch_tests")
    applied_at = models.DateTimeField()
    place = models.CharField(max_length=80, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    result = models.CharField(max_length=10, choices=options(PatchResult), default=PatchResult.NOT_READ)
    by = models.CharField(max_length=160)
    given_up_at = models.DateTimeField(null=True, blank=True)
    given_up_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-applied_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(read_at=None) | Q(read_at__gte=models.F("applied_at")), name="patch_read_after_applied"
            )
        ]

    def __str__(self) -> str:
        return f"patch test {self.result}"


class PatchReading(models.Model):
    """One look at a patch test. Delayed reactions show late, so a test may be read more than once (S13)."""

    insert_only: ClassVar[bool] = True

    test = models.ForeignKey(PatchTest, on_delete=models.PROTECT, related_name="readings")
    at = models.DateTimeField()
    result = models.CharField(max_length=10, choices=options(PatchResult))
    note = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=160)

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]

    def __str__(self) -> str:
        return f"reading {self.result}"
