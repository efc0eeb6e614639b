"""Visits, their changes, and what they take. The database refuses double booking (SETTLED 17)."""

import uuid
from typing import ClassVar

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from appointments.models.places import Room, VisitType
from appointments.rules import RESOURCES, AppointmentState


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
    in_room_at = models.DateTimeField(null=True, blank=True)
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

    @property
    def minutes(self) -> int:
        """Its own length: that of its kind, unless somebody stretched it."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


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
