"""Reads about devices, cartridges and products."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from clinic.audit import Actor
from clinic.models import Site
from clinic.permissions import scoped
from treatments.models import (
    Anaesthetic,
    Cartridge,
    CartridgeLot,
    Device,
    DeviceBlock,
    PatchTest,
    Product,
    ProductUse,
    TreatmentSession,
)

EXPIRING_DAYS = 60  # P: how long before its date a lot is called “expiring soon”
FEW_UNITS = 5  # P: how many free units of an article are few


def devices_at(site: Site, record: TreatmentSession | None = None) -> QuerySet[Device]:
    """Devices in service at a site; and those that this record holds."""
    own = Q(pk__in=record.blocks.values("device")) if record else Q(pk=None)
    return Device.objects.filter(Q(out_of_service=False) | own, site=site)


def free_cartridges(site: Site, day: date, record: TreatmentSession | None = None) -> QuerySet[Cartridge]:
    """Unused cartridges of lots that are neither out of use nor expired; and the one that this record holds."""
    unused = ~Exists(DeviceBlock.objects.filter(cartridge=OuterRef("pk")))
    fresh = unused & Q(discarded_at=None, lot__recalled=False, lot__quarantined=False, lot__expires_on__gte=day)
    own = Q(pk__in=record.blocks.values("cartridge")) if record else Q(pk=None)
    return Cartridge.objects.filter(fresh | own, lot__site=site).select_related("lot").order_by("lot__expires_on", "lot__lot", "number")


def usable_products(site: Site, day: date, record: TreatmentSession | None = None) -> QuerySet[Product]:
    """Products that are not withdrawn and not past their date; and those that this record holds."""
    fresh = Q(withdrawn=False) & (Q(expires_on=None) | Q(expires_on__gte=day))
    own = Q(pk__in=ProductUse.objects.filter(session=record).values("product")) | Q(pk__in=Anaesthetic.objects.filter(session=record).values("product")) if record else Q(pk=None)
    return Product.objects.filter(fresh | own, site=site)


def why_not(cartridge: Cartridge, day: date) -> str:
    """In words for people, why this unit can't be taken; empty when nothing is known against it."""
    if cartridge.lot.is_out_of_use:
        return f"Lot {cartridge.lot.lot} is out of use: {cartridge.lot.why_out_of_use}."
    if day > cartridge.lot.expires_on:
        return f"Lot {cartridge.lot.lot} expired on {cartridge.lot.expires_on:%d %b %Y}. Take another cartridge."
    block = cartridge.newest_block
    if block is not None and block.session.started_at and hasattr(block.session, "entered_in_error"):
        return "This cartridge was used in a treatment whose record was entered in error. Take a new one; that treatment is written down from the mistaken record."
    if cartridge.discarded_at or block is not None:
        return "This cartridge was used or discarded. Each is used once; take a new one."
    return ""


@dataclass(frozen=True)
class Shelf:
    """One lot or product with what a person must know of it: `state` is good, soon, expired, quarantine, recalled or withdrawn."""

    row: Any
    state: str
    left: int | None = None
    everything: int | None = None

    @property
    def needs_somebody(self) -> bool:
        """Whether units lie on the shelf that must not be used, or soon not."""
        return self.state != "good" and self.left != 0


@dataclass(frozen=True)
class Stock:
    """What is there at the actor's sites, and what needs somebody."""

    devices: list[Device]
    lots: list[Shelf]
    products: list[Shelf]
    few: list[tuple[str, int]] = field(default_factory=list)

    @property
    def attention(self) -> list[Shelf]:
        """Expired, expiring, set aside or recalled, with units left; of products nobody counts units, so one out of use is done with."""
        return [shelf for shelf in self.lots if shelf.needs_somebody] + [
            shelf for shelf in self.products if shelf.needs_somebody and shelf.state not in ("withdrawn", "recalled")
        ]


def _date_state(expires_on: date | None, today: date) -> str:
    if expires_on is None:
        return "good"
    if expires_on < today:
        return "expired"
    return "soon" if expires_on <= today + timedelta(days=EXPIRING_DAYS) else "good"


def lot_shelf(lot: Any, today: date) -> Shelf:
    """A lot annotated with `left` and `all`."""
    state = "recalled" if lot.recalled else "quarantine" if lot.quarantined else _date_state(lot.expires_on, today)
    return Shelf(lot, state, lot.left, lot.all)


