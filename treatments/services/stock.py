"""Devices, cartridges, products, patch tests."""

from datetime import date, datetime
from decimal import Decimal

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site
from patients.models import Patient
from treatments.models import Cartridge, CartridgeLot, Device, PatchTest, Product


class AlreadyThere(Refused):
    """The lot is registered."""


class AlreadyRead(Refused):
    """A patch test is read once."""


def register_device(*, site: Site, name: str, type: str, max_depth_hundredths: int, udi: str, serial: str, by: Actor) -> Device:
    """Put a device on the register, with its own labelled maximum depth."""
    with audit.write(by=by, action="device.register"):
        return Device.objects.create(site=site, name=name, type=type, max_depth_hundredths=max_depth_hundredths, udi=udi, serial=serial)


def register_lot(*, site: Site, name: str, lot: str, expires_on: date, month_only: bool, units: int, by: Actor) -> CartridgeLot:
    """A lot and its physical units, one row each. Raises AlreadyThere."""
    with audit.write(by=by, action="stock.register"):
        if CartridgeLot.objects.filter(site=site, lot=lot).exists():
            raise AlreadyThere("This lot is registered already.", field="lot")
        row = CartridgeLot.objects.create(site=site, name=name, lot=lot, expires_on=expires_on, month_only=month_only)
        for number in range(1, units + 1):
            Cartridge.objects.create(lot=row, number=number)
    return row


def register_product(
    *, site: Site, name: str, kind: str, lot: str, ingredients: list[str], by: Actor, is_anaesthetic: bool = False,
    strength_percent: Decimal | None = None, expires_on: date | None = None,
) -> Product:  # fmt: skip
    """A topical or an anaesthetic, by lot."""
    with audit.write(by=by, action="stock.register"):
        return Product.objects.create(
            site=site, name=name, kind=kind, lot=lot, ingredients=ingredients, is_anaesthetic=is_anaesthetic,
            strength_percent=strength_percent, expires_on=expires_on,
        )  # fmt: skip


def quarantine_lot(*, lot: CartridgeLot, reason: str, by: Actor) -> None:
    """Recall or quarantine: no unit of it may be used any more (S06)."""
    with audit.write(by=by, action="stock.quarantine", reason=reason):
        lot.recalled, lot.recall_reason = True, reason[:200]
        lot.save(update_fields=["recalled", "recall_reason"])


def retire_device(*, device: Device, reason: str, by: Actor) -> None:
    """Take a device out of service (S05)."""
    with audit.write(by=by, action="device.retire", reason=reason):
        device.out_of_service = True
        device.save(update_fields=["out_of_service"])


def apply_patch_test(*, patient: Patient, product: Product, by: Actor, at: datetime) -> PatchTest:
    """The product goes on a small area now."""
    with audit.write(by=by, action="patch_test.apply"):
        return PatchTest.objects.create(patient=patient, product=product, applied_at=at, by=by.name[:160])


def read_patch_test(*, test: PatchTest, result: str, by: Actor, at: datetime) -> PatchTest:
    """Read it; before 24 hours it does not count (S13)."""
    with audit.write(by=by, action="patch_test.read"):
        test = PatchTest.objects.select_for_update().get(pk=test.pk)
        if test.read_at is not None:
            raise AlreadyRead("This test was read already. Apply a new one if you doubt it.")
        test.read_at, test.result = at, result
        test.save(update_fields=["read_at", "result"])
    return test
