"""Who is on call for a site, in which order, from when until when."""

import uuid
from datetime import datetime
from typing import ClassVar, Self

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Func, Q

from clinic.roles import Role


class _Span(Func):
    """`tstzrange(starts_at, ends_at, '[)')`."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class OnCallQuerySet(models.QuerySet["OnCallShift"]):
    """Shifts in the clinic's words."""

    def at_instant(self, at: datetime) -> Self:
        """Running at `at`, the first to be called first."""
        return self.filter(starts_at__lte=at, ends_at__gt=at).order_by("place", "starts_at", "pk")

    def able(self) -> Self:
        """Of people who may still take a concern: an open account, clinician now, and still working at the shift's site."""
        return self.filter(staff__is_active=True, staff__roles__contains=[Role.CLINICIAN.value], staff__sites=F("site"))


@pghistory.track()
class OnCallShift(models.Model):
    """One clinician on call. `place` 1 is called first, 2 when the first does not answer in time, and so on."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="on_call_shifts")
    staff = models.ForeignKey("clinic.Staff", models.PROTECT, related_name="on_call_shifts")
    place = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    objects = OnCallQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["starts_at", "place", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="on_call_ends_after_start"),
            ExclusionConstraint(
                name="one_on_call_a_place",
                expressions=[
                    ("site", RangeOperators.EQUAL),
                    ("place", RangeOperators.EQUAL),
                    (_Span("starts_at", "ends_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"on call {self.place} from {self.starts_at:%d.%m. %H:%M}"
