"""Pages of the session record, the inventory and photos, as each role meets them."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import AccessEvent, Site, Staff
from tests.treatments.make import (
    DAY,
    make_cartridge,
    make_device,
    make_draft,
    make_ended,
    make_product,
    make_ready,
    make_signed,
    make_started,
)
from treatments import services
from treatments.models import Cartridge, CartridgeLot, Course, Device, Product, TreatmentSession

SignIn = Callable[[Staff], Client]


@pytest.fixture(autouse=True)
def clock() -> Any:
    """The clinic's Monday, 10:05."""
    with time_machine.travel(DAY + timedelta(minutes=5), tick=False):
        yield


def url(name: str, record: TreatmentSession) -> str:
    return reverse(f"treatments:{name}", args=[record.uuid])


def posted(record: TreatmentSession, **changes: Any) -> dict[str, Any]:
    """The form as the browser sends it."""
    record = TreatmentSession.objects.get(pk=record.pk)
    block = record.blocks.order_by("-position").first()
    data = {
        "subject": str(record.patient.uuid), "version": record.version, "device": block.device_id if block else "",
        "cartridge": block.cartridge_id if block else "", "seal_intact": "on", "fitzpatrick": "II",
        "depth_vertex": "0.75", "passes_vertex": "4", "endpoint_vertex": "mild_erythema", "pain": "3",
        "no_adverse_event": "on", "aftercare_delivered": "on", "sharps_and_cleaning_confirmed": "on",
    }  # fmt: skip
    return data | changes


