"""A clinic's own numbers and wording of a rule set: versions that only grow, and proposals that wait for a clinician."""

import uuid
from typing import Any, ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q

from clinic.roles import ProposalState


class PolicyVersion(models.Model):
    """One approved version. `values` and `words` hold only what differs from the rules as Anagen comes. A new version is a new row."""

    insert_only: ClassVar[bool] = True

    version = models.PositiveIntegerField(unique=True)
    values: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    words: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, default="")
    proposed_by = models.CharField(max_length=160)
    approved_by = models.CharField(max_length=160)
    at = models.DateTimeField()

    class Meta:
        abstract = True
        ordering: ClassVar[list[str]] = ["-version"]

    def __str__(self) -> str:
        return f"policy {self.version}"


@pghistory.track()
class PolicyProposal(models.Model):
    """A manager's wish to run a rule set with other numbers or words. It holds from the day a clinician approves it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    book = models.CharField(max_length=1)
    base_version = models.PositiveIntegerField()
    values: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    words: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(default=dict)
    reason = models.CharField(max_length=500)
    proposed_by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in ProposalState], default=ProposalState.OPEN)
    decided_by = models.ForeignKey("clinic.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-proposed_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["book"], condition=Q(state="open"), name="one_open_policy_proposal"),
            models.CheckConstraint(condition=~Q(state="approved", decided_by=F("proposed_by")), name="policy_needs_two_people"),
        ]

    def __str__(self) -> str:
        return f"{self.book} on {self.base_version}"
