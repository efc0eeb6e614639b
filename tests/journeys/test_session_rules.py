"""Every S-rule at its boundary, in the browser, at its moment and in its words; a POST that skips the page is refused alike.

The table names each rule with the severities that the rules' document gives it. S22 speaks about needling at home, which has a page of its own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Browser

from clinic.audit import Actor
from clinic.models import Site, Staff
from clinic.roles import OperatorRole
from patients import services as people
from patients.models import Allergy, Consent, ConsentText, Intake, Rescreen
from tests.conftest import _copy_template
from tests.journeys.chair import NOW, Chair, clinic_in_process, make_clinician, make_site
from tests.treatments.make import DAY, make_course, make_draft, make_entry, make_product, make_ready, make_started
from tests.treatments.test_prp import ready_for_prp
from treatments import services
from treatments.models import (
    AdverseEvent,
    Cartridge,
    CartridgeLot,
    Device,
    DeviceBlock,
    HomePlan,
    PatchTest,
    Product,
    PrpUse,
    TreatmentSession,
    TubeCheck,
    ZoneRecord,
)
from treatments.rules.texts import RULES
from treatments.services import ZoneEntry

pytestmark = pytest.mark.journey
BY = Actor.of_command("test")
WHEN = "%Y-%m-%dT%H:%M"


@dataclass
class World:
    """What all cases share."""

    site: Site
    amara: Staff
    chair: Chair


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, chromium: Browser) -> Iterator[World]:
    """One app, one browser, one page; each case brings its own patient."""
    with clinic_in_process(django_db_blocker, _copy_template) as (base, _clock):
        site = make_site()
        amara = make_clinician(site, "Amara Osei")
        chair = Chair(chromium, base, amara)
        yield World(site, amara, chair)
        chair.context.close()
        for connection in connections.all():
            connection.close()


Build = Callable[[World], TreatmentSession]
NOTHING: tuple[()] = ()


@dataclass(frozen=True)
class Step:
    """Type this (and change that in the database), then the page shows this severity; None: the rule is silent."""

    severity: str | None
    typed: dict[str, Any] = field(default_factory=dict)
    change: Callable[[TreatmentSession], object] | None = None


@dataclass(frozen=True)
class Case:
    """A rule about a subject, and steps over its boundary."""

    rule: str
    subject: str
    build: Build
    steps: tuple[Step, ...]


def draft(**changes: Any) -> Build:
    """A record that may start, with one zone."""
    def build(world: World) -> TreatmentSession:
        entry = make_entry(world.site, zones=(ZoneEntry("vertex", 75, 4, ""),))
        return make_draft(world.site, world.amara, replace(entry, **changes))
    return build


def started(world: World) -> TreatmentSession:
    """The needle has touched the skin; nothing about the end is said yet."""
    entry = make_entry(world.site, zones=(ZoneEntry("vertex", 75, 4, ""),))
    entry.fields.update(no_adverse_event=False, aftercare_delivered=False, sharps_and_cleaning_confirmed=False)
    return make_started(world.site, world.amara, entry)


def ended(world: World) -> TreatmentSession:
    """The patient has left; the passes of the zone were not written down."""
    entry = make_entry(world.site, zones=(ZoneEntry("vertex", 75, None, "mild_erythema"),))
    record = make_started(world.site, world.amara, entry)
    at = DAY + timedelta(minutes=4)
    return services.end_session(record=record, ended_at=at, by=Actor.of_staff(world.amara), at=at)


def after(days: int, **course: Any) -> Build:
    """A draft so many days after the last session."""
    def build(world: World) -> TreatmentSession:
        record = draft()(world)
        if course:
            type(record.course).objects.filter(pk=record.course_id).update(**course)
        began = DAY - timedelta(days=days)
        TreatmentSession.objects.create(
            patient=record.patient, course=record.course, site=world.site, number=90, operator=world.amara, state="ended", opened_at=began,
            planned_start_at=began, started_at=began, ended_at=began + timedelta(minutes=30), saved_at=began, saved_by="x",
        )  # fmt: skip
        return record
    return build


def first_session(world: World) -> TreatmentSession:
    """No photos, no grade, no density."""
    patient = make_ready(world.site)
    make_course(patient, world.amara)
    return make_draft(world.site, world.amara, patient=patient)


def numbered(number: int, **course: Any) -> Build:
    """The so-manieth session of its course."""
    def build(world: World) -> TreatmentSession:
        record = draft()(world)
        TreatmentSession.objects.filter(pk=record.pk).update(number=number)
        type(record.course).objects.filter(pk=record.course_id).update(**course)
        return record
    return build


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


def _of(model: Any, **values: Any) -> Callable[[TreatmentSession], object]:
    """Change rows that belong to the record's newest block."""
    def change(record: TreatmentSession) -> object:
        block = DeviceBlock.objects.select_related("cartridge").get(session=record)
        which = {Device: {"pk": block.device_id}, CartridgeLot: {"cartridges": block.cartridge_id}, Cartridge: {"pk": block.cartridge_id}}[model]
        return model.objects.filter(**which).update(**values)
    return change


