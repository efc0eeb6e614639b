"""The session record and what belongs to it. Once signed, triggers freeze these rows (R47)."""

import uuid
from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from treatments.models.patch import PatchTest
from treatments.models.stock import Cartridge, Device, Product, options
from treatments.vocabulary import Endpoint, Phase, ProductKind, SessionState, Zone
from treatments.words import ENDPOINT_WORDS, ZONE_WORDS


@pghistory.track()
class Course(models.Model):
    """A planned series: how many sessions, in which phase, decided by whom."""

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="courses")
    indication = models.CharField(max_length=120, default="Androgenetic alopecia")
    phase = models.CharField(max_length=12, choices=options(Phase), default=Phase.INITIAL)
    planned_sessions = models.PositiveSmallIntegerField(default=4)
    response = models.CharField(max_length=12, default="not_assessed")
    excluded_zones = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    planned_by = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="courses")
    planned_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=160, blank=True)
    end_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-planned_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(planned_sessions__range=(1, 100)), name="course_length"),
            models.UniqueConstraint(fields=["patient"], condition=Q(ended_at=None), name="one_open_course"),
        ]

    def __str__(self) -> str:
        return f"course of {self.planned_sessions}"


@pghistory.track()
class TreatmentSession(models.Model):
    """One treatment on one day. `version` rises with each save: two people in one draft are told."""

    SITE_PATH: ClassVar[str] = "patient__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="sessions")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="sessions")
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="sessions")
    number = models.PositiveSmallIntegerField()
    operator = models.ForeignKey("clinic.Staff", on_delete=models.PROTECT, related_name="sessions")
    state = models.CharField(max_length=10, choices=options(SessionState), default=SessionState.DRAFT)
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    planned_start_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=160)
    saved_tab = models.CharField(max_length=40, blank=True)  # which open page saved last, and its how-manieth save that was:
    saved_seq = models.PositiveIntegerField(default=0)  # a save whose answer was lost may be sent again
    fitzpatrick = models.CharField(max_length=3, blank=True)
    full_rescreen_done = models.BooleanField(default=False)
    reactions = models.TextField(max_length=2000, blank=True)
    no_adverse_event = models.BooleanField(default=False)
    pain_readings = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    aftercare_delivered = models.BooleanField(default=False)
    sharps_and_cleaning_confirmed = models.BooleanField(default=False)
    minoxidil_early_allowed = models.BooleanField(default=False)
    baseline_waiver_reason = models.CharField(max_length=500, blank=True)
    notes = models.TextField(max_length=4000, blank=True)
    reasons = models.JSONField(default=dict, blank=True)
    # the same treatment, first written into a wrong record that was then entered in error (docs/decisions/0027)
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    replaces_reason = models.CharField(max_length=500, blank=True)
    # what the newest copying of settings changed, and what stood there before: for one step back
    before_copy = models.JSONField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-planned_start_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(started_at=None) | Q(ended_at__gte=F("started_at")),
                name="session_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["ended", "signed"]) | Q(ended_at__isnull=False), name="session_end_known"
            ),
            models.UniqueConstraint(fields=["course", "number"], name="one_session_a_number"),
            models.CheckConstraint(condition=Q(replaces=None) | ~Q(replaces_reason=""), name="replacing_has_a_reason"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["ended_at"], name="session_ended")]

    def __str__(self) -> str:
        return f"session {self.number}"


@pghistory.track()
class DeviceBlock(models.Model):
    """A device and one cartridge in a session; a change in mid-session is a second block (SETTLED 7).

    Single use is these constraints (S06): a cartridge stands in one block, and only a record that replaces one entered in error
    names it once more, block for block. So of all records that stand, one holds it.
    """

    session = models.ForeignKey(TreatmentSession, on_delete=models.CASCADE, related_name="blocks")
    position = models.PositiveSmallIntegerField(default=1)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="blocks")
    cartridge = models.ForeignKey(Cartridge, null=True, blank=True, on_delete=models.PROTECT, related_name="blocks")
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    seal_intact = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["session", "position"], name="one_block_a_position"),
            models.UniqueConstraint(fields=["cartridge"], condition=Q(replaces=None), name="one_block_a_cartridge"),
            models.CheckConstraint(condition=Q(replaces=None) | Q(cartridge__isnull=False), name="replacing_names_the_unit"),
        ]

    def __str__(self) -> str:
        return f"block {self.position}"


@pghistory.track()
class ZoneRecord(models.Model):
    """Depth × passes × endpoint of one zone with one device. Depth is an integer of 0.01 mm."""

    block = models.ForeignKey(DeviceBlock, on_delete=models.CASCADE, related_name="zones")
    zone = models.CharField(max_length=20, choices=options(Zone))
    depth_hundredths = models.PositiveSmallIntegerField()
    passes = models.PositiveSmallIntegerField(null=True, blank=True)
    endpoint = models.CharField(max_length=20, choices=options(Endpoint), blank=True)
    below_hairline = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["zone", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["block", "zone"], name="one_record_a_zone"),
            models.CheckConstraint(condition=Q(depth_hundredths__range=(1, 1000)), name="zone_depth_range"),
            models.CheckConstraint(condition=Q(passes=None) | Q(passes__range=(1, 50)), name="zone_passes_range"),
        ]

    @property
    def zone_words(self) -> str:
        """For people."""
        return str(ZONE_WORDS[Zone(self.zone)])

    @property
    def endpoint_words(self) -> str:
        """For people; empty while none is noted."""
        return str(ENDPOINT_WORDS[Endpoint(self.endpoint)]) if self.endpoint else ""

    def __str__(self) -> str:
        return self.zone

    @property
    def depth_mm(self) -> str:
        """For people: `1.25`."""
        return f"{self.depth_hundredths / 100:.2f}"


@pghistory.track()
class Anaesthetic(models.Model):
    """The numbing cream that was really applied (S16)."""

    session = models.OneToOneField(TreatmentSession, on_delete=models.CASCADE, related_name="anaesthetic")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    strength_percent = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    area_cm2 = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    grams = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    weight_kg = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    other_mg_12h = models.DecimalField(max_digits=6, decimal_places=1, default=0)
    on_at = models.DateTimeField(null=True, blank=True)
    off_at = models.DateTimeField(null=True, blank=True)
    wiped_off = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return "anaesthetic"


@pghistory.track()
class ProductUse(models.Model):
    """A topical applied during or after the session, with the patch test that allows it (S13, S14)."""

    session = models.ForeignKey(TreatmentSession, on_delete=models.CASCADE, related_name="product_uses")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="uses")
    patch_test = models.ForeignKey(PatchTest, null=True, blank=True, on_delete=models.PROTECT, related_name="uses")
    hours_after = models.DecimalField(max_digits=6, decimal_places=2, default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["session", "product"], name="one_use_a_product")
        ]

    def __str__(self) -> str:
        return f"use of {self.product_id}"


@pghistory.track()
class PreTopical(models.Model):
    """What was on the scalp before, and when it was last used (S15)."""

    session = models.ForeignKey(TreatmentSession, on_delete=models.CASCADE, related_name="pre_topicals")
    kind = models.CharField(max_length=20, choices=options(ProductKind))
    last_used_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return self.kind