class TestTheDraft:
    def test_is_saved_by_a_plain_post(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_draft(site, amara)
        answer = client_as(amara).post(url("session", record), posted(record, depth_vertex="1,25", notes="calm"))
        assert answer.status_code == 302
        record.refresh_from_db()
        assert record.notes == "calm"
        assert record.blocks.get().zones.get().depth_hundredths == 125

    def test_is_saved_by_htmx_and_says_when(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_draft(site, amara)
        answer = client_as(amara).post(url("session", record), posted(record), headers={"HX-Request": "true"})
        page = answer.content.decode()
        assert answer.status_code == 200 and "<html" not in page
        assert "10:05:00" in page and f'value="{record.version + 1}"' in page
    def test_how_many_rules_stop_is_said_beside_the_buttons(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        """On a phone what the rules say lies far below Start. The number of findings that stop leads there, and follows the typing."""
        record, client = make_draft(site, amara), client_as(amara)
        said = re.findall(r'class="part-stops"><a href="#rules-say">.*?</span>\s*(.*?)</a>', client.get(url("session", record)).content.decode())
        Device.objects.update(max_depth_hundredths=50)
        deeper = client.post(url("session", record), posted(record, depth_vertex="0.75"), headers={"HX-Request": "true"}).content.decode()
        stops = len(re.findall(r'data-severity="BLOCK(?:_PRODUCT)?"', deeper))
        assert stops and said == []
        assert re.findall(r'class="part-stops"><a href="#rules-say">.*?</span>\s*(.*?)</a>', deeper) == [f"{stops} stop{'s' if stops > 1 else ''}"]

    def test_a_slipped_decimal_point_is_named_beside_the_field_and_nothing_is_lost(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_draft(site, amara)
        answer = client_as(amara).post(url("session", record), posted(record, depth_vertex="15", notes="typed already"))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert page.count("15 mm is not a needle depth. Did you mean 1.5 mm?") >= 2  # above, and beside the field
        assert 'value="15"' in page and "typed already" in page
        assert TreatmentSession.objects.get(pk=record.pk).version == record.version

    def test_of_two_people_the_second_is_told_and_stays_told(self, site: Site, amara: Staff, okoro: Staff, client_as: SignIn) -> None:
        record = make_draft(site, amara)
        old = posted(record, notes="mine")
        assert client_as(okoro).post(url("session", record), posted(record, notes="hers")).status_code == 302
        answer = client_as(amara).post(url("session", record), old, headers={"HX-Request": "true"})
        page = answer.content.decode()
        assert answer.status_code == 409 and "Nurse Ngozi Okoro saved this draft meanwhile" in page
        version = re.search(r'name="version" form="session-form" value="(\d+)"', page)
        assert version is not None
        again = client_as(amara).post(url("session", record), old | {"version": version[1]}, headers={"HX-Request": "true"})
        assert again.status_code == 409
        assert TreatmentSession.objects.get(pk=record.pk).notes == "hers"

    def test_an_expired_cartridge_is_named(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record, unit = make_draft(site, amara), make_cartridge(site, lot="OLD")
        CartridgeLot.objects.filter(lot="OLD").update(expires_on="2026-03-01")
        answer = client_as(amara).post(url("session", record), posted(record, cartridge=unit.pk))
        assert answer.status_code == 422
        assert "Lot OLD expired on 01 Mar 2026" in answer.content.decode()

    @pytest.mark.parametrize("gone", [{"expires_on": date(2026, 3, 1)}, {"withdrawn": True}])
    def test_a_product_past_its_date_or_withdrawn_is_neither_offered_nor_taken(self, site: Site, amara: Staff, client_as: SignIn, gone: dict[str, Any]) -> None:
        record, serum, gel = make_draft(site, amara), make_product(site, name="Old serum", **gone), make_product(site, name="Fresh gel")
        page = client_as(amara).get(url("session", record)).content.decode()
        assert "Fresh gel" in page and "Old serum" not in page
        answer = client_as(amara).post(url("session", record), posted(record, product_0=serum.pk, hours_0="24"))
        assert answer.status_code == 422 and "past its date or withdrawn" in answer.content.decode()
        assert not record.product_uses.exists() and gel.pk

    def test_what_the_draft_holds_stays_there_when_it_is_withdrawn_later(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record, serum = make_draft(site, amara), make_product(site)
        assert client_as(amara).post(url("session", record), posted(record, product_0=serum.pk, hours_0="24")).status_code == 302
        Product.objects.filter(pk=serum.pk).update(withdrawn=True)
        Device.objects.update(out_of_service=True)
        record.refresh_from_db()
        assert client_as(amara).post(url("session", record), posted(record, product_0=serum.pk, hours_0="24", notes="later")).status_code == 302
        record.refresh_from_db()
        assert record.notes == "later" and record.product_uses.get().product == serum and record.blocks.get().device is not None

    def test_a_cartridge_of_another_site_is_refused(self, site: Site, other_site: Site, amara: Staff, client_as: SignIn) -> None:
        record, foreign = make_draft(site, amara), make_cartridge(other_site, lot="X")
        answer = client_as(amara).post(url("session", record), posted(record, cartridge=foreign.pk))
        assert answer.status_code == 422 and "not in the stock of this site" in answer.content.decode()

    def test_a_device_of_another_site_is_refused(self, site: Site, other_site: Site, amara: Staff, client_as: SignIn) -> None:
        record, foreign = make_draft(site, amara), make_device(other_site, name="Far pen")
        assert client_as(amara).post(url("session", record), posted(record, device=foreign.pk)).status_code == 422
        assert TreatmentSession.objects.get(pk=record.pk).blocks.get().device != foreign

    def test_a_form_for_another_patient_is_refused(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_draft(site, amara)
        assert client_as(amara).post(url("session", record), posted(record, subject=str(uuid4()))).status_code == 409

    def test_a_reason_is_kept_beside_its_finding(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_draft(site, amara)
        sent = posted(record, depth_vertex="1.75", **{"reason:S07:vertex": "thick skin", "reason:nonsense": "x"})
        answer = client_as(amara).post(url("session", record), sent, headers={"HX-Request": "true"})
        assert "thick skin" in answer.content.decode()
        assert TreatmentSession.objects.get(pk=record.pk).reasons == {"S07:vertex": "thick skin"}

    def test_state_and_signature_can_not_be_typed_in(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_draft(site, amara)
        client_as(amara).post(url("session", record), posted(record, state="signed", started_at="2026-01-01T10:00", operator="1", number="9"))
        record.refresh_from_db()
        assert (record.state, record.started_at, record.number) == ("draft", None, 1)


class TestReScreen:
    """Decision 0011: a session is judged by the question that was asked before it, on its own day."""

    def test_the_day_on_which_it_was_asked(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_started(site, amara)
        assert "</span>asked today" in client_as(amara).get(url("session", record)).content.decode()
        with time_machine.travel(DAY + timedelta(days=2), tick=False):
            page = client_as(amara).get(url("session", record)).content.decode()
            assert "asked 2 Mar 2026" in page and "</span>asked today" not in page and "Has anything changed since" not in page

    def test_what_was_asked_too_late_does_not_look_as_if_it_counted(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_started(site, amara)
        record.patient.rescreens.update(confirmed_at=DAY + timedelta(minutes=3), at=DAY + timedelta(minutes=3))
        page = client_as(amara).get(url("session", record)).content.decode()
        assert "Nobody had asked when this session began." in page and "</span>asked today" not in page and "Has anything changed since" not in page


class TestSteps:
    def test_start_saves_what_is_on_the_form_first(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_draft(site, amara)
        answer = client_as(amara).post(url("start", record), posted(record, depth_vertex="1.00"))
        assert answer.status_code == 302
        record.refresh_from_db()
        assert record.state == "started"
        assert record.blocks.get().zones.get().depth_hundredths == 100

    def test_a_crafted_start_past_a_block_is_refused_with_the_rule(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_draft(site, amara)
        Device.objects.update(max_depth_hundredths=50)
        answer = client_as(amara).post(url("start", record), {"subject": str(record.patient.uuid)})
        assert answer.status_code == 422 and "S05" in answer.content.decode()
        record.refresh_from_db()
        assert record.state == "draft"

    def test_an_end_before_the_start_is_named_and_kept(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_started(site, amara)
        answer = client_as(amara).post(url("end", record), posted(record, ended_at="2026-03-02T09:00"))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'id="ended_at_error">The end lies before the start.' in page and 'value="2026-03-02T09:00"' in page
        record.refresh_from_db()
        assert record.state == "started"

    def test_an_end_that_is_no_time_is_named(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_started(site, amara)
        answer = client_as(amara).post(url("end", record), posted(record, ended_at="noon"))
        assert answer.status_code == 422 and "ended_at_error" in answer.content.decode()

    def test_ends_and_signs(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_started(site, amara)
        assert client_as(amara).post(url("end", record), posted(record)).status_code == 302
        assert client_as(amara).post(url("sign", record), posted(record)).status_code == 302
        record.refresh_from_db()
        assert record.state == "signed" and record.signed_record.signed_name == "Dr Amara Osei"

    def test_a_colleague_can_not_sign(self, site: Site, amara: Staff, okoro: Staff, client_as: SignIn) -> None:
        record = make_ended(site, amara)
        answer = client_as(okoro).post(url("sign", record), {"subject": str(record.patient.uuid)})
        assert answer.status_code == 422 and "Only the operator" in answer.content.decode()

    def test_a_fresh_login_is_asked_for_before_signing(self, site: Site, amara: Staff, client_as: SignIn, settings: Any) -> None:
        settings.SIGN_NEEDS_FRESH_LOGIN = True
        record = make_ended(site, amara)
        answer = client_as(amara).post(url("sign", record), {"subject": str(record.patient.uuid)})
        assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
        record.refresh_from_db()
        assert record.state == "ended"

    def test_a_cartridge_is_changed_in_mid_session(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_started(site, amara)
        first, second = record.blocks.get(), make_cartridge(site, lot="B2")
        sent = posted(record, new_device=first.device_id, new_cartridge=second.pk, new_seal_intact="on")
        assert client_as(amara).post(url("change_block", record), sent).status_code == 302
        assert [b.cartridge for b in record.blocks.all()] == [first.cartridge, second]
        page = client_as(amara).get(url("session", record)).content.decode()
        assert "Before the change" in page

    def test_copies_settings_but_no_cartridge(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        earlier = make_signed(site, amara, at=DAY - timedelta(days=35)).session
        record = services.open_session(patient=earlier.patient, operator=amara, by=Actor.of_staff(amara), at=DAY)
        answer = client_as(amara).post(url("copy_last", record), {"subject": str(record.patient.uuid), "version": record.version})
        assert answer.status_code == 302
        block = record.blocks.get()
        assert block.cartridge is None and block.seal_intact is False
        assert {(z.zone, z.depth_hundredths, z.endpoint) for z in block.zones.all()} == {("vertex", 75, ""), ("mid_scalp", 50, "")}


class TestASignedRecord:
    def test_is_shown_read_only_with_a_lock(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_signed(site, amara).session
        page = client_as(amara).get(url("session", record)).content.decode()
        assert "bi-lock" in page and record.signed_record.sha256[:16] in page and 'id="session-form"' not in page

    def test_can_not_be_saved_over(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_signed(site, amara).session
        answer = client_as(amara).post(url("session", record), posted(record, notes="changed"))
        assert answer.status_code == 422
        assert TreatmentSession.objects.get(pk=record.pk).notes == ""

    def test_takes_an_addendum(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_signed(site, amara).session
        client_as(amara).post(url("addendum", record), {"subject": str(record.patient.uuid), "text": "The lot was B7."})
        assert "The lot was B7." in client_as(amara).get(url("session", record)).content.decode()

    def test_is_marked_entered_in_error(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_signed(site, amara).session
        client_as(amara).post(url("entered_in_error", record), {"subject": str(record.patient.uuid), "text": "Wrong patient."})
        assert "Wrong patient." in client_as(amara).get(url("session", record)).content.decode()


class TestWhoMay:
    @pytest.mark.parametrize("who", ["rosa", "max_", "iris"])
    def test_only_clinicians_see_a_record(self, who: str, site: Site, amara: Staff, client_as: SignIn, request: pytest.FixtureRequest) -> None:
        record = make_signed(site, amara).session
        client = client_as(request.getfixturevalue(who))
        for page in (url("session", record), reverse("treatments:course", args=[record.patient.uuid]), reverse("treatments:patch_tests", args=[record.patient.uuid])):
            answer = client.get(page)
            assert answer.status_code == 403 and "mild_erythema" not in answer.content.decode()

    def test_a_clinician_of_another_site_finds_nothing(self, site: Site, amara: Staff, stranger: Staff, client_as: SignIn) -> None:
        record = make_signed(site, amara).session
        assert client_as(stranger).get(url("session", record)).status_code == 404
        assert client_as(stranger).post(url("sign", record), {"subject": str(record.patient.uuid)}).status_code == 404

    def test_get_takes_no_step(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_draft(site, amara)
        for step in ("start", "end", "sign", "copy_last", "addendum", "entered_in_error", "event", "measure", "upload", "change_block"):
            assert client_as(amara).get(url(step, record)).status_code == 405

    def test_reading_leaves_a_trace(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_signed(site, amara).session
        client_as(amara).get(url("session", record))
        assert AccessEvent.objects.filter(action="session.view", patient_uuid=record.patient.uuid).count() == 1


class TestInventory:
    def lot(self, **changes: Any) -> dict[str, Any]:
        return {"name": "16-needle", "lot": "C9", "expires_on": "2027-01-15", "units": 10} | changes

    def test_a_manager_adds_a_lot_of_ten_units(self, site: Site, max_: Staff, client_as: SignIn) -> None:
        assert client_as(max_).post(reverse("treatments:add_lot"), self.lot()).status_code == 302
        assert Cartridge.objects.filter(lot__lot="C9").count() == 10

    def test_a_printed_month_is_usable_through_its_last_day(self, site: Site, max_: Staff, client_as: SignIn) -> None:
        client_as(max_).post(reverse("treatments:add_lot"), self.lot(expires_on="2028-02-01", month_only="on"))
        lot = CartridgeLot.objects.get(lot="C9")
        assert (lot.expires_on.isoformat(), lot.expiry_text()) == ("2028-02-29", "2028-02")

    def test_an_expired_lot_is_refused_beside_the_field_and_kept(self, site: Site, max_: Staff, client_as: SignIn) -> None:
        answer = client_as(max_).post(reverse("treatments:add_lot"), self.lot(expires_on="2026-03-01"))
        page = answer.content.decode()
        assert answer.status_code == 422 and "This lot has expired" in page and 'value="C9"' in page
        assert not CartridgeLot.objects.exists()

    def test_the_same_lot_twice_is_refused(self, site: Site, max_: Staff, client_as: SignIn) -> None:
        client_as(max_).post(reverse("treatments:add_lot"), self.lot())
        assert client_as(max_).post(reverse("treatments:add_lot"), self.lot()).status_code == 422

    @pytest.mark.parametrize(("who", "status"), [("amara", 200), ("rosa", 200), ("max_", 200), ("iris", 403)])
    def test_who_sees_it(self, who: str, status: int, site: Site, client_as: SignIn, request: pytest.FixtureRequest) -> None:
        assert client_as(request.getfixturevalue(who)).get(reverse("treatments:inventory")).status_code == status

    @pytest.mark.parametrize(("who", "status"), [("amara", 403), ("rosa", 403), ("iris", 403)])
    def test_who_may_not_register(self, who: str, status: int, site: Site, client_as: SignIn, request: pytest.FixtureRequest) -> None:
        client = client_as(request.getfixturevalue(who))
        assert client.post(reverse("treatments:add_lot"), self.lot()).status_code == status
        assert client.post(reverse("treatments:add_device"), {"name": "P", "type": "pen", "max_depth_mm": "2"}).status_code == status
        assert not CartridgeLot.objects.exists() and not Device.objects.exists()

    @pytest.mark.parametrize(("who", "out"), [("amara", True), ("max_", True), ("rosa", False)])
    def test_who_may_quarantine(self, who: str, out: bool, site: Site, client_as: SignIn, request: pytest.FixtureRequest) -> None:
        lot, pen = make_cartridge(site).lot, make_device(site)
        client = client_as(request.getfixturevalue(who))
        client.post(reverse("treatments:quarantine", args=[lot.uuid]), {"text": "maker's recall"})
        client.post(reverse("treatments:retire_device", args=[pen.uuid]), {"text": "dropped"})
        lot.refresh_from_db(), pen.refresh_from_db()
        assert (lot.quarantined, pen.out_of_service) == (out, out)


class TestCourse:
    def test_is_planned_and_opens_a_session(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_ready(site)
        page = reverse("treatments:course", args=[patient.uuid])
        sent = {"subject": str(patient.uuid), "planned_sessions": "6", "phase": "initial", "indication": "AGA"}
        assert client_as(amara).post(page, sent).status_code == 302
        assert Course.objects.get().planned_by == amara
        client_as(amara).post(reverse("treatments:open_session", args=[patient.uuid]), {"subject": str(patient.uuid)})
        assert patient.sessions.get().number == 1
        assert client_as(amara).get(page).status_code == 200

    def test_a_wrong_number_stays_typed(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_ready(site)
        sent = {"subject": str(patient.uuid), "planned_sessions": "0", "phase": "initial", "indication": "AGA"}
        answer = client_as(amara).post(reverse("treatments:course", args=[patient.uuid]), sent)
        assert answer.status_code == 422 and not Course.objects.exists()

    def test_a_density_without_its_site_is_refused(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_draft(site, amara)
        before = record.patient.measurements.count()
        sent = {"subject": str(record.patient.uuid), "kind": "sinclair", "grade": "2", "density": "92", "area_cm2": "1"}
        answer = client_as(amara).post(url("measure", record), sent)
        assert answer.status_code == 422 and "A density needs this." in answer.content.decode()
        assert record.patient.measurements.count() == before
