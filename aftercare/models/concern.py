"""An answer that needs a person: level, clock, one clinician, an outcome. What happened to it is rows only added."""

import uuid
from typing import Any, ClassVar, Self

import pghistory
from django.db import models
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from aftercare.states import ConcernState, EventKind, Level, Outcome
from clinic.forms import choices


class ConcernQuerySet(models.QuerySet["Concern"]):
    """Concerns in the clinic's words."""

    def unfinished(self) -> Self:
        """Not closed."""
        return self.exclude(state=ConcernState.CLOSED)

    def by_urgency(self) -> Self:
        """Most urgent first, then the earliest answer due."""
        order = [When(level=level, then=Value(place)) for place, level in enumerate(Level)]
        return self.alias(place=Case(*order, default=Value(9), output_field=IntegerField())).order_by(
            "place", "due_at", "pk"
        )


@pghistory.track(
    model_name="ConcernHistory",
    obj_field=pghistory.ObjForeignKey(related_name="history", related_query_name="history"),
)
class Concern(models.Model):
    """Opened by a check-in or a call; claimed by one clinician; closed only with an outcome."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="concerns")
    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="+")
    check_in = models.OneToOneField(
        "aftercare.CheckIn",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="concern",
    )
    adverse_event = models.ForeignKey("treatments.AdverseEvent", models.PROTECT, null=True, blank=True, related_name="+")
    level = models.CharField(max_length=10, choices=choices(Level))
    reasons: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(
        default=list,
        help_text=_("Rules that fired, questions answered “not sure”, free text, a call."),
    )
    emergency_shown_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=choices(ConcernState), default=ConcernState.OPEN)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claimed_by = models.ForeignKey("clinic.Staff", models.PROTECT, null=True, blank=True, related_name="+")
    claimed_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True, help_text=_("First contact: stops the clock."))
    next_try_at = models.DateTimeField(null=True, blank=True)
    escalations = models.PositiveSmallIntegerField(default=0)
    escalated_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=choices(Outcome), blank=True)
    closed_by = models.ForeignKey("clinic.Staff", models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ConcernQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["due_at", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["site", "due_at"],
                condition=~Q(state=ConcernState.CLOSED),
                name="concern_unfinished",
            ),
            models.Index(fields=["patient", "-opened_at"], name="concern_by_patient"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~Q(state=ConcernState.CLOSED)
                | (Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(outcome="")),
                name="concern_closed_with_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(state=ConcernState.CLAIMED) | Q(claimed_by__isnull=False),
                name="concern_claimed_by_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level} concern {str(self.uuid)[-4:]}"


class ConcernEvent(models.Model):
    """One thing that happened to a concern: opened, claimed, called, noted, closed. Rows are only added."""

    insert_only: ClassVar[bool] = True

    concern = models.ForeignKey(Concern, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=16, choices=choices(EventKind))
    at = models.DateTimeField()
    by_staff = models.ForeignKey("clinic.Staff", models.PROTECT, null=True, blank=True, related_name="+")
    by_name = models.CharField(max_length=160)
    outcome = models.CharField(max_length=20, choices=choices(Outcome), blank=True)
    words = models.TextField(max_length=4000, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.concern_id}"
