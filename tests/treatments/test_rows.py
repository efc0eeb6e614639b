"""Products and what was on the scalp before: as many rows as a session needs, each judged, none lost (S13–S15, S26)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.http import QueryDict
from django.test import Client

from clinic.audit import Actor
from clinic.models import Site, Staff
from tests.treatments.make import DAY, make_draft, make_ended, make_product, make_ready, make_signed
from tests.treatments.test_views import posted, url
from treatments import selectors, services
from treatments.forms import SessionForm
from treatments.forms.rows import MOST_ROWS
from treatments.models import Product, TreatmentSession
from treatments.rules.vocabulary import Stage

pytestmark = pytest.mark.django_db
SignIn = Callable[[Staff], Client]


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(DAY + timedelta(minutes=5), tick=False):
        yield


@pytest.fixture
def shelf(site: Site) -> list[Product]:
    """Five products of five kinds, and no patch test."""
    kinds = ("serum_sterile", "minoxidil", "retinoid", "growth_factor", "compounded_topical")
    return [make_product(site, name=f"P{n}", kind=kind, lot=f"L{n}") for n, kind in enumerate(kinds)]


def rows(products: list[Product], hours: str = "24") -> dict[str, Any]:
    return {f"product_{n}": product.pk for n, product in enumerate(products)} | {f"hours_{n}": hours for n in range(len(products))}


def form(record: TreatmentSession, text: str = "", **sent: Any) -> SessionForm:
    data = QueryDict(mutable=True)
    data.update(sent)
    return SessionForm(data if sent else None, record=record, today=DAY.date())


class TestProducts:
    def test_five_are_stored_and_one_empty_row_follows(self, site: Site, amara: Staff, shelf: list[Product], client_as: SignIn) -> None:
        record, client = make_draft(site, amara), client_as(amara)
        assert client.post(url("session", record), posted(record, **rows(shelf))).status_code == 302
        assert [(use.product, use.hours_after) for use in record.product_uses.all()] == [(product, 24) for product in shelf]
        page = client.get(url("session", record)).content.decode()
        assert 'name="product_5"' in page and 'name="product_6"' not in page

    def test_a_button_adds_one_without_a_script_and_loses_nothing(self, site: Site, amara: Staff, shelf: list[Product], client_as: SignIn) -> None:
        record, client = make_draft(site, amara), client_as(amara)
        answer = client.post(url("session", record), posted(record, **rows(shelf[:1]), notes="calm", more="topicals"))
        assert answer.status_code == 302 and answer["Location"].endswith("#topicals")
        record.refresh_from_db()
        assert record.notes == "calm" and 'name="product_1"' in client.get(url("session", record)).content.decode()

    def test_each_is_judged(self, site: Site, amara: Staff, shelf: list[Product], client_as: SignIn) -> None:
        record = make_draft(site, amara)
        client_as(amara).post(url("session", record), posted(record, **rows(shelf, hours="0")))
        found = {(f.rule, f.subject): f.severity for f in selectors.evaluate(record, Stage.START).findings if f.subject.startswith("P")}
        assert found == {
            ("S13", "P0"): "BLOCK_PRODUCT", ("S13", "P3"): "BLOCK_PRODUCT", ("S14", "P1"): "REASON", ("S14", "P2"): "BLOCK_PRODUCT",
            ("S14", "P3"): "REASON", ("S14", "P4"): "BLOCK_PRODUCT",
        }  # fmt: skip

    def test_a_fifth_without_its_lot_stops_the_signature(self, site: Site, amara: Staff) -> None:
        record = make_ended(site, amara)
        for n in range(5):
            record.product_uses.create(product=make_product(site, name=f"M{n}", kind="minoxidil", lot="" if n == 4 else f"L{n}"), hours_after=24)
        assert "S26" in {f.rule for f in selectors.evaluate(record, Stage.SIGNOFF).blocks()}
        Product.objects.filter(name="M4").update(lot="L4")
        assert "S26" not in {f.rule for f in selectors.evaluate(record, Stage.SIGNOFF).blocks()}

    def test_with_something_wrong_every_row_comes_back_as_typed(self, site: Site, amara: Staff, shelf: list[Product], client_as: SignIn) -> None:
        record = make_draft(site, amara)
        answer = client_as(amara).post(url("session", record), posted(record, **rows(shelf, hours="24.5"), depth_vertex="15"))
        page = answer.content.decode()
        assert answer.status_code == 422 and all(f'<option value="{product.pk}" selected>' in page for product in shelf)
        assert page.count('value="24.5"') == 5 and not record.product_uses.exists()

    def test_one_product_twice_is_said_beside_the_second(self, site: Site, amara: Staff, shelf: list[Product]) -> None:
        record = make_draft(site, amara)
        sent = form(record, **posted(record, **rows([shelf[0], shelf[1], shelf[0]])))
        assert not sent.is_valid() and list(sent.errors) == ["product_2"] and "chosen above already" in str(sent.errors)

    def test_more_than_a_page_draws_is_refused_not_cut_off(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = make_draft(site, amara)
        answer = client_as(amara).post(url("session", record), posted(record, **{f"product_{MOST_ROWS}": ""}, notes="kept"))
        assert answer.status_code == 422 and f"More than {MOST_ROWS} rows" in answer.content.decode()
        assert f'name="product_{MOST_ROWS}"' not in answer.content.decode() and "kept" in answer.content.decode()

    def test_a_row_taken_out_is_out(self, site: Site, amara: Staff, shelf: list[Product], client_as: SignIn) -> None:
        record, client = make_draft(site, amara), client_as(amara)
        client.post(url("session", record), posted(record, **rows(shelf)))
        client.post(url("session", record), posted(record, **rows(shelf) | {"product_1": ""}))
        assert [use.product for use in record.product_uses.all()] == [shelf[0], *shelf[2:]]


class TestBefore:
    def test_two_are_stored_and_each_is_judged(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record, client = make_draft(site, amara), client_as(amara)
        sent = {"pre_kind": "retinoid", "pre_last_used_at": "2026-03-02T08:00", "pre_kind_1": "aha", "pre_last_used_at_1": "2026-02-28T08:00"}
        assert client.post(url("session", record), posted(record, **sent)).status_code == 302
        found = {f.subject: f.severity for f in selectors.evaluate(record, Stage.START).findings if f.rule == "S15"}
        assert found == {"retinoid": "BLOCK", "aha": "NOTE"}
        page = client.get(url("session", record)).content.decode()
        assert 'name="pre_kind_2"' in page and 'value="2026-02-28T08:00"' in page

    def test_each_asks_for_its_time(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        sent = form(record, **posted(record, pre_kind="other", pre_last_used_at="2026-03-01T08:00", pre_kind_1="aha"))
        assert not sent.is_valid() and list(sent.errors) == ["pre_last_used_at_1"]


class TestTwoPeople:
    def test_an_older_page_with_fewer_rows_takes_nothing_away_and_shows_them(self, site: Site, amara: Staff, shelf: list[Product], client_as: SignIn) -> None:
        record, client = make_draft(site, amara), client_as(amara)
        older = posted(record, **rows(shelf[:1]))
        client.post(url("session", record), posted(record, **rows(shelf)))
        answer = client.post(url("session", record), older)
        page = answer.content.decode()
        assert answer.status_code == 409 and record.product_uses.count() == 5
        assert 'name="product_4"' in page and "P4" in page.split("product_4")[0], "what differs names the product of the fifth row"

    def test_saving_by_itself_keeps_every_row(self, site: Site, amara: Staff, shelf: list[Product], client_as: SignIn) -> None:
        record, client = make_draft(site, amara), client_as(amara)
        sent = posted(record, **rows(shelf), tab="t1", seq="1")
        assert client.post(url("autosave", record), sent, headers={"HX-Request": "true"}).status_code == 200
        assert client.post(url("autosave", record), sent | {"seq": "2", "product_5": "", "notes": "x"}, headers={"HX-Request": "true"}).status_code == 200
        assert record.product_uses.count() == 5

    def test_copying_and_its_undoing_keep_every_row(self, site: Site, amara: Staff, shelf: list[Product]) -> None:
        first, by = make_signed(site, amara, at=DAY - timedelta(days=30)).session, Actor.of_staff(amara)
        record = make_draft(site, amara, patient=first.patient)
        for product in shelf:
            record.product_uses.create(product=product, hours_after=24)
        for kind in ("aha", "other"):
            record.pre_topicals.create(kind=kind, last_used_at=DAY - timedelta(days=4))
        copied = services.copy_last(record=record, version=record.version, by=by, at=DAY)
        assert (copied.product_uses.count(), copied.pre_topicals.count()) == (5, 2)
        if copied.before_copy:
            copied = services.undo_copy(record=copied, version=copied.version, by=by, at=DAY)
        assert (copied.product_uses.count(), copied.pre_topicals.count()) == (5, 2)


def test_a_fresh_record_has_one_empty_row_of_each(site: Site, amara: Staff) -> None:
    shown = form(make_draft(site, amara, patient=make_ready(site)))
    assert len(list(shown.rows.shown())) == len(list(shown.rows.shown_pres())) == 1