def product_state(product: Product, today: date) -> str:
    """As a shelf says it."""
    return "recalled" if product.recalled else "withdrawn" if product.withdrawn else _date_state(product.expires_on, today)


def lots_with_counts(actor: Actor) -> QuerySet[CartridgeLot]:
    """The actor's lots, each with `left` (free units) and `all`."""
    left = Count("cartridges", filter=Q(cartridges__blocks=None, cartridges__discarded_at=None), distinct=True)
    return scoped(CartridgeLot.objects.select_related("site"), actor).annotate(left=left, all=Count("cartridges", distinct=True))


def inventory(actor: Actor, today: date, *, site: Site | None = None, everything: bool = False) -> Stock:
    """Devices, lots, products. Used-up lots and withdrawn products only with `everything`."""
    narrow: dict[str, Any] = {"site": site} if site else {}
    lots = [lot_shelf(lot, today) for lot in lots_with_counts(actor).filter(**narrow)]
    products = [
        Shelf(row, product_state(row, today))
        for row in scoped(Product.objects.select_related("site"), actor).filter(**narrow)
    ]
    usable: dict[str, int] = {}
    for shelf in lots:
        free = (shelf.left or 0) if shelf.state in ("good", "soon") else 0
        usable[shelf.row.name] = usable.get(shelf.row.name, 0) + free
    return Stock(
        devices=list(scoped(Device.objects.select_related("site"), actor).filter(**narrow)),
        lots=[shelf for shelf in lots if everything or shelf.left],
        products=[shelf for shelf in products if everything or shelf.state != "withdrawn"],
        few=sorted((name, count) for name, count in usable.items() if count <= FEW_UNITS),
    )


def same_lot(thing: CartridgeLot | Product) -> Q:
    """The same article and lot, wherever in the clinic it lies, scanned or typed: where one has no article number the names are compared.

    An article number may go by several names: what was typed by any of them is the same, whichever row one asks from. A product
    without a lot is the same as any other of it without one. Two queries.
    """
    lot, named = Q(lot__iexact=thing.lot), Q(name__iexact=thing.name)
    rows = type(thing).objects.filter(lot).exclude(gtin="")
    numbers = {thing.gtin} if thing.gtin else set(rows.filter(named).values_list("gtin", flat=True))
    for name in rows.filter(gtin__in=numbers).values_list("name", flat=True).distinct():
        named |= Q(name__iexact=name)
    return lot & (Q(gtin__in=numbers) | named & Q(gtin=""))


def without_lot(product: Product) -> QuerySet[Product]:
    """The same article in stock with no lot noted: it may be of this lot. None for a product that has none itself, which is all of it.

    Not that of another site which has the lot itself: it is looked after there.
    """
    if not product.lot:
        return Product.objects.none()
    article = Q(name__iexact=product.name) | (Q(gtin=product.gtin) if product.gtin else Q(pk=None))
    theirs = Product.objects.filter(same_lot(product)).exclude(site=product.site_id).values("site")
    return Product.objects.filter(article, lot="", is_anaesthetic=product.is_anaesthetic).exclude(Q(pk=product.pk) | Q(site__in=theirs))


def known_name(gtin: str, site: Site) -> str:
    """What this article was called when it came in last; empty for a new one."""
    row = CartridgeLot.objects.filter(gtin=gtin, site=site).order_by("-pk").first() if gtin else None
    return row.name if row else ""


def newest_patch_test(record: TreatmentSession, product: Product) -> PatchTest | None:
    """The test that counts for a product: the newest one of this patient, of those that were on when the session started (docs/decisions/0011)."""
    tests = PatchTest.objects.filter(patient=record.patient, product=product)
    if record.started_at:
        tests = tests.filter(applied_at__lte=record.started_at)
    return tests.order_by("-applied_at").first()


@dataclass(frozen=True)
class FormulaDay:
    """One day that was noted as a change of formula: by whom, when, and where it is known from."""

    on: date
    at: datetime
    by: str
    reason: str


def formula_days(product: Product) -> list[FormulaDay]:
    """Every day that was ever noted, newest note first, from the history that triggers write."""
    rows = apps.get_model("treatments", "ProductEvent").objects.filter(pgh_obj_id=product.pk).exclude(formula_changed_on=None)
    found: list[FormulaDay] = []
    for row in rows.order_by("pgh_id"):
        known = row.pgh_context or {}
        if known.get("action") == "stock.formula":
            found.insert(0, FormulaDay(row.formula_changed_on, row.pgh_created_at, known.get("name", ""), known.get("reason", "")))
    return found
