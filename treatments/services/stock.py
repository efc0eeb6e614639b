"""Devices, cartridges, products: taken in, set aside, recalled."""

from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site
from treatments import selectors
from treatments.models import Cartridge, CartridgeLot, Device, Product, Receipt


class AlreadyThere(Refused):
    """The lot, or this very box, is registered; or its maker called it back."""


class UnitGone(Refused):
    """The cartridge was used or thrown away already."""


class NotYet(Refused):
    """What is noted has happened."""


class NotSetAside(Refused):
    """A recall is the maker's word and is not lifted here; and what is in use needs no lifting."""


_RECALLED = "This lot is recalled by its maker. Put it aside: it does not go into stock."
_RECALLED_WITHOUT_LOT = "This product is recalled where no lot is noted. Note the lot of this one, or put it aside."


def register_device(*, site: Site, name: str, type: str, max_depth_hundredths: int, udi: str, serial: str, by: Actor) -> Device:
    """Put a device on the register, with its own labelled maximum depth."""
    with audit.write(by=by, action="device.register"):
        return Device.objects.create(site=site, name=name, type=type, max_depth_hundredths=max_depth_hundredths, udi=udi, serial=serial)


def register_lot(
    *, site: Site, name: str, lot: str, expires_on: date, month_only: bool, units: int, by: Actor, at: datetime,
    gtin: str = "", serial: str = "", code: str = "", another_box: bool = False,
) -> CartridgeLot:  # fmt: skip
    """Take a box into stock: its lot and its physical units, one row each.

    A lot that is there takes more units only with `another_box`, and only with the same printed date; a box's serial is
    taken in once. What its maker called back stays out, at every site. Raises AlreadyThere.
    """
    with audit.write(by=by, action="stock.register"):
        Site.objects.select_for_update().get(pk=site.pk)
        row = CartridgeLot.objects.filter(site=site, lot=lot, gtin=gtin).first()
        if row is not None:
            _may_take_more(row, expires_on, serial, another_box)
        else:
            if CartridgeLot.objects.filter(selectors.same_lot(CartridgeLot(name=name, gtin=gtin, lot=lot)), recalled=True).exists():
                raise AlreadyThere(_RECALLED, field="lot")
            row = CartridgeLot.objects.create(site=site, name=name, gtin=gtin, lot=lot, expires_on=expires_on, month_only=month_only)
        first = (row.cartridges.aggregate(last=Max("number"))["last"] or 0) + 1
        Cartridge.objects.bulk_create(Cartridge(lot=row, number=number) for number in range(first, first + units))
        Receipt.objects.create(lot=row, units=units, serial=serial, code=code[:200], at=at, by=by.name[:160])
    return row


def _may_take_more(row: CartridgeLot, expires_on: date, serial: str, another_box: bool) -> None:
    if serial and row.receipts.filter(serial=serial).exists():
        raise AlreadyThere("This box was taken into stock already: its serial number is known.", field="serial")
    if row.expires_on != expires_on:
        raise AlreadyThere(f"This lot is in stock with another date: {row.expiry_text()}. Look at the box again.", field="expires_on")
    if row.is_out_of_use:
        raise AlreadyThere("This lot is out of use. Put the box aside.", field="lot")
    if not another_box:
        raise AlreadyThere("This lot is registered already. If this is another box of it, say so below.", field="lot")


def register_product(
    *, site: Site, name: str, kind: str, lot: str, ingredients: list[str], by: Actor, at: datetime, is_anaesthetic: bool = False,
    strength_percent: Decimal | None = None, expires_on: date | None = None, gtin: str = "", code: str = "",
) -> Product:  # fmt: skip
    """A topical or an anaesthetic, by lot. What its maker called back stays out, at every site. Raises AlreadyThere."""
    with audit.write(by=by, action="stock.register"):
        Site.objects.select_for_update(no_key=True).get(pk=site.pk)
        if Product.objects.filter(selectors.same_lot(Product(name=name, gtin=gtin, lot=lot)), recalled=True).exists():
            raise AlreadyThere(_RECALLED if lot else _RECALLED_WITHOUT_LOT, field="lot")
        row = Product.objects.create(
            site=site, name=name, kind=kind, lot=lot, ingredients=ingredients, is_anaesthetic=is_anaesthetic,
            strength_percent=strength_percent, expires_on=expires_on, gtin=gtin,
        )  # fmt: skip
        Receipt.objects.create(product=row, units=1, code=code[:200], at=at, by=by.name[:160])
    return row