def _operator(**values: Any) -> Callable[[TreatmentSession], object]:
    return lambda record: Staff.objects.filter(pk=record.operator_id).update(**values)


def _answers(**answers: Any) -> Callable[[TreatmentSession], object]:
    return lambda record: Intake.objects.filter(patient=record.patient).update(answers={"pregnancy": "no", "fitzpatrick": "II", **answers})


def _rescreen(**values: Any) -> Callable[[TreatmentSession], object]:
    return lambda record: Rescreen.objects.filter(patient=record.patient).update(**values)


def _held(record: TreatmentSession) -> object:
    return people.place_hold(patient=record.patient, blocks=["session"], cause_kind="check_in", cause_uuid=None, reason="pus", by=BY, at=DAY)


def _event(record: TreatmentSession) -> object:
    return AdverseEvent.objects.create(patient=record.patient, what="granuloma", onset_at=DAY, recorded_at=DAY, recorded_by="x")


def _allergic(record: TreatmentSession) -> object:
    return Allergy.objects.create(patient=record.patient, substance="serum_ingredient", name="hyaluronic acid")


def depths(zone: str, *pairs: tuple[str, str | None]) -> tuple[Step, ...]:
    """A depth typed into a zone, and what the rule says."""
    return tuple(Step(severity, {f"depth_{zone}": depth}) for depth, severity in pairs)


def before(hours: float) -> str:
    """A time before the start, as the field takes it."""
    return (NOW - timedelta(hours=hours)).strftime(WHEN)


def with_prp(world: World) -> TreatmentSession:
    """Started; plasma drawn, its tube checked by two, six millilitres used."""
    second = Staff.objects.filter(name="Ngozi Okoro").first() or make_clinician(world.site, "Ngozi Okoro")
    by = Actor.of_staff(world.amara)
    record = make_draft(world.site, world.amara, make_entry(world.site, zones=(ZoneEntry("vertex", 75, 4, "mild_erythema"),)), patient=ready_for_prp(world.site))
    services.prp.plan_prp(record=record, by=by, at=DAY)
    record = services.start_session(record=record, by=by, at=DAY)
    services.prp.draw_prp(record=record, drawn_at=DAY, tube_label="Olivia Marsh", by=by, at=DAY)
    for who in (world.amara, second):
        tube_word(record, who, True)
    services.prp.use_prp(record=record, used_at=NOW, volume_ml=Decimal(6), by=by, at=NOW)
    return TreatmentSession.objects.get(pk=record.pk)


def with_prp_of(who_else: bool = True, **answers: Any) -> Build:
    """As above, but the rows are written past the steps, which would refuse: checked by one person alone, or with other answers."""
    def build(world: World) -> TreatmentSession:
        by = Actor.of_staff(world.amara)
        patient = ready_for_prp(world.site, **answers)
        record = make_draft(world.site, world.amara, make_entry(world.site, zones=(ZoneEntry("vertex", 75, 4, "mild_erythema"),)), patient=patient)
        record = services.start_session(record=record, by=by, at=DAY)
        PrpUse.objects.create(session=record, planned_at=DAY, planned_by="x", drawn_at=DAY, tube_label="Olivia Marsh", used_at=NOW, volume_ml=Decimal(6))
        second = Staff.objects.filter(name="Ngozi Okoro").first() or make_clinician(world.site, "Ngozi Okoro")
        for who in (world.amara, second if who_else else world.amara):
            tube_word(record, who, True)
        return TreatmentSession.objects.get(pk=record.pk)
    return build


