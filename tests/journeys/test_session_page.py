"""The session form at the chair: a draft that survives, two people in it, the map, keys, presets, sizes (R18, R19, R62, SETTLED 28)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Browser, Route

from clinic.audit import Actor
from clinic.models import Site, Staff
from tests.conftest import _copy_template
from tests.journeys.chair import NOW, PASSWORD, Chair, clinic_in_process, make_clinician, make_site
from tests.treatments.make import DAY, make_course, make_draft, make_ended, make_entry, make_ready
from treatments import services
from treatments.models import SessionPreset, TreatmentSession, ZoneRecord
from treatments.services import ZoneEntry

pytestmark = pytest.mark.journey


@dataclass
class World:
    """The app, its clock, two clinicians and a browser."""

    site: Site
    amara: Staff
    okoro: Staff
    base: str
    clock: Any
    chromium: Browser


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, chromium: Browser) -> Iterator[World]:
    """One app for the file; each test brings its own patient."""
    with clinic_in_process(django_db_blocker, _copy_template) as (base, clock):
        site = make_site()
        yield World(site, make_clinician(site, "Amara Osei"), make_clinician(site, "Ngozi Okoro"), base, clock, chromium)
        for connection in connections.all():
            connection.close()


@pytest.fixture
def chair(world: World) -> Iterator[Chair]:
    """Dr Amara, freshly signed in."""
    world.clock.move_to(NOW)
    found = Chair(world.chromium, world.base, world.amara)
    yield found
    assert not found.noise, found.noise
    found.context.close()


def zone(record: TreatmentSession, name: str = "vertex") -> ZoneRecord:
    return ZoneRecord.objects.get(block__session=record, zone=name)


def state(chair: Chair, wanted: str) -> None:
    chair.page.wait_for_selector(f"body[data-draft={wanted}]")


def draft_after_a_session(world: World) -> TreatmentSession:
    """A second session, four weeks after one at 1.00 mm × 4."""
    earlier = DAY - timedelta(days=28)
    patient = make_ready(world.site, DAY)
    course = make_course(patient, world.amara, earlier - timedelta(days=1))
    old = make_draft(world.site, world.amara, make_entry(world.site, zones=(ZoneEntry("vertex", 100, 4, "mild_erythema"),)), patient=patient)
    TreatmentSession.objects.filter(pk=old.pk).update(state="ended", started_at=earlier, ended_at=earlier + timedelta(minutes=30), course=course)
    return services.open_session(patient=patient, operator=world.amara, by=Actor.of_staff(world.amara), at=NOW)


class TestTheDraftSurvives:
    def test_a_lost_network_loses_nothing_and_says_so(self, world: World, chair: Chair) -> None:
        record = make_draft(world.site, world.amara)
        page = chair.open(record)
        chair.context.set_offline(True)
        page.fill("#id_notes", "typed in the lift")
        state(chair, "offline")
        line = page.inner_text("#save-state")
        assert "can’t be reached" in line and "10:00:00" in line
        page.fill("#id_passes_vertex", "5")
        chair.context.set_offline(False)
        state(chair, "saved")
        record.refresh_from_db()
        assert record.notes == "typed in the lift" and zone(record).passes == 5
        assert "10:05:00" in page.inner_text("#save-state")

    def test_a_step_without_a_network_stays_on_the_page(self, world: World, chair: Chair) -> None:
        record = make_draft(world.site, world.amara)
        page = chair.open(record)
        page.fill("#id_notes", "before the start")
        chair.context.set_offline(True)
        page.get_by_role("button", name="Start", exact=True).click()
        state(chair, "offline")
        assert page.input_value("#id_notes") == "before the start" and str(record.uuid) in page.url
        said = page.locator("#step-lost")
        assert said.is_visible() and "“Start” was not done: it did not reach the server" in said.inner_text()
        chair.context.set_offline(False)
        state(chair, "saved")
        record.refresh_from_db()
        assert (record.state, record.notes) == ("draft", "before the start"), "a step that failed is not taken later by itself"
        assert said.is_visible() and "“Start” was not done. The server answers again: press it once more." in said.inner_text()
        page.get_by_role("button", name="Start", exact=True).click()
        page.wait_for_selector("#id_notes")
        page.locator(".session-state", has_text="in session").wait_for()
        assert TreatmentSession.objects.get(pk=record.pk).state == "started" and not page.locator("#step-lost").is_visible()

    def test_a_save_whose_answer_was_lost_is_no_conflict(self, world: World, chair: Chair) -> None:
        record = make_draft(world.site, world.amara)
        page = chair.open(record)
        lost: list[int] = []

        def lose(route: Route) -> None:
            lost.append(route.fetch().status)
            route.abort("connectionreset")

        page.route("**/autosave/", lose, times=1)
        page.fill("#id_notes", "stored, but the page never heard of it")
        state(chair, "offline")
        assert lost == [200] and TreatmentSession.objects.get(pk=record.pk).version == record.version + 1
        page.fill("#id_notes", "and then some more")
        state(chair, "saved")
        assert TreatmentSession.objects.get(pk=record.pk).notes == "and then some more"

    def test_a_closed_lid_sends_at_once(self, world: World, chair: Chair) -> None:
        record = make_draft(world.site, world.amara)
        page = chair.open(record)
        with page.expect_response("**/autosave/", timeout=1200):
            page.fill("#id_notes", "lid")
            page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true}); document.dispatchEvent(new Event('visibilitychange'))")
        assert TreatmentSession.objects.get(pk=record.pk).notes == "lid"

    def test_a_page_that_is_left_sends_what_was_typed_last(self, world: World, chair: Chair) -> None:
        record = make_draft(world.site, world.amara)
        page = chair.open(record)
        page.fill("#id_notes", "left in a hurry")
        page.goto(f"{world.base}/rules/")
        page.wait_for_timeout(500)
        assert TreatmentSession.objects.get(pk=record.pk).notes == "left in a hurry"

    def test_a_login_that_ran_out_asks_for_the_password_on_the_page(self, world: World, chair: Chair) -> None:
        record = make_draft(world.site, world.amara)
        page = chair.open(record)
        world.clock.shift(901)
        page.fill("#id_notes", "after a long talk")
        page.wait_for_selector("#away[open]")
        assert TreatmentSession.objects.get(pk=record.pk).notes == ""
        page.fill("#away-password", "wrong horse")
        page.click("#away-form button")
        page.wait_for_function("() => document.getElementById('away-error').textContent.includes('not right')")
        page.dispatch_event("#id_notes", "change")
        page.wait_for_timeout(800)  # longer than a change takes to be sent
        assert "not right" in page.inner_text("#away-error"), "a save that fails meanwhile does not wipe the answer away"
        page.fill("#away-password", PASSWORD)
        page.click("#away-form button")
        state(chair, "saved")
        assert not page.locator("#away[open]").count() and page.input_value("#id_notes") == "after a long talk"
        assert TreatmentSession.objects.get(pk=record.pk).notes == "after a long talk"

    def test_saving_by_itself_does_not_keep_a_login_alive(self, world: World, chair: Chair) -> None:
        record = make_draft(world.site, world.amara)
        page = chair.open(record)
        page.wait_for_load_state("networkidle")  # its pictures belong to opening it
        for minutes in (6, 6):
            world.clock.shift(minutes * 60)
            chair.set(notes=f"{minutes} minutes")
            assert page.get_attribute("body", "data-draft") == "saved"
        world.clock.shift(3 * 60 + 1)
        page.fill("#id_notes", "a quarter of an hour")
        page.wait_for_selector("#away[open]")

    def test_nothing_is_kept_in_the_browser(self, world: World, chair: Chair) -> None:
        page = chair.open(make_draft(world.site, world.amara))
        chair.set(notes="canary of the draft")
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
        assert page.evaluate("indexedDB.databases().then(all => all.length)") == 0


def test_one_wrong_box_keeps_nothing_else_from_the_server(world: World, chair: Chair) -> None:
    record = make_draft(world.site, world.amara)
    page = chair.open(record)
    chair.set(pain="11", notes="fainted")
    state(chair, "partly")
    assert TreatmentSession.objects.get(pk=record.pk).notes == "fainted"
    assert "Saved, but for what is marked" in page.inner_text("#save-state")
    assert page.get_attribute("#id_pain", "aria-invalid") == "true" and page.input_value("#id_pain") == "11"
    chair.set(pain="3")
    state(chair, "saved")


def test_a_colleague_takes_over_with_one_press_then_starts(world: World, chair: Chair) -> None:
    record = make_draft(world.site, world.okoro)
    page = chair.open(record)
    assert "Ngozi Okoro’s session" in page.inner_text("main")
    assert page.get_by_role("button", name="Start", exact=True).count() == 0
    page.get_by_role("button", name="Take over").click()
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="End", exact=True).wait_for()
    record.refresh_from_db()
    assert (record.state, record.operator) == ("started", world.amara)


class TestTwoPeople:
    def test_the_second_is_told_what_differs_and_nothing_is_overwritten(self, world: World, chair: Chair) -> None:
        record = make_draft(world.site, world.amara)
        page = chair.open(record)
        other = Chair(world.chromium, world.base, world.okoro)
        other.open(record)
        other.set(passes_vertex="6", notes="hers")
        chair.set(passes_vertex="5", notes="mine")
        assert page.get_attribute("body", "data-draft") == "refused"
        told = page.inner_text("#findings")
        assert "Dr Ngozi Okoro saved this draft meanwhile" in told
        rows = [row.split("\t") for row in page.locator("#findings tbody tr").all_inner_texts()]
        assert ["Vertex Passes", "6", "5"] in rows and ["Notes", "hers", "mine"] in rows
        assert page.input_value("#id_notes") == "mine"
        chair.set(notes="mine again")
        record.refresh_from_db()
        assert (record.notes, zone(record).passes) == ("hers", 6)
        page.click("text=Open the newer draft")
        page.wait_for_load_state()
        assert page.input_value("#id_notes") == "hers"
        chair.set(notes="both")
        record.refresh_from_db()
        assert record.notes == "both"
        other.context.close()


class TestTheMap:
    def test_taps_fill_the_table_and_the_server(self, world: World, chair: Chair) -> None:
        record = make_draft(world.site, world.amara)
        page = chair.open(record)
        chair.tap_zone("occipital")
        assert page.inner_text("#chosen-zone") == "Occipital"
        for kind, value in (("depth", "1.25"), ("passes", "4"), ("endpoint", "pinpoint_bleeding")):
            page.click(f'.presets [data-kind="{kind}"][data-value="{value}"]')
        page.click('.presets [aria-label="Deeper"]')
        page.click('.presets [aria-label="One pass less"]')
        chair.settle()
        saved = zone(record, "occipital")
        assert (saved.depth_hundredths, saved.passes, saved.endpoint) == (130, 3, "pinpoint_bleeding")
        assert page.text_content('.scalp-map [data-zone="occipital"] .zone-value') == "1.30 × 3"

    def test_keys_do_the_same(self, world: World, chair: Chair) -> None:
        record = make_draft(world.site, world.amara)
        page = chair.open(record)
        page.focus('.scalp-map [data-zone="vertex"]')
        for key in ("Enter", "ArrowUp", "+", "ArrowRight", "ArrowUp", "ArrowUp"):
            page.keyboard.press(key)
        chair.settle()
        assert (zone(record).depth_hundredths, zone(record).passes) == (80, 5)
        assert zone(record, "occipital").depth_hundredths == 55
        assert page.get_attribute('.scalp-map [data-zone="occipital"]', "aria-pressed") == "true"

    def test_one_tap_gives_every_treated_zone_the_same_endpoint(self, world: World, chair: Chair) -> None:
        record = make_draft(world.site, world.amara, make_entry(world.site, zones=(ZoneEntry("vertex", 75, 4), ZoneEntry("mid_scalp", 50, 4))))
        page = chair.open(record)
        page.click('.presets [data-kind="endpoint"][data-value="mild_erythema"]')
        page.click("text=Same endpoint for every treated zone")
        chair.settle()
        assert set(ZoneRecord.objects.filter(block__session=record).values_list("zone", "endpoint")) == {("vertex", "mild_erythema"), ("mid_scalp", "mild_erythema")}


class TestSettings:
    def test_copying_shows_what_then_differs_from_last_time_and_the_dose_of_the_course(self, world: World, chair: Chair) -> None:
        record = draft_after_a_session(world)
        page = chair.open(record)
        page.keyboard.press("Control+d")
        page.wait_for_url("**#scalp")
        row = page.locator('tr[data-zone="vertex"]')
        assert page.input_value("#id_depth_vertex") == "1.00" and page.input_value("#id_endpoint_vertex") == ""
        assert page.input_value("#id_cartridge") == "" and not page.is_checked("#id_seal_intact")
        assert "as last time" in row.inner_text() and "8.00 mm" in row.inner_text()
        page.click('.presets [data-kind="depth"][data-value="1.25"]')
        assert "1.00 → 1.25 mm" in row.inner_text() and "9.00 mm" in row.inner_text()

    def test_a_preset_is_kept_used_and_removed_by_its_clinician_alone(self, world: World, chair: Chair) -> None:
        record = make_draft(world.site, world.amara, make_entry(world.site, zones=(ZoneEntry("vertex", 125, 6),)))
        page = chair.open(record)
        page.click("text=Keep these settings as a preset")
        page.fill("#preset_name", "Crown, firm")
        with page.expect_navigation():
            page.get_by_role("button", name="Keep", exact=True).click()
        chair.set(depth_vertex="0.75", passes_vertex="2", notes="stays")
        with page.expect_navigation():
            page.get_by_role("button", name="Crown, firm", exact=True).click()
        record.refresh_from_db()
        assert (zone(record).depth_hundredths, zone(record).passes, record.notes) == (125, 6, "stays")
        other = Chair(world.chromium, world.base, world.okoro)
        other.open(record)
        assert "Crown, firm" not in other.page.inner_text("#scalp")
        other.context.close()
        page.click("text=Keep or remove presets")
        with page.expect_navigation():
            page.get_by_role("button", name="Remove Crown, firm").click()
        assert not SessionPreset.objects.filter(staff=world.amara).exists()


class TestKeysAndSteps:
    def test_ctrl_enter_signs_and_the_checklist_leads_to_each_gap(self, world: World, chair: Chair) -> None:
        record = make_ended(world.site, world.amara, make_entry(world.site, zones=(ZoneEntry("vertex", 75, None, "mild_erythema"),)), at=DAY - timedelta(hours=1))
        page = chair.open(record)
        gap = page.get_by_role("link", name="Every zone with passes and endpoint")
        assert gap.get_attribute("href") == "#id_passes_vertex"
        gap.click()
        page.keyboard.type("4")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("text=SHA-256")
        record.refresh_from_db()
        assert record.state == "signed"

    def test_pain_is_tapped(self, world: World, chair: Chair) -> None:
        record = make_draft(world.site, world.amara)
        page = chair.open(record)
        for button in ("4", "7", "undo", "6"):
            page.click(f'[data-pain="{button}"]')
        chair.settle()
        record.refresh_from_db()
        assert record.pain_readings == [3, 4, 6]


SMALL = """() => Array.from(document.querySelectorAll('#session-form button, #session-form input:not([type=hidden]):not([type=checkbox]), #session-form select, .page-actions .btn, .steps a, #session-form label.choice, #session-form label.tick, .gaps a'))
  .filter(part => part.offsetParent).map(part => [part.getBoundingClientRect(), part]).filter(([box]) => box.height < 43.9 || box.width < 43.9)
  .map(([box, part]) => part.outerHTML.slice(0, 80) + ' ' + Math.round(box.width) + '×' + Math.round(box.height))"""


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (1280, 900), (360, 740)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_target_is_44_px_nothing_is_cut_and_axe_finds_nothing(world: World, chair: Chair, width: int, height: int, scheme: Any) -> None:
    record = draft_after_a_session(world)
    page = chair.open(record)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": height})
    chair.set(depth_frontal_hairline="1.25") if page.locator("#id_device").input_value() else None
    assert page.evaluate(SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [f"{v['id']}: {n['target']}" for v in found for n in v["nodes"][:3]] == []




class TestAScanner:
    """It types the code quickly and ends with Enter; the separator is Ctrl and ]."""

    def scan(self, chair: Chair, code: str) -> None:
        page = chair.page
        page.focus("#scan")
        with page.expect_navigation():
            for part in code.split("\x1d"):
                if part is not code.split("\x1d", 1)[0]:
                    page.keyboard.press("Control+]")
                page.keyboard.type(part)
            page.keyboard.press("Enter")

    def test_chooses_the_cartridge_and_keeps_what_was_typed(self, world: World, chair: Chair) -> None:
        lot = services.register_lot(site=world.site, name="16-needle", gtin="09501101020917", lot="SC1", expires_on=date(2027, 5, 8), month_only=False, units=2, by=Actor.of_command("t"), at=DAY)
        record = make_draft(world.site, world.amara, make_entry(world.site, cartridge=None, seal_intact=False))
        page = chair.open(record)
        page.fill("#id_notes", "typed just before")
        self.scan(chair, "0109501101020917172705081" + "0SC1\x1d21BX9")
        assert page.url.endswith("#device") and page.input_value("#id_notes") == "typed just before"
        assert page.input_value("#id_cartridge") == str(lot.cartridges.order_by("number")[0].pk)
        assert "lot SC1, usable through 08 May 2027" in page.inner_text("main")

    def test_a_code_that_does_not_fit_is_said_beside_the_field_and_nothing_is_lost(self, world: World, chair: Chair) -> None:
        record = make_draft(world.site, world.amara, make_entry(world.site, cartridge=None))
        page = chair.open(record)
        page.fill("#id_passes_vertex", "3")
        self.scan(chair, "0109501101020917172705081" + "0NOPE")
        assert "Lot NOPE of this article is not in the stock" in page.inner_text("#scan-problem")
        assert page.input_value("#id_passes_vertex") == "3" and page.evaluate("document.activeElement.id") == "scan"
        assert zone(record).passes == 3
        assert not Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        box = page.locator(".scan-box button").bounding_box()
        assert box and box["height"] >= 44 and box["width"] >= 44

    def test_without_javascript_enter_and_the_button_do_the_same_and_enter_elsewhere_only_saves(self, world: World, chair: Chair) -> None:
        record = draft_after_a_session(world)
        context = world.chromium.new_context(java_script_enabled=False, storage_state=chair.context.storage_state())
        page = context.new_page()
        page.goto(f"{world.base}/treatments/sessions/{record.uuid}/")
        page.select_option("#id_device", index=1)
        page.fill("#id_notes", "by hand")
        page.fill("#scan", "no such lot")
        with page.expect_navigation():
            page.press("#scan", "Enter")
        assert "not in the stock of this site" in page.inner_text("#scan-problem") and page.input_value("#id_notes") == "by hand"
        page.fill("#scan", "")
        page.fill("#id_pain", "3")
        with page.expect_navigation():
            page.press("#id_pain", "Enter")
        record.refresh_from_db()
        assert record.pain_readings == [3] and record.notes == "by hand"
        assert not ZoneRecord.objects.filter(block__session=record).exists(), "Enter took no step: nothing was copied"
        context.close()


class TestUndo:
    def test_one_click_brings_back_what_was_there_and_keeps_what_was_typed_since(self, world: World, chair: Chair) -> None:
        record = draft_after_a_session(world)
        page = chair.open(record)
        page.keyboard.press("Control+d")
        page.wait_for_url("**#scalp")
        assert page.input_value("#id_depth_vertex") == "1.00"
        page.fill("#id_notes", "typed since")
        with page.expect_navigation():
            page.get_by_role("button", name="Undo copying").click()
        assert page.input_value("#id_depth_vertex") == "" and page.input_value("#id_notes") == "typed since"
        assert not page.get_by_role("button", name="Undo copying").count()
        assert not ZoneRecord.objects.filter(block__session=record).exists()