def quarantine_lot(*, lot: CartridgeLot, reason: str, by: Actor, at: datetime) -> None:
    """Set a lot aside until somebody knows more: no unit of it may be used (S06). Said again, the first instant stands."""
    with audit.write(by=by, action="stock.quarantine", reason=reason):
        lot.quarantined_at = lot.quarantined_at if lot.quarantined else at
        lot.quarantined, lot.quarantine_reason = True, reason[:200]
        lot.save(update_fields=["quarantined", "quarantine_reason", "quarantined_at"])


def release_lot(*, lot: CartridgeLot, reason: str, by: Actor) -> None:
    """Back into use, with a reason. Raises NotSetAside for a recall."""
    with audit.write(by=by, action="stock.release", reason=reason):
        lot = CartridgeLot.objects.select_for_update().get(pk=lot.pk)
        if lot.recalled:
            raise NotSetAside("A recalled lot stays out of use.")
        if not lot.quarantined:
            raise NotSetAside("This lot is in use.")
        lot.quarantined, lot.quarantined_at = False, None
        lot.save(update_fields=["quarantined", "quarantined_at"])


def _nothing_comes_in() -> None:
    """Until this transaction ends no site takes stock in: a box of the lot that is called back would slip by."""
    list(Site.objects.select_for_update(no_key=True).order_by("pk"))


def recall_lot(*, lot: CartridgeLot, reason: str, by: Actor, at: datetime) -> int:
    """The maker calls the lot back: out of use for good, at every site that holds it. Returns at how many sites."""
    with audit.write(by=by, action="stock.recall", reason=reason):
        _nothing_comes_in()
        rows = CartridgeLot.objects.select_for_update().filter(selectors.same_lot(lot), recalled=False)
        return rows.update(recalled=True, recalled_at=at, recall_reason=reason[:200])


def recall_product(*, product: Product, reason: str, by: Actor, at: datetime) -> int:
    """The maker calls this lot of a product back, or all of it when no lot is noted: out of use for good, at every site that holds it.

    What was withdrawn before (used up, spoiled) can be recalled too, and keeps why it was withdrawn. Returns of how many rows of stock.
    """
    with audit.write(by=by, action="stock.recall", reason=reason):
        _nothing_comes_in()
        rows = Product.objects.select_for_update().filter(selectors.same_lot(product), recalled=False)
        found = list(rows.values_list("pk", flat=True))
        told = {"recalled": True, "recalled_at": at, "recall_reason": reason[:200]}
        Product.objects.filter(pk__in=found, withdrawn=False).update(withdrawn=True, withdrawn_at=at, withdraw_reason=reason[:200])
        return Product.objects.filter(pk__in=found).update(**told)


def note_formula_change(*, product: Product, on: date, reason: str, by: Actor, at: datetime) -> Product:
    """The maker changed the formula on this day: older patch tests count only with a reason (S13). Earlier days stay in the history.

    Raises NotYet for a day to come.
    """
    if on > product.site.today(at):
        raise NotYet("This day has not come yet.", field="on")
    with audit.write(by=by, action="stock.formula", reason=reason):
        locked = Product.objects.select_for_update().get(pk=product.pk)
        locked.formula_changed_on = on
        locked.save(update_fields=["formula_changed_on"])
    return locked


def withdraw_product(*, product: Product, reason: str, by: Actor, at: datetime) -> None:
    """A product is spoiled or used up: it is not offered any more. Nobody is told; for what its maker called back, `recall_product`."""
    with audit.write(by=by, action="stock.withdraw", reason=reason):
        product.withdrawn, product.withdrawn_at, product.withdraw_reason = True, at, reason[:200]
        product.save(update_fields=["withdrawn", "withdrawn_at", "withdraw_reason"])


def discard_cartridge(*, cartridge: Cartridge, reason: str, by: Actor, at: datetime) -> None:
    """Dropped, seal broken: the unit is gone without having been used. Raises UnitGone."""
    with audit.write(by=by, action="stock.discard", reason=reason):
        locked = Cartridge.objects.select_for_update(of=("self",)).get(pk=cartridge.pk)
        if locked.discarded_at or locked.newest_block:
            raise UnitGone("This unit is in a record, or was discarded already.")
        locked.discarded_at, locked.discard_reason = at, reason[:200]
        locked.save(update_fields=["discarded_at", "discard_reason"])


def retire_device(*, device: Device, reason: str, by: Actor, at: datetime) -> None:
    """Take a device out of service (S05)."""
    with audit.write(by=by, action="device.retire", reason=reason):
        device.retired_at = device.retired_at if device.out_of_service else at
        device.out_of_service = True
        device.save(update_fields=["out_of_service", "retired_at"])
