"""A serum or numbing cream that is withdrawn or past its date is never applied in silence (decision 0028)."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from tests.treatments.make import DAY, DESK, END, make_draft, make_entry, make_product
from treatments import selectors, services
from treatments.models import Product, SignedRecord, TreatmentSession
from treatments.services import Blocked, NotUsable

DURING = DAY + timedelta(minutes=12)
WHY = "On the scalp for 3 min, then washed off."
KEY = "STOCK:HA serum"
pytestmark = pytest.mark.django_db


def with_serum(site: Site, staff: Staff) -> TreatmentSession:
    """A draft that may start, with a serum whose patch test was negative."""
    product, record, by = make_product(site, expires_on=DAY.date()), make_draft(site, staff), Actor.of_staff(staff)
    test = services.apply_patch_test(patient=record.patient, product=product, by=by, at=DAY - timedelta(days=5))
    services.read_patch_test(test=test, result="negative", by=by, at=DAY - timedelta(days=2))
    entry = replace(kept(record), products=((product, 0),))
    return services.save_session(record=record, version=record.version, entry=entry, by=by, at=DAY)


def kept(record: TreatmentSession) -> services.SessionEntry:
    """The form as it stands, without products."""
    block = record.blocks.get()
    assert block.cartridge
    return replace(make_entry(record.site), device=block.device, cartridge=block.cartridge)


def start(record: TreatmentSession, staff: Staff) -> TreatmentSession:
    return services.start_session(record=record, by=Actor.of_staff(staff), at=DAY)


def end(record: TreatmentSession, staff: Staff, at: datetime = END) -> TreatmentSession:
    return services.end_session(record=record, ended_at=at, by=Actor.of_staff(staff), at=END)


def withdrawn(at: datetime = DURING) -> None:
    services.withdraw_product(product=Product.objects.get(), reason="maker's recall: not sterile", by=DESK, at=at)


def explained(record: TreatmentSession, words: str = WHY) -> TreatmentSession:
    record = TreatmentSession.objects.get(pk=record.pk)
    record.reasons = {**record.reasons, KEY: words}
    record.save(update_fields=["reasons"])
    return record


class TestTheStart:
    def test_a_good_serum_is_silent_through_its_last_day(self, site: Site, amara: Staff) -> None:
        record = with_serum(site, amara)
        assert selectors.evaluate(record, "start").findings == []
        assert start(record, amara).state == "started"

    @pytest.mark.parametrize("how", ["withdrawn", "past its date"])
    def test_is_refused_and_no_reason_helps(self, site: Site, amara: Staff, how: str) -> None:
        record = with_serum(site, amara)
        if how == "withdrawn":
            withdrawn(DAY - timedelta(minutes=1))
        else:
            Product.objects.update(expires_on=DAY.date() - timedelta(days=1))
        with pytest.raises(Blocked) as stop:
            start(explained(record), amara)
        assert [(f.rule, f.severity, f.subject) for f in stop.value.findings] == [("STOCK", "BLOCK", "HA serum")]
        record.refresh_from_db()
        assert record.state == "draft"

    def test_goes_on_without_the_product(self, site: Site, amara: Staff) -> None:
        record, by = with_serum(site, amara), Actor.of_staff(amara)
        withdrawn(DAY - timedelta(minutes=1))
        record = services.save_session(record=record, version=record.version, entry=kept(record), by=by, at=DAY)
        assert start(record, amara).state == "started"

    def test_a_numbing_cream_past_its_date_is_refused_too(self, site: Site, amara: Staff) -> None:
        cream = make_product(site, name="Lidocaine 4%", kind="other", is_anaesthetic=True, strength_percent=4, expires_on=DAY.date() - timedelta(days=1))
        numbing = {
            "product": cream, "strength_percent": Decimal(4), "area_cm2": Decimal(100), "grams": Decimal(5), "weight_kg": Decimal(70), "other_mg_12h": 0,
            "on_at": DAY - timedelta(minutes=40), "off_at": DAY - timedelta(minutes=5), "wiped_off": True,
        }  # fmt: skip
        record = make_draft(site, amara, make_entry(site, anaesthetic=numbing))
        found = selectors.evaluate(record, "start")
        assert [(f.rule, f.subject) for f in found.findings] == [("STOCK", "Lidocaine 4%")]


class TestWhileItRuns:
    def test_the_finding_stops_until_it_is_explained(self, site: Site, amara: Staff) -> None:
        record = start(with_serum(site, amara), amara)
        withdrawn()
        found = selectors.evaluate(record, "checkout")
        assert [(f.rule, f.severity) for f in found.blocks()] == [("STOCK", "BLOCK")] and found.withdrawn == [KEY]
        with pytest.raises(Blocked):
            end(explained(record, ""), amara)

    def test_explained_it_ends_and_is_signed_with_finding_and_reason(self, site: Site, amara: Staff) -> None:
        record = start(with_serum(site, amara), amara)
        withdrawn()
        record = end(explained(record), amara)
        services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=END + timedelta(hours=1))
        content = json.loads(SignedRecord.objects.get().content)
        assert {"rule": "STOCK", "severity": "BLOCK", "product": "HA serum"} in content["findings"] and content["reasons"][KEY] == WHY

    def test_without_the_reason_it_is_not_signed(self, site: Site, amara: Staff) -> None:
        record = start(with_serum(site, amara), amara)
        withdrawn()
        record = explained(end(explained(record), amara), "")
        with pytest.raises(Blocked) as stop:
            services.sign_session(record=record, signer=amara, by=Actor.of_staff(amara), at=END + timedelta(hours=1))
        assert [f.rule for f in stop.value.findings] == ["STOCK"]

    def test_what_is_learnt_after_the_patient_left_needs_no_reason(self, site: Site, amara: Staff) -> None:
        record = end(start(with_serum(site, amara), amara), amara)
        withdrawn(END + timedelta(seconds=1))
        assert selectors.evaluate(TreatmentSession.objects.get(pk=record.pk), "signoff").findings == []

    def test_nothing_out_of_use_joins_a_record_that_runs(self, site: Site, amara: Staff) -> None:
        record = start(make_draft(site, amara), amara)
        product = make_product(site)
        withdrawn()
        with pytest.raises(NotUsable):
            services.save_session(record=record, version=record.version, entry=replace(kept(record), products=((product, 0),)), by=Actor.of_staff(amara), at=DURING)


def test_the_page_says_it_and_offers_the_way_out(site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
    with time_machine.travel(DAY + timedelta(minutes=20), tick=False):
        draft, client = with_serum(site, amara), client_as(amara)
        url = reverse("treatments:session", args=[draft.uuid])
        withdrawn(DAY + timedelta(minutes=1))
        page = client.get(url).content.decode()
        assert "This product was withdrawn, or is past its date." in page and "What was truly used" not in page
        TreatmentSession.objects.update(state="started", started_at=DAY)
        page = client.get(url).content.decode()
        assert f'name="reason:{KEY}"' in page and "What was truly used" in page
        sent = {"subject": str(draft.patient.uuid), "version": TreatmentSession.objects.get().version, f"reason:{KEY}": WHY}
        block = draft.blocks.get()
        sent |= {"device": block.device_id, "cartridge": block.cartridge_id, "seal_intact": "on", "product_0": Product.objects.get().pk, "depth_vertex": "0.75"}
        assert client.post(url, sent).status_code == 302
        assert TreatmentSession.objects.get().reasons == {KEY: WHY}
