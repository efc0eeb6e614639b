"""S19: plasma, its tube and its two checkers."""

from decimal import Decimal
from typing import Any

from clinic.audit import Actor
from clinic.models import Staff
from tests.journeys.chair import NOW, make_clinician
from tests.journeys.session_rules.model import Build, Case, Step, World
from tests.treatments.make import DAY, make_draft, make_entry
from tests.treatments.test_prp import ready_for_prp
from treatments import services
from treatments.models import (
    PrpUse,
    TreatmentSession,
    TubeCheck,
)
from treatments.services import ZoneEntry


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


def tube_word(record: TreatmentSession, who: Staff, matches: bool) -> None:
    """One person's newest word about the tube."""
    TubeCheck.objects.create(session=record, by=who, name=who.display_name, matches=matches, tube_label="Olivia Marsh", how="own_login", at=NOW)


CASES: dict[str, Case] = {
    "S19 a tube that is not the patient's": Case("S19", "", with_prp, (
        Step(None), Step("BLOCK", change=lambda r: tube_word(r, Staff.objects.get(name="Ngozi Okoro"), False)),
        Step(None, change=lambda r: tube_word(r, Staff.objects.get(name="Ngozi Okoro"), True)))),
    "S19 checked by one person": Case("S19", "", with_prp_of(who_else=False), (
        Step("BLOCK"), Step(None, change=lambda r: tube_word(r, Staff.objects.get(name="Ngozi Okoro"), True)))),
    "S19 not eligible for PRP": Case("S19", "", with_prp_of(liver_disease="yes"), (Step("BLOCK"),)),
    "S19 no time of the draw": Case("S19", "", with_prp, (Step(None), Step("BLOCK", change=lambda r: PrpUse.objects.filter(session=r).update(drawn_at=None)))),
    "S19 no volume": Case("S19", "", with_prp, (Step(None), Step("BLOCK", change=lambda r: PrpUse.objects.filter(session=r).update(volume_ml=None)))),
}  # fmt: skip
