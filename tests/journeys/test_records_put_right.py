"""In a browser: rows that grow with what was used, and a treatment that was written for the wrong patient put right (SETTLED 7, S06)."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Browser, Page, Route

from clinic.models import Site, Staff
from tests.conftest import _copy_template
from tests.journeys.chair import NOW, Chair, clinic_in_process, make_clinician, make_site
from tests.treatments.make import make_baseline, make_course, make_draft, make_ended, make_product, make_ready
from treatments.models import SignedRecord, TreatmentSession

pytestmark = pytest.mark.journey
World = tuple[Site, Staff, str, Any, Browser]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, chromium: Browser) -> Iterator[World]:
    """One app for the file; each test brings its own patient."""
    with clinic_in_process(django_db_blocker, _copy_template) as (base, clock):
        site = make_site()
        yield site, make_clinician(site, "Amara Osei"), base, clock, chromium
        for connection in connections.all():
            connection.close()


@pytest.fixture
def chair(world: World) -> Iterator[Chair]:
    """Dr Amara, freshly signed in."""
    _site, amara, base, clock, chromium = world
    clock.move_to(NOW)
    found = Chair(chromium, base, amara)
    yield found
    assert not found.noise, found.noise
    found.context.close()


def shot(page: Page, name: str, part: str = "") -> None:
    """With SHOTS=folder: the page, or a part of it, as a picture at two widths, light and dark."""
    if not (folder := os.environ.get("SHOTS")):
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    for width, height in ((1280, 900), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(150)
            path = f"{folder}/{name}-{width}-{scheme}.png"
            page.locator(part).screenshot(path=path) if part else page.screenshot(path=path, full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1024, "height": 768})


def accessible(page: Page) -> None:
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()


def rows_of(page: Page, kind: str) -> list[str]:
    return list(page.eval_on_selector_all(f"#session-form select[name^={kind}]", "all => all.map(one => one.value)"))


class TestRows:
    def test_a_row_more_appears_when_the_last_is_filled_and_all_are_kept(self, world: World, chair: Chair) -> None:
        site, amara, *_ = world
        products = [make_product(site, name=f"Product {n}", kind="minoxidil", lot=f"M{n}") for n in range(5)]
        record = make_draft(site, amara)
        page = chair.open(record)
        assert rows_of(page, "product_") == [""]
        for n, product in enumerate(products):
            chair.set(**{f"product_{n}": str(product.pk)})
            chair.set(**{f"hours_{n}": "24"})
        chair.set(pre_kind="other", pre_last_used_at="2026-03-01T08:00")
        chair.set(pre_kind_1="exfoliant", pre_last_used_at_1="2026-02-28T08:00")
        assert [use.product for use in record.product_uses.all()] == products
        assert [topical.kind for topical in record.pre_topicals.all()] == ["other", "exfoliant"]
        assert page.locator('[data-rule=S15][data-severity=NOTE]').count() == 1
        page.get_by_role("button", name="Add another product").click()
        assert page.evaluate("document.activeElement.name") == "product_5" and len(rows_of(page, "product_")) == 6, "an empty row is there already"
        chair.open(record)
        assert rows_of(page, "product_") == [*(str(product.pk) for product in products), ""] and rows_of(page, "pre_kind") == ["other", "exfoliant", ""]
        cream = make_product(site, name="Lidocaine cream 4 %", kind="other", lot="N1", is_anaesthetic=True, strength_percent="4.0")
        chair.open(record)
        chair.set(numbing=str(cream.pk), strength_percent="4", area_cm2="100", grams="6", weight_kg="70", other_mg_12h="20", on_at="2026-03-02T09:10", off_at="2026-03-02T09:55", wiped_off=True)
        shot(page, "session-rows", "#topicals")
        accessible(page)

    def test_what_is_typed_while_a_refused_saving_is_on_its_way_is_sent_too(self, world: World, chair: Chair) -> None:
        site, amara, *_ = world
        record = make_draft(site, amara)
        page = chair.open(record)
        slow: list[Route] = []

        def hold(route: Route) -> None:
            if not slow:
                slow.append(route)  # until the time is typed as well
            else:
                route.continue_()

        page.route("**/autosave/", hold)
        page.select_option("[name=pre_kind]", "exfoliant")
        page.wait_for_function("() => document.body.dataset.draft === 'saving'")
        page.fill("[name=pre_last_used_at]", "2026-03-01T10:06")
        page.locator("[name=pre_last_used_at]").dispatch_event("change")
        page.wait_for_timeout(800)
        slow[0].continue_()
        chair.settle()
        page.wait_for_selector("body[data-draft=saved]")
        assert [topical.kind for topical in record.pre_topicals.all()] == ["exfoliant"]

    def test_without_a_script_the_button_saves_and_brings_one_more(self, world: World) -> None:
        site, amara, base, _clock, chromium = world
        chair = Chair(chromium, base, amara)
        record, product = make_draft(site, amara), make_product(site, name="Gel", kind="minoxidil", lot="G1")
        context = chromium.new_context(java_script_enabled=False, storage_state=chair.context.storage_state())
        page = context.new_page()
        page.goto(f"{base}/treatments/sessions/{record.uuid}/")
        page.select_option("[name=product_0]", str(product.pk))
        page.fill("[name=notes]", "calm")
        page.get_by_role("button", name="Add another product").click()
        assert page.locator("[name=product_1]").count() == 1 and page.input_value("[name=product_0]") == str(product.pk)
        assert page.input_value("[name=notes]") == "calm"
        context.close()
        chair.context.close()


class TestTheRightRecord:
    def test_signed_for_the_wrong_patient_then_written_into_the_right_record(self, world: World) -> None:
        site, amara, base, clock, chromium = world
        wrong, ada = make_ended(site, amara), make_ready(site)
        make_course(ada, amara)
        make_baseline(ada, amara)
        type(ada).objects.filter(pk=ada.pk).update(given_name="Ada", family_name="Byron", search_name="byron ada")
        clock.move_to(NOW + timedelta(hours=2))
        chair = Chair(chromium, base, amara)
        page = chair.page
        page.goto(f"{base}/treatments/sessions/{wrong.uuid}/")
        page.get_by_role("button", name="Sign & lock").click()
        page.get_by_text("Signed and locked.").wait_for()
        page.get_by_text("This was entered in error").click()
        page.fill("#error-reason", "It was another patient on the chair.")
        page.get_by_role("button", name="Mark as entered in error").click()
        page.get_by_role("link", name="Write this treatment into the right record").click()
        page.get_by_role("button", name="Write the right record").click()
        assert page.get_by_text("Type the patient's number.").first.is_visible()
        accessible(page)
        shot(page, "right-record-empty")
        page.fill("[name=number]", str(ada.number))
        page.fill("[name=birth_on]", ada.birth_on.isoformat())
        page.fill("[name=reason]", "Noticed by Dr Osei when the next patient was called.")
        shot(page, "right-record-form")
        page.get_by_role("button", name="Write the right record").click()
        page.get_by_text("This replaces a mistaken record of the same treatment").wait_for()
        assert page.locator(".session-page").count() == 1 and "Ada Byron" in page.locator("h1").inner_text()
        shot(page, "right-record-draft")
        accessible(page)
        chair.set(no_adverse_event=True)
        page.get_by_role("button", name="Sign & lock").click()
        page.get_by_text("Signed and locked.").wait_for()
        assert page.get_by_text("written for another patient by mistake").is_visible()
        shot(page, "right-record-signed")
        record = TreatmentSession.objects.get(replaces=wrong)
        assert record.patient == ada and record.blocks.get().cartridge == wrong.blocks.get().cartridge
        assert SignedRecord.objects.filter(session__in=[record, wrong]).count() == 2
        page.goto(f"{base}/treatments/sessions/{wrong.uuid}/")
        assert page.get_by_role("link", name="Open the right record").is_visible()
        shot(page, "mistaken-record")
        unit = record.blocks.get().cartridge
        assert unit is not None
        page.goto(f"{base}/treatments/inventory/lots/{unit.lot.uuid}/")
        lines = page.locator("#received tbody tr").all_inner_texts()
        assert "Ada Byron" in lines[0] and "in error" not in lines[0] and "written into the right record" in lines[1]
        shot(page, "lot")
        accessible(page)
        page.goto(f"{base}/treatments/sessions/{record.uuid}/print/")
        shot(page, "print")
        assert not chair.noise, chair.noise
        chair.context.close()
