"""Devices, cartridges and products: what touches the scalp."""

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from treatments.vocabulary import DeviceType, ProductKind

if TYPE_CHECKING:
    from treatments.models.session import DeviceBlock


def options(vocabulary: Any) -> list[tuple[str, str]]:
    """A vocabulary as model choices."""
    return [(item.value, item.value) for item in vocabulary]


@pghistory.track()
class Device(models.Model):
    """A pen, roller or stamp on the clinic's register, with its own labelled maximum depth (S05)."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="devices")
    name = models.CharField(max_length=120)
    type = models.CharField(max_length=20, choices=options(DeviceType), default=DeviceType.PEN)
    max_depth_hundredths = models.PositiveSmallIntegerField()
    udi = models.CharField(max_length=120, blank=True)
    serial = models.CharField(max_length=60, blank=True)
    registered_for_scalp = models.BooleanField(default=True)
    out_of_service = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(max_depth_hundredths__range=(1, 1000)), name="device_depth_range")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def max_depth_mm(self) -> str:
        """For people: `1.50 mm`."""
        return f"{self.max_depth_hundredths / 100:.2f} mm"


@pghistory.track()
class CartridgeLot(models.Model):
    """A lot of sterile cartridges. Usable through the printed day; a month alone means its last day (S06)."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="cartridge_lots")
    name = models.CharField(max_length=120)
    gtin = models.CharField(max_length=14, blank=True)
    lot = models.CharField(max_length=60)
    expires_on = models.DateField()
    month_only = models.BooleanField(default=False)
    quarantined = models.BooleanField(default=False)
    quarantine_reason = models.CharField(max_length=200, blank=True)
    quarantined_at = models.DateTimeField(null=True, blank=True)
    recalled = models.BooleanField(default=False)
    recalled_at = models.DateTimeField(null=True, blank=True)
    recall_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["expires_on", "lot", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["site", "gtin", "lot"], name="one_lot_an_article_and_site"),
            models.CheckConstraint(condition=~Q(lot=""), name="lot_is_named"),
        ]

    def __str__(self) -> str:
        return self.lot

    def expiry_text(self) -> str:
        """As SCHEMA writes it: `2027-03-31`, or `2027-03` for a month alone."""
        return self.expires_on.strftime("%Y-%m") if self.month_only else self.expires_on.isoformat()

    @property
    def is_out_of_use(self) -> bool:
        """Recalled by its maker, or set aside until somebody knows more."""
        return self.recalled or self.quarantined

    @property
    def why_out_of_use(self) -> str:
        """The reason that stands; a recall before a quarantine."""
        return self.recall_reason if self.recalled else self.quarantine_reason

    @property
    def out_of_use_at(self) -> datetime | None:
        """Since when; the earlier of both. None when it is in use, or when nobody noted it."""
        known = [at for flag, at in ((self.recalled, self.recalled_at), (self.quarantined, self.quarantined_at)) if flag and at]
        return min(known, default=None)

    def is_usable_on(self, day: date) -> bool:
        """Neither recalled nor set aside, and not past its printed day."""
        return not self.is_out_of_use and day <= self.expires_on


@pghistory.track()
class Cartridge(models.Model):
    """One physical unit. It is used in one session or not at all; the database sees to it."""

    SITE_PATH: ClassVar[str] = "lot__site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lot = models.ForeignKey(CartridgeLot, on_delete=models.PROTECT, related_name="cartridges")
    number = models.PositiveSmallIntegerField()
    discarded_at = models.DateTimeField(null=True, blank=True)
    discard_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["lot", "number", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["lot", "number"], name="one_cartridge_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.lot}/{self.number}"

    @property
    def newest_block(self) -> "DeviceBlock | None":
        """Where it is written down: of a treatment that was written into a wrong record first, the record that replaces it."""
        return max(self.blocks.all(), key=lambda block: block.pk, default=None)


@pghistory.track()
class Product(models.Model):
    """A topical or an anaesthetic in stock, by lot."""

    SITE_PATH: ClassVar[str] = "site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey("clinic.Site", on_delete=models.PROTECT, related_name="products")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=options(ProductKind))
    is_anaesthetic = models.BooleanField(default=False)
    strength_percent = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    ingredients = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    lot = models.CharField(max_length=60, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    formula_changed_on = models.DateField(null=True, blank=True)
    gtin = models.CharField(max_length=14, blank=True)
    withdrawn = models.BooleanField(default=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdraw_reason = models.CharField(max_length=200, blank=True)
    # the maker's word, which is more than “not offered any more”: those who received it are told (docs/decisions/0045)
    recalled = models.BooleanField(default=False)
    recalled_at = models.DateTimeField(null=True, blank=True)
    recall_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(recalled=False) | Q(withdrawn=True), name="recalled_product_is_withdrawn")
        ]

    def __str__(self) -> str:
        return self.name
