"""A lot recalled, or a device retired, while a session runs: the record states what was used, with the finding and a reason (decision 0017)."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from tests.treatments.make import DAY, DESK, END, make_draft, make_entry, make_signed, make_started
from treatments import selectors, services
from treatments.models import CartridgeLot, Device, DeviceBlock, SignedRecord, TreatmentSession
from treatments.services import Blocked, NotUsable

DURING = DAY + timedelta(minutes=12)
WHY = "Used until 10:12 for the vertex, then changed. Seal and tip looked well."
pytestmark = pytest.mark.django_db


def recalled(at: datetime = DURING) -> None:
    services.recall_lot(lot=CartridgeLot.objects.order_by("pk")[0], reason="not sterile", by=DESK, at=at)


def set_aside(at: datetime = DURING) -> None:
    services.quarantine_lot(lot=CartridgeLot.objects.order_by("pk")[0], reason="a reaction", by=DESK, at=at)


def pen_broken(at: datetime = DURING) -> None:
    services.retire_device(device=Device.objects.order_by("pk")[0], reason="smoke", by=DESK, at=at)


def end(record: TreatmentSession, staff: Staff, at: datetime = END) -> TreatmentSession:
    return services.end_session(record=record, ended_at=at, by=Actor.of_staff(staff), at=END)


def explained(record: TreatmentSession, rule: str, words: str = WHY) -> TreatmentSession:
    record = TreatmentSession.objects.get(pk=record.pk)
    record.reasons = {**record.reasons, rule: words}
    record.save(update_fields=["reasons"])
    return record


@pytest.mark.parametrize(("learn", "rule"), [(recalled, "S06"), (set_aside, "S06"), (pen_broken, "S05")])
class TestWhileItRuns:
    def test_the_finding_stands_and_stops_until_it_is_explained(self, learn: Callable[[], None], rule: str, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        learn()
        record = TreatmentSession.objects.get(pk=record.pk)
        found = selectors.evaluate(record, "checkout")
        assert [(f.rule, f.severity) for f in found.blocks()] == [(rule, "BLOCK")] and found.withdrawn == [rule]
        with pytest.raises(Blocked):
            end(record, amara)
        with pytest.raises(Blocked):
            end(explained(record, rule, ""), amara)

    def test_explained_it_ends_and_is_signed_with_finding_and_reason(self, learn: Callable[[], None], rule: str, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        learn()
        record = end(explained(record, rule), amara)
        assert [f.rule for f in selectors.evaluate(record, "signoff").findings] == [rule]
        services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=END + timedelta(hours=1))
        content = json.loads(SignedRecord.objects.get().content)
        assert {"rule": rule, "severity": "BLOCK"} in content["findings"] and content["reasons"][rule] == WHY

    def test_without_the_reason_it_is_not_signed_either(self, learn: Callable[[], None], rule: str, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        learn()
        record = explained(end(explained(record, rule), amara), rule, "")
        with pytest.raises(Blocked) as stop:
            services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=END + timedelta(hours=1))
        assert [f.rule for f in stop.value.findings] == [rule]

    def test_a_start_is_never_explained_away(self, learn: Callable[[], None], rule: str, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        learn()
        with pytest.raises(Blocked):
            services.start_session(record=explained(record, rule), by=Actor.of_staff(amara), at=DAY)

    def test_what_is_learnt_after_the_patient_left_needs_no_reason(self, learn: Callable[..., None], rule: str, site: Site, amara: Staff) -> None:
        record = end(make_started(site, amara), amara)
        learn(at=END + timedelta(seconds=1))
        record = TreatmentSession.objects.get(pk=record.pk)
        assert not selectors.evaluate(record, "signoff").findings

    def test_nor_does_it_when_the_end_is_noted_late(self, learn: Callable[..., None], rule: str, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        learn(at=DAY + timedelta(minutes=35))
        assert end(TreatmentSession.objects.get(pk=record.pk), amara, DAY + timedelta(minutes=30)).state == "ended"


class TestWhatElseIsWrong:
    def test_a_broken_seal_is_not_explained_by_a_recall(self, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        recalled()
        DeviceBlock.objects.update(seal_intact=False)
        record = explained(record, "S06")
        assert selectors.evaluate(record, "checkout").withdrawn == []
        with pytest.raises(Blocked):
            end(record, amara)

    def test_a_depth_above_the_device_s_own_is_not_explained_by_its_retirement(self, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        pen_broken()
        Device.objects.update(max_depth_hundredths=60)
        record = explained(record, "S05")
        found = selectors.evaluate(record, "checkout")
        assert found.withdrawn == ["S05"] and [(f.rule, f.subject) for f in found.blocks()] == [("S05", "vertex")]

    def test_the_second_cartridge_is_not_one_of_a_recalled_lot(self, site: Site, amara: Staff) -> None:
        record, other = make_started(site, amara), make_entry(site)
        assert other.device and other.cartridge
        services.recall_lot(lot=other.cartridge.lot, reason="not sterile", by=DESK, at=DURING)
        other.cartridge.lot.refresh_from_db()
        with pytest.raises(NotUsable):
            services.change_block(record=record, device=other.device, cartridge=other.cartridge, seal_intact=True, by=Actor.of_staff(amara), at=DURING)

    def test_a_lot_set_aside_keeps_its_first_instant_and_loses_it_when_lifted(self, site: Site, amara: Staff) -> None:
        make_draft(site, amara)
        set_aside(), set_aside(DURING + timedelta(hours=1))
        lot = CartridgeLot.objects.get()
        assert lot.out_of_use_at == DURING
        services.release_lot(lot=lot, reason="dry", by=DESK)
        assert CartridgeLot.objects.get().out_of_use_at is None


class TestOnThePage:
    @pytest.fixture(autouse=True)
    def clock(self) -> Any:
        with time_machine.travel(DAY + timedelta(minutes=20), tick=False):
            yield

    def test_the_way_out_is_beside_the_finding_and_reaches_the_signed_page(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        record, client = make_started(site, amara), client_as(amara)
        recalled()
        page = client.get(reverse("treatments:session", args=[record.uuid])).content.decode()
        assert 'name="reason:S06"' in page and "What was truly used" in page and "Stop using it" in page
        record.refresh_from_db()
        block = record.blocks.get()
        sent = {
            "subject": str(record.patient.uuid), "version": record.version, "device": block.device_id, "cartridge": block.cartridge_id,
            "seal_intact": "on", "fitzpatrick": "II", "depth_vertex": "0.75", "passes_vertex": "4", "endpoint_vertex": "mild_erythema", "pain": "3",
            "no_adverse_event": "on", "aftercare_delivered": "on", "sharps_and_cleaning_confirmed": "on",
        }  # fmt: skip
        stopped = client.post(reverse("treatments:end", args=[record.uuid]), sent)
        assert stopped.status_code == 422 and 'name="reason:S06"' in stopped.content.decode()
        record.refresh_from_db()
        assert client.post(reverse("treatments:end", args=[record.uuid]), sent | {"version": record.version, "reason:S06": WHY}).status_code == 302
        record.refresh_from_db()
        assert record.state == "ended" and record.reasons["S06"] == WHY

    def test_a_draft_is_offered_no_such_box(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        record = make_draft(site, amara)
        recalled()
        page = client_as(amara).get(reverse("treatments:session", args=[record.uuid])).content.decode()
        assert "S06" in page and "What was truly used" not in page

    def test_the_signed_page_says_both(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        record = make_started(site, amara)
        recalled()
        record = services.end_session(record=explained(record, "S06"), ended_at=DAY + timedelta(minutes=19), by=Actor.of_staff(amara), at=DAY + timedelta(minutes=20))
        services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=DAY + timedelta(minutes=20))
        page = client_as(amara).get(reverse("treatments:session", args=[record.uuid])).content.decode()
        assert WHY in page and "it is recalled" in page


def test_a_record_signed_before_has_no_new_finding(site: Site, amara: Staff) -> None:
    signed = make_signed(site, amara)
    recalled(END + timedelta(days=1))
    assert selectors.evaluate(TreatmentSession.objects.get(pk=signed.session_id), "signoff").withdrawn == []
