"""What was measured or graded, where on the scalp, and what a reader said who knew neither name nor date (RULES 5)."""

import uuid
from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round

from treatments.models.photos import Photo
from treatments.models.session import TreatmentSession
from treatments.models.stock import options
from treatments.rules.measures.specs import SPECS, Spec
from treatments.rules.measures.units import CM2_PER_IN2
from treatments.rules.measures.vocabulary import Method, Rater, Unit
from treatments.vocabulary import MeasurementKind, PhotoView

_GRADED = [kind.value for kind, spec in SPECS.items() if spec.grades]


def _units() -> Q:
    """Each measure with its own units; grades with none."""
    found = Q(kind__in=_GRADED, unit="")
    for kind, spec in SPECS.items():
        if spec.units:
            found |= Q(kind=kind.value, unit__in=[unit.value for unit in spec.units])
    return found


def _ranges() -> Q:
    """The hard ranges, on the canonical number."""
    found = Q(canonical=None)
    for kind, spec in SPECS.items():
        if spec.units:
            found |= Q(kind=kind.value, canonical__range=spec.hard) if spec.hard else Q(kind=kind.value, canonical__gt=0)
    return found


def _conversion() -> Q:
    """The canonical number is the typed one in the canonical unit; where nothing was typed it is computed from the parts."""
    same = Q(value=None) | Q(canonical=F("value"))
    per_inch = Q(unit=Unit.PER_IN2.value, canonical=Round(F("value") / CM2_PER_IN2, precision=4))
    millimetre = Q(unit=Unit.MILLIMETRE.value, canonical=F("value") * 1000)
    return per_inch | millimetre | (~Q(unit__in=[Unit.PER_IN2.value, Unit.MILLIMETRE.value]) & same)


@pghistory.track()
class MeasurementSite(models.Model):
    """A place on one patient's scalp that is measured again and again, with the words to find it."""

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="measurement_sites")
    label = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=160)

    class Meta:
        ordering: ClassVar[list[str]] = ["made_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["patient", "label"], name="one_site_a_label"),
            models.CheckConstraint(condition=~Q(label=""), name="site_is_named"),
        ]

    def __str__(self) -> str:
        return self.label


@pghistory.track()
class BlindReading(models.Model):
    """Two photos of one view for one reader, in random order. The grade is of the later photo against the baseline.

    `answer` is what was said of the photo on the right against the one on the left, as shown.
    """

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="blind_readings")
    view = models.CharField(max_length=20, choices=options(PhotoView))
    baseline = models.ForeignKey(Photo, on_delete=models.PROTECT, related_name="+")
    later = models.ForeignKey(Photo, on_delete=models.PROTECT, related_name="+")
    baseline_is_left = models.BooleanField()
    reader = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="blind_readings")
    opened_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.SmallIntegerField(null=True, blank=True)
    unreadable = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["opened_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["baseline", "later", "reader"], name="one_reading_a_reader"),
            models.CheckConstraint(condition=Q(answer=None) | Q(answer__range=(-3, 3)), name="reading_range"),
            models.CheckConstraint(condition=~Q(baseline=F("later")), name="two_photos"),
            models.CheckConstraint(
                condition=Q(answered_at=None, answer=None, unreadable=False)
                | Q(answered_at__isnull=False, answer__isnull=False, unreadable=False)
                | Q(answered_at__isnull=False, answer=None, unreadable=True),
                name="reading_is_answered_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"reading of {self.view}"

    @property
    def grade(self) -> int | None:
        """Of the later photo against the baseline."""
        return None if self.answer is None else self.answer if self.baseline_is_left else -self.answer


@pghistory.track()
class Measurement(models.Model):
    """A grade, or a number as typed with its unit, and that number in the one unit that is compared (`canonical`).

    Scores are computed from `parts`, never typed. A mistake is marked, not changed.
    """

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="measurements")
    session = models.ForeignKey(TreatmentSession, null=True, blank=True, on_delete=models.PROTECT, related_name="measurements")
    kind = models.CharField(max_length=20, choices=options(MeasurementKind))
    method = models.CharField(max_length=20, choices=options(Method), blank=True)
    rater = models.CharField(max_length=12, choices=options(Rater), default=Rater.INVESTIGATOR)
    grade = models.CharField(max_length=12, blank=True)
    value = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    unit = models.CharField(max_length=16, blank=True)
    canonical = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)
    parts = models.JSONField(default=dict, blank=True)
    area_cm2 = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    clipped = models.BooleanField(null=True, blank=True)
    place = models.ForeignKey(MeasurementSite, null=True, blank=True, on_delete=models.PROTECT, related_name="measurements")
    reading = models.OneToOneField(BlindReading, null=True, blank=True, on_delete=models.PROTECT, related_name="measurement")
    operator = models.ForeignKey("clinic.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="measurements")
    measured_at = models.DateTimeField()
    by = models.CharField(max_length=160)
    form_key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    confirmed = models.JSONField(default=list, blank=True)
    error_at = models.DateTimeField(null=True, blank=True)
    error_by = models.CharField(max_length=160, blank=True)
    error_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-measured_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=[kind.value for kind in SPECS]), name="measure_is_known"),
            models.CheckConstraint(
                condition=(Q(kind__in=_GRADED, canonical=None, value=None) & ~Q(grade=""))
                | (~Q(kind__in=_GRADED) & Q(canonical__isnull=False, grade="")),
                name="measure_grade_or_number",
            ),
            models.CheckConstraint(condition=_units(), name="measure_unit_of_kind"),
            models.CheckConstraint(condition=_ranges(), name="measure_in_range"),
            models.CheckConstraint(condition=_conversion(), name="measure_is_converted"),
            models.CheckConstraint(condition=Q(error_at=None) | ~Q(error_reason=""), name="measure_error_has_reason"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["patient", "kind", "measured_at"], name="measure_by_patient")]

    def __str__(self) -> str:
        return self.kind

    @property
    def spec(self) -> Spec:
        """Its row of section 5."""
        return SPECS[MeasurementKind(self.kind)]
