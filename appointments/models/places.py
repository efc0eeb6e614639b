"""Where and by whom: rooms, kinds of visit, working hours, absences."""

from datetime import date, time, timedelta, tzinfo
from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from appointments.rules import CUT_OFF_HOURS, OFFER_MINUTES, OFFERS_A_ROUND, REMINDER_HOURS


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

    def whole_days(self, zone: tzinfo) -> tuple[date, date] | None:
        """The first and the last day, if it runs from midnight to midnight of that zone; None if hours matter."""
        first, end = self.starts_at.astimezone(zone), self.ends_at.astimezone(zone)
        if first.time() != time.min or end.time() != time.min:
            return None
        return first.date(), end.date() - timedelta(days=1)

    def __str__(self) -> str:
        return f"away {self.starts_at}"


@pghistory.track()
class BookingRules(models.Model):
    """A site's own numbers (P): until when patients change a visit themselves, and how a freed time is offered. No row: the defaults."""

    SITE_PATH: ClassVar[str] = "site"

    site = models.OneToOneField("clinic.Site", on_delete=models.CASCADE, related_name="booking_rules")
    cut_off_hours = models.PositiveSmallIntegerField(default=CUT_OFF_HOURS)
    offer_minutes = models.PositiveSmallIntegerField(default=OFFER_MINUTES)
    offers_a_round = models.PositiveSmallIntegerField(default=OFFERS_A_ROUND)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(cut_off_hours__lte=336, offer_minutes__gte=5, offer_minutes__lte=1440, offers_a_round__gte=1, offers_a_round__lte=10),
                name="booking_rules_sane",
            )
        ]

    def __str__(self) -> str:
        return f"booking rules of {self.site_id}"
