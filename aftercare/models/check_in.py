"""A patient's check-in: asked by a link, saved page by page, answered once. The answer itself is insert-only."""

import uuid
from datetime import datetime
from typing import Any, ClassVar, Self

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aftercare.states import CallReason, CallResult, Level
from clinic.forms import choices


class CheckInQuerySet(models.QuerySet["CheckIn"]):
    """Check-ins in the clinic's words."""

    def unanswered(self) -> Self:
        """Without an answer, and still wanted."""
        return self.filter(response__isnull=True, cancelled_at__isnull=True)

    def asked_before(self, at: datetime) -> Self:
        """Whose time had come by `at`."""
        return self.filter(opens_at__lte=at)


@pghistory.track(exclude=["draft"])
class CheckIn(models.Model):
    """The questions of one step, and the unsent draft of the patient's answers."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    plan = models.ForeignKey("aftercare.Plan", models.PROTECT, related_name="check_ins")
    message = models.OneToOneField("aftercare.PlannedMessage", models.PROTECT, related_name="check_in")
    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="check_ins")
    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="+")
    code = models.SlugField(max_length=30)
    asked = ArrayField(models.CharField(max_length=12))
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    draft: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict, blank=True)
    draft_saved_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_reason = models.CharField(max_length=200, blank=True)

    objects = CheckInQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["opens_at", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["closes_at", "opens_at"],  # the sweeps ask for those that are open; the closed ones are many
                condition=Q(cancelled_at__isnull=True),
                name="check_in_open",
            ),
            models.Index(fields=["patient", "-opens_at"], name="check_in_by_patient"),
        ]

    def __str__(self) -> str:
        return f"check-in {self.code} of plan {self.plan_id}"

    @property
    def is_answered(self) -> bool:
        """Whether the answer is in."""
        return hasattr(self, "response")


class CheckInResponse(models.Model):
    """What was answered and what the rules made of it. Never changed: a correction is a new concern event."""

    insert_only: ClassVar[bool] = True
    SITE_PATH: ClassVar[str] = "check_in__site"

    check_in = models.OneToOneField(CheckIn, models.PROTECT, related_name="response")
    answered_at = models.DateTimeField()
    session_end = models.DateTimeField()
    answers: "models.JSONField[dict[str, Any]]" = models.JSONField()
    asked = ArrayField(models.CharField(max_length=12))
    satisfaction = models.PositiveSmallIntegerField(null=True, blank=True)
    hair_count = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Hairs combed out in 60 seconds, counted by the patient."
    )
    sha256 = models.CharField(max_length=64)
    rule_input: "models.JSONField[dict[str, Any]]" = models.JSONField()
    rules_version = models.CharField(max_length=40)
    triage = models.CharField(max_length=10, choices=choices(Level))
    rules: "models.JSONField[list[dict[str, str]]]" = models.JSONField(default=list)
    call_emergency = models.BooleanField(default=False)
    hold_next_session = models.BooleanField(default=False)
    link_id = models.BigIntegerField(null=True, blank=True)
    on_behalf_by = models.ForeignKey("clinic.Staff", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-answered_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(satisfaction__isnull=True) | Q(satisfaction__lte=10),
                name="satisfaction_0_to_10",
            )
        ]

    @property
    def ended_early(self) -> bool:
        """Fewer questions were answered than the check-in has: a red flag ended them, or the patient left."""
        return bool(self.asked != self.check_in.asked)

    @property
    def left_early(self) -> bool:
        """The patient left before the end, and what was answered was sent for them (only a red flag ends the questions itself)."""
        return self.ended_early and self.triage != Level.URGENT

    def __str__(self) -> str:
        return f"answer to {self.check_in_id}"


@pghistory.track()
class CallTask(models.Model):
    """The desk is asked to phone a patient whose check-in is missing. The script has two results (SETTLED 6)."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    check_in = models.OneToOneField(CheckIn, models.PROTECT, related_name="call_task")
    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="call_tasks")
    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, choices=choices(CallReason))
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey("clinic.Staff", models.PROTECT, null=True, blank=True, related_name="+")
    result = models.CharField(max_length=24, choices=choices(CallResult), blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    last_try_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["opened_at", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["site", "opened_at"],
                condition=Q(done_at__isnull=True),
                name="call_task_open",
            )
        ]

    def __str__(self) -> str:
        return f"call about {self.check_in_id}"
