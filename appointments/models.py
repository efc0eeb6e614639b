"""Tables of *when*. The database refuses double booking (SETTLED 17)."""

import uuid
from typing import ClassVar

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from appointments.rules import REMINDER_HOURS, RESOURCES, AppointmentState, RecallState


@pghistory.track()
class Room(models.Model):
    """A treatment room."""

    SITE_PATH: ClassVar[str] = "site"

    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=60)
    out_of_service = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


CHANNEL_WORDS = {"phone": _("Phone"), "mail": _("Letter or e-mail"), "other": _("Other")}
RESULT_WORDS = {
    "reached": _("reached"), "no_answer": _("no answer"), "message": _("left a message"), "invited": _("invitation sent"),
    "dismissed": _("left out"),
}  # fmt: skip


def default_reminders() -> list[int]:
    """One reminder, two days before."""
    return [REMINDER_HOURS]


@pghistory.track()
class VisitType(models.Model):
    """What a visit is for. `needs_screening` is what the booking gate asks (SETTLED 15)."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=15, choices=[(k, k) for k in ("consultation", "session", "review")])
    minutes = models.PositiveSmallIntegerField()
    buffer_minutes = models.PositiveSmallIntegerField(default=0)
    needs_screening = models.BooleanField(default=True)
    needs_room = models.BooleanField(default=True)
    needs_device = models.BooleanField(default=False)
    in_room_limit_minutes = models.PositiveSmallIntegerField(default=60)
    waiting_limit_minutes = models.PositiveSmallIntegerField(default=15)
    reminder_hours = ArrayField(models.PositiveSmallIntegerField(), default=default_reminders, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class WorkingHours(models.Model):
    """When a clinician works at a site on a weekday (0 = Monday), in the site's zone."""

    SITE_PATH: ClassVar[str] = "site"

    staff = models.ForeignKey("clinic.Staff", on_delete=models.CASCADE, related_name="working_hours")
    site = models.ForeignKey("clinic.Site", on_delete=models.CASCADE, related_name="working_hours")
    weekday = models.PositiveSmallIntegerField()
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["staff", "weekday", "starts", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")) & Q(weekday__lte=6), name="working_hours_order")
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.starts}–{self.ends}"


@pghistory.track()
class Absence(models.Model):
    """A clinician is away."""

    SITE_PATH: ClassVar[str] = "staff__sites"

    staff = models.ForeignKey("clinic.Staff", on_delete=models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["starts_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="absence_order")
        ]

    def __str__(self) -> str:
        return f"away {self.starts_at}"


@pghistory.track()
class Appointment(models.Model):
    """A patient's hold on time. `sequence` rises with each change and goes into the `.ics`."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="appointments")
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="appointments")
    visit_type = models.ForeignKey(VisitType, on_delete=models.PROTECT, related_name="appointments")
    clinician = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="appointments")
    room = models.ForeignKey(Room, null=True, blank=True, on_delete=models.PROTECT, related_name="appointments")
    device = models.ForeignKey("treatments.Device", null=True, blank=True, on_delete=models.PROTECT, related_name="appointments")
    session = models.OneToOneField("treatments.TreatmentSession", null=True, blank=True, on_delete=models.PROTECT, related_name="appointment")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in AppointmentState], default=AppointmentState.BOOKED)
    state_since = models.DateTimeField()
    sequence = models.PositiveIntegerField(default=0)
    booked_at = models.DateTimeField()
    booked_by = models.CharField(max_length=160)
    early_reason = models.CharField(max_length=300, blank=True)
    overlap_reason = models.CharField(max_length=300, blank=True)
    clinician_first = models.BooleanField(default=False)
    form_key = models.CharField(max_length=64, unique=True, null=True, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["starts_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="appointment_order")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["site", "starts_at"], name="appointment_by_day"),
            models.Index(fields=["patient", "starts_at"], name="appointment_by_patient"),
        ]

    def __str__(self) -> str:
        return f"appointment {self.starts_at}"


class StatusChange(models.Model):
    """One change of state, with who and why. Rows are only added; undo is a row too."""

    insert_only: ClassVar[bool] = True

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="changes")
    at = models.DateTimeField()
    was = models.CharField(max_length=12, blank=True)
    now = models.CharField(max_length=12)
    what = models.CharField(max_length=20, default="state")
    reason = models.CharField(max_length=300, blank=True)
    told_patient = models.BooleanField(default=False)
    by = models.CharField(max_length=160)
    before = models.JSONField(null=True, blank=True)
    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by")

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.was} → {self.now}"


class Occupation(models.Model):
    """A resource taken for a time. Two rows of one resource and lane can't overlap: this is the last word on slots."""

    resource_kind = models.CharField(max_length=10, choices=[(r, r) for r in RESOURCES])
    resource_id = models.BigIntegerField()
    lane = models.PositiveSmallIntegerField(default=1)
    during = DateTimeRangeField()
    appointment = models.ForeignKey(Appointment, null=True, blank=True, on_delete=models.CASCADE, related_name="occupations")
    freed = models.ForeignKey("appointments.FreedSlot", null=True, blank=True, on_delete=models.CASCADE, related_name="occupations")
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            ExclusionConstraint(
                name="no_double_booking",
                expressions=[
                    ("resource_kind", RangeOperators.EQUAL),
                    ("resource_id", RangeOperators.EQUAL),
                    ("lane", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.resource_kind} {self.resource_id}"


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
