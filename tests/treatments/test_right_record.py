"""A treatment written for the wrong patient goes into the right record with the unit that was used (S06, SETTLED 7, decision 0027)."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients.models import Allergy, Patient
from tests.treatments.make import (
    DAY,
    DESK,
    END,
    make_baseline,
    make_cartridge,
    make_course,
    make_draft,
    make_ended,
    make_entry,
    make_product,
    make_ready,
    make_signed,
    make_started,
)
from tests.treatments.test_race import refused_to_wait, together
from tests.treatments.test_signed import refused, sql
from treatments import selectors, services
from treatments.models import (
    Anaesthetic,
    Cartridge,
    DeviceBlock,
    EnteredInError,
    ProductUse,
    PrpUse,
    SignedRecord,
    TreatmentSession,
    TubeCheck,
    ZoneRecord,
)
from treatments.rules.vocabulary import Stage
from treatments.services import Blocked, CartridgeTaken, NoCourse, NotOpen, NotReplaceable, broken_records
from treatments.vocabulary import CheckHow

pytestmark = pytest.mark.django_db
SignIn = Callable[[Staff], Client]
LATER = END + timedelta(hours=1)


@pytest.fixture
def ada(site: Site, amara: Staff) -> Patient:
    """Who was really treated: asked today, with a course and a baseline of her own."""
    person = make_ready(site)
    make_course(person, amara)
    make_baseline(person, amara)
    return person


def in_error(record: TreatmentSession, staff: Staff) -> TreatmentSession:
    services.mark_entered_in_error(record=record, reason="Wrong patient.", staff=staff, by=Actor.of_staff(staff), at=LATER)
    return TreatmentSession.objects.get(pk=record.pk)


def rewritten(wrong: TreatmentSession, patient: Patient, staff: Staff) -> TreatmentSession:
    return services.write_right_record(mistaken=wrong, patient=patient, reason="The chair list says so.", by=Actor.of_staff(staff), at=LATER)


def unit_of(record: TreatmentSession) -> Cartridge:
    unit = record.blocks.get().cartridge
    assert unit is not None
    return unit


def completed(record: TreatmentSession, staff: Staff, **reasons: str) -> TreatmentSession:
    """What the page sends once everything is filled in."""
    block = record.blocks.get()
    zones = tuple(services.ZoneEntry(z.zone, z.depth_hundredths, z.passes, z.endpoint) for z in block.zones.all())
    entry = make_entry(record.site, device=block.device, cartridge=block.cartridge, zones=zones, reasons=reasons)
    return services.save_session(record=record, version=record.version, entry=entry, by=Actor.of_staff(staff), at=LATER)


def signed(record: TreatmentSession, staff: Staff) -> SignedRecord:
    return services.sign_session(record=record, signer=staff, by=Actor.of_staff(staff), at=LATER)


class TestTheRecord:
    def test_is_of_the_same_treatment_with_the_same_unit(self, site: Site, amara: Staff, ada: Patient) -> None:
        wrong = in_error(make_signed(site, amara).session, amara)
        record = rewritten(wrong, ada, amara)
        assert (record.started_at, record.ended_at, record.operator, record.site) == (DAY, END, amara, site)
        assert (record.patient, record.course, record.state) == (ada, selectors.open_course(ada), "ended")
        assert unit_of(record) == unit_of(wrong) and record.blocks.get().seal_intact
        told = {(z.zone, z.depth_hundredths, z.passes, z.endpoint) for z in record.blocks.get().zones.all()}
        assert told == {("vertex", 75, 4, "mild_erythema"), ("mid_scalp", 50, 4, "mild_erythema")}
        assert record.pain_readings == [3] and not record.no_adverse_event and record.reasons == {}

    def test_the_unit_was_used_once_in_this_treatment(self, site: Site, amara: Staff, ada: Patient) -> None:
        record = rewritten(in_error(make_signed(site, amara).session, amara), ada, amara)
        given = selectors.session_input(record, Stage.SIGNOFF, record.blocks.get())
        assert given["cartridge"]["usedBefore"] is False
        assert "S06" not in {f.rule for f in selectors.evaluate(record, Stage.SIGNOFF).findings}

    def test_is_signed_and_says_what_it_replaces_without_naming_anybody(self, site: Site, amara: Staff, ada: Patient) -> None:
        first = make_signed(site, amara)
        wrong = in_error(first.session, amara)
        row = signed(completed(rewritten(wrong, ada, amara), amara), amara)
        told = json.loads(row.content)
        assert told["replaces"] == {"session": str(wrong.uuid), "sha256": first.sha256, "other_patient": True, "reason": "The chair list says so."}
        assert told["blocks"][0]["cartridge"] == json.loads(first.content)["blocks"][0]["cartridge"]
        assert wrong.patient.number != ada.number and str(wrong.patient.number) not in row.content and str(wrong.patient.uuid) not in row.content
        assert broken_records() == []

    def test_what_is_a_person_s_own_is_not_taken_over(self, site: Site, amara: Staff, ada: Patient) -> None:
        cream, serum = make_product(site, name="Lidocaine", is_anaesthetic=True), make_product(site, kind="minoxidil", name="Minoxidil")
        numbing = {"product": cream, "strength_percent": 4, "area_cm2": 100, "grams": 5, "weight_kg": 61, "on_at": DAY - timedelta(hours=1),
                   "off_at": DAY, "wiped_off": True, "other_mg_12h": 20}  # fmt: skip
        entry = make_entry(site, anaesthetic=numbing, products=((serum, 24.0),), reasons={"S14:Minoxidil": "asked"})
        wrong = make_ended(site, amara, entry)
        TreatmentSession.objects.filter(pk=wrong.pk).update(notes="About Olivia.", minoxidil_early_allowed=True)
        record = rewritten(in_error(wrong, amara), ada, amara)
        assert record.anaesthetic.product == cream and record.anaesthetic.grams == 5 and record.anaesthetic.weight_kg is None and record.anaesthetic.other_mg_12h == 0
        assert [(use.product, use.hours_after) for use in record.product_uses.all()] == [(serum, 24)]
        assert (record.notes, record.reasons, record.minoxidil_early_allowed) == ("", {}, False)

    def test_two_cartridges_of_one_treatment_stay_two(self, site: Site, amara: Staff, ada: Patient) -> None:
        running = make_started(site, amara)
        spare = unit_of(running).lot.cartridges.exclude(pk=unit_of(running).pk)[0]
        services.change_block(record=running, device=running.blocks.get().device, cartridge=spare, seal_intact=True, by=Actor.of_staff(amara), at=DAY)
        record = rewritten(in_error(running, amara), ada, amara)
        assert record.state == "started" and [b.cartridge_id for b in record.blocks.all()] == [b.cartridge_id for b in running.blocks.all()]

    def test_a_replacement_that_was_a_mistake_too_is_replaced_in_turn(self, site: Site, amara: Staff, ada: Patient) -> None:
        first = in_error(make_signed(site, amara).session, amara)
        second = in_error(rewritten(first, ada, amara), amara)
        third = rewritten(second, first.patient, amara)
        standing = DeviceBlock.objects.filter(cartridge=unit_of(first), session__entered_in_error=None)
        assert [block.session for block in standing] == [third]

    def test_the_right_patient_gets_the_aftercare_and_the_interval(self, site: Site, amara: Staff, ada: Patient) -> None:
        wrong = in_error(make_signed(site, amara).session, amara)
        record = rewritten(wrong, ada, amara)
        from aftercare.selectors.plans import sessions_without_plan

        assert sessions_without_plan(LATER) == [record.uuid]
        assert selectors.last_session(ada) == record and selectors.last_session(wrong.patient) is None


class TestWhatWasDoneIsWrittenDown:
    """A rule that would have stopped the start stays in the record; with a reason it doesn't keep the truth out."""

    @pytest.fixture
    def unasked(self, site: Site, amara: Staff) -> Patient:
        """Nobody asked her that day, and her baseline is missing."""
        person = make_ready(site, DAY - timedelta(days=3))
        make_course(person, amara)
        return person

    def test_it_stops_until_a_reason_is_signed(self, site: Site, amara: Staff, unasked: Patient) -> None:
        record = completed(rewritten(in_error(make_signed(site, amara).session, amara), unasked, amara), amara)
        with pytest.raises(Blocked) as stop:
            signed(record, amara)
        assert {f.rule for f in stop.value.findings} == {"S01", "S20"}
        record = completed(record, amara, S01="She was asked under the other name.", S20="Photos are in the other record.")
        told = json.loads(signed(record, amara).content)
        assert {row["rule"] for row in told["words"] if row["severity"] == "BLOCK"} == {"S01", "S20"}
        assert told["reasons"]["S01"] == "She was asked under the other name."

    def test_what_is_missing_in_the_record_is_never_explained(self, site: Site, amara: Staff, unasked: Patient) -> None:
        record = rewritten(in_error(make_signed(site, amara).session, amara), unasked, amara)
        record.blocks.get().zones.filter(zone="vertex").update(passes=None)
        record = completed(record, amara, S01="x", S20="x", S26="x")
        with pytest.raises(Blocked) as stop:
            signed(record, amara)
        assert [f.rule for f in stop.value.findings] == ["S26"]

    def test_no_other_record_is_let_off(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        assert selectors.evaluate(record, Stage.SIGNOFF).happened == []

    def test_while_it_runs_what_was_on_the_skin_already_is_explained_and_what_is_added_is_refused(self, site: Site, amara: Staff, ada: Patient) -> None:
        """The wrong file is noticed in mid-session: the right patient has no patch test of the serum that is on her (S13)."""
        serum, other = make_product(site), make_product(site, name="Other serum", lot="S2")
        running = make_started(site, amara)
        ProductUse.objects.create(session=running, product=serum, hours_after=0)
        record = rewritten(in_error(running, amara), ada, amara)
        assert record.state == "started"
        ended: dict[str, Any] = {"record": record, "ended_at": LATER + timedelta(minutes=20), "by": Actor.of_staff(amara), "at": LATER + timedelta(minutes=20)}
        with pytest.raises(Blocked) as found:
            services.end_session(**ended)
        assert [(f.rule, f.subject) for f in found.value.findings] == [("S13", "HA serum")]
        assert selectors.evaluate(record, Stage.CHECKOUT).happened == ["S13:HA serum"]
        TreatmentSession.objects.filter(pk=record.pk).update(reasons={"S13:HA serum": "On the skin before the wrong file was noticed.", "S13:Other serum": "Why not."})
        added = ProductUse.objects.create(session=record, product=other, hours_after=0)
        ended["record"] = TreatmentSession.objects.get(pk=record.pk)
        with pytest.raises(Blocked) as found:
            services.end_session(**ended)
        assert [(f.rule, f.subject) for f in found.value.findings] == [("S13", "Other serum")]
        added.delete()
        assert services.end_session(**ended).state == "ended"

    def running(self, site: Site, amara: Staff, ada: Patient, **reasons: str) -> dict[str, Any]:
        """The right record of a treatment that goes on, with what is said beside the rules; as `end_session` takes it."""
        record = rewritten(in_error(make_started(site, amara), amara), ada, amara)
        TreatmentSession.objects.filter(pk=record.pk).update(reasons=reasons)
        at = LATER + timedelta(minutes=20)
        return {"record": TreatmentSession.objects.get(pk=record.pk), "ended_at": at, "by": Actor.of_staff(amara), "at": at}

    def test_a_cartridge_that_is_taken_now_is_refused_as_ever(self, site: Site, amara: Staff, ada: Patient) -> None:
        """Nothing overrides a BLOCK (SETTLED 4): its seal was broken, and the needle has touched nobody yet."""
        ended = self.running(site, amara, ada, S06="Why not.")
        block = services.change_block(
            record=ended["record"], device=ended["record"].blocks.get().device, cartridge=make_cartridge(site, lot="NEW"), seal_intact=False, by=ended["by"], at=LATER
        )
        ZoneRecord.objects.create(block=block, zone="vertex", depth_hundredths=75, passes=2, endpoint="none")
        assert "S06" not in selectors.evaluate(ended["record"], Stage.CHECKOUT).happened
        with pytest.raises(Blocked) as found:
            services.end_session(**ended)
        assert [f.rule for f in found.value.findings] == ["S06"]

    def test_a_zone_that_is_deepened_now_is_refused_as_ever(self, site: Site, amara: Staff, ada: Patient) -> None:
        ended = self.running(site, amara, ada, **{"S07:vertex": "Why not."})
        ended["record"].blocks.get().zones.filter(zone="vertex").update(depth_hundredths=251)
        with pytest.raises(Blocked) as found:
            services.end_session(**ended)
        assert {f.rule for f in found.value.findings} == {"S05", "S07"}

    def test_numbing_that_was_on_the_skin_already_is_explained(self, site: Site, amara: Staff, ada: Patient) -> None:
        """She is allergic to the cream that was meant for somebody else (S16): it can't be unmade, and she must be able to leave."""
        cream = make_product(site, name="LMX 4", lot="C1", is_anaesthetic=True, ingredients=["lidocaine"])
        wrong = make_started(site, amara)
        numbing: dict[str, Any] = {"strength_percent": 4, "area_cm2": 50, "grams": 2, "on_at": DAY - timedelta(minutes=40), "off_at": DAY - timedelta(minutes=10), "weight_kg": 70, "wiped_off": True}
        Anaesthetic.objects.create(session=wrong, product=cream, **numbing)
        Allergy.objects.create(patient=ada, substance="anaesthetic", name="lidocaine")
        record = rewritten(in_error(wrong, amara), ada, amara)
        Anaesthetic.objects.filter(session=record).update(weight_kg=60)
        TreatmentSession.objects.filter(pk=record.pk).update(reasons={"S16:LMX 4": "On the skin before the wrong file was noticed; watched for an hour."})
        at = LATER + timedelta(minutes=20)
        assert services.end_session(record=record, ended_at=at, by=Actor.of_staff(amara), at=at).state == "ended"


class TestRefused:
    def test_while_the_mistaken_record_stands(self, site: Site, amara: Staff, ada: Patient) -> None:
        with pytest.raises(NotReplaceable, match="First mark"):
            rewritten(make_signed(site, amara).session, ada, amara)

    def test_when_nothing_took_place(self, site: Site, amara: Staff, ada: Patient) -> None:
        with pytest.raises(NotReplaceable, match="Nothing took place"):
            rewritten(in_error(make_draft(site, amara), amara), ada, amara)

    def test_twice(self, site: Site, amara: Staff, ada: Patient) -> None:
        wrong = in_error(make_signed(site, amara).session, amara)
        rewritten(wrong, ada, amara)
        with pytest.raises(NotReplaceable, match="already"):
            rewritten(wrong, ada, amara)

    def test_without_a_course_or_a_reason(self, site: Site, amara: Staff, ada: Patient) -> None:
        wrong = in_error(make_signed(site, amara).session, amara)
        with pytest.raises(NoCourse):
            rewritten(wrong, make_ready(site), amara)
        with pytest.raises(NotReplaceable) as refusal:
            services.write_right_record(mistaken=wrong, patient=ada, reason=" ", by=DESK, at=LATER)
        assert refusal.value.field == "reason"

    def test_of_one_who_died_since_it_goes_into_their_last_course(self, site: Site, amara: Staff, ada: Patient) -> None:
        """Nothing is planned for them any more; who had the unit is still to be known."""
        course = ada.courses.get()
        services.end_course(course=course, reason="moved away", by=Actor.of_staff(amara), at=DAY)
        Patient.objects.filter(pk=ada.pk).update(deceased_on=DAY.date())
        ada.refresh_from_db()
        assert rewritten(in_error(make_ended(site, amara), amara), ada, amara).course == course

    def test_a_new_session_with_the_used_unit(self, site: Site, amara: Staff, ada: Patient) -> None:
        wrong = in_error(make_signed(site, amara).session, amara)
        unit = unit_of(wrong)
        assert unit not in selectors.free_cartridges(site, DAY.date()) and "entered in error" in selectors.why_not(unit, DAY.date())
        with pytest.raises(CartridgeTaken):
            make_draft(site, amara, make_entry(site, cartridge=unit), patient=ada)
        rewritten(wrong, ada, amara)
        with pytest.raises(CartridgeTaken):
            make_draft(site, amara, make_entry(site, cartridge=unit), patient=ada)
        assert selectors.why_not(unit, DAY.date()).startswith("This cartridge was used")


class TestTheDatabaseSaysNo:
    """R47-style: raw SQL as the app's own role."""

    def rows(self, site: Site, amara: Staff) -> tuple[TreatmentSession, TreatmentSession, int]:
        wrong = make_ended(site, amara)
        other = make_draft(site, amara)
        unit = unit_of(wrong).pk
        return wrong, other, unit

    def test_a_second_block_with_the_unit(self, site: Site, amara: Staff) -> None:
        wrong, other, unit = self.rows(site, amara)
        in_error(wrong, amara)
        block, free = other.blocks.get(), wrong.blocks.get()
        refused(lambda: sql("UPDATE treatments_deviceblock SET cartridge_id = %s WHERE id = %s", unit, block.pk))
        refused(lambda: sql("UPDATE treatments_deviceblock SET cartridge_id = %s, replaces_id = %s WHERE id = %s", unit, free.pk, block.pk))
        refused(lambda: sql("UPDATE treatments_deviceblock SET replaces_id = %s WHERE id = %s", free.pk, block.pk))

    def test_a_session_turned_into_a_replacement(self, site: Site, amara: Staff) -> None:
        wrong, other, _unit = self.rows(site, amara)
        in_error(wrong, amara)
        refused(lambda: sql("UPDATE treatments_treatmentsession SET replaces_id = %s, replaces_reason = 'x', started_at = %s WHERE id = %s", wrong.pk, DAY, other.pk))

    @pytest.mark.parametrize(("change", "why"), [({"started_at": LATER}, "another time"), ({"replaces_reason": ""}, "no reason")])
    def test_a_replacement_of_another_treatment(self, change: dict[str, Any], why: str, site: Site, amara: Staff, ada: Patient) -> None:
        wrong = in_error(make_ended(site, amara), amara)
        course = selectors.open_course(ada)
        values = {"patient": ada, "course": course, "site": site, "number": 1, "operator": amara, "opened_at": LATER, "planned_start_at": DAY,
                  "saved_at": LATER, "saved_by": "x", "started_at": DAY, "replaces": wrong, "replaces_reason": "x"}  # fmt: skip
        refused(lambda: TreatmentSession.objects.create(**values | change))
        assert TreatmentSession.objects.create(**values).pk, why

    def test_a_replacement_of_a_record_that_stands_or_never_began(self, site: Site, amara: Staff, ada: Patient) -> None:
        course = selectors.open_course(ada)
        for wrong in (make_ended(site, amara), in_error(make_draft(site, amara), amara)):
            values = {"patient": ada, "course": course, "site": site, "number": 1, "operator": amara, "opened_at": LATER, "planned_start_at": DAY,
                      "saved_at": LATER, "saved_by": "x", "started_at": wrong.started_at, "replaces": wrong, "replaces_reason": "x"}  # fmt: skip
            refused(lambda values=values: TreatmentSession.objects.create(**values))  # type: ignore[misc]

    def test_two_replacements_of_one_block(self, site: Site, amara: Staff, ada: Patient) -> None:
        wrong = in_error(make_ended(site, amara), amara)
        record = rewritten(wrong, ada, amara)
        refused(lambda: sql("INSERT INTO treatments_deviceblock (session_id, position, device_id, cartridge_id, replaces_id, seal_intact) "
                            "SELECT session_id, 9, device_id, cartridge_id, replaces_id, true FROM treatments_deviceblock WHERE session_id = %s", record.pk))  # fmt: skip
        refused(lambda: sql("UPDATE treatments_deviceblock SET replaces_id = NULL WHERE session_id = %s", record.pk))

    @pytest.mark.parametrize(
        "text",
        [
            "UPDATE treatments_treatmentsession SET started_at = NULL WHERE id = %s",
            "UPDATE treatments_treatmentsession SET id = id + 100000 WHERE id = %s",
            "DELETE FROM treatments_treatmentsession WHERE id = %s",
            "UPDATE treatments_deviceblock SET cartridge_id = NULL WHERE session_id = %s",
            "DELETE FROM treatments_zonerecord; DELETE FROM treatments_deviceblock WHERE session_id = %s",
            "DELETE FROM treatments_enteredinerror WHERE session_id = %s",
        ],
    )
    def test_a_used_unit_is_not_freed(self, text: str, site: Site, amara: Staff) -> None:
        wrong = in_error(make_ended(site, amara), amara)
        refused(lambda: sql(text, wrong.pk))

    def test_the_replacement_stays_what_it_is(self, site: Site, amara: Staff, ada: Patient) -> None:
        record = rewritten(in_error(make_ended(site, amara), amara), ada, amara)
        refused(lambda: sql("UPDATE treatments_treatmentsession SET replaces_id = NULL WHERE id = %s", record.pk))
        refused(lambda: sql("UPDATE treatments_treatmentsession SET started_at = started_at + interval '1 day' WHERE id = %s", record.pk))


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_of_six_right_records_one_is_written(self, site: Site, amara: Staff) -> None:
        wrong = in_error(make_signed(site, amara).session, amara)
        people = [make_ready(site) for _ in range(6)]
        for person in people:
            make_course(person, amara)
        answers = together(6, lambda n: rewritten(wrong, people[n], amara))
        assert sum(isinstance(a, TreatmentSession) for a in answers) == 1 and sum(isinstance(a, NotReplaceable) for a in answers) == 5
        assert DeviceBlock.objects.filter(cartridge=unit_of(wrong), session__entered_in_error=None).count() == 1

    @pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
    def test_of_two_raw_blocks_one_stays_at_any_isolation(self, isolation: str, site: Site, amara: Staff) -> None:
        drafts = [make_draft(site, amara, make_entry(site, cartridge=None, zones=())) for _ in range(2)]
        unit = Cartridge.objects.filter(blocks=None).first()
        assert unit is not None

        def take(number: int) -> int:
            with connection.cursor() as cursor:
                cursor.execute(f"BEGIN ISOLATION LEVEL {isolation}")
                try:
                    cursor.execute("SELECT count(*) FROM treatments_deviceblock")
                    cursor.execute("UPDATE treatments_deviceblock SET cartridge_id = %s WHERE session_id = %s", [unit.pk, drafts[number].pk])
                    cursor.execute("COMMIT")
                except Exception:
                    cursor.execute("ROLLBACK")
                    raise
                return number

        answers = together(2, take)
        assert sum(isinstance(a, int) for a in answers) == 1 and DeviceBlock.objects.filter(cartridge=unit).count() == 1


class TestADraftThatNeverBegan:
    def test_gives_its_unit_back(self, site: Site, amara: Staff, ada: Patient) -> None:
        """Nothing of it touched anybody: the unit is free, and the history keeps that it was held."""
        draft = make_draft(site, amara)
        unit = unit_of(draft)
        assert unit not in selectors.free_cartridges(site, DAY.date())
        in_error(draft, amara)
        assert draft.blocks.get().cartridge is None and unit in selectors.free_cartridges(site, DAY.date())
        assert selectors.why_not(unit, DAY.date()) == ""
        assert unit_of(make_draft(site, amara, make_entry(site, cartridge=unit), patient=ada)) == unit
        kept = apps.get_model("treatments", "DeviceBlockEvent").objects.filter(pgh_obj_id=draft.blocks.get().pk, cartridge_id=unit.pk)
        assert kept.exists()

    def test_one_that_began_keeps_it(self, site: Site, amara: Staff) -> None:
        record = in_error(make_started(site, amara), amara)
        assert unit_of(record) not in selectors.free_cartridges(site, DAY.date())

    def test_cannot_be_started_any_more(self, site: Site, amara: Staff) -> None:
        with pytest.raises(NotOpen):
            services.start_session(record=in_error(make_draft(site, amara), amara), by=Actor.of_staff(amara), at=DAY)


class TestPrp:
    """When it was drawn and used and how much are facts of the treatment; the check of the tube was of another person (decision 0046)."""

    def wrong(self, site: Site, amara: Staff, okoro: Staff) -> TreatmentSession:
        record = make_ended(site, amara)
        PrpUse.objects.create(session=record, planned_at=DAY, planned_by="x", drawn_at=DAY, tube_label="Olivia Marsh", used_at=DAY + timedelta(minutes=20), volume_ml=6)
        for who in (amara, okoro):
            TubeCheck.objects.create(session=record, by=who, name=who.display_name, matches=True, tube_label="Olivia Marsh", how="own_login", at=DAY + timedelta(minutes=9))
        return in_error(record, amara)

    def test_times_and_volume_are_carried_and_marked_the_label_is_not(self, site: Site, amara: Staff, okoro: Staff, ada: Patient) -> None:
        record = rewritten(self.wrong(site, amara, okoro), ada, amara)
        row = record.prp
        assert (row.drawn_at, row.used_at, row.volume_ml, row.tube_label) == (DAY, DAY + timedelta(minutes=20), 6, "")
        assert selectors.prp.carried(record) is not None and not record.tube_checks.exists()

    def test_the_check_was_of_another_patient_and_does_not_count(self, site: Site, amara: Staff, okoro: Staff, ada: Patient) -> None:
        record = completed(rewritten(self.wrong(site, amara, okoro), ada, amara), amara)
        assert selectors.prp.checks_that_count(record, record.prp) == []
        with pytest.raises(Blocked) as stop:
            signed(record, amara)
        assert [f.rule for f in stop.value.findings] == ["S03", "S19"]  # nor did she consent to PRP
        content = signed(completed(record, amara, S03="Asked and agreed by word.", S19="The tube was drawn from Ada at the chair; the label was printed from the wrong chart."), amara).content
        told = json.loads(content)
        assert told["prp"]["carried"] is True and told["prp"]["checks"] == []
        assert [row["name"] for row in told["prp"]["checks_of_another"]] == [amara.display_name, okoro.display_name]
        assert "Olivia Marsh" not in json.dumps(told["prp"]) and {"rule": "S19", "severity": "BLOCK"} in told["findings"]

    def test_for_the_same_patient_the_check_stands(self, site: Site, amara: Staff, okoro: Staff) -> None:
        wrong = self.wrong(site, amara, okoro)
        record = rewritten(wrong, wrong.patient, amara)
        assert record.prp.tube_label == "Olivia Marsh" and len(selectors.prp.checks_that_count(record, record.prp)) == 2
        assert selectors.prp.checks_of_another(record) == []

    def test_for_the_same_patient_a_check_of_the_tube_before_does_not_stand(self, site: Site, amara: Staff, okoro: Staff) -> None:
        """Drawn again in the mistaken record, at a time typed too early: who checked the first tube has not seen the one that was used."""
        record, by = make_started(site, amara), Actor.of_staff(amara)
        PrpUse.objects.create(session=record, planned_at=DAY, planned_by="x", drawn_at=DAY, tube_label="Olivia Marsh")
        at = DAY + timedelta(minutes=12)
        for who in (amara, okoro):
            services.prp.check_tube(record=record, staff=who, matches=True, how=CheckHow.OWN_LOGIN, by=Actor.of_staff(who), at=at)
        services.prp.draw_prp(record=record, drawn_at=DAY, tube_label="Olivia Marsh", by=by, at=at)
        services.prp.check_tube(record=record, staff=okoro, matches=True, how=CheckHow.OWN_LOGIN, by=Actor.of_staff(okoro), at=at)
        PrpUse.objects.filter(session=record).update(used_at=at, volume_ml=6)
        right = rewritten(in_error(record, amara), record.patient, amara)
        assert [check.by for check in selectors.prp.checks_that_count(right, right.prp)] == [okoro]

    def test_the_page_names_whose_check_stands(self, site: Site, amara: Staff, okoro: Staff, client_as: SignIn) -> None:
        wrong = self.wrong(site, amara, okoro)
        record = rewritten(wrong, wrong.patient, amara)
        with time_machine.travel(LATER, tick=False):
            page = client_as(amara).get(reverse("treatments:prp", args=[record.uuid])).content.decode()
        assert "Nobody yet." not in page and page.count("this patient&#x27;s") + page.count("this patient's</span>") >= 2 and okoro.display_name in page

    def test_put_right_twice_what_was_said_of_the_tube_is_not_lost(self, site: Site, amara: Staff, okoro: Staff, ada: Patient) -> None:
        """The second record of the same patient was wrong in itself too: the check stands. Written for Ada at last, who checked is named still."""
        wrong = self.wrong(site, amara, okoro)
        second = rewritten(wrong, wrong.patient, amara)
        third = rewritten(in_error(second, amara), wrong.patient, amara)
        assert {check.by for check in selectors.prp.checks_that_count(third, third.prp)} == {amara, okoro}
        last = rewritten(in_error(third, amara), ada, amara)
        assert selectors.prp.checks_that_count(last, last.prp) == []
        assert [check.by for check in selectors.prp.checks_of_another(last)] == [amara, okoro]

    def test_what_was_only_planned_is_not_carried(self, site: Site, amara: Staff, ada: Patient) -> None:
        record = make_started(site, amara)
        PrpUse.objects.create(session=record, planned_at=DAY, planned_by="x", drawn_at=DAY, tube_label="Olivia Marsh")
        assert not PrpUse.objects.filter(session=rewritten(in_error(record, amara), ada, amara)).exists()

    def test_the_pages_say_so(self, site: Site, amara: Staff, okoro: Staff, ada: Patient, client_as: SignIn) -> None:
        wrong = self.wrong(site, amara, okoro)
        with time_machine.travel(LATER, tick=False):
            client = client_as(amara)
            page = client.get(reverse("treatments:right_record", args=[wrong.uuid])).content.decode()
            assert "When PRP was drawn and used, and how much, is taken over." in page
            record = rewritten(wrong, ada, amara)
            page = client.get(reverse("treatments:prp", args=[record.uuid])).content.decode()
            assert "Taken over from the mistaken record" in page and "so this does not count" in page and okoro.display_name in page
            assert "taken over from the mistaken record" in client.get(reverse("treatments:session", args=[record.uuid])).content.decode()


class TestWhoReceivedTheLot:
    def test_the_right_patient_stands_and_the_mistaken_line_is_marked(self, site: Site, amara: Staff, ada: Patient) -> None:
        wrong = in_error(make_signed(site, amara).session, amara)
        rewritten(wrong, ada, amara)
        lot, by = unit_of(wrong).lot, Actor.of_staff(amara)
        rows = selectors.received(lot, by)
        assert [(row.patient, row.in_error, row.replaced) for row in rows] == [(ada, False, False), (wrong.patient, True, True)]
        counted: Any = selectors.lots_with_counts(by).get(pk=lot.pk)
        assert (counted.left, counted.all) == (1, 2)

    def test_only_the_right_patient_is_contacted(self, site: Site, amara: Staff, ada: Patient) -> None:
        wrong = in_error(make_signed(site, amara).session, amara)
        rewritten(wrong, ada, amara)
        lot, by = unit_of(wrong).lot, Actor.of_staff(amara)
        services.recall_lot(lot=lot, reason="maker", by=by, at=LATER)
        lot.refresh_from_db()
        assert [row.patient for row in services.recalls.prepare_contacts(thing=lot, staff=amara, by=by, at=LATER)] == [ada]

    def test_a_mistake_that_nobody_put_right_still_concerns_its_patient(self, site: Site, amara: Staff) -> None:
        wrong = in_error(make_signed(site, amara).session, amara)
        lot, by = unit_of(wrong).lot, Actor.of_staff(amara)
        services.recall_lot(lot=lot, reason="maker", by=by, at=LATER)
        lot.refresh_from_db()
        assert [row.patient for row in services.recalls.prepare_contacts(thing=lot, staff=amara, by=by, at=LATER)] == [wrong.patient]

    def test_page_and_export_say_so(self, site: Site, amara: Staff, ada: Patient, client_as: SignIn) -> None:
        wrong = in_error(make_signed(site, amara).session, amara)
        rewritten(wrong, ada, amara)
        lot = unit_of(wrong).lot
        client = client_as(amara)
        page = client.get(reverse("treatments:lot", args=[lot.uuid])).content.decode()
        assert 'Who received it <span class="muted small">1</span>' in page and "written into the right record" in page
        lines = client.get(reverse("treatments:received_lot_csv", args=[lot.uuid])).content.decode().splitlines()
        remarks = {str(n): [line for line in lines if str(n) in line] for n in (ada.number, wrong.patient.number)}
        assert all("entered in error" not in line for line in remarks[str(ada.number)])
        assert all("entered in error, written into the right record" in line for line in remarks[str(wrong.patient.number)])


class TestThePages:
    """Record for the wrong patient signed → entered in error → the right record with that unit → signed."""

    @pytest.fixture(autouse=True)
    def clock(self) -> Any:
        with time_machine.travel(LATER, tick=False):
            yield

    def test_the_whole_way(self, site: Site, amara: Staff, ada: Patient, client_as: SignIn) -> None:
        wrong, client = make_signed(site, amara).session, client_as(amara)
        at, subject = reverse("treatments:session", args=[wrong.uuid]), {"subject": str(wrong.patient.uuid)}
        client.post(reverse("treatments:entered_in_error", args=[wrong.uuid]), subject | {"text": "Wrong patient."})
        way = reverse("treatments:right_record", args=[wrong.uuid])
        assert way in client.get(at).content.decode() and unit_of(wrong).lot.lot in client.get(way).content.decode()

        answer = client.post(way, subject | {"number": ada.number, "birth_on": "1999-01-01", "reason": "Chair list."})
        assert answer.status_code == 422 and "this date of birth" in answer.content.decode() and "Chair list." in answer.content.decode()
        answer = client.post(way, subject | {"number": ada.number, "birth_on": ada.birth_on.isoformat(), "reason": "Chair list."})
        record = TreatmentSession.objects.get(replaces=wrong)
        assert answer.status_code == 302 and str(record.uuid) in answer["Location"]

        page = client.get(reverse("treatments:session", args=[record.uuid])).content.decode()
        assert "This replaces a mistaken record" in page and "Chair list." in page and "Olivia" in page
        block = record.blocks.get()
        sent = {
            "subject": str(ada.uuid), "version": record.version, "device": block.device_id, "cartridge": block.cartridge_id, "seal_intact": "on", "fitzpatrick": "II",
            "pain": "3", "no_adverse_event": "on", "aftercare_delivered": "on", "sharps_and_cleaning_confirmed": "on",
            **{f"{kind}_{z.zone}": value for z in block.zones.all() for kind, value in (("depth", z.depth_mm), ("passes", z.passes), ("endpoint", z.endpoint))},
        }  # fmt: skip
        client.post(reverse("treatments:sign", args=[record.uuid]), sent)
        record.refresh_from_db()
        assert record.state == "signed" and unit_of(record) == unit_of(wrong) and broken_records() == []
        page = client.get(reverse("treatments:session", args=[record.uuid])).content.decode()
        assert "written for another patient by mistake and is entered in error" in page and "Chair list." in page
        page = client.get(at).content.decode()
        assert "The treatment is written in the record it belongs to." in page and way not in page
        assert client.get(way).status_code == 302
        printed = client.get(reverse("treatments:record_print", args=[wrong.uuid])).content.decode()
        assert "The treatment is written in the record it belongs to." in printed and str(ada.number) not in printed

    def test_another_site_s_patient_is_nobody(self, site: Site, other_site: Site, amara: Staff, client_as: SignIn) -> None:
        wrong = in_error(make_signed(site, amara).session, amara)
        far = make_ready(other_site)
        make_course(far, amara)
        sent = {"subject": str(wrong.patient.uuid), "number": far.number, "birth_on": far.birth_on.isoformat(), "reason": "x"}
        assert client_as(amara).post(reverse("treatments:right_record", args=[wrong.uuid]), sent).status_code == 422
        assert not TreatmentSession.objects.filter(replaces=wrong).exists() and EnteredInError.objects.count() == 1

    def test_a_record_that_stands_leads_back(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_signed(site, amara).session
        assert client_as(amara).get(reverse("treatments:right_record", args=[record.uuid])).status_code == 302

    def test_the_chart_says_it_on_both_sides(self, site: Site, amara: Staff, ada: Patient, client_as: SignIn) -> None:
        wrong = in_error(make_signed(site, amara).session, amara)
        rewritten(wrong, ada, amara)
        charts = [client_as(amara).get(reverse("desk:patient_overview", args=[person.uuid])).content.decode() for person in (wrong.patient, ada)]
        assert "entered in error, in the right record now" in charts[0] and "replaces a mistaken record" in charts[1]
        assert "entered in error" not in charts[1]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_the_patient_is_held_but_may_be_named_by_a_row_meanwhile(site: Site, amara: Staff, ada: Patient) -> None:
    """Who prepares a recall holds the lot and names the patient at the end. If that had to wait, while the lot is waited for here, one of the two would fail."""

    def hold(strength: str) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT id FROM patients_patient WHERE id = {ada.pk} FOR {strength}")

    wrong = in_error(make_signed(site, amara).session, amara)
    with transaction.atomic():
        rewritten(wrong, ada, amara)
        assert refused_to_wait(lambda: hold("UPDATE")) and not refused_to_wait(lambda: hold("KEY SHARE"))
