"""Reads about devices, cartridges and products."""

from datetime import date

from django.db.models import Count, Q, QuerySet

from clinic.audit import Actor
from clinic.models import Site
from clinic.permissions import scoped
from treatments.models import Cartridge, CartridgeLot, Device, PatchTest, Product, TreatmentSession


def devices_at(site: Site) -> QuerySet[Device]:
    """Devices in service at a site."""
    return Device.objects.filter(site=site, out_of_service=False)


def free_cartridges(site: Site, day: date, record: TreatmentSession | None = None) -> QuerySet[Cartridge]:
    """Unused cartridges of lots that are neither recalled nor expired; and the one that this record holds."""
    fresh = Q(block=None, discarded_at=None, lot__recalled=False, lot__expires_on__gte=day)
    own = Q(block__session=record) if record else Q(pk=None)
    return Cartridge.objects.filter(fresh | own, lot__site=site).select_related("lot").order_by("lot__expires_on", "lot__lot", "number")


def why_not(cartridge: Cartridge, day: date) -> str:
    """In words for people, why this unit can't be taken; empty when nothing is known against it."""
    if cartridge.lot.recalled:
        return f"Lot {cartridge.lot.lot} is out of use: {cartridge.lot.recall_reason}."
    if day > cartridge.lot.expires_on:
        return f"Lot {cartridge.lot.lot} expired on {cartridge.lot.expires_on:%d %b %Y}. Take another cartridge."
    if cartridge.discarded_at or hasattr(cartridge, "block"):
        return "This cartridge was used or discarded. Each is used once; take a new one."
    return ""


def inventory(actor: Actor) -> dict[str, object]:
    """Devices, lots with what is left, products."""
    left = Count("cartridges", filter=Q(cartridges__block=None, cartridges__discarded_at=None))
    return {
        "devices": scoped(Device.objects.select_related("site"), actor),
        "lots": scoped(CartridgeLot.objects.select_related("site"), actor).annotate(left=left, all=Count("cartridges")),
        "products": scoped(Product.objects.select_related("site"), actor),
    }


def newest_patch_test(record: TreatmentSession, product: Product) -> PatchTest | None:
    """The test that counts for a product: the newest one of this patient."""
    return PatchTest.objects.filter(patient=record.patient, product=product).order_by("-applied_at").first()
