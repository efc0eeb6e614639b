"""Stock: a box comes in by scan, a unit goes out once, a lot is set aside or recalled, and who received it is known."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.csvs import inert
from clinic.models import AccessEvent, Site, Staff
from tests.treatments.make import (
    DAY,
    DESK,
    make_cartridge,
    make_draft,
    make_entry,
    make_product,
    make_ready,
    make_started,
)
from treatments import selectors, services
from treatments.models import Cartridge, CartridgeLot, PatchTest, Product, Receipt
from treatments.rules.barcode import GROUP_SEPARATOR

SignIn = Callable[[Staff], Client]
GTIN = "09501101020917"
CODE = f"]d201{GTIN}1727050810A17{GROUP_SEPARATOR}21BX9{GROUP_SEPARATOR}3010"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_the_day() -> Any:
    """The clinic's clock stands on the day of treatment."""
    with time_machine.travel(DAY, tick=False):
        yield


def take_in(site: Site, **changes: Any) -> CartridgeLot:
    """A box of two units."""
    values: dict[str, Any] = {
        "site": site, "name": "16-needle", "gtin": GTIN, "lot": "A17", "expires_on": date(2027, 5, 8), "month_only": False,
        "units": 2, "serial": "BX9", "by": DESK, "at": DAY,
    }  # fmt: skip
    return services.register_lot(**(values | changes))


