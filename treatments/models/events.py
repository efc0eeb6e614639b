"""Adverse events."""

import uuid
from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from treatments.models.session import TreatmentSession
from treatments.models.stock import options
from treatments.vocabulary import Causality, EventOutcome, Expectedness, Zone


@pghistory.track()
class AdverseEvent(models.Model):
    """Something that went wrong: CTCAE grade and seriousness apart (RULES 7). Open events hold the next session (S11).

    `serious` is said by a person; `seriousness` names the criteria. `ended_on` is the day on which it was over. `origin` names the rule
    and zone that opened it by itself, whatever was written about it since; empty for one that a person noted.
    """

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="adverse_events")
    session = models.ForeignKey(TreatmentSession, null=True, blank=True, on_delete=models.PROTECT, related_name="adverse_events")
    what = models.CharField(max_length=200)
    details = models.TextField(max_length=2000, blank=True)
    zone = models.CharField(max_length=20, choices=options(Zone), blank=True)
    grade = models.PositiveSmallIntegerField(default=1)
    serious = models.BooleanField(default=False)
    seriousness = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    causality = models.CharField(max_length=20, choices=options(Causality), default=Causality.PROCEDURE)
    expectedness = models.CharField(max_length=12, choices=options(Expectedness), blank=True)
    action_taken = models.CharField(max_length=500, blank=True)
    onset_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=160)
    ended_on = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=160, blank=True)
    outcome_kind = models.CharField(max_length=24, choices=options(EventOutcome), blank=True)
    outcome = models.CharField(max_length=300, blank=True)
    origin = models.CharField(max_length=40, blank=True, editable=False)
    form_key = models.CharField(max_length=64, unique=True, null=True, editable=False)  # two taps note it once

    class Meta:
        ordering: ClassVar[list[str]] = ["-onset_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(grade__range=(1, 5)), name="ctcae_grade"),
            models.CheckConstraint(condition=Q(seriousness=[]) | Q(serious=True), name="criteria_make_serious"),
            models.UniqueConstraint(fields=["session", "origin"], condition=~Q(origin=""), name="opened_once"),
        ]

    def __str__(self) -> str:
        return f"adverse event grade {self.grade}"
