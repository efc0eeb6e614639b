"""At the chair a code is scanned: the cartridge or product of this site is chosen, or the field says why not, and nothing typed is lost."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from clinic.models import Site, Staff
from tests.treatments.make import (
    DAY,
    DESK,
    make_cartridge,
    make_device,
    make_draft,
    make_entry,
    make_product,
    make_started,
)
from treatments import services
from treatments.forms.rows import MOST_ROWS
from treatments.models import Cartridge, CartridgeLot, TreatmentSession
from treatments.rules.barcode import GROUP_SEPARATOR

SignIn = Callable[[Staff], Client]
GTIN = "09501101020917"
OTHER = "09501101530003"
CODE = f"]d201{GTIN}1727050810A17{GROUP_SEPARATOR}21BX9"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    """The clinic's Monday, 10:05."""
    with time_machine.travel(DAY + timedelta(minutes=5), tick=False):
        yield


def box(site: Site, **changes: Any) -> CartridgeLot:
    """A box of two units."""
    values: dict[str, Any] = {
        "site": site, "name": "16-needle", "gtin": GTIN, "lot": "A17", "expires_on": date(2027, 5, 8), "month_only": False,
        "units": 2, "by": DESK, "at": DAY,
    }  # fmt: skip
    return services.register_lot(**(values | changes))


def units(lot: CartridgeLot) -> list[Cartridge]:
    return list(lot.cartridges.order_by("number"))


class Chair:
    """The page, sent with a code in its scan field."""

    def __init__(self, client: Client, record: TreatmentSession) -> None:
        self.client, self.record = client, record

    def scan(self, code: str, **typed: Any) -> Any:
        record = TreatmentSession.objects.get(pk=self.record.pk)
        block = record.blocks.order_by("-position").first()
        data = {
            "subject": str(record.patient.uuid), "version": record.version, "device": block.device_id if block else "",
            "cartridge": (block.cartridge_id or "") if block else "", "fitzpatrick": "II", "depth_vertex": "0.75", "passes_vertex": "4",
            "notes": "typed already", "scan": code,
        }  # fmt: skip
        answer = self.client.post(reverse("treatments:session", args=[record.uuid]), data | typed)
        self.record.refresh_from_db()
        return answer

    @property
    def cartridge(self) -> Cartridge | None:
        block = self.record.blocks.order_by("-position").first()
        return block.cartridge if block else None


@pytest.fixture
def chair(site: Site, amara: Staff, client_as: SignIn) -> Chair:
    """A draft with a device, without a cartridge."""
    return Chair(client_as(amara), make_draft(site, amara, make_entry(site, cartridge=None, seal_intact=False)))


def beside(answer: HttpResponse) -> str:
    """What stands beside the scan field."""
    page = answer.content.decode()
    found = re.search(r'id="scan-problem"[^>]*>([^<]*)<', page)
    assert found and 'aria-describedby="scan-problem ' in page, page[:200]
    return found[1]


