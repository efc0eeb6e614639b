"""What a code scanned at the chair means in this site's stock: a cartridge, a product, or in words why neither."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from clinic.models import Site
from treatments.models import Cartridge, CartridgeLot, Product, TreatmentSession
from treatments.rules.barcode import LONGEST, Label, read_label


@dataclass(frozen=True)
class Scanned:
    """One of `unit` and `product`; or `problem`, in words for people."""

    unit: Cartridge | None = None
    product: Product | None = None
    problem: str = ""


def scanned(text: str, *, site: Site, day: date, record: TreatmentSession) -> Scanned:
    """The unit or product that this GS1 code, or a lot typed as it stands on the box, names (S06: lot and date).

    Units of a lot are alike: the one that the record holds, otherwise the first that is free. Another site's stock is as good as none.
    """
    typed = text.strip()[:LONGEST]
    lots, products = _by_lot(site, Q(lot__iexact=typed))
    label = Label(lot=typed)
    if not lots and not products:
        label = read_label(text)
        if label.problem:
            return Scanned(problem=_("“%(code)s” is not in the stock of this site, and this is not a GS1 code.") % {"code": typed[:60]} if "not a GS1" in label.problem else label.problem)
        if not label.lot:
            return Scanned(problem=_("This code holds no lot. Scan the one that does, or choose from the list."))
        lots, products = _by_label(site, label)
    if len(lots) + len(products) > 1:
        return Scanned(problem=_("More than one article has the lot %(lot)s. Scan the code with the article number, or choose from the list.") % {"lot": label.lot})
    if lots:
        return _unit_of(lots[0], label, day, record)
    if products:
        return _usable(products[0], label, day)
    unknown = _("Lot %(lot)s of this article is not in the stock of this site. Take it into stock first, or use another.") % {"lot": label.lot}
    return Scanned(problem=f"{label.doubt} {unknown}".strip())


def _by_lot(site: Site, lot: Q) -> tuple[list[CartridgeLot], list[Product]]:
    return list(CartridgeLot.objects.filter(lot, site=site)[:2]), list(_current(Product.objects.filter(lot, site=site))[:2])


def _current(rows: QuerySet[Product]) -> QuerySet[Product]:
    """A withdrawn product stands behind one of the same lot that is not."""
    usable = rows.filter(withdrawn=False)
    return usable if usable.exists() else rows


def _by_label(site: Site, label: Label) -> tuple[list[CartridgeLot], list[Product]]:
    """Article and lot; a box that came in without its article number by its lot."""
    lot = Q(lot__iexact=label.lot)
    found = _by_lot(site, lot & Q(gtin=label.gtin)) if label.gtin else ([], [])
    return found if any(found) else _by_lot(site, lot & Q(gtin="") if label.gtin else lot)


def _unit_of(lot: CartridgeLot, label: Label, day: date, record: TreatmentSession) -> Scanned:
    problem = _not_usable(lot, day) or _other_date(label.expires_on, lot.expires_on, day)
    if problem:
        return Scanned(problem=problem)
    own = lot.cartridges.filter(blocks__session=record).order_by("-blocks__position").first()
    unit = own or lot.cartridges.filter(blocks=None, discarded_at=None).order_by("number").first()
    if unit is None:
        return Scanned(problem=_("No unit of lot %(lot)s is left: each was used or discarded. Take another lot.") % {"lot": lot.lot})
    return Scanned(unit=unit)


def _not_usable(lot: CartridgeLot, day: date) -> str:
    values = {"lot": lot.lot, "reason": lot.why_out_of_use, "day": f"{lot.expires_on:%d %b %Y}"}
    if lot.recalled:
        return _("Lot %(lot)s is recalled: %(reason)s. Take another cartridge.") % values
    if lot.quarantined:
        return _("Lot %(lot)s is set aside: %(reason)s. Take another cartridge.") % values
    return _("Lot %(lot)s expired on %(day)s. Take another cartridge.") % values if day > lot.expires_on else ""


def _other_date(printed: date | None, stored: date | None, day: date) -> str:
    """The label is nearer to the thing than the stock: its date stops, and two dates are not chosen between."""
    if printed is not None and printed < day:
        return _("By its label this expired on %(day)s. Take another one.") % {"day": f"{printed:%d %b %Y}"}
    if printed is None or stored is None or printed == stored:
        return ""
    return _("The label says usable through %(printed)s, the stock says %(stored)s. Compare with the box; choose from the list only if the stock is right.") % {
        "printed": f"{printed:%d %b %Y}", "stored": f"{stored:%d %b %Y}",
    }  # fmt: skip


def _usable(product: Product, label: Label, day: date) -> Scanned:
    values = {"name": product.name, "lot": product.lot, "reason": product.withdraw_reason, "day": f"{product.expires_on:%d %b %Y}" if product.expires_on else ""}
    if product.withdrawn:
        return Scanned(problem=_("%(name)s, lot %(lot)s, is withdrawn: %(reason)s. Choose another one.") % values)
    if product.expires_on and day > product.expires_on:
        return Scanned(problem=_("%(name)s, lot %(lot)s, expired on %(day)s. Choose another one.") % values)
    problem = _other_date(label.expires_on, product.expires_on, day)
    return Scanned(problem=problem) if problem else Scanned(product=product)
