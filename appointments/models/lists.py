"""The desk's lists: recalls, the waiting list with its offers; and calendar feeds."""

import uuid
from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from appointments.models.places import VisitType
from appointments.models.visits import Appointment
from appointments.rules import RecallState

CHANNEL_WORDS = {"phone": _("Phone"), "mail": _("Letter or e-mail"), "other": _("Other")}
RESULT_WORDS = {
    "reached": _("reached"), "no_answer": _("no answer"), "message": _("left a message"), "invited": _("invitation sent"),
    "dismissed": _("left out"),
}  # fmt: skip


@pghistory.track()
class WaitingListEntry(models.Model):
    """A patient who would come earlier, and when they could: empty preferences mean any."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="waiting")
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="waiting")
    visit_type = models.ForeignKey(VisitType, on_delete=models.PROTECT, related_name="+")
    clinician = models.ForeignKey("clinic.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    from_time = models.TimeField(null=True, blank=True)
    to_time = models.TimeField(null=True, blank=True)
    not_before_on = models.DateField(null=True, blank=True)
    gives_up = models.ForeignKey(Appointment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["added_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["patient", "visit_type"], condition=Q(ended_at=None), name="waits_once")
        ]

    def __str__(self) -> str:
        return f"waiting {self.patient_id}"

    @property
    def weekday_words(self) -> str:
        """“Mon, Wed”; empty when any day suits."""
        return ", ".join(str(WEEKDAYS_ABBR[day]) for day in self.weekdays)


@pghistory.track()
class FreedSlot(models.Model):
    """A time that was given back. It is offered to the waiting list in rounds, and held meanwhile."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="freed_slots")
    clinician = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="+")
    was = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="freed")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    freed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["starts_at", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["freed_at"], condition=Q(closed_at=None), name="freed_slots_open")
        ]

    def __str__(self) -> str:
        return f"freed {self.starts_at}"


@pghistory.track()
class Offer(models.Model):
    """A freed slot offered to one waiting patient until an instant."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slot = models.ForeignKey(FreedSlot, on_delete=models.CASCADE, related_name="offers")
    entry = models.ForeignKey(WaitingListEntry, on_delete=models.CASCADE, related_name="offers")
    round = models.PositiveSmallIntegerField()
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    accepted = models.BooleanField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["slot", "entry"], name="offered_once"),
            models.UniqueConstraint(fields=["slot"], condition=Q(accepted=True), name="first_yes_wins"),
        ]

    def __str__(self) -> str:
        return f"offer {self.slot_id}"


@pghistory.track()
class Recall(models.Model):
    """A patient whose window has opened after a session: due, contacted, booked, dismissed; done when they came."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="recalls")
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="recalls")
    after = models.OneToOneField("treatments.TreatmentSession", on_delete=models.PROTECT, related_name="recall")
    opens_on = models.DateField()
    closes_on = models.DateField()
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in RecallState], default=RecallState.DUE)
    appointment = models.ForeignKey(Appointment, null=True, blank=True, on_delete=models.SET_NULL, related_name="recalls")
    dismissed_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["closes_on", "pk"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["site", "state", "closes_on"], name="recalls_by_state")]

    def __str__(self) -> str:
        return f"recall {self.patient_id}"


class RecallAttempt(models.Model):
    """One try to reach a patient: channel and result; or a dismissal with its reason. Rows are only added."""

    insert_only: ClassVar[bool] = True

    recall = models.ForeignKey(Recall, null=True, on_delete=models.PROTECT, related_name="attempts")
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="recall_attempts")
    at = models.DateTimeField()
    channel = models.CharField(max_length=12)
    result = models.CharField(max_length=20)
    note = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=160)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.channel} {self.result}"

    @property
    def words(self) -> str:
        """“Phone: no answer”."""
        return f"{CHANNEL_WORDS.get(self.channel, self.channel)}: {RESULT_WORDS.get(self.result, self.result)}"


@pghistory.track()
class CalendarFeed(models.Model):
    """A clinician's private calendar address. Only the hash of its secret is kept; a new one replaces the old."""

    staff = models.OneToOneField("clinic.Staff", on_delete=models.CASCADE, related_name="calendar_feed")
    secret_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"feed of {self.staff_id}"
