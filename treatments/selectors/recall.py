"""Who received this lot or product: from the session records, the numbing and the patch tests; and who was told of its recall."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Prefetch, QuerySet

from clinic.audit import Actor
from patients.models import Patient
from treatments.models import (
    Anaesthetic,
    Cartridge,
    CartridgeLot,
    DeviceBlock,
    PatchTest,
    Product,
    ProductUse,
    RecallContact,
    TreatmentSession,
)
from treatments.selectors.stock import same_lot, without_lot

_SESSION = ("session__patient__site", "session__operator", "session__site", "session__entered_in_error", "session__replaced_by")


@dataclass(frozen=True)
class Received:
    """One time that something of a lot touched a patient. `in_error`: the record says it was the wrong patient or a mistake.

    `replaced`: the treatment is written down in the right record meanwhile, so this line concerns nobody any more.
    """

    patient: Patient
    at: datetime
    how: str
    unit: str = ""
    session: TreatmentSession | None = None
    in_error: bool = False
    replaced: bool = False


Thing = CartridgeLot | Product


def received(thing: Thing, actor: Actor) -> list[Received]:
    """Patients of the actor's sites on whom something of this lot or product was used, newest first. Drafts that only hold it don't count."""
    return _received(thing, actor.site_ids)


def _received(thing: Thing, sites: Collection[int]) -> list[Received]:
    found = _of_lot(thing, sites) if isinstance(thing, CartridgeLot) else _of_product(thing, sites)
    return _in_order(found)


def _of_lot(lot: CartridgeLot, sites: Collection[int]) -> list[Received]:
    rows = DeviceBlock.objects.filter(cartridge__lot=lot, session__started_at__isnull=False)
    rows = rows.filter(session__site__in=sites).select_related(*_SESSION, "cartridge")
    return [_of_session(row.session, "needling", f"{lot.lot}/{row.cartridge.number}") for row in rows if row.cartridge]


def _of_product(product: Product, sites: Collection[int]) -> list[Received]:
    """In a session, as numbing, or in a patch test. What was taken into stock without a lot may be of the recalled one: it counts."""
    lots = {product.pk: product.lot} | dict.fromkeys(without_lot(product).values_list("pk", flat=True), "")
    mine = {"product__in": lots, "session__started_at__isnull": False, "session__site__in": sites}
    tests = PatchTest.objects.filter(product__in=lots, patient__site__in=sites).select_related("patient__site")
    found = [_of_session(row.session, "applied", lots[row.product_id]) for row in ProductUse.objects.filter(**mine).select_related(*_SESSION)]
    for row in Anaesthetic.objects.filter(**mine).select_related(*_SESSION):
        found.append(_of_session(row.session, "numbing", lots[row.product_id or 0]))
    return found + [Received(row.patient, row.applied_at, "patch test", lots[row.product_id]) for row in tests]


def _in_order(found: list[Received]) -> list[Received]:
    """Newest first; of one treatment the record that stands before the mistaken one."""
    return sorted(found, key=lambda one: (one.at, not one.in_error), reverse=True)


def _of_session(session: TreatmentSession, how: str, unit: str = "") -> Received:
    at = session.started_at or session.planned_start_at
    wrong = hasattr(session, "entered_in_error")
    return Received(session.patient, at, how, unit, session, wrong, wrong and hasattr(session, "replaced_by"))


def elsewhere(thing: Thing, actor: Actor) -> int:
    """At how many sites beyond the actor's the same lot lies or was used."""
    return type(thing).objects.filter(same_lot(thing)).exclude(site__in=actor.site_ids).values("site").distinct().count()


def units_of(lot: CartridgeLot) -> QuerySet[Cartridge]:
    """Each unit with the records that name it."""
    blocks = DeviceBlock.objects.select_related("session__entered_in_error")
    return lot.cartridges.prefetch_related(Prefetch("blocks", queryset=blocks)).order_by("number")


def about(thing: Thing) -> dict[str, Thing]:
    """The column of a contact that names this thing."""
    return {"lot" if isinstance(thing, CartridgeLot) else "product": thing}


def contacts_of(thing: Thing, actor: Actor) -> QuerySet[RecallContact]:
    """Whom the recall concerns at the actor's sites: those not told first."""
    rows = RecallContact.objects.filter(**about(thing), patient__site__in=actor.site_ids).select_related("patient", "prepared_by", "released_by")
    return rows.order_by(F("told_at").asc(nulls_first=True), "patient__search_name", "pk")