class TestACartridge:
    def test_is_found_in_this_site_s_stock_and_chosen(self, chair: Chair, site: Site) -> None:
        lot = box(site)
        answer = chair.scan(CODE)
        assert answer.status_code == 302 and answer["Location"].endswith("#device")
        assert chair.cartridge == units(lot)[0] and chair.record.notes == "typed already"

    @pytest.mark.parametrize("code", ["A17", "a17 ", "(01)09501101020917(17)270508(10)A17", f"10A17|01{GTIN}"])
    def test_typed_by_hand_it_is_the_same(self, chair: Chair, site: Site, code: str) -> None:
        lot = box(site)
        assert chair.scan(code).status_code == 302 and chair.cartridge == units(lot)[0]

    def test_a_used_unit_is_passed_over(self, chair: Chair, site: Site, amara: Staff) -> None:
        first, second = units(box(site))
        make_started(site, amara, make_entry(site, cartridge=first))
        assert chair.scan(CODE).status_code == 302 and chair.cartridge == second

    def test_scanned_twice_it_stays_the_same_unit(self, chair: Chair, site: Site) -> None:
        lot = box(site)
        chair.scan(CODE)
        assert chair.scan(CODE, seal_intact="on").status_code == 302
        assert chair.cartridge == units(lot)[0] and chair.record.blocks.get().seal_intact

    def test_another_one_instead_asks_for_its_seal_anew(self, chair: Chair, site: Site) -> None:
        lot, other = box(site), make_cartridge(site, lot="B2")
        chair.scan("B2", seal_intact="on")
        assert chair.cartridge == other and chair.record.blocks.get().seal_intact
        chair.scan(CODE, seal_intact="on")
        assert chair.cartridge == units(lot)[0] and not chair.record.blocks.get().seal_intact

    def test_without_a_device_it_is_kept_on_the_page_until_one_is_chosen(self, chair: Chair, site: Site) -> None:
        first = units(box(site))[0]
        answer = chair.scan(CODE, device="")
        page = answer.content.decode()
        assert answer.status_code == 200 and "Choose the device too" in page
        assert f'<option value="{first.pk}" selected>' in page and "typed already" in page

    def test_a_lot_typed_in_without_its_article_number_is_found_by_its_lot(self, chair: Chair, site: Site) -> None:
        lot = box(site, gtin="")
        assert chair.scan(CODE).status_code == 302 and chair.cartridge == units(lot)[0]

    def test_once_the_session_has_started_it_is_offered_as_the_change_that_it_is(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        chair, lot = Chair(client_as(amara), make_started(site, amara)), box(site)
        before = chair.cartridge
        answer = chair.scan(CODE, seal_intact="on")
        page = answer.content.decode()
        assert answer.status_code == 200 and "press “Change”" in page
        changing = page[page.index('name="new_cartridge"') :]
        assert f'<option value="{units(lot)[0].pk}" selected>' in changing[: changing.index("</select>")]
        assert re.search(r'<details class="section"\s+open><summary>Change device or cartridge', page)
        assert chair.cartridge == before


class TestWhyNot:
    def refused(self, chair: Chair, code: str) -> str:
        answer = chair.scan(code)
        page = answer.content.decode()
        assert answer.status_code == 422 and chair.cartridge is None
        assert "typed already" in page and 'value="0.75"' in page and chair.record.notes == "typed already"
        return beside(answer)

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            (f"01{GTIN}1727050810ZZ9", "Lot ZZ9 of this article is not in the stock of this site"),
            (f"01{OTHER}1727050810A17", "Lot A17 of this article is not in the stock of this site"),
            (GTIN, "holds no lot"),
            ("hello", "not in the stock of this site, and this is not a GS1 code"),
            ("01095011010209101727050810A17", "check digit"),
            (f"01{GTIN}1728050810A17", "Compare with the box"),
            (f"01{GTIN}1726013110A17", "expired on 31 Jan 2026"),
        ],
    )
    def test_what_does_not_fit(self, chair: Chair, site: Site, code: str, words: str) -> None:
        box(site)
        assert words in self.refused(chair, code)

    def test_expired(self, chair: Chair, site: Site) -> None:
        CartridgeLot.objects.filter(pk=box(site).pk).update(expires_on=date(2026, 3, 1))
        assert "expired on 01 Mar 2026" in self.refused(chair, "A17")

    def test_through_its_printed_day(self, chair: Chair, site: Site) -> None:
        lot = box(site, expires_on=DAY.date())
        assert chair.scan("A17").status_code == 302 and chair.cartridge == units(lot)[0]

    def test_set_aside(self, chair: Chair, site: Site) -> None:
        services.quarantine_lot(lot=box(site), reason="wet box", by=DESK, at=DAY)
        assert self.refused(chair, CODE) == "Lot A17 is set aside: wet box. Take another cartridge."

    def test_recalled(self, chair: Chair, site: Site) -> None:
        services.recall_lot(lot=box(site), reason="not sterile", by=DESK, at=DAY)
        assert self.refused(chair, CODE) == "Lot A17 is recalled: not sterile. Take another cartridge."

    def test_used_or_discarded(self, chair: Chair, site: Site, amara: Staff) -> None:
        first, second = units(box(site))
        make_started(site, amara, make_entry(site, cartridge=first))
        services.discard_cartridge(cartridge=second, reason="dropped", by=DESK, at=DAY)
        assert "No unit of lot A17 is left" in self.refused(chair, CODE)

    def test_another_site_s_stock_is_as_good_as_none(self, chair: Chair, other_site: Site) -> None:
        box(other_site)
        assert "not in the stock of this site" in self.refused(chair, CODE)

    def test_two_articles_of_one_lot_number_are_not_guessed(self, chair: Chair, site: Site) -> None:
        box(site), box(site, gtin=OTHER)
        assert "More than one article" in self.refused(chair, "A17")

    def test_a_separator_that_was_dropped_is_named(self, chair: Chair, site: Site) -> None:
        box(site)
        assert "swallowed" in self.refused(chair, f"01{GTIN}10A1717270508")

    def test_what_else_is_wrong_on_the_form_is_said_too_and_kept(self, chair: Chair, site: Site) -> None:
        box(site)
        answer = chair.scan("hello <b>", depth_vertex="15")
        page = answer.content.decode()
        assert answer.status_code == 422 and "Did you mean 1.5 mm?" in page and "not a GS1 code" in beside(answer)
        assert 'value="15"' in page and "hello &lt;b&gt;" in page

    def test_a_good_code_with_something_else_wrong_stays_chosen_on_the_page(self, chair: Chair, site: Site) -> None:
        first = units(box(site))[0]
        answer = chair.scan(CODE, depth_vertex="15")
        assert answer.status_code == 422 and f'<option value="{first.pk}" selected>' in answer.content.decode()

    def test_somebody_else_s_newer_draft_is_not_overwritten(self, chair: Chair, site: Site) -> None:
        box(site)
        assert chair.scan(CODE, version=0).status_code == 409 and chair.cartridge is None