def gap(days: int) -> Build:
    """The second session, so many days after the first; the baseline is of before that. All questions were asked again."""
    def build(world: World) -> TreatmentSession:
        record, began = after(days)(world), DAY - timedelta(days=days)
        TreatmentSession.objects.filter(pk=record.pk).update(number=2, full_rescreen_done=True)
        _baseline_of(began - timedelta(days=1))(record)
        type(record.course).objects.filter(pk=record.course_id).update(planned_at=began - timedelta(days=2))
        return record
    return build


def _baseline_of(at: datetime) -> Callable[[TreatmentSession], object]:
    """Photos and measurements were taken then."""
    return lambda record: (record.patient.photos.update(taken_at=at), record.patient.measurements.update(measured_at=at))


def ended_whole(world: World) -> TreatmentSession:
    """The patient has left and nothing is missing, a product with its lot included."""
    product = make_product(world.site, kind="minoxidil", name="Product minoxidil", lot="MX-1")
    entry = make_entry(world.site, zones=(ZoneEntry("vertex", 75, 4, "mild_erythema"),), products=((product, 24.0),))
    record = make_started(world.site, world.amara, entry)
    at = DAY + timedelta(minutes=4)
    return services.end_session(record=record, ended_at=at, by=Actor.of_staff(world.amara), at=at)


def _older_text(record: TreatmentSession) -> object:
    """What the patient signed was a wording of before the one in force."""
    old = ConsentText.objects.filter(version="0").first() or people.publish_consent_text(
        version="0", language="en", text="Earlier words.", procedures=["scalp_microneedling"], off_label=True, by=BY, at=DAY - timedelta(days=400)
    )
    return Consent.objects.filter(patient=record.patient).update(text=old)


def _product_lot(lot: str) -> Callable[[TreatmentSession], object]:
    return lambda record: Product.objects.filter(uses__session=record).update(lot=lot)


def _numbing_name(name: str) -> Callable[[TreatmentSession], object]:
    return lambda record: Allergy.objects.create(patient=record.patient, substance="anaesthetic" if name == "anaesthetic" else "other", name=name)


def tube_word(record: TreatmentSession, who: Staff, matches: bool) -> None:
    """One person's newest word about the tube."""
    TubeCheck.objects.create(session=record, by=who, name=who.display_name, matches=matches, tube_label="Olivia Marsh", how="own_login", at=NOW)


def _consent(**values: Any) -> Callable[[TreatmentSession], object]:
    return lambda record: Consent.objects.filter(patient=record.patient).update(**values)


def _numbing_allergy(record: TreatmentSession) -> object:
    return Allergy.objects.create(patient=record.patient, substance="anaesthetic", name="lidocaine")


def _formula(on: date) -> Callable[[TreatmentSession], object]:
    return lambda record: Product.objects.filter(uses__session=record).update(formula_changed_on=on)


def _without(**which: Any) -> Callable[[TreatmentSession], object]:
    """One part of the baseline is taken away again."""
    def change(record: TreatmentSession) -> object:
        rows = {"view": record.patient.photos, "kind": record.patient.measurements}[next(iter(which))]
        return rows.filter(**which).update(error_at=DAY, error_reason="mistyped", error_by="x")
    return change


def first_with_baseline(world: World) -> TreatmentSession:
    """Session 1, and all of its baseline."""
    return draft()(world)


def course_of(months_ago_day: date) -> Build:
    """A second session without a response, in a course that began on this day."""
    def build(world: World) -> TreatmentSession:
        began = datetime.combine(months_ago_day, DAY.timetz())
        record = after((DAY.date() - months_ago_day).days)(world)
        type(record.course).objects.filter(pk=record.course_id).update(response="none")
        TreatmentSession.objects.filter(pk=record.pk).update(number=2)
        TreatmentSession.objects.filter(course=record.course, number=90).update(number=1, started_at=began)
        return record
    return build


