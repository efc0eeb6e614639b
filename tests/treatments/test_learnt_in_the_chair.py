"""What is learnt once the session runs is written down and ends with it (S13, S15, S16, decision 0017); what is on the patient before the start stops the start."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients.models import Allergy
from tests.treatments.make import DAY, END, make_draft, make_entry, make_product, make_ready, make_started
from treatments import selectors, services
from treatments.models import PatchTest, ProductUse, SignedRecord, TreatmentSession
from treatments.services import Blocked, SessionEntry

pytestmark = pytest.mark.django_db
DURING = DAY + timedelta(minutes=12)
SIGNED = END + timedelta(hours=1)
WHY = "Red weals at 10:10. Washed off, watched for an hour, well when she left."


def numbed(site: Site, **changes: Any) -> dict[str, Any]:
    """5 g of a 4 % cream (200 mg) on 70 kg, wiped off: all that S16 asks for."""
    cream = make_product(site, name="LMX 4", kind="other", lot="C1", is_anaesthetic=True, ingredients=["lidocaine"])
    return {
        "product": cream, "strength_percent": 4, "area_cm2": 100, "grams": 5, "weight_kg": 70, "other_mg_12h": 0,
        "on_at": DAY - timedelta(minutes=40), "off_at": DAY - timedelta(minutes=5), "wiped_off": True,
    } | changes  # fmt: skip


def save(record: TreatmentSession, staff: Staff, entry: SessionEntry, at: datetime = DURING) -> TreatmentSession:
    return services.save_session(record=record, version=record.version, entry=entry, by=Actor.of_staff(staff), at=at)


def end(record: TreatmentSession, staff: Staff) -> TreatmentSession:
    return services.end_session(record=record, ended_at=END, by=Actor.of_staff(staff), at=END)


def sign(record: TreatmentSession, staff: Staff) -> dict[str, Any]:
    services.sign_session(record=record, signer=staff, by=Actor.of_staff(staff), at=SIGNED)
    told: dict[str, Any] = json.loads(SignedRecord.objects.get(session=record).content)
    return told


def explained(record: TreatmentSession, key: str, words: str = WHY) -> TreatmentSession:
    record = TreatmentSession.objects.get(pk=record.pk)
    record.reasons = {**record.reasons, key: words}
    record.save(update_fields=["reasons"])
    return record


def stopped_by(act: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(Blocked) as stop:
        act()
    return [(f.rule, f.subject) for f in stop.value.findings]


def allergic(site: Site, amara: Staff) -> tuple[TreatmentSession, SessionEntry]:
    """She reacts under the cream, and the allergy is noted."""
    entry = make_entry(site, anaesthetic=numbed(site))
    record = make_started(site, amara, entry)
    Allergy.objects.create(patient=record.patient, substance="anaesthetic", name="lidocaine", noted_at=DURING)
    return TreatmentSession.objects.get(pk=record.pk), entry


def retinol(site: Site, amara: Staff) -> tuple[TreatmentSession, SessionEntry]:
    """“I used retinol last night”, said while she is needled."""
    entry = make_entry(site)
    told = replace(entry, pre_topicals=(("retinoid", DAY - timedelta(hours=12)),))
    return save(make_started(site, amara, entry), amara, told), told


def dose(site: Site, amara: Staff) -> tuple[TreatmentSession, SessionEntry]:
    """It was 30 g of the 4 % cream, 1200 mg, not 5 g."""
    entry = make_entry(site, anaesthetic=numbed(site))
    told = replace(entry, anaesthetic={**(entry.anaesthetic or {}), "grams": 30})
    return save(make_started(site, amara, entry), amara, told), told


Told = Callable[[Site, Staff], tuple[TreatmentSession, SessionEntry]]


@pytest.mark.parametrize(
    ("learn", "rule", "subject", "severity"),
    [(allergic, "S16", "LMX 4", "BLOCK_PRODUCT"), (retinol, "S15", "retinoid", "BLOCK"), (dose, "S16", "LMX 4", "BLOCK_PRODUCT")],
)
class TestWhatIsOnThePatient:
    def test_it_does_not_keep_the_patient_in_the_chair_and_stays_a_finding(self, learn: Told, rule: str, subject: str, severity: str, site: Site, amara: Staff) -> None:
        record, _entry = learn(site, amara)
        found = selectors.evaluate(record, "checkout")
        assert [(f.rule, f.subject, f.severity) for f in found.blocks()] == [(rule, subject, severity)]
        record = end(record, amara)
        assert record.state == "ended"
        assert [(f.rule, f.severity) for f in selectors.evaluate(record, "signoff").findings if f.rule == rule] == [(rule, severity)]

    def test_the_signature_needs_words_on_it(self, learn: Told, rule: str, subject: str, severity: str, site: Site, amara: Staff) -> None:
        record = end(learn(site, amara)[0], amara)
        assert stopped_by(lambda: sign(record, amara)) == [(rule, subject)]
        told = sign(explained(record, f"{rule}:{subject}"), amara)
        assert {"rule": rule, "severity": severity, "product": subject} in told["findings"] and told["reasons"][f"{rule}:{subject}"] == WHY

    def test_a_start_is_refused_and_never_explained(self, learn: Told, rule: str, subject: str, severity: str, site: Site, amara: Staff) -> None:
        _record, entry = learn(site, amara)
        patient = make_ready(site)
        if learn is allergic:
            Allergy.objects.create(patient=patient, substance="anaesthetic", name="lidocaine")
        fresh = replace(make_entry(site), anaesthetic=entry.anaesthetic, pre_topicals=entry.pre_topicals, reasons={f"{rule}:{subject}": WHY})
        record = make_draft(site, amara, fresh, patient=patient)
        assert stopped_by(lambda: services.start_session(record=record, by=Actor.of_staff(amara), at=DAY)) == [(rule, subject)]
        record.refresh_from_db()
        assert (record.state, record.started_at) == ("draft", None)


class TestWhatCanStillBeMended:
    @pytest.mark.parametrize("changes", [{"wiped_off": False}, {"grams": None}, {"weight_kg": None}, {"off_at": None}])
    def test_a_gap_about_the_cream_stops_the_start_and_the_end(self, changes: dict[str, Any], site: Site, amara: Staff) -> None:
        entry = make_entry(site, anaesthetic=numbed(site))
        gap = replace(entry, anaesthetic={**(entry.anaesthetic or {}), **changes})
        record = make_draft(site, amara, gap)
        assert stopped_by(lambda: services.start_session(record=record, by=Actor.of_staff(amara), at=DAY)) == [("S16", "LMX 4")]
        record = services.start_session(record=save(record, amara, entry, DAY), by=Actor.of_staff(amara), at=DAY)
        record = explained(save(record, amara, gap), "S16:LMX 4")
        assert stopped_by(lambda: end(record, amara)) == [("S16", "LMX 4")]

    def test_an_allergy_does_not_excuse_a_gap(self, site: Site, amara: Staff) -> None:
        record, entry = allergic(site, amara)
        record = save(record, amara, replace(entry, anaesthetic={**(entry.anaesthetic or {}), "wiped_off": False}))
        assert stopped_by(lambda: end(explained(record, "S16:LMX 4"), amara)) == [("S16", "LMX 4")]


class TestSerum:
    """Whether a serum of the session is on the scalp already the app can't tell: who treats says so, or takes it out (S13)."""

    KEY = "S13:HA serum (used)"

    def under_serum(self, site: Site, amara: Staff, hours: float = 0.0, days: int = 4, reasons: dict[str, str] | None = None) -> TreatmentSession:
        serum, patient = make_product(site), make_ready(site)
        on = DAY - timedelta(days=days)
        PatchTest.objects.create(patient=patient, product=serum, applied_at=on, read_at=on + timedelta(hours=50), result="negative", by="x")
        record = make_draft(site, amara, make_entry(site, products=((serum, hours),), reasons=reasons or {}), patient=patient)
        return services.start_session(record=record, by=Actor.of_staff(amara), at=DAY)

    def reacts(self, record: TreatmentSession) -> TreatmentSession:
        Allergy.objects.create(patient=record.patient, substance="other", name="hyaluronic acid", noted_at=DURING)
        return TreatmentSession.objects.get(pk=record.pk)

    def test_with_words_the_truth_ends_and_is_signed(self, site: Site, amara: Staff) -> None:
        record = self.reacts(self.under_serum(site, amara))
        assert stopped_by(lambda: end(record, amara)) == [("S13", "HA serum")]
        told = sign(end(explained(record, self.KEY), amara), amara)
        assert {"rule": "S13", "severity": "BLOCK_PRODUCT", "product": "HA serum"} in told["findings"] and told["reasons"][self.KEY] == WHY

    def test_without_the_words_it_is_not_signed(self, site: Site, amara: Staff) -> None:
        record = explained(end(explained(self.reacts(self.under_serum(site, amara)), self.KEY), amara), self.KEY, "")
        assert stopped_by(lambda: sign(record, amara)) == [("S13", "HA serum")]

    def test_a_reason_for_an_old_test_says_nothing_of_an_allergy(self, site: Site, amara: Staff) -> None:
        record = self.reacts(self.under_serum(site, amara, days=200, reasons={"S13:HA serum": "Tolerated for years."}))
        assert stopped_by(lambda: end(record, amara)) == [("S13", "HA serum")]

    def test_one_that_was_never_tested_and_was_used_all_the_same(self, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        ProductUse.objects.create(session=record, product=make_product(site), hours_after=0)
        assert end(explained(record, self.KEY), amara).state == "ended"

    def test_what_is_meant_for_later_is_not_on_the_scalp_and_is_refused_as_ever(self, site: Site, amara: Staff) -> None:
        record = explained(self.reacts(self.under_serum(site, amara, hours=24.0)), self.KEY)
        assert selectors.evaluate(record, "checkout").learnt == {}
        assert stopped_by(lambda: end(record, amara)) == [("S13", "HA serum")]

    def test_of_two_lots_by_one_name_the_one_for_later_is_refused(self, site: Site, amara: Staff) -> None:
        record = self.under_serum(site, amara)
        ProductUse.objects.create(session=record, product=make_product(site, lot="S2"), hours_after=24)
        assert stopped_by(lambda: end(explained(record, self.KEY), amara)) == [("S13", "HA serum")]

    def test_what_waits_is_not_explained(self, site: Site, amara: Staff) -> None:
        """S14 says when; a product that is named for too early is put right or taken out."""
        record = make_started(site, amara)
        ProductUse.objects.create(session=record, product=make_product(site, name="Acid", kind="aha"), hours_after=0)
        assert stopped_by(lambda: end(explained(explained(record, "S14:Acid"), "S14:Acid (used)"), amara)) == [("S14", "Acid")]


class TestOnThePage:
    @pytest.fixture(autouse=True)
    def clock(self) -> Any:
        with time_machine.travel(DAY + timedelta(minutes=20), tick=False):
            yield

    def sent(self, record: TreatmentSession) -> dict[str, Any]:
        record.refresh_from_db()
        block = record.blocks.get()
        return {
            "subject": str(record.patient.uuid), "version": record.version, "device": block.device_id, "cartridge": block.cartridge_id,
            "seal_intact": "on", "fitzpatrick": "II", "depth_vertex": "0.75", "passes_vertex": "4", "endpoint_vertex": "mild_erythema", "pain": "3",
            "no_adverse_event": "on", "aftercare_delivered": "on", "sharps_and_cleaning_confirmed": "on",
            "pre_kind": "retinoid", "pre_last_used_at": "2026-03-01T22:00",
        }  # fmt: skip

    def test_what_she_says_is_typed_the_session_ends_and_the_box_asks_for_the_signature(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        record, client = make_started(site, amara), client_as(amara)
        assert client.post(reverse("treatments:end", args=[record.uuid]), self.sent(record)).status_code == 302
        record.refresh_from_db()
        assert record.state == "ended" and record.pre_topicals.get().kind == "retinoid"
        page = client.get(reverse("treatments:session", args=[record.uuid])).content.decode()
        assert 'data-rule="S15" data-severity="BLOCK"' in page and 'name="reason:S15:retinoid"' in page and "does not keep the patient here" in page
        stop = client.post(reverse("treatments:sign", args=[record.uuid]), self.sent(record))
        assert stop.status_code == 422 and 'name="reason:S15:retinoid"' in stop.content.decode()
        assert client.post(reverse("treatments:autosave", args=[record.uuid]), self.sent(record) | {"reason:S15:retinoid": WHY}).status_code in (200, 302)
        record.refresh_from_db()
        assert record.reasons == {"S15:retinoid": WHY}
        assert sign(record, amara)["reasons"] == {"S15:retinoid": WHY}

    def test_a_serum_is_asked_about_before_the_end(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        record, serum = make_started(site, amara), make_product(site)
        ProductUse.objects.create(session=record, product=serum, hours_after=0)
        page = client_as(amara).get(reverse("treatments:session", args=[record.uuid])).content.decode()
        assert 'name="reason:S13:HA serum (used)"' in page and "take it out of the record" in page

    def test_a_draft_is_offered_no_such_box(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        record = make_draft(site, amara, make_entry(site, pre_topicals=(("retinoid", DAY - timedelta(hours=12)),), products=((make_product(site), 0.0),)))
        page = client_as(amara).get(reverse("treatments:session", args=[record.uuid])).content.decode()
        assert 'data-rule="S15"' in page and 'data-rule="S13"' in page and 'name="reason:S1' not in page
