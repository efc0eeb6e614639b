"""Who received this lot: from the session records, the numbing and the patch tests."""

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
from treatments.selectors.stock import same_lot

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


def received_lot(lot: CartridgeLot, actor: Actor) -> list[Received]:
    """Patients of the actor's sites on whom a unit of this lot was used, newest first. Drafts that only hold a unit don't count."""
    rows = DeviceBlock.objects.filter(cartridge__lot=lot, session__started_at__isnull=False)
    rows = rows.filter(session__site__in=actor.site_ids).select_related(*_SESSION, "cartridge")
    found = [_of_session(row.session, "needling", f"{lot.lot}/{row.cartridge.number}") for row in rows if row.cartridge]
    return _in_order(found)


def received_product(product: Product, actor: Actor) -> list[Received]:
    """Patients on whom this product was used: in a session, as numbing, or in a patch test."""
    mine = {"session__started_at__isnull": False, "session__site__in": actor.site_ids}
    uses = ProductUse.objects.filter(product=product, **mine).select_related(*_SESSION)
    numbing = Anaesthetic.objects.filter(product=product, **mine).select_related(*_SESSION)
    tests = PatchTest.objects.filter(product=product, patient__site__in=actor.site_ids).select_related("patient__site")
    found = [_of_session(row.session, "applied") for row in uses]
    found += [_of_session(row.session, "numbing") for row in numbing]
    found += [Received(row.patient, row.applied_at, "patch test") for row in tests]
    return _in_order(found)


def _in_order(found: list[Received]) -> list[Received]:
    """Newest first; of one treatment the record that stands before the mistaken one."""
    return sorted(found, key=lambda one: (one.at, not one.in_error), reverse=True)


def _of_session(session: TreatmentSession, how: str, unit: str = "") -> Received:
    at = session.started_at or session.planned_start_at
    wrong = hasattr(session, "entered_in_error")
    return Received(session.patient, at, how, unit, session, wrong, wrong and hasattr(session, "replaced_by"))


def elsewhere(lot: CartridgeLot, actor: Actor) -> int:
    """At how many sites beyond the actor's the same lot lies or was used."""
    return CartridgeLot.objects.filter(same_lot(lot)).exclude(site__in=actor.site_ids).count()


def units_of(lot: CartridgeLot) -> QuerySet[Cartridge]:
    """Each unit with the records that name it."""
    blocks = DeviceBlock.objects.select_related("session__entered_in_error")
    return lot.cartridges.prefetch_related(Prefetch("blocks", queryset=blocks)).order_by("number")


def contacts_of(lot: CartridgeLot, actor: Actor) -> QuerySet[RecallContact]:
    """Whom the recall concerns at the actor's sites: those not told first."""
    rows = RecallContact.objects.filter(lot=lot, patient__site__in=actor.site_ids).select_related("patient", "prepared_by", "released_by")
    return rows.order_by(F("told_at").asc(nulls_first=True), "patient__search_name", "pk")