CASES: dict[str, Case] = {
    "S01 asked today": Case("S01", "", draft(), (
        Step(None), Step("BLOCK", change=_rescreen(on=date(2026, 3, 1))), Step(None, change=_rescreen(on=date(2026, 3, 2))),
        Step("BLOCK", change=_rescreen(changed=True, reviewed_at=None)))),
    "S02 eligibility": Case("S02", "", draft(), (Step(None), Step("BLOCK", change=_answers(pregnancy="possible")), Step(None, change=_answers(smoking="yes")))),
    "S03 consent": Case("S03", "", draft(), (Step(None), Step("BLOCK", change=lambda r: Consent.objects.filter(patient=r.patient).update(withdrawn_at=DAY)))),
    "S03 an earlier wording": Case("S03", "", draft(), (Step(None), Step("BLOCK", change=_older_text))),
    "S03 the off-label statement": Case("S03", "", draft(), (Step("BLOCK", change=_consent(off_label_understood=False)), Step(None, change=_consent(off_label_understood=True)))),
    "S03 another procedure": Case("S03", "", draft(), (Step("BLOCK", change=_consent(procedures=["other"])), Step(None, change=_consent(procedures=["scalp_microneedling"])))),
    "S04 no valid credential": Case("S04", "", draft(), (Step("BLOCK", change=_operator(credential_valid=False)), Step(None, change=_operator(credential_valid=True)))),
    "S04 role and credential": Case("S04", "", draft(), (
        Step("BLOCK", change=_operator(operator_role=OperatorRole.AESTHETICIAN)), Step(None, change=_operator(operator_role=OperatorRole.NURSE)),
        Step("BLOCK", change=_operator(credential_expires_on=date(2026, 3, 1))), Step(None, change=_operator(credential_expires_on=date(2026, 3, 2))))),
    "S05 the device's maximum": Case("S05", "vertex", draft(), (
        Step(None, {"depth_vertex": "1.00"}, _of(Device, max_depth_hundredths=100)), *depths("vertex", ("1.01", "BLOCK"), ("1.00", None)))),
    "S05 off the register": Case("S05", "", draft(), (Step("BLOCK", change=_of(Device, registered_for_scalp=False)), Step(None, change=_of(Device, registered_for_scalp=True)))),
    "S05 an energy device": Case("S05", "", draft(), (Step("BLOCK", change=_of(Device, type="radiofrequency")), Step(None, change=_of(Device, type="pen")))),
    "S06 the seal": Case("S06", "", draft(), (Step("BLOCK", {"seal_intact": False}), Step(None, {"seal_intact": True}))),
    "S06 a recall": Case("S06", "", draft(), (Step("BLOCK", change=_of(CartridgeLot, recalled=True)), Step(None, change=_of(CartridgeLot, recalled=False)))),
    "S06 the last day": Case("S06", "", draft(), (Step(None, change=_of(CartridgeLot, expires_on=date(2026, 3, 2))), Step("BLOCK", change=_of(CartridgeLot, expires_on=date(2026, 3, 1))))),
    "S06 no lot": Case("S06", "", draft(), (Step("BLOCK", change=_of(CartridgeLot, lot=" ")), Step(None, change=_of(CartridgeLot, lot="L-9")))),
    "S06 used": Case("S06", "", draft(), (Step("BLOCK", change=_of(Cartridge, discarded_at=DAY)), Step(None, change=_of(Cartridge, discarded_at=None)))),
    "S07 depth": Case("S07", "vertex", draft(), depths("vertex", ("0.19", "BLOCK"), ("0.20", "NOTE"), ("0.49", "NOTE"), ("0.50", None), ("1.49", None), ("1.50", "NOTE"), ("1.51", "REASON"), ("2.50", "REASON"), ("2.51", "BLOCK"))),
    "S08 frontal hairline": Case("S08", "frontal_hairline", draft(), depths("frontal_hairline", ("1.00", None), ("1.01", "REASON"))),
    "S08 left temple": Case("S08", "temple_left", draft(), depths("temple_left", ("1.00", None), ("1.01", "REASON"))),
    "S08 right temple": Case("S08", "temple_right", draft(), depths("temple_right", ("1.00", None), ("1.01", "REASON"))),
    "S08 mid-scalp": Case("S08", "mid_scalp", draft(), depths("mid_scalp", ("1.25", None), ("1.26", "REASON"))),
    "S08 vertex": Case("S08", "vertex", draft(), depths("vertex", ("1.50", None), ("1.51", "REASON"))),
    "S08 occipital": Case("S08", "occipital", draft(), depths("occipital", ("1.50", None), ("1.51", "REASON"))),
    "S09 darker skin": Case("S09", "vertex", draft(), (
        Step(None, {"fitzpatrick": "IV", "depth_vertex": "1.00"}), Step("REASON", {"depth_vertex": "1.01"}), Step(None, {"fitzpatrick": "III"}), Step("REASON", {"fitzpatrick": ""}))),
    **{f"S10 {n} days": Case("S10", "", after(n), (Step(s),)) for n, s in ((6, "BLOCK"), (7, "REASON"), (27, "REASON"), (28, None), (42, None), (43, "NOTE"), (180, "NOTE"))},
    "S10 181 days": Case("S10", "", after(181), (Step("BLOCK"), Step("NOTE", {"full_rescreen_done": True}))),
    **{f"S10 maintenance, {n} days": Case("S10", "", after(n, phase="maintenance"), (Step(s),)) for n, s in ((55, "NOTE"), (56, None), (92, None), (93, "NOTE"))},
    "S11 a hold": Case("S11", "", draft(), (Step(None), Step("BLOCK", change=_held))),
    "S11 an open event": Case("S11", "", draft(), (Step(None), Step("BLOCK", change=_event))),
    "S12 six sessions": Case("S12", "", numbered(6), (Step(None),)),
    "S12 seven sessions": Case("S12", "", numbered(7), (Step("REASON"),)),
    "S12 no response at the second": Case("S12", "", numbered(2, response="none"), (Step(None),)),
    "S12 no response at the third": Case("S12", "", numbered(3, response="none"), (Step("REASON"),)),
    "S12 a day before month 6": Case("S12", "", course_of(date(2025, 9, 3)), (Step(None),)),
    "S12 no response at month 6": Case("S12", "", course_of(date(2025, 9, 2)), (Step("REASON"),)),
    **{f"S13 {kind} without a test": Case("S13", f"Product {kind}", with_product(kind), (Step("BLOCK_PRODUCT"),)) for kind in ("growth_factor", "exosome", "other")},
    "S13 doubtful": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=60, result="doubtful"), (Step("BLOCK_PRODUCT"),)),
    "S13 another formula": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=60), (
        Step(None, change=_formula(date(2026, 2, 26))), Step("REASON", change=_formula(date(2026, 2, 27))))),
    "S13 no patch test": Case("S13", "Product serum_sterile", with_product("serum_sterile"), (Step("BLOCK_PRODUCT"),)),
    "S13 read a minute early": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=30, read_after=24 - 1 / 60), (Step("BLOCK_PRODUCT"),)),
    "S13 24 h": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=24), (Step("NOTE"),)),
    "S13 23 h 59": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=24 - 1 / 60, read_after=23), (Step("BLOCK_PRODUCT"),)),
    "S13 48 h": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=48), (Step(None),)),
    "S13 180 days": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=4320), (Step(None),)),
    "S13 older": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=4320 + 1 / 60), (Step("REASON"),)),
    "S13 positive": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=60, result="positive"), (Step("BLOCK_PRODUCT"),)),
    "S13 an allergen": Case("S13", "Product serum_sterile", with_product("serum_sterile", tested_hours_ago=60), (Step(None), Step("BLOCK_PRODUCT", change=_allergic))),
    "S14 compounded": Case("S14", "Product compounded_topical", with_product("compounded_topical"), (Step("BLOCK_PRODUCT", {"hours_0": "23.99"}), Step("REASON", {"hours_0": "24"}))),
    **{f"S14 {kind}": Case("S14", f"Product {kind}", with_product(kind), (Step("BLOCK_PRODUCT", {"hours_0": "23.99"}), Step(None, {"hours_0": "24"})))
       for kind in ("retinoid", "aha", "exfoliant", "nonsterile_cosmetic")},
    "S14 minoxidil": Case("S14", "Product minoxidil", with_product("minoxidil"), (Step("REASON", {"hours_0": "23.99"}), Step(None, {"hours_0": "24"}))),
    "S14 minoxidil while E32 stands": Case("S14", "Product minoxidil", with_product("minoxidil"), (
        Step(None, {"hours_0": "48"}), Step("BLOCK_PRODUCT", change=_answers(heart_disease="low_bp")))),
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
    "S16 an allergy to it": Case("S16", "LMX", with_numbing, (Step(None), Step("BLOCK_PRODUCT", change=_numbing_allergy))),
    **{f"S16 an allergy by the name {name}": Case("S16", "LMX", with_numbing, (Step(None), Step("BLOCK_PRODUCT", change=_numbing_name(name))))
       for name in ("LMX ", "Lidocaine", "anaesthetic")},
    "S16 wiped off": Case("S16", "LMX", with_numbing, (Step(None), Step("BLOCK", {"wiped_off": False}))),
    "S17 passes": Case("S17", "vertex", draft(), (Step(None, {"passes_vertex": "6"}), Step("REASON", {"passes_vertex": "7"}))),
    "S18 endpoint": Case("S18", "vertex", started, (
        Step("NOTE"), Step(None, {"endpoint_vertex": "mild_erythema"}), Step("NOTE", {"endpoint_vertex": "pinpoint_bleeding"}), Step("BLOCK", {"endpoint_vertex": "frank_bleeding"}))),
    "S20 baseline": Case("S20", "", first_session, (Step("BLOCK"), Step("REASON", {"baseline_waiver_reason": "camera broken"}))),
    **{f"S20 without {name}": Case("S20", "", first_with_baseline, (Step(None), Step("BLOCK", change=_without(**which)), Step("REASON", {"baseline_waiver_reason": "camera broken"})))
       for name, which in {"a view": {"view": "occipital"}, "a grade": {"kind": "sinclair"}, "a density": {"kind": "hair_density"}}.items()},
    "S20 180 days after the last": Case("S20", "", gap(180), (Step(None),)),
    "S20 181 days after the last": Case("S20", "", gap(181), (
        Step("BLOCK"), Step("REASON", {"baseline_waiver_reason": "camera broken"}), Step("BLOCK", {"baseline_waiver_reason": ""}), Step(None, change=_baseline_of(DAY)))),
    "S21 aftercare": Case("S21", "", started, (Step("REASON"), Step(None, {"aftercare_delivered": True}))),
    "S23 pain": Case("S23", "", started, (Step(None, {"pain": "7, 7"}), Step("NOTE", {"pain": "7, 8"}), Step("BLOCK", {"pain": "8, 3, 8"}))),
    "S24 below the hairline": Case("S24", "vertex", draft(), (Step(None), Step("BLOCK", {"below_vertex": True}))),
    "S24 a closed zone": Case("S24", "vertex", draft(), (Step("BLOCK", change=lambda r: type(r.course).objects.filter(pk=r.course_id).update(excluded_zones=["vertex"])),)),
    "S25 sharps": Case("S25", "", started, (Step("REASON"), Step(None, {"sharps_and_cleaning_confirmed": True}))),
    "S26 passes at the signature": Case("S26", "", ended, (Step("BLOCK"), Step(None, {"passes_vertex": "4"}))),
    "S26 the endpoint": Case("S26", "", ended_whole, (Step(None), Step("BLOCK", {"endpoint_vertex": ""}))),
    "S26 the device's number": Case("S26", "", ended_whole, (Step(None), Step("BLOCK", change=_of(Device, udi="")), Step(None, change=_of(Device, udi="UDI-1")))),
    "S26 the cartridge's lot": Case("S26", "", ended_whole, (Step(None), Step("BLOCK", change=_of(CartridgeLot, lot=" ")))),
    "S26 a product's lot": Case("S26", "", ended_whole, (Step(None), Step("BLOCK", change=_product_lot("")), Step(None, change=_product_lot("MX-1")))),
    # last: a wording that covers PRP is in force from here on
    "S19 a tube that is not the patient's": Case("S19", "", with_prp, (
        Step(None), Step("BLOCK", change=lambda r: tube_word(r, Staff.objects.get(name="Ngozi Okoro"), False)),
        Step(None, change=lambda r: tube_word(r, Staff.objects.get(name="Ngozi Okoro"), True)))),
    "S19 checked by one person": Case("S19", "", with_prp_of(who_else=False), (
        Step("BLOCK"), Step(None, change=lambda r: tube_word(r, Staff.objects.get(name="Ngozi Okoro"), True)))),
    "S19 not eligible for PRP": Case("S19", "", with_prp_of(liver_disease="yes"), (Step("BLOCK"),)),
    "S19 no time of the draw": Case("S19", "", with_prp, (Step(None), Step("BLOCK", change=lambda r: PrpUse.objects.filter(session=r).update(drawn_at=None)))),
    "S19 no volume": Case("S19", "", with_prp, (Step(None), Step("BLOCK", change=lambda r: PrpUse.objects.filter(session=r).update(volume_ml=None)))),
}  # fmt: skip

