"""The clinic itself: its name, its sites, their opening hours and closures."""

import uuid
from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

import pghistory
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


def validate_zone(value: str) -> None:
    """Refuse what is not an IANA zone name."""
    if value not in available_timezones():
        raise ValidationError(_("“%(zone)s” is not a time zone, such as Europe/London."), params={"zone": value})


@pghistory.track()
class Clinic(models.Model):
    """One row: who we are to patients, and how mail leaves the house."""

    name = models.CharField(max_length=120)
    reference_phrase = models.CharField(
        max_length=120, blank=True, help_text=_("A short phrase that patients learn to expect in every mail.")
    )
    reply_to = models.EmailField(blank=True, help_text=_("A watched mailbox. Empty: replies get an automatic answer."))
    is_demo = models.BooleanField(default=False)
    send_from = models.TimeField(null=True, blank=True, help_text=_("Mail that is not urgent leaves from this time."))
    send_until = models.TimeField(null=True, blank=True)
    quiet_from = models.TimeField(null=True, blank=True, help_text=_("Within these hours only urgent mail leaves."))
    quiet_until = models.TimeField(null=True, blank=True)
    daily_cap = models.PositiveIntegerField(null=True, blank=True, help_text=_("As many mails a day as the mail server allows."))
    domain_per_minute = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("As many mails a minute to one provider, such as gmail.com.")
    )
    mail_details_days = models.PositiveSmallIntegerField(
        null=True, blank=True, default=365, help_text=_("Days after which a finished mail loses its address. Empty: never.")
    )
    watched_round_the_clock = models.BooleanField(default=False)
    cosign_records = models.BooleanField(default=False, help_text=_("A second clinician signs each session record."))

    class Meta:
        verbose_name = _("clinic")

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Site(models.Model):
    """A place where patients are treated. Its zone decides calendar days and the times in mails."""

    SITE_PATH: ClassVar[str] = "pk"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="sites")
    name = models.CharField(max_length=120)
    zone = models.CharField(max_length=64, default="Europe/London", validators=[validate_zone])
    phone = models.CharField(max_length=40)
    emergency_number = models.CharField(max_length=20, default="999")
    out_of_hours_phone = models.CharField(
        max_length=40, blank=True, help_text=_("Whom patients call while the site is closed. Empty: mails name the emergency number alone.")
    )
    address = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        verbose_name = _("site")

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        """The site's zone."""
        return ZoneInfo(self.zone)

    def today(self, at: datetime) -> date:
        """The site's calendar date at the instant `at`."""
        return at.astimezone(self.tz).date()


@pghistory.track()
class OpeningHours(models.Model):
    """When a site is open on a weekday (0 = Monday), in its own zone."""

    SITE_PATH: ClassVar[str] = "site"

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["site", "weekday", "opens", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="opening_hours_weekday"),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="opening_hours_order"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens}–{self.closes}"


@pghistory.track()
class Closure(models.Model):
    """A day on which a site is closed."""

    SITE_PATH: ClassVar[str] = "site"

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="closures")
    on = models.DateField()
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["on", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["site", "on"], name="one_closure_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.on}"