class TestAProduct:
    def test_goes_into_the_first_free_row(self, chair: Chair, site: Site) -> None:
        gel, serum = make_product(site, name="Gel", lot="G1"), make_product(site, gtin=GTIN, lot="S7", expires_on=date(2027, 5, 8))
        answer = chair.scan(f"01{GTIN}1727050810S7", product_0=gel.pk)
        assert answer.status_code == 302 and answer["Location"].endswith("#topicals")
        assert {use.product for use in chair.record.product_uses.all()} == {gel, serum}
        assert chair.scan("S7", product_0=gel.pk, product_1=serum.pk).status_code == 302
        assert chair.record.product_uses.count() == 2

    def test_numbing_goes_where_numbing_stands_with_its_strength(self, chair: Chair, site: Site) -> None:
        cream = make_product(site, name="LMX", kind="other", lot="N1", is_anaesthetic=True, strength_percent="4.0")
        assert chair.scan("N1").status_code == 302
        assert chair.record.anaesthetic.product == cream and chair.record.anaesthetic.strength_percent == 4

    def test_a_second_numbing_product_does_not_replace_the_first(self, chair: Chair, site: Site) -> None:
        first = make_product(site, name="LMX", lot="N1", is_anaesthetic=True)
        make_product(site, name="EMLA", lot="N2", is_anaesthetic=True)
        answer = chair.scan("N2", numbing=first.pk)
        assert answer.status_code == 422 and "LMX is chosen" in beside(answer) and chair.record.anaesthetic.product == first

    def test_a_fourth_gets_a_row_of_its_own(self, chair: Chair, site: Site) -> None:
        rows = {f"product_{n}": make_product(site, name=f"P{n}", lot=f"P{n}").pk for n in range(3)}
        make_product(site, name="Fourth", lot="P9")
        assert chair.scan("P9", **rows).status_code == 302
        assert [use.product.name for use in chair.record.product_uses.all()] == ["P0", "P1", "P2", "Fourth"]

    def test_with_every_row_full_it_says_so(self, chair: Chair, site: Site) -> None:
        rows = {f"product_{n}": make_product(site, name=f"P{n}", lot=f"P{n}").pk for n in range(MOST_ROWS)}
        make_product(site, name="One more", lot="P99")
        answer = chair.scan("P99", **rows)
        assert answer.status_code == 422 and "rows for products are taken" in beside(answer) and chair.record.product_uses.count() == MOST_ROWS

    @pytest.mark.parametrize(
        ("fields", "words"),
        [({"expires_on": date(2026, 3, 1)}, "HA serum, lot S7, expired on 01 Mar 2026"), ({"withdrawn": True, "withdraw_reason": "cracked"}, "HA serum, lot S7, is withdrawn: cracked")],
    )
    def test_one_that_can_t_be_used_is_named(self, chair: Chair, site: Site, fields: dict[str, Any], words: str) -> None:
        make_product(site, lot="S7", **fields)
        answer = chair.scan("S7")
        assert answer.status_code == 422 and words in beside(answer) and not chair.record.product_uses.exists()


    def test_a_label_that_has_expired_stops_though_the_stock_knows_no_date(self, chair: Chair, site: Site) -> None:
        make_product(site, gtin=GTIN, lot="S7", expires_on=None)
        answer = chair.scan(f"01{GTIN}1726013110S7")
        assert answer.status_code == 422 and "By its label this expired on 31 Jan 2026" in beside(answer) and not chair.record.product_uses.exists()


def test_an_empty_scan_field_is_a_plain_save(chair: Chair) -> None:
    assert chair.scan("  ").status_code == 302 and chair.record.notes == "typed already"


def test_enter_in_any_field_saves_and_takes_no_step(chair: Chair) -> None:
    page = chair.client.get(reverse("treatments:session", args=[chair.record.uuid])).content.decode()
    buttons = re.findall(r"<button[^>]*>", page)
    first = next(one for one in buttons if 'type="submit"' in one and 'form="session-form"' in one)
    assert "formaction" not in first, "the first button is the one that Enter presses"


def test_a_device_of_the_register_does_not_matter_to_a_stranger(chair: Chair, other_site: Site, stranger: Staff, client_as: SignIn) -> None:
    make_device(other_site)
    assert Chair(client_as(stranger), chair.record).scan(CODE).status_code == 404
