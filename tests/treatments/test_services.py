"""The record from draft to check-out: what is refused, what is kept, what follows."""

from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction

from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site, Staff
from patients import selectors as people
from tests.treatments.make import (
    DAY,
    END,
    make_cartridge,
    make_course,
    make_device,
    make_draft,
    make_ended,
    make_entry,
    make_patient,
    make_product,
    make_ready,
    make_signed,
    make_started,
)
from treatments import selectors, services
from treatments.models import Cartridge, CartridgeLot, Device, DeviceBlock, PatchTest, ProductUse, TreatmentSession
from treatments.services import (
    Blocked,
    CartridgeSpent,
    CartridgeTaken,
    ChangedMeanwhile,
    EndBeforeStart,
    NotOpen,
    SessionEntry,
    ZoneEntry,
)


def rules(stop: pytest.ExceptionInfo[Blocked]) -> list[str]:
    return [finding.rule for finding in stop.value.findings]


def start(record: TreatmentSession, staff: Staff) -> TreatmentSession:
    return services.start_session(record=record, by=Actor.of_staff(staff), at=DAY)


class TestOpening:
    def test_needs_a_course(self, site: Site, amara: Staff) -> None:
        with pytest.raises(Refused, match="Plan a course first"):
            services.open_session(patient=make_ready(site), operator=amara, by=Actor.of_staff(amara), at=DAY)

    def test_takes_up_the_unfinished_one(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        again = services.open_session(patient=record.patient, operator=amara, by=Actor.of_staff(amara), at=DAY)
        assert again.pk == record.pk

    def test_numbers_within_the_course(self, site: Site, amara: Staff) -> None:
        patient = make_signed(site, amara).session.patient
        again = services.open_session(patient=patient, operator=amara, by=Actor.of_staff(amara), at=DAY + timedelta(days=30))
        assert (again.number, again.fitzpatrick) == (2, "II")

    def test_not_for_somebody_who_has_died(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        make_course(patient, amara)
        patient.deceased_on = date(2026, 3, 1)
        patient.save(update_fields=["deceased_on"])
        with pytest.raises(Refused):
            services.open_session(patient=patient, operator=amara, by=Actor.of_staff(amara), at=DAY)

    def test_a_new_course_ends_the_old_one(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        old, new = make_course(patient, amara), make_course(patient, amara, phase="maintenance")
        old.refresh_from_db()
        assert old.ended_at is not None and selectors.open_course(patient) == new


class TestSaving:
    def test_an_older_page_is_refused_and_changes_nothing(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        with pytest.raises(ChangedMeanwhile):
            services.save_session(record=record, version=record.version - 1, entry=SessionEntry(), by=Actor.of_staff(amara), at=DAY)
        assert record.blocks.get().zones.count() == 2

    def test_a_zone_taken_out_is_gone(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        block = record.blocks.get()
        entry = make_entry(site, device=block.device, cartridge=block.cartridge, zones=(ZoneEntry("vertex", 100),))
        services.save_session(record=record, version=record.version, entry=entry, by=Actor.of_staff(amara), at=DAY)
        assert list(block.zones.values_list("zone", "depth_hundredths")) == [("vertex", 100)]

    def test_a_product_finds_its_newest_patch_test(self, site: Site, amara: Staff) -> None:
        patient, serum = make_ready(site), make_product(site)
        old = PatchTest.objects.create(patient=patient, product=serum, applied_at=DAY - timedelta(days=9), by="x")
        new = PatchTest.objects.create(patient=patient, product=serum, applied_at=DAY - timedelta(days=4), by="x")
        record = make_draft(site, amara, make_entry(site, products=((serum, 0.0),)), patient=patient)
        assert record.product_uses.get().patch_test == new != old


class TestOneCartridgeOneSession:
    def test_a_second_session_is_refused(self, site: Site, amara: Staff) -> None:
        first = make_draft(site, amara)
        taken = first.blocks.get().cartridge
        with pytest.raises(CartridgeTaken):
            make_draft(site, amara, make_entry(site, cartridge=taken))

    def test_the_database_itself_refuses(self, site: Site, amara: Staff) -> None:
        block, other = make_draft(site, amara).blocks.get(), make_draft(site, amara)
        with pytest.raises(IntegrityError), transaction.atomic():
            DeviceBlock.objects.create(session=other, position=2, device=block.device, cartridge=block.cartridge)

    def test_in_a_draft_it_may_still_be_put_back(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        unit = record.blocks.get().cartridge
        services.save_session(record=record, version=record.version, entry=make_entry(site), by=Actor.of_staff(amara), at=DAY)
        assert unit in selectors.free_cartridges(site, DAY.date())

    def test_after_the_start_it_stays(self, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        with pytest.raises(CartridgeSpent):
            services.save_session(record=record, version=record.version, entry=make_entry(site), by=Actor.of_staff(amara), at=DAY)

    @pytest.mark.parametrize("act", ["free", "delete", "move"])
    def test_after_the_start_the_database_keeps_it(self, act: str, site: Site, amara: Staff) -> None:
        rows, other = DeviceBlock.objects.filter(pk=make_started(site, amara).blocks.get().pk), make_draft(site, amara)
        ways: dict[str, Any] = {
            "free": lambda: rows.update(cartridge=None),
            "delete": lambda: rows.delete(),
            "move": lambda: rows.update(session=other, position=5),
        }
        with pytest.raises(IntegrityError), transaction.atomic():
            ways[act]()

    def test_a_change_in_mid_session_is_a_second_block_on_which_the_rules_run(self, site: Site, amara: Staff) -> None:
        record, by = make_started(site, amara), Actor.of_staff(amara)
        pen = make_device(site, name="Pen Y", max_depth_hundredths=50)
        block = services.change_block(record=record, device=pen, cartridge=make_cartridge(site, lot="B2"), seal_intact=True, by=by, at=DAY)
        assert block.position == 2
        record.refresh_from_db()
        entry = make_entry(site, device=pen, cartridge=block.cartridge, zones=(ZoneEntry("occipital", 75, 2, "none"),))
        record = services.save_session(record=record, version=record.version, entry=entry, by=by, at=DAY)
        assert record.blocks.get(position=1).zones.count() == 2
        with pytest.raises(Blocked) as stop:
            services.end_session(record=record, ended_at=END, by=by, at=END)
        assert rules(stop) == ["S05"]

    def test_a_discarded_one_is_refused(self, site: Site, amara: Staff) -> None:
        unit = make_cartridge(site, lot="D1")
        Cartridge.objects.filter(pk=unit.pk).update(discarded_at=DAY)
        with pytest.raises(CartridgeTaken):
            make_draft(site, amara, make_entry(site, cartridge=unit))

    def test_why_one_can_not_be_taken(self, site: Site) -> None:
        unit = make_cartridge(site, lot="W1", expires_on=date(2026, 3, 2))
        assert selectors.why_not(unit, date(2026, 3, 2)) == ""
        assert "expired on 02 Mar 2026" in selectors.why_not(unit, date(2026, 3, 3))
        services.quarantine_lot(lot=unit.lot, reason="recall", by=Actor.of_command("t"), at=DAY)
        assert "out of use: recall" in selectors.why_not(unit, date(2026, 3, 2))


class TestStarting:
    def test_starts_and_keeps_the_screening_it_relied_on(self, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        assert (record.state, record.started_at) == ("started", DAY)
        assert record.patient.screenings.filter(gate="start", overall="CLEAR").count() == 1

    @pytest.mark.parametrize(
        ("rule", "spoil"),
        [
            ("S01", lambda record: record.patient.rescreens.all().delete()),
            ("S03", lambda record: record.patient.consents.update(withdrawn_at=DAY)),
            ("S04", lambda record: Staff.objects.filter(pk=record.operator_id).update(credential_valid=False)),
            ("S05", lambda record: Device.objects.update(max_depth_hundredths=60)),
            ("S05", lambda record: Device.objects.update(out_of_service=True)),
            ("S06", lambda record: CartridgeLot.objects.update(expires_on=date(2026, 3, 1))),
            ("S06", lambda record: CartridgeLot.objects.update(recalled=True)),
            ("S06", lambda record: record.blocks.update(seal_intact=False)),
            ("S20", lambda record: record.patient.measurements.all().delete()),
        ],
    )
    def test_nothing_overrides_a_block(self, rule: str, spoil: Any, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        spoil(record)
        with pytest.raises(Blocked) as stop:
            start(record, amara)
        assert rules(stop) == [rule]
        record.refresh_from_db()
        assert (record.state, record.started_at) == ("draft", None)

    def test_a_deferral_declared_today_stops_it(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site, herpes="active")
        with pytest.raises(Blocked) as stop:
            start(make_draft(site, amara, patient=patient), amara)
        assert rules(stop) == ["S02"]

    def test_an_open_hold_stops_it(self, site: Site, amara: Staff) -> None:
        from patients.services import place_hold

        record = make_draft(site, amara)
        place_hold(patient=record.patient, blocks=["session"], cause_kind="concern", cause_uuid=None, reason="x", by=Actor.of_task("t"), at=DAY)
        with pytest.raises(Blocked) as stop:
            start(record, amara)
        assert rules(stop) == ["S11"]

    @pytest.mark.parametrize(("days", "outcome"), [(6, "S10"), (7, "owed"), (27, "owed"), (28, "starts")])
    def test_the_interval(self, days: int, outcome: str, site: Site, amara: Staff) -> None:
        patient = make_signed(site, amara, at=DAY - timedelta(days=days)).session.patient
        from patients.services import record_rescreen

        record_rescreen(patient=patient, on=DAY.date(), changed=False, words="", by=Actor.of_staff(amara), at=DAY)
        record = make_draft(site, amara, patient=patient)
        if outcome == "starts":
            assert start(record, amara).state == "started"
            return
        with pytest.raises(Blocked) as stop:
            start(record, amara)
        assert (rules(stop), stop.value.owed) == ((["S10"], []) if outcome == "S10" else ([], ["S10"]))

    def test_an_empty_record_says_what_is_missing(self, site: Site, amara: Staff) -> None:
        with pytest.raises(Blocked) as stop:
            start(make_draft(site, amara, SessionEntry()), amara)
        assert stop.value.missing == ["Choose a device.", "Enter the depth of one zone at least."]

    def test_an_owed_reason_is_named_and_a_given_one_suffices(self, site: Site, amara: Staff) -> None:
        deep = (ZoneEntry("vertex", 175, 4, "mild_erythema"),)
        with pytest.raises(Blocked) as stop:
            start(make_draft(site, amara, make_entry(site, zones=deep)), amara)
        assert (rules(stop), stop.value.owed) == ([], ["S07:vertex", "S08:vertex"])
        reasons = {"S07:vertex": "Thick scalp.", "S08:vertex": "Thick scalp."}
        assert start(make_draft(site, amara, make_entry(site, zones=deep, reasons=reasons)), amara).state == "started"

    def test_a_reason_lifts_no_block(self, site: Site, amara: Staff) -> None:
        entry = make_entry(site, zones=(ZoneEntry("vertex", 251, 4, "none"),), reasons={"S07:vertex": "please", "S05:vertex": "please"})
        with pytest.raises(Blocked) as stop:
            start(make_draft(site, amara, entry), amara)
        assert "S07" in rules(stop)

    def test_a_typed_waiver_opens_an_incomplete_baseline_with_a_reason(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        make_course(patient, amara)
        entry = make_entry(site, reasons={"S20": "No camera today."})
        entry.fields["baseline_waiver_reason"] = "No camera today."
        assert start(make_draft(site, amara, entry, patient=patient), amara).state == "started"

    def test_a_product_without_patch_test_blocks_the_product_and_at_check_out(self, site: Site, amara: Staff) -> None:
        record = make_started(site, amara, make_entry(site, products=((make_product(site), 0.0),)))
        with pytest.raises(Blocked) as stop:
            services.end_session(record=record, ended_at=END, by=Actor.of_staff(amara), at=END)
        assert rules(stop) == ["S13"]


class TestEnding:
    def test_asks_for_the_aftercare_by_name_on_commit(self, site: Site, amara: Staff, django_capture_on_commit_callbacks: Any) -> None:
        record = make_started(site, amara)
        with patch("clinic.tasks.send_nudge") as sent, django_capture_on_commit_callbacks(execute=True):
            services.end_session(record=record, ended_at=END, by=Actor.of_staff(amara), at=END)
        sent.assert_called_once_with("aftercare.plan_ended_sessions")

    @pytest.mark.parametrize("minutes", [-1, 60])
    def test_not_before_the_start_nor_in_the_future(self, minutes: int, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        with pytest.raises(EndBeforeStart) as stop:
            services.end_session(record=record, ended_at=DAY + timedelta(minutes=minutes), by=Actor.of_staff(amara), at=END)
        assert stop.value.field == "ended_at"

    def test_the_database_refuses_an_end_before_the_start(self, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        with pytest.raises(IntegrityError), transaction.atomic():
            TreatmentSession.objects.filter(pk=record.pk).update(ended_at=DAY - timedelta(minutes=1))

    def test_a_hold_that_came_in_mid_session_does_not_keep_the_patient(self, site: Site, amara: Staff) -> None:
        from patients.services import place_hold

        record = make_started(site, amara)
        place_hold(patient=record.patient, blocks=["session"], cause_kind="concern", cause_uuid=None, reason="x", by=Actor.of_task("t"), at=DAY)
        assert services.end_session(record=record, ended_at=END, by=Actor.of_staff(amara), at=END).state == "ended"

    def test_frank_bleeding_opens_an_adverse_event_that_holds_the_next_session(self, site: Site, amara: Staff) -> None:
        record, by = make_started(site, amara), Actor.of_staff(amara)
        block = record.blocks.get()
        entry = make_entry(site, device=block.device, cartridge=block.cartridge, zones=(ZoneEntry("vertex", 75, 4, "frank_bleeding"),))
        record = services.save_session(record=record, version=record.version, entry=entry, by=by, at=DAY)
        services.end_session(record=record, ended_at=END, by=by, at=END)
        event = record.adverse_events.get()
        assert (event.zone, event.closed_at) == ("vertex", None)
        assert [hold.cause_uuid for hold in people.open_holds(record.patient, "session")] == [event.uuid]
        services.close_adverse_event(
            event=event, kind="recovered", outcome="Stopped with pressure.", ended_on=END.date(), by=Actor.of_staff(amara), at=END
        )
        assert people.open_holds(record.patient, "session") == []

    def test_frank_bleeding_written_down_after_the_end_opens_it_too(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara)
        block = record.blocks.get()
        entry = make_entry(site, device=block.device, cartridge=block.cartridge, zones=(ZoneEntry("vertex", 75, 4, "frank_bleeding"),))
        services.save_session(record=record, version=record.version, entry=entry, by=Actor.of_staff(amara), at=END)
        assert record.adverse_events.count() == 1

    def test_not_twice(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara)
        with pytest.raises(NotOpen):
            services.end_session(record=record, ended_at=END, by=Actor.of_staff(amara), at=END)


class TestCopyingTheLast:
    def test_settings_only(self, site: Site, amara: Staff) -> None:
        last = make_signed(site, amara, at=DAY - timedelta(days=30)).session
        record = services.open_session(patient=last.patient, operator=amara, by=Actor.of_staff(amara), at=DAY)
        record = services.copy_last(record=record, version=record.version, by=Actor.of_staff(amara), at=DAY)
        block = record.blocks.get()
        assert block.device == last.blocks.get().device and block.cartridge is None and not block.seal_intact
        assert not record.adverse_events.exists() and not record.photos.exists() and not record.no_adverse_event
        assert {(z.zone, z.depth_hundredths, z.passes, z.endpoint) for z in block.zones.all()} == {("vertex", 75, 4, ""), ("mid_scalp", 50, 4, "")}

    def test_nothing_to_copy(self, site: Site, amara: Staff) -> None:
        with pytest.raises(Refused, match="no earlier session"):
            services.copy_last(record=make_draft(site, amara), version=2, by=Actor.of_staff(amara), at=DAY)


class TestPatchTests:
    @pytest.mark.parametrize(("minutes", "allowed"), [(24 * 60, True), (24 * 60 - 1, False)])
    def test_24_hours_to_the_minute(self, minutes: int, allowed: bool, site: Site, amara: Staff) -> None:
        by, patient, serum = Actor.of_staff(amara), make_ready(site), make_product(site)
        applied = DAY - timedelta(minutes=minutes)
        test = services.apply_patch_test(patient=patient, product=serum, by=by, at=applied)
        services.read_patch_test(test=test, result="negative", by=by, at=DAY)
        record = make_draft(site, amara, make_entry(site, products=((serum, 0.0),)), patient=patient)
        found = selectors.evaluate(record, "start")
        assert ("S13" not in [f.rule for f in found.blocks()]) is allowed


class TestHistory:
    def test_each_change_has_its_actor(self, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        rows = TreatmentSession.pgh_event_model.objects.filter(pgh_obj_id=record.pk)  # type: ignore[attr-defined]
        assert rows.count() >= 3
        assert not rows.filter(pgh_context=None).exists()
        assert ProductUse.pgh_event_model.objects.count() == 0  # type: ignore[attr-defined]


def test_builders_make_a_baseline_that_suffices(site: Site, amara: Staff) -> None:
    record = make_draft(site, amara)
    assert selectors.evaluate(record, "start").overall == "OK"
