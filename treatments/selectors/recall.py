"""Who received this lot or product: from the session records, the numbing and the patch tests; and who was told of its recall."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Case, F, Prefetch, Q, QuerySet, When

from clinic.audit import Actor
from clinic.models import Site
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
    """Patients of the actor's sites on whom something of this lot or product was used, newest first. Drafts that only hold it don't count.

    A lot is one, however many rows of stock it has, at however many of these sites: one list has them all.
    """
    return _received(thing, actor.site_ids)


def who_received(thing: Thing) -> set[int]:
    """Ids of the patients of all sites whom its recall concerns: not those whose treatment is written in another record meanwhile."""
    return {row.patient.pk for row in _received(thing, Site.objects.values_list("pk", flat=True)) if not row.replaced}


def recalled_things(record: TreatmentSession) -> list[Thing]:
    """Recalled lots and products whose list of patients this record is on, in an order that all writers share."""
    lots = CartridgeLot.objects.filter(recalled=True, cartridges__blocks__session=record).distinct().order_by("pk")
    held = Product.objects.filter(Q(uses__session=record) | Q(pk__in=Anaesthetic.objects.filter(session=record).values("product"))).distinct()
    numbers = {product.pk for product in held}
    products = [row for row in Product.objects.filter(recalled=True).order_by("pk") if row.pk in numbers or numbers & set(without_lot(row).values_list("pk", flat=True))]
    return [*lots, *products]


def _received(thing: Thing, sites: Collection[int]) -> list[Received]:
    found = _of_lot(thing, sites) if isinstance(thing, CartridgeLot) else _of_product(thing, sites)
    return _in_order(found)


def _of_lot(lot: CartridgeLot, sites: Collection[int]) -> list[Received]:
    rows = DeviceBlock.objects.filter(cartridge__lot__in=CartridgeLot.objects.filter(same_lot(lot)), session__started_at__isnull=False)
    rows = rows.filter(session__site__in=sites).select_related(*_SESSION, "cartridge__lot")
    return [_of_session(row.session, "needling", f"{row.cartridge.lot.lot}/{row.cartridge.number}") for row in rows if row.cartridge]


def _of_product(product: Product, sites: Collection[int]) -> list[Received]:
    """In a session, as numbing, or in a patch test. What was taken into stock without a lot may be of the recalled one: it counts."""
    lots: dict[int, str] = {}
    for one in Product.objects.filter(same_lot(product)):
        lots |= {one.pk: one.lot} | dict.fromkeys(without_lot(one).values_list("pk", flat=True), "")
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


def of_recall(thing: Thing) -> Q:
    """Contacts about the lot or product, at whichever site it lies: one recall tells each patient once."""
    rows = type(thing).objects.filter(same_lot(thing)).values("pk")
    return Q(lot__in=rows) if isinstance(thing, CartridgeLot) else Q(product__in=rows)


def contacts_of(thing: Thing, actor: Actor) -> QuerySet[RecallContact]:
    """Whom the recall concerns at the actor's sites: first who heard of it by mistake, then those not told."""
    rows = RecallContact.objects.filter(of_recall(thing), patient__site__in=actor.site_ids).select_related("patient", "prepared_by", "released_by")
    return rows.order_by(Case(When(_MISLED, then=0), When(_OPEN, then=1), When(withdrawn_at=None, then=2), default=3), F("told_at").asc(nulls_first=True), "patient__search_name", "pk")


# to be told still; or set right, after the wrong patient had heard of it. Nobody is called about one who has died
_ALIVE = Q(patient__deceased_on=None)
_MISLED = Q(misled=True, set_right_at=None) & _ALIVE
_OPEN = Q(withdrawn_at=None, told_at=None) & _ALIVE | _MISLED


def calls_waiting(actor: Actor) -> int:
    """How many patients of the actor's sites a person has still to speak with because of a recall, wherever the list is kept."""
    return sum(calls.to_tell + calls.to_set_right for calls in all_calls(actor))


def at_own_site(thing: Thing, actor: Actor) -> Thing | None:
    """What was recalled, as it lies at one of the actor's sites: its page has the list. None where there is nothing of it."""
    if thing.site_id in actor.site_ids:
        return thing
    return type(thing).objects.filter(same_lot(thing), recalled=True, site__in=actor.site_ids).order_by("pk").first()


@dataclass
class Calls:
    """One recall with patients to speak with: to tell, and to set right.

    `is_here`: its list can be opened at one of the actor's sites. Where it can't, the actor's own patients on it are `contacts`.
    """

    thing: Thing
    to_tell: int = 0
    to_set_right: int = 0
    is_here: bool = True
    contacts: list[RecallContact] = field(default_factory=list)

    @property
    def is_lot(self) -> bool:
        """Whether its page is a lot's."""
        return isinstance(self.thing, CartridgeLot)


def all_calls(actor: Actor) -> list[Calls]:
    """Recalls with somebody to speak with at the actor's sites, the oldest list first. One query; some more for each list of another site.

    Where nothing of it lies at their sites (`is_here` False) the list is not theirs to open, but their own patients on it are theirs to call: who
    keeps the list does not see patients of other sites, so nobody else would.
    """
    found: dict[tuple[int | None, int | None], Calls] = {}
    related = ("lot__site", "product__site", "patient", "prepared_by", "released_by")
    for row in RecallContact.objects.filter(_OPEN, patient__site__in=actor.site_ids).select_related(*related).order_by("pk"):
        key = (row.lot_id, row.product_id)
        if key not in found:
            own = at_own_site(row.thing, actor)
            found[key] = Calls(own or row.thing, is_here=own is not None)
        if not found[key].is_here:
            found[key].contacts.append(row)
        if row.withdrawn_at:
            found[key].to_set_right += 1
        else:
            found[key].to_tell += 1
    return list(found.values())
