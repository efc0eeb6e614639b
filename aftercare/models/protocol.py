"""What is sent after a session, when and with which questions: versioned, approved by a clinician."""

import uuid
from decimal import Decimal
from typing import ClassVar, Self

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aftercare.rules.aftercare import DEFAULT_CARE
from aftercare.states import ProtocolState, Purpose, Scope
from aftercare.words import STEP_WORDS
from clinic.forms import choices

IN_WORK = (ProtocolState.DRAFT.value, ProtocolState.PROPOSED.value, ProtocolState.APPROVED.value)


class ProtocolQuerySet(models.QuerySet["Protocol"]):
    """Protocols in the clinic's words."""

    def in_force(self) -> Self:
        """The published version. At most one."""
        return self.filter(state=ProtocolState.PUBLISHED)

    def in_work(self) -> Self:
        """The version that is being written or looked at. At most one."""
        return self.filter(state__in=IN_WORK)


@pghistory.track()
class Protocol(models.Model):
    """One version of the aftercare protocol, with the response targets that go with it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=choices(ProtocolState), default=ProtocolState.PROPOSED)
    is_proposed_default = models.BooleanField(
        default=False,
        help_text=_("As it came with Anagen; a clinician of this clinic must confirm it."),
    )
    proposed_by = models.ForeignKey("clinic.Staff", models.PROTECT, null=True, blank=True, related_name="+")
    approved_by = models.ForeignKey("clinic.Staff", models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True, help_text=_("What is new, for the clinician who approves it."))
    sent_back_words = models.CharField(max_length=400, blank=True)
    urgent_minutes = models.PositiveIntegerField(default=30, validators=[MinValueValidator(1)])
    same_day_hours = models.PositiveIntegerField(default=8, validators=[MinValueValidator(1)])
    routine_working_days = models.PositiveIntegerField(default=3, validators=[MinValueValidator(1)])

    deep_from_hundredths = models.PositiveSmallIntegerField(
        default=DEFAULT_CARE.deep_from_hundredths,
        validators=[MinValueValidator(1)],
        help_text=_("0.01 mm. From this depth the aftercare mail says that it can be more tender. Proposed default."),
    )

    objects = ProtocolQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-version", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["name", "version"], name="protocol_version_once"),
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state=ProtocolState.PUBLISHED),
                name="one_protocol_in_force",
            ),
            models.UniqueConstraint(fields=["name"], condition=Q(state__in=IN_WORK), name="one_protocol_in_work"),
        ]

    @property
    def deep_from_mm(self) -> Decimal:
        """The depth in millimetres, with two decimals."""
        return Decimal(self.deep_from_hundredths) / 100

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


@pghistory.track()
class ProtocolStep(models.Model):
    """One message of a protocol: how long after the session's end, with which questions and wording.

    Time is `offset_hours` exactly, or, with `local_time`, that wall-clock time on the calendar day `offset_days` later.
    """

    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="steps")
    code = models.SlugField(max_length=30)
    purpose = models.CharField(max_length=30, choices=choices(Purpose))
    scope = models.CharField(max_length=10, choices=choices(Scope), default=Scope.SESSION)
    phase = models.CharField(
        max_length=12,
        blank=True,
        help_text=_("Only in this phase of the course; empty: both."),
    )
    first_session_only = models.BooleanField(default=False)
    course_end_only = models.BooleanField(default=False)
    min_depth_hundredths = models.PositiveSmallIntegerField(null=True, blank=True)
    product_kinds = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    title = models.CharField(max_length=80, blank=True)
    wording: "models.JSONField[dict[str, str]]" = models.JSONField(
        default=dict,
        blank=True,
        help_text=_("Opening words by language, with {names} of a closed list. Empty: the mail as it comes."),
    )
    offset_hours = models.PositiveIntegerField(default=0)
    offset_days = models.PositiveIntegerField(null=True, blank=True)
    local_time = models.TimeField(null=True, blank=True)
    expires_hours = models.PositiveIntegerField(help_text=_("Hours after its time when it is too late to send."))
    questions = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    reminder_hours = models.PositiveIntegerField(null=True, blank=True)
    call_hours = models.PositiveIntegerField(null=True, blank=True)
    wording_version = models.PositiveIntegerField(default=1)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar[list[str]] = ["protocol", "position", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["protocol", "code"], name="protocol_step_once"),
            models.CheckConstraint(
                condition=Q(offset_days__isnull=True, local_time__isnull=True)
                | Q(offset_days__isnull=False, local_time__isnull=False),
                name="protocol_step_time",
            ),
            models.CheckConstraint(condition=Q(expires_hours__gt=0), name="protocol_step_expires"),
        ]

    @property
    def words(self) -> str:
        """The step's name for people."""
        return self.title or str(STEP_WORDS.get(self.code, self.code.replace("_", " ")))

    def __str__(self) -> str:
        return f"{self.protocol} {self.code}"
