"""The aftercare of one session: a plan and its dated messages. The outbox row is the message (SETTLED 12)."""

import uuid
from typing import ClassVar, Self

import pghistory
from django.db import models
from django.db.models import Q

from aftercare.states import PlanState, Scope
from clinic.forms import choices


class PlanQuerySet(models.QuerySet["Plan"]):
    """Plans in the clinic's words."""

    def running(self) -> Self:
        """Plans that neither a later session nor a mistake has ended."""
        return self.filter(state=PlanState.ACTIVE)


@pghistory.track()
class Plan(models.Model):
    """What happens after one ended session, by the protocol version in force when it ended."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.OneToOneField("treatments.TreatmentSession", models.PROTECT, related_name="aftercare_plan")
    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="aftercare_plans")
    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="+")
    protocol = models.ForeignKey("aftercare.Protocol", models.PROTECT, related_name="plans")
    ended_at = models.DateTimeField(help_text="Time zero: the true end of the session.")
    zone = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=choices(PlanState), default=PlanState.ACTIVE)
    state_reason = models.CharField(max_length=200, blank=True)
    planned_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    read_link_id = models.BigIntegerField(null=True, blank=True)
    taught_back = models.BooleanField(null=True, blank=True)
    basis = models.JSONField(null=True, blank=True, help_text="What was done, as the aftercare goes by it; changed by a clinician alone.")

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-ended_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["patient", "state"], name="plan_by_patient")]

    def __str__(self) -> str:
        return f"plan of session {self.session_id}"


@pghistory.track()
class PlannedMessage(models.Model):
    """One step of a plan, one-to-one to its row in the outbox. The wish (`local_on`, `local_time`) is kept beside it."""

    SITE_PATH: ClassVar[str] = "plan__site"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="messages")
    step = models.ForeignKey("aftercare.ProtocolStep", models.PROTECT, related_name="+")
    scope = models.CharField(max_length=10, choices=choices(Scope))
    course_key = models.UUIDField(null=True, blank=True, help_text="Set for course steps: planned once a course.")
    code = models.SlugField(max_length=30)
    occurrence = models.PositiveSmallIntegerField(default=0)
    outbox = models.OneToOneField("clinic.OutboxMessage", models.PROTECT, related_name="planned_message")
    send_after = models.DateTimeField()
    expires_at = models.DateTimeField()
    local_on = models.DateField()
    local_time = models.TimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["send_after", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["plan", "code", "occurrence"], name="planned_once_a_plan"),
            models.UniqueConstraint(
                fields=["course_key", "code", "occurrence"],
                condition=Q(course_key__isnull=False),
                name="planned_once_a_course",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} of plan {self.plan_id}"


class Replan(models.Model):
    """A clinician's word that the aftercare follows what is now known of the treatment (SETTLED 1). Only ever added.

    `told` is what the last instructions that went were written by, `before` and `after` what the plan went by. `message`: the
    corrected instructions, where they were of use.
    """

    insert_only: ClassVar[bool] = True
    SITE_PATH: ClassVar[str] = "plan__site"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="replans")
    message = models.OneToOneField(PlannedMessage, models.PROTECT, null=True, related_name="replan")
    told = models.JSONField()
    before = models.JSONField()
    after = models.JSONField()
    reason = models.CharField(max_length=200)
    by = models.CharField(max_length=160)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]

    def __str__(self) -> str:
        return f"plan {self.plan_id} planned again"