NEXT_STEP = {"draft": "start", "started": "end", "ended": "sign"}
# What already happened is recorded and does not stop the end; a product that may not be used does not stop the needle.
_RECORDED = {("started", "S18"), ("started", "S23")}


def refused_at_once(state: str, severity: str | None, rule: str) -> bool:
    """Whether the next step of a record in this state is refused because of the rule."""
    if (state, rule) in _RECORDED or severity is None:
        return False
    if state == "draft":
        return severity in ("BLOCK", "REASON")
    return severity in ("BLOCK", "BLOCK_PRODUCT") or (state == "ended" and severity == "REASON")


@pytest.mark.parametrize("name", CASES)
def test_the_rule_speaks_at_its_boundary_in_its_words_and_a_crafted_step_is_refused_alike(world: World, name: str) -> None:
    case, chair = CASES[name], world.chair
    Staff.objects.filter(pk=world.amara.pk).update(operator_role=OperatorRole.DERMATOLOGIST, credential_expires_on=None)
    record = case.build(world)
    chair.open(record)
    for number, step in enumerate(case.steps, 1):
        if step.change:
            step.change(record)
        if step.typed:
            chair.set(**step.typed)
        if step.change:
            chair.refresh()
        shown = chair.finding(case.rule, case.subject)
        assert (shown[0] if shown else None) == step.severity, f"{name}, step {number}: {shown}"
        if shown:
            assert RULES[case.rule].words in shown[1]
        if refused_at_once(record.state, step.severity, case.rule):
            state = record.state
            assert chair.crafted(record, NEXT_STEP[state]) == 422, f"{name}, step {number}"
            record.refresh_from_db()
            assert record.state == state
    assert not chair.noise, chair.noise


