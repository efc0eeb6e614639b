"""Photos in a real browser: the camera and its refusal, files, marks, two days compared; by keys, and without JavaScript."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Clinic, Visitor
from tests.treatments.camera import corners, exif_jpeg

pytestmark = pytest.mark.journey


def photographed(clinic: Clinic) -> Any:
    """The demo's patient with photos of three days."""
    return clinic.rows("SELECT p.uuid FROM patients_patient p JOIN treatments_photo f ON f.patient_id = p.id GROUP BY p.uuid ORDER BY count(*) DESC LIMIT 1")[0][0]


def new_here(clinic: Clinic, number: int) -> Any:
    """Somebody who agreed to photos and has none."""
    return clinic.rows(
        "SELECT p.uuid FROM patients_patient p JOIN patients_consent c ON c.patient_id = p.id AND c.photos AND c.withdrawn_at IS NULL "
        "WHERE NOT EXISTS (SELECT 1 FROM treatments_photo f WHERE f.patient_id = p.id) GROUP BY p.uuid, p.id ORDER BY p.id LIMIT 1 OFFSET %s", number
    )[0][0]  # fmt: skip


def some_files(folder: Path, amount: int) -> list[str]:
    """As a phone makes them, each with another size."""
    names = []
    for number in range(amount):
        path = folder / f"IMG_{number}.JPG"
        path.write_bytes(exif_jpeg(corners((640 + number, 480))))
        names.append(str(path))
    return names


def shift(page: Page) -> list[str]:
    """How each of the two pictures is zoomed and moved."""
    return list(page.eval_on_selector_all("#compare img", "all => all.map(image => image.style.transform)"))


class TestTheCamera:
    def test_that_is_not_allowed_leads_to_files(self, clinic: Clinic, at_chair: Visitor) -> None:
        at_chair.sign_in("amara").go(f"/treatments/of/{new_here(clinic, 0)}/photos/take/")
        at_chair.sees("missing today")
        at_chair.page.get_by_role("button", name="Open the camera").click()
        expect(at_chair.page.locator(".camera-words")).to_contain_text("does not let this page use the camera")
        at_chair.sees("choose files below")

    def test_takes_a_photo_that_is_checked_while_one_waits(self, clinic: Clinic, at_chair: Visitor) -> None:
        patient = new_here(clinic, 0)
        at_chair.page.context.grant_permissions(["camera"])
        page = at_chair.sign_in("amara").go(f"/treatments/of/{patient}/photos/take/")
        page.get_by_label("Vertex").first.check()
        page.get_by_role("button", name="Open the camera").click()
        shutter = page.get_by_role("button", name="Take the photo")
        expect(shutter).to_be_focused()
        expect(shutter).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Use this photo")).to_be_focused()
        at_chair.check()
        page.keyboard.press("Enter")
        expect(page.locator("#photos-today")).to_contain_text("being checked")
        expect(page.locator("#photos-today")).to_contain_text("take it again", timeout=30_000)  # a test picture is no hair
        expect(page.get_by_label("Midline part").first).to_be_checked()
        at_chair.check()
        rows = clinic.rows("SELECT view, width FROM treatments_photo f JOIN patients_patient p ON p.id = f.patient_id WHERE p.uuid = %s", patient)
        assert len(rows) == 1 and rows[0][0] == "vertex" and rows[0][1] > 100

    def test_shows_a_ghost_of_the_baseline_that_can_be_made_fainter(self, clinic: Clinic, at_chair: Visitor) -> None:
        at_chair.page.context.grant_permissions(["camera"])
        page = at_chair.sign_in("amara").go(f"/treatments/of/{photographed(clinic)}/photos/take/")
        page.get_by_role("button", name="Open the camera").click()
        ghost, strength = page.locator(".camera-ghost"), page.get_by_label(re.compile("Ghost of the baseline"))
        expect(ghost).to_be_visible()
        before = float(ghost.evaluate("image => getComputedStyle(image).opacity"))
        strength.focus()
        for _press in range(3):
            page.keyboard.press("ArrowRight")
        assert float(ghost.evaluate("image => getComputedStyle(image).opacity")) == pytest.approx(before + 0.15)
        at_chair.check()


