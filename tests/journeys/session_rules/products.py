"""S13–S16: products, patch tests, acids before, numbing cream."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from patients.models import Allergy
from tests.journeys.chair import NOW
from tests.journeys.session_rules.gate import answering
from tests.journeys.session_rules.model import BY, Build, Case, Step, World, before
from tests.journeys.session_rules.sessions import draft
from tests.treatments.make import DAY, make_entry, make_product
from treatments import services
from treatments.models import (
    PatchTest,
    Product,
    TreatmentSession,
)
from treatments.services import ZoneEntry


def with_product(kind: str, *, tested_hours_ago: float | None = None, read_after: float = 24, result: str = "negative", **fields: Any) -> Build:
    """A draft in which a product of this kind is used, with its patch test."""
    def build(world: World) -> TreatmentSession:
        product = make_product(world.site, kind=kind, name=f"Product {kind}", **fields)
        record = draft()(world)
        if tested_hours_ago is not None:
            applied = NOW - timedelta(hours=tested_hours_ago)
            PatchTest.objects.create(patient=record.patient, product=product, applied_at=applied, by="x", read_at=applied + timedelta(hours=read_after), result=result)
        entry = make_entry(world.site, zones=(ZoneEntry("vertex", 75, 4, ""),), products=((product, 0.0),))
        return services.save_session(record=record, version=record.version, entry=entry, by=BY, at=DAY)
    return build


def with_numbing(world: World) -> TreatmentSession:
    """A draft with all about the numbing cream."""
    product = make_product(world.site, name="LMX", kind="other", is_anaesthetic=True, ingredients=["lidocaine"])
    numbing = {
        "product": product, "strength_percent": "5.0", "area_cm2": "100.0", "grams": "5.00", "weight_kg": "60.0", "wiped_off": True,
        "on_at": DAY - timedelta(minutes=40), "off_at": DAY - timedelta(minutes=5),
    }  # fmt: skip
    return draft(anaesthetic=numbing)(world)


def allergic(record: TreatmentSession) -> object:
    """To what the serum holds."""
    return Allergy.objects.create(patient=record.patient, substance="serum_ingredient", name="hyaluronic acid")


def product_lot(lot: str) -> Callable[[TreatmentSession], object]:
    """The lot of the product used."""
    return lambda record: Product.objects.filter(uses__session=record).update(lot=lot)


def allergic_to(name: str) -> Callable[[TreatmentSession], object]:
    """To something of this name."""
    return lambda record: Allergy.objects.create(patient=record.patient, substance="anaesthetic" if name == "anaesthetic" else "other", name=name)


def allergic_to_lidocaine(record: TreatmentSession) -> object:
    """To the numbing cream."""
    return Allergy.objects.create(patient=record.patient, substance="anaesthetic", name="lidocaine")


def formula_changed(on: date) -> Callable[[TreatmentSession], object]:
    """The maker changed the formula on that day."""
    return lambda record: Product.objects.filter(uses__session=record).update(formula_changed_on=on)


CASES: dict[str, Case] = {
    **{f"S13 {kind} without a test": Case("S13", f"Product {kind}", with_product(kind), (Step("BLOCK_PRODUCT"),)) for kind in ("growth_factor", "exosome", "other")},
    "S13 doubtful": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=60, result="doubtful"), (Step("BLOCK_PRODUCT"),)),
    "S13 another formula": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=60), (
        Step(None, change=formula_changed(date(2026, 2, 26))), Step("REASON", change=formula_changed(date(2026, 2, 27))))),
    "S13 no patch test": Case("S13", "Product serum_sterile", with_product("serum_sterile"), (Step("BLOCK_PRODUCT"),)),
    "S13 read a minute early": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=30, read_after=24 - 1 / 60), (Step("BLOCK_PRODUCT"),)),
    "S13 24 h": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=24), (Step("NOTE"),)),
    "S13 23 h 59": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=24 - 1 / 60, read_after=23), (Step("BLOCK_PRODUCT"),)),
    "S13 48 h": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=48), (Step(None),)),
    "S13 180 days": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=4320), (Step(None),)),
    "S13 older": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=4320 + 1 / 60), (Step("REASON"),)),
    "S13 positive": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=60, result="positive"), (Step("BLOCK_PRODUCT"),)),
    "S13 an allergen": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=60), (Step(None), Step("BLOCK_PRODUCT", change=allergic))),
    "S14 compounded": Case("S14", "Product compounded_topical", with_product("compounded_topical"), (Step("BLOCK_PRODUCT", {"hours_0": "23.99"}), Step("REASON", {"hours_0": "24"}))),
    **{f"S14 {kind}": Case("S14", f"Product {kind}", with_product(kind), (Step("BLOCK_PRODUCT", {"hours_0": "23.99"}), Step(None, {"hours_0": "24"})))
       for kind in ("retinoid", "aha", "exfoliant", "nonsterile_cosmetic")},
    "S14 minoxidil": Case("S14", "Product minoxidil", with_product("minoxidil"), (Step("REASON", {"hours_0": "23.99"}), Step(None, {"hours_0": "24"}))),
    "S14 minoxidil while E32 stands": Case("S14", "Product minoxidil", with_product("minoxidil"), (
        Step(None, {"hours_0": "48"}), Step("BLOCK_PRODUCT", change=answering(heart_disease="low_bp")))),
    "S14 exosome": Case("S14", "Product exosome", with_product("exosome", tested_hours_ago=60), (Step("REASON", {"hours_0": "48"}),)),
    "S14 growth factor": Case("S14", "Product growth_factor", with_product("growth_factor", tested_hours_ago=60), (Step("REASON", {"hours_0": "0"}), Step("REASON", {"hours_0": "48"}))),
    **{f"S15 {kind} before": Case("S15", kind, draft(), (
        Step("BLOCK", {"pre_kind": kind, "pre_last_used_at": before(24 - 1 / 60)}), Step("NOTE", {"pre_last_used_at": before(24)}))) for kind in ("aha", "exfoliant")},
    "S15 acid before": Case("S15", "retinoid", draft(), (
        Step("BLOCK", {"pre_kind": "retinoid", "pre_last_used_at": before(24 - 1 / 60)}), Step("NOTE", {"pre_last_used_at": before(24)}),
        Step("NOTE", {"pre_last_used_at": before(72 - 1 / 60)}), Step(None, {"pre_last_used_at": before(72)}))),
    "S16 dose by weight": Case("S16", "LMX", with_numbing, (Step(None, {"grams": "5.40"}), Step("BLOCK_PRODUCT", {"grams": "5.41"}))),
    "S16 dose at most": Case("S16", "LMX", with_numbing, (Step(None, {"weight_kg": "200", "grams": "12.00"}), Step("BLOCK_PRODUCT", {"grams": "12.01"}))),
    "S16 with another one in 12 h": Case("S16", "LMX", with_numbing, (
        Step(None, {"grams": "5.00", "other_mg_12h": "20"}), Step("BLOCK_PRODUCT", {"other_mg_12h": "20.1"}), Step(None, {"other_mg_12h": ""}))),
    **{f"S16 without {name}": Case("S16", "LMX", with_numbing, (Step(None), Step("BLOCK_PRODUCT", {name: ""})))
       for name in ("strength_percent", "area_cm2", "grams", "weight_kg", "on_at", "off_at")},
    "S16 an allergy to it": Case("S16", "LMX", with_numbing, (Step(None), Step("BLOCK_PRODUCT", change=allergic_to_lidocaine))),
    **{f"S16 an allergy by the name {name}": Case("S16", "LMX", with_numbing, (Step(None), Step("BLOCK_PRODUCT", change=allergic_to(name))))
       for name in ("LMX ", "Lidocaine", "anaesthetic")},
    "S16 wiped off": Case("S16", "LMX", with_numbing, (Step(None), Step("BLOCK", {"wiped_off": False}))),
}  # fmt: skip