def test_a_zone_s_finding_stands_beside_the_zone_and_marks_the_map(world: World) -> None:
    record = draft()(world)
    page = world.chair.open(record)
    page.click('.scalp-map [data-zone="frontal_hairline"]')
    page.click('.presets [data-kind="depth"][data-value="1.25"]')
    world.chair.settle()
    assert "Depth in this zone" in page.locator(".zone-findings").inner_text()
    assert "has-reason" in str(page.locator('.scalp-map [data-zone="frontal_hairline"]').get_attribute("class"))
    assert ZoneRecord.objects.get(block__session=record, zone="frontal_hairline").depth_hundredths == 125


# What the page shows while the form of a home plan is filled: typed, then the severity of S22. Never silent once it can be judged.
HOME_STEPS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"device_name": "Roller B", "length_mm": "1.00", "every_days": "7", "approved": True}, "NOTE"),
    ({"length_mm": "1.01"}, "BLOCK"), ({"length_mm": "1.00"}, "NOTE"),
    ({"every_days": "6"}, "BLOCK"), ({"every_days": "7"}, "NOTE"),
    ({"approved": False}, "BLOCK"),
)  # fmt: skip


def test_a_home_plan_is_judged_while_it_is_typed_and_a_crafted_post_is_refused_alike(world: World) -> None:
    Staff.objects.filter(pk=world.amara.pk).update(operator_role=OperatorRole.DERMATOLOGIST, credential_expires_on=None)
    patient, chair = make_ready(world.site), world.chair
    page, url = chair.page, f"{chair.base}/treatments/of/{patient.uuid}/home-plan/"
    page.goto(url)
    page.click("#record summary")
    typed: dict[str, str] = {"subject": str(patient.uuid), "device_type": "roller"}
    for fields, severity in HOME_STEPS:
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            for name, value in fields.items():
                field = page.locator(f"#home-form [name={name}]")
                field.set_checked(value) if isinstance(value, bool) else field.fill(value)
            page.locator("#home-form [name=note]").press("Tab")
            page.locator("#home-form [name=approved]").dispatch_event("change")
        shown = page.locator(f'#home-findings .finding[data-rule="S22"][data-severity="{severity}"]')
        shown.wait_for()
        assert (RULES["S22"].words if severity == "BLOCK" else "Within 1.00 mm and 1 a week, approved by name.") in shown.inner_text()
        typed |= {name: "on" if value is True else value for name, value in fields.items()}
        typed = {name: value for name, value in typed.items() if value is not False}
        if severity == "BLOCK":
            token = str(page.locator('meta[name="csrf-token"]').get_attribute("content"))
            answer = page.request.post(url, max_redirects=0, form=typed | {"csrfmiddlewaretoken": token}, headers={"Referer": page.url})
            assert answer.status == 422 and RULES["S22"].words in answer.text()
            assert not HomePlan.objects.filter(patient=patient).exists()
    page.check("#home-form [name=approved]")
    page.locator('#home-findings .finding[data-severity="NOTE"]').wait_for()
    page.get_by_role("button", name="Record the plan").click()
    page.locator("#running").wait_for()
    assert "Approved by Dr Amara Osei" in page.locator("#running").inner_text()
    assert Axe().run(page).response["violations"] == []
    assert not chair.noise, chair.noise