class TestFiles:
    def test_several_at_once_each_with_its_view(self, clinic: Clinic, at_desk: Visitor, tmp_path: Path) -> None:
        page = at_desk.sign_in("amara").go(f"/treatments/of/{new_here(clinic, 1)}/photos/take/")
        page.set_input_files("input[name=photos]", some_files(tmp_path, 3))
        choices = page.locator(".several-list select")
        expect(choices).to_have_count(3)
        choices.nth(0).select_option("occipital")
        choices.nth(2).select_option("vertex")
        at_desk.check()
        at_desk.press("Send the files")
        at_desk.sees("3 photos have arrived")
        expect(page.locator("#photo-days")).to_contain_text("Small picture", timeout=30_000)
        expect(page.locator(".photo-views img")).to_have_count(3)
        at_desk.check()

    def test_on_a_phone_without_javascript(self, clinic: Clinic, chromium: Browser, tmp_path: Path) -> None:
        context = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
        visitor = Visitor(clinic, context)
        page = visitor.sign_in("amara").go(f"/treatments/of/{new_here(clinic, 2)}/photos/take/")
        assert page.locator("#camera").is_hidden() and page.locator(".several").is_hidden()
        page.set_input_files("input[name=photo_vertex]", some_files(tmp_path, 1))
        visitor.press("Send the files")
        for _look in range(30):
            if page.locator(".photo-views img").count():
                break
            assert "being checked" in page.inner_text("main")
            page.wait_for_timeout(1000)
            visitor.follow("Look again")
        assert page.locator(".photo-views img").count() == 1
        context.close()


class TestLooking:
    def test_two_days_zoom_and_move_as_one_by_keys_alone(self, clinic: Clinic, at_desk: Visitor) -> None:
        page = at_desk.sign_in("amara").go(f"/treatments/of/{photographed(clinic)}/photos/compare/?view=vertex")
        at_desk.sees("Compare two days")
        for key in ("+", "+", "ArrowRight", "ArrowDown"):
            page.keyboard.press(key)
        side_by_side = shift(page)
        assert len(side_by_side) == 2 and side_by_side[0] == side_by_side[1] != ""
        assert "scale(1.56)" in side_by_side[0] and "translate(-6%, -6%)" in side_by_side[0]
        page.keyboard.press("s")
        slider = page.locator("img-comparison-slider")
        expect(slider).to_be_visible()
        expect(slider).to_be_focused()
        assert shift(page) == side_by_side
        before = float(slider.evaluate("slider => slider.value"))
        page.keyboard.down("ArrowRight")
        page.wait_for_timeout(400)
        page.keyboard.up("ArrowRight")
        assert float(slider.evaluate("slider => slider.value")) > before
        at_desk.check()
        page.keyboard.press("s")
        page.keyboard.press("0")
        assert set(shift(page)) == {"translate(0%, 0%) scale(1)"}
        expect(page.locator(".compared-frame img")).to_have_count(2)

    def test_a_mark_is_drawn_and_listed_and_the_photo_stays(self, clinic: Clinic, at_desk: Visitor) -> None:
        page = at_desk.sign_in("amara").go(f"/treatments/of/{photographed(clinic)}/photos/")
        at_desk.check()
        page.locator(".photo-small").nth(2).click()
        page.wait_for_url("**/page/")
        sha = page.inner_text("main").split("SHA-256")[1].strip()[:16]
        box = page.locator("svg.marks").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.4)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.6, steps=4)
        page.mouse.up()
        expect(page.get_by_label("What it shows")).to_be_focused()
        page.keyboard.type("new fine hairs")
        at_desk.press("Keep the mark")
        at_desk.sees("new fine hairs")
        assert page.locator("svg.marks ellipse.mark").count() == 1
        assert page.inner_text("main").split("SHA-256")[1].strip()[:16] == sha
        stored = clinic.rows("SELECT x, y, x2, y2 FROM treatments_photoannotation WHERE text = 'new fine hairs'")[0]
        assert all(abs(got - wanted) <= 5 for got, wanted in zip(stored, (300, 400, 500, 600), strict=True))

    def test_consent_is_given_and_withdrawn_on_one_page(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa").go(f"/treatments/of/{new_here(clinic, 3)}/photos/consent/")
        at_desk.check()
        at_desk.page.locator("#teaching_signed_name").fill("Nádia Ferreira")
        at_desk.press("Sign For teaching")
        at_desk.sees("Nádia Ferreira")
        at_desk.press("Withdraw For teaching")
        at_desk.sees("The other levels stay as they are")