class TestReceiving:
    def typed(self, site: Site, **changes: Any) -> dict[str, Any]:
        return {"site": site.pk, "name": "16-needle", "gtin": GTIN, "lot": "A17", "expires_on": "2027-05-08", "units": 10, "serial": "BX9"} | changes

    def test_a_scan_fills_the_form_and_saves_nothing(self, site: Site, max_: Staff, client_as: SignIn) -> None:
        answer = client_as(max_).post(reverse("treatments:add_lot"), {"scan": CODE, "name": "16-needle"})
        page = answer.content.decode()
        assert answer.status_code == 200 and "Read. Compare with the box" in page
        for value in ('value="A17"', 'value="2027-05-08"', f'value="{GTIN}"', 'value="BX9"', 'value="10"', 'value="16-needle"'):
            assert value in page, value
        assert not CartridgeLot.objects.exists()

    def test_a_known_article_brings_its_name(self, site: Site, max_: Staff, client_as: SignIn) -> None:
        take_in(site, lot="A16", name="12-needle tip")
        page = client_as(max_).post(reverse("treatments:add_lot"), {"scan": CODE, "site": site.pk}).content.decode()
        assert 'value="12-needle tip"' in page

    def test_what_can_t_be_read_is_said_and_kept(self, site: Site, max_: Staff, client_as: SignIn) -> None:
        answer = client_as(max_).post(reverse("treatments:add_lot"), {"scan": "hello <b>", "lot": "Z1", "name": "Tip"})
        page = answer.content.decode()
        assert answer.status_code == 422 and "not a GS1 code" in page
        assert "hello &lt;b&gt;" in page and 'value="Z1"' in page and 'value="Tip"' in page

    def test_compared_and_taken_in_with_its_receipt(self, site: Site, max_: Staff, client_as: SignIn) -> None:
        answer = client_as(max_).post(reverse("treatments:add_lot"), self.typed(site, code=CODE))
        lot = CartridgeLot.objects.get()
        assert answer.status_code == 302 and answer["Location"].endswith(f"/lots/{lot.uuid}/")
        assert (lot.gtin, lot.lot, lot.cartridges.count()) == (GTIN, "A17", 10)
        receipt = Receipt.objects.get()
        assert (receipt.units, receipt.serial, receipt.at, receipt.by) == (10, "BX9", DAY, "Max Brandt")

    def test_a_wrong_check_digit_is_named_beside_the_field(self, site: Site, max_: Staff, client_as: SignIn) -> None:
        answer = client_as(max_).post(reverse("treatments:add_lot"), self.typed(site, gtin="09501101020918"))
        assert answer.status_code == 422 and "the last one must fit" in answer.content.decode()
        assert not CartridgeLot.objects.exists()

    def test_the_same_lot_again_needs_a_word(self, site: Site, max_: Staff, client_as: SignIn) -> None:
        take_in(site)
        client = client_as(max_)
        assert client.post(reverse("treatments:add_lot"), self.typed(site, serial="BX10")).status_code == 422
        assert client.post(reverse("treatments:add_lot"), self.typed(site, serial="BX10", another_box="on", units=3)).status_code == 302
        lot = CartridgeLot.objects.get()
        assert list(lot.cartridges.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4, 5]

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"serial": "BX9", "another_box": True}, "serial number is known"),
            ({"serial": "X", "another_box": True, "expires_on": date(2027, 5, 9)}, "another date"),
        ],
    )
    def test_a_box_is_taken_in_once_and_a_lot_has_one_date(self, changes: dict[str, Any], words: str, site: Site) -> None:
        take_in(site)
        with pytest.raises(services.AlreadyThere, match=words):
            take_in(site, **changes)
        assert Cartridge.objects.count() == 2

    def test_a_recalled_lot_takes_no_more_units(self, site: Site) -> None:
        services.recall_lot(lot=take_in(site), reason="maker", by=DESK, at=DAY)
        with pytest.raises(services.AlreadyThere, match="out of use"):
            take_in(site, serial="X", another_box=True)

    def test_nor_does_another_site_or_a_box_typed_by_hand(self, site: Site, other_site: Site) -> None:
        """The maker's word holds at every site, also for a box that comes later or has no article number (README, 0045)."""
        services.recall_lot(lot=take_in(site), reason="maker", by=DESK, at=DAY)
        tries: list[dict[str, str]] = [{}, {"gtin": ""}]
        for changes in tries:
            with pytest.raises(services.AlreadyThere, match="recalled"):
                take_in(other_site, **changes)
        assert CartridgeLot.objects.count() == 1

    def test_a_recalled_product_is_not_taken_in_again(self, site: Site, other_site: Site, max_: Staff, client_as: SignIn) -> None:
        """Nothing of it can be used at any site, for good (0045): a tube of the same lot that is found later stays out, and another lot comes in."""
        max_.sites.add(other_site)
        product = make_product(site, gtin=GTIN, lot="S7")
        services.recall_product(product=product, reason="maker", by=DESK, at=DAY)
        client, sent = client_as(max_), {"site": str(site.pk), "name": "HA serum", "kind": "serum_sterile", "gtin": GTIN, "lot": "S7", "ingredients": "a"}
        tries: list[dict[str, str]] = [{}, {"site": str(other_site.pk)}, {"gtin": ""}, {"lot": "s7"}]
        for changes in tries:
            answer = client.post(reverse("treatments:add_product"), sent | changes)
            assert answer.status_code == 422 and "recalled" in answer.content.decode(), changes
        assert client.post(reverse("treatments:add_product"), sent | {"lot": "S8"}).status_code == 302
        assert Product.objects.filter(withdrawn=False).get().lot == "S8"

    def test_where_no_lot_was_noted_the_next_one_needs_its_lot(self, site: Site) -> None:
        services.recall_product(product=make_product(site, lot=""), reason="maker", by=DESK, at=DAY)
        typed: dict[str, Any] = {"site": site, "name": "HA serum", "kind": "serum_sterile", "ingredients": [], "by": DESK, "at": DAY}
        with pytest.raises(services.AlreadyThere, match="Note the lot"):
            services.register_product(lot="", **typed)
        assert services.register_product(lot="S8", **typed).lot == "S8"

    def test_the_same_lot_number_of_another_article_is_another_lot(self, site: Site) -> None:
        take_in(site)
        assert take_in(site, gtin="", serial="").pk != take_in(site, gtin="04006381333931", serial="").pk

    def test_receipts_only_grow(self, site: Site) -> None:
        take_in(site)
        for act in (lambda: Receipt.objects.update(units=9), lambda: Receipt.objects.all().delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()

    def test_a_stranger_s_site_is_not_a_choice(self, site: Site, other_site: Site, max_: Staff, client_as: SignIn) -> None:
        answer = client_as(max_).post(reverse("treatments:add_lot"), self.typed(other_site))
        assert answer.status_code == 422 and not CartridgeLot.objects.exists()

    def test_a_product_by_scan(self, site: Site, max_: Staff, client_as: SignIn) -> None:
        client = client_as(max_)
        page = client.post(reverse("treatments:add_product"), {"scan": f"01{GTIN}1527050810S7", "name": "HA serum", "kind": "serum_sterile"}).content.decode()
        assert 'value="S7"' in page and 'value="2027-05-08"' in page
        sent = {"site": site.pk, "name": "HA serum", "kind": "serum_sterile", "gtin": GTIN, "lot": "S7", "expires_on": "2027-05-08", "ingredients": "a, b"}
        assert client.post(reverse("treatments:add_product"), sent).status_code == 302
        product = Product.objects.get()
        assert (product.lot, product.expires_on, product.ingredients) == ("S7", date(2027, 5, 8), ["a", "b"])


class TestOutOfUse:
    def test_a_lot_that_is_set_aside_is_not_offered_and_comes_back(self, site: Site) -> None:
        lot = take_in(site)
        services.quarantine_lot(lot=lot, reason="wet box", by=DESK, at=DAY)
        assert not selectors.free_cartridges(site, DAY.date()).exists()
        assert "wet box" in selectors.why_not(lot.cartridges.all()[0], DAY.date())
        services.release_lot(lot=lot, reason="dry inside", by=DESK)
        assert selectors.free_cartridges(site, DAY.date()).count() == 2

    def test_a_recall_is_for_good_and_at_every_site(self, site: Site, other_site: Site) -> None:
        lot, far, other = take_in(site), take_in(other_site), take_in(site, lot="A18", serial="B")
        assert services.recall_lot(lot=lot, reason="maker", by=DESK, at=DAY) == 2
        far.refresh_from_db(), other.refresh_from_db()
        assert far.recalled and not other.recalled
        with pytest.raises(services.NotSetAside):
            services.release_lot(lot=lot, reason="no", by=DESK)

    @pytest.mark.parametrize("typed_first", [True, False])
    def test_a_recall_holds_for_the_same_lot_typed_by_hand(self, typed_first: bool, site: Site, other_site: Site) -> None:
        """One site scanned the box, the other typed name and lot: it is the same article and lot (S06)."""
        scanned, typed, another = take_in(site), take_in(other_site, gtin="", lot="a17"), take_in(other_site, gtin="", name="12-needle tip", serial="C")
        services.recall_lot(lot=typed if typed_first else scanned, reason="maker", by=DESK, at=DAY)
        for row in (scanned, typed, another):
            row.refresh_from_db()
        assert scanned.recalled and typed.recalled and not another.recalled

    def test_a_draft_that_holds_a_unit_can_t_start_any_more(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        unit = record.blocks.get().cartridge
        assert unit is not None
        services.quarantine_lot(lot=unit.lot, reason="wet", by=DESK, at=DAY)
        with pytest.raises(services.Blocked) as stop:
            services.start_session(record=record, by=Actor.of_staff(amara), at=DAY)
        assert [f.rule for f in stop.value.findings] == ["S06"]

    def test_a_discarded_unit_is_gone_and_a_used_one_is_not_discarded(self, site: Site, amara: Staff) -> None:
        first, second = take_in(site).cartridges.order_by("number")
        services.discard_cartridge(cartridge=first, reason="dropped", by=DESK, at=DAY)
        assert list(selectors.free_cartridges(site, DAY.date())) == [second]
        with pytest.raises(services.UnitGone):
            services.discard_cartridge(cartridge=first, reason="again", by=DESK, at=DAY)
        record = make_started(site, amara)
        used = record.blocks.get().cartridge
        assert used is not None
        with pytest.raises(services.UnitGone):
            services.discard_cartridge(cartridge=used, reason="x", by=DESK, at=DAY)

    def test_a_reason_is_owed_beside_the_field(self, site: Site, max_: Staff, client_as: SignIn) -> None:
        lot = take_in(site)
        answer = client_as(max_).post(reverse("treatments:recall_lot", args=[lot.uuid]), {"text": " "})
        assert answer.status_code == 422 and "Give the reason." in answer.content.decode()
        lot.refresh_from_db()
        assert not lot.recalled

    @pytest.mark.parametrize(("who", "status"), [("amara", 403), ("rosa", 403), ("max_", 302), ("iris", 403)])
    def test_who_may_recall(self, who: str, status: int, site: Site, client_as: SignIn, request: pytest.FixtureRequest) -> None:
        lot = take_in(site)
        client = client_as(request.getfixturevalue(who))
        assert client.post(reverse("treatments:recall_lot", args=[lot.uuid]), {"text": "maker"}).status_code == status
        lot.refresh_from_db()
        assert lot.recalled is (status == 302)


class TestTheShelf:
    @pytest.mark.parametrize(
        ("days", "state"), [(-1, "expired"), (0, "soon"), (selectors.stock.EXPIRING_DAYS, "soon"), (selectors.stock.EXPIRING_DAYS + 1, "good")]
    )
    def test_dates(self, days: int, state: str, site: Site, max_: Staff) -> None:
        take_in(site, expires_on=DAY.date() + timedelta(days=days))
        assert [s.state for s in selectors.inventory(Actor.of_staff(max_), DAY.date()).lots] == [state]

    def test_few_usable_units_are_said(self, site: Site, max_: Staff) -> None:
        take_in(site, units=9)
        assert selectors.inventory(Actor.of_staff(max_), DAY.date()).few == []
        services.quarantine_lot(lot=CartridgeLot.objects.get(), reason="x", by=DESK, at=DAY)
        assert selectors.inventory(Actor.of_staff(max_), DAY.date()).few == [("16-needle", 0)]

    def test_of_one_site(self, site: Site, other_site: Site, max_: Staff) -> None:
        max_.sites.add(other_site)
        take_in(site), take_in(other_site, lot="FAR")
        by = Actor.of_staff(max_)
        assert [s.row.lot for s in selectors.inventory(by, DAY.date(), site=other_site).lots] == ["FAR"]
        assert len(selectors.inventory(by, DAY.date()).lots) == 2


class TestWhoReceivedIt:
    def test_sessions_that_started_and_not_drafts(self, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        unit = record.blocks.get().cartridge
        assert unit is not None
        spare = unit.lot.cartridges.exclude(pk=unit.pk)[0]
        make_draft(site, amara, make_entry(site, cartridge=spare), patient=make_ready(site))
        rows = selectors.received(unit.lot, Actor.of_staff(amara))
        assert [(row.patient, row.session, row.unit) for row in rows] == [(record.patient, record, f"{unit.lot.lot}/{unit.number}")]

    def test_a_record_entered_in_error_stays_on_the_list_and_says_so(self, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        services.mark_entered_in_error(record=record, reason="Wrong patient.", staff=amara, by=Actor.of_staff(amara), at=DAY)
        unit = record.blocks.get().cartridge
        assert unit is not None
        assert [row.in_error for row in selectors.received(unit.lot, Actor.of_staff(amara))] == [True]

    def test_only_of_the_actor_s_sites(self, site: Site, amara: Staff, stranger: Staff) -> None:
        unit = make_started(site, amara).blocks.get().cartridge
        assert unit is not None
        assert selectors.received(unit.lot, Actor.of_staff(stranger)) == []

    def test_a_product_counts_in_sessions_and_patch_tests(self, site: Site, amara: Staff) -> None:
        serum, patient = make_product(site), make_ready(site)
        test = services.apply_patch_test(patient=patient, product=serum, by=DESK, at=DAY - timedelta(days=3))
        services.read_patch_test(test=test, result="negative", by=DESK, at=DAY - timedelta(days=1))
        record = make_draft(site, amara, make_entry(site, products=((serum, 0.0),)), patient=patient)
        services.start_session(record=record, by=Actor.of_staff(amara), at=DAY)
        rows = selectors.received(serum, Actor.of_staff(amara))
        assert [(row.patient, row.how) for row in rows] == [(patient, "applied"), (patient, "patch test")]
        assert PatchTest.objects.count() == 1

    def page(self, lot: CartridgeLot) -> str:
        return reverse("treatments:lot", args=[lot.uuid])

    @pytest.mark.parametrize(("who", "name", "phone"), [("amara", True, True), ("max_", True, False), ("rosa", False, False)])
    def test_who_reads_what(self, who: str, name: bool, phone: bool, site: Site, amara: Staff, client_as: SignIn, request: pytest.FixtureRequest) -> None:
        unit = make_started(site, amara).blocks.get().cartridge
        assert unit is not None
        client = client_as(request.getfixturevalue(who))
        page = client.get(self.page(unit.lot)).content.decode()
        assert ("Olivia Marsh" in page, "07700 900123" in page) == (name, phone)
        export = client.get(reverse("treatments:received_lot_csv", args=[unit.lot.uuid]))
        assert (export.status_code == 200) is name
        assert ("07700 900123" in export.content.decode()) is phone
        assert AccessEvent.objects.filter(action="stock.received_export", allowed=True).exists() is name

    def test_formulas_in_the_export_are_inert(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_started(site, amara)
        patient = record.patient
        patient.given_name, patient.phone = "=HYPERLINK(1)", "+44 7700 900123"
        patient.save()
        unit = record.blocks.get().cartridge
        assert unit is not None
        text = client_as(amara).get(reverse("treatments:received_lot_csv", args=[unit.lot.uuid])).content.decode("utf-8-sig")
        assert "'=HYPERLINK(1) Marsh" in text and "'+44 7700 900123" in text
        assert not [cell for line in text.splitlines() for cell in line.split(",") if cell[:1] in "=+-@" and cell]

    def test_a_stranger_finds_no_lot(self, site: Site, stranger: Staff, client_as: SignIn) -> None:
        assert client_as(stranger).get(self.page(make_cartridge(site).lot)).status_code == 404


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("\t=1", "'\t=1"), (" =1", "' =1"), ("-5", "'-5"), ("\uff1d1", "'\uff1d1"), ("A17", "A17"), (None, ""), ("a=b", "a=b")],
)
def test_cells_are_inert(cell: Any, shown: str) -> None:
    assert inert(cell) == shown