# Rule → the severities that the table of the rules' document gives it.
SEVERITIES: dict[str, set[str]] = {
    "S01": {"BLOCK"}, "S02": {"BLOCK"}, "S03": {"BLOCK"}, "S04": {"BLOCK"}, "S05": {"BLOCK"}, "S06": {"BLOCK"},
    "S07": {"BLOCK", "REASON", "NOTE"}, "S08": {"REASON"}, "S09": {"REASON"}, "S10": {"BLOCK", "REASON", "NOTE"}, "S11": {"BLOCK"},
    "S12": {"REASON"}, "S13": {"BLOCK_PRODUCT", "REASON", "NOTE"}, "S14": {"BLOCK_PRODUCT", "REASON"}, "S15": {"BLOCK", "NOTE"},
    "S16": {"BLOCK", "BLOCK_PRODUCT"}, "S17": {"REASON"}, "S18": {"BLOCK", "NOTE"}, "S19": {"BLOCK"}, "S20": {"BLOCK", "REASON"},
    "S21": {"REASON"}, "S22": {"BLOCK", "NOTE"}, "S23": {"NOTE", "BLOCK"}, "S24": {"BLOCK"}, "S25": {"REASON"}, "S26": {"BLOCK"},
}  # fmt: skip


def test_every_rule_is_shown_with_each_of_its_severities() -> None:
    """A new rule, or a severity that no case brings about, can't be forgotten."""
    shown: dict[str, set[str]] = {"S22": {severity for _typed, severity in HOME_STEPS}}
    for case in CASES.values():
        shown.setdefault(case.rule, set()).update(step.severity for step in case.steps if step.severity)
    assert set(SEVERITIES) == set(RULES)
    assert shown == SEVERITIES


def test_every_rule_is_also_silent_on_the_other_side_of_its_boundary() -> None:
    """S22 is never silent: a home plan is always noted."""
    silent = {case.rule for case in CASES.values() for step in case.steps if step.severity is None}
    assert silent == set(RULES) - {"S22"}
