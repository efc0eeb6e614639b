"""Slips at the desk: a slot that was just taken, a form sent twice, odd names. And patients without JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.journeys.conftest import Clinic, Visitor, link_in
from tests.journeys.test_loop import answer_page

pytestmark = pytest.mark.journey


@pytest.fixture
def elsewhere(clinic: Clinic, chromium: Browser) -> Iterator[Visitor]:
    """A second desk."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield Visitor(clinic, context)
    context.close()


@pytest.fixture
def plain_phone(clinic: Clinic, chromium: Browser) -> Iterator[Visitor]:
    """A phone, 360 px wide, with JavaScript off."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    yield Visitor(clinic, context)
    context.close()


def new_person(visitor: Visitor, given: str, family: str, address: str) -> None:
    """Fill in the register form."""
    page = visitor.go("/patients/register/")
    for name, value in {"given_name": given, "family_name": family, "email": address, "birth_on_0": "2", "birth_on_1": "3", "birth_on_2": "1979"}.items():
        page.fill(f"input[name={name}]", value)
    page.select_option("select[name=sex]", "male")


class TestNames:
    """Names as people have them, and as they slip."""

    def test_three_hundred_letters_with_emoji_and_direction_marks(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa")
        long = "Zoë🙂\u202e\u200f" * 50
        new_person(at_desk, long, "Ångström", "zoe@patients.example")
        at_desk.press("Save and send")
        at_desk.sees("150")
        page = at_desk.page
        assert page.input_value("input[name=given_name]") == long
        assert page.locator("input[name=given_name].is-invalid, input[name=given_name][aria-invalid=true]").count() == 1
        page.fill("input[name=given_name]", "Zoë🙂\u202e")
        at_desk.press("Save and send")
        at_desk.sees("Zoë🙂 Ångström")
        assert clinic.rows("SELECT given_name FROM patients_patient WHERE email = 'zoe@patients.example'") == [("Zoë🙂",)]

    def test_a_form_sent_twice_saves_once(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa")
        new_person(at_desk, "Emil", "Twice", "emil@patients.example")
        at_desk.press("Save and send")
        at_desk.sees("on their way")
        at_desk.page.go_back()
        at_desk.press("Save and send")
        at_desk.sees("Emil Twice")
        assert clinic.rows("SELECT count(*) FROM patients_patient WHERE email = 'emil@patients.example'") == [(1,)]
        assert clinic.rows("SELECT count(*) FROM clinic_outboxmessage WHERE recipient = 'emil@patients.example'") == [(1,)]


class TestOneSlot:
    """Two desks, one time."""

    def test_the_second_desk_is_told_who_won_and_what_is_free(self, clinic: Clinic, at_desk: Visitor, elsewhere: Visitor) -> None:
        at_desk.sign_in("rosa")
        elsewhere.sign_in("amara")
        at_desk.go("/appointments/recalls/")
        hrefs = at_desk.page.eval_on_selector_all("a[href*='/book/']", "all => all.map(a => a.getAttribute('href'))")
        mine = []
        for href in reversed(hrefs):
            at_desk.go(href + "?visit_type=consultation")
            if at_desk.page.locator("input[name=slot]").count():
                mine.append(href)
            if len(mine) == 2:
                break
        for visitor, href in zip((at_desk, elsewhere), mine, strict=True):
            visitor.go(href + "?visit_type=consultation")
        value = at_desk.page.locator("input[name=slot]").last.get_attribute("value")
        for visitor in (at_desk, elsewhere):
            visitor.page.locator(f'input[name=slot][value="{value}"]').last.check()
        at_desk.press("Book")
        at_desk.sees("Booked")
        elsewhere.press("Book")
        elsewhere.sees("was just taken")
        elsewhere.sees("Nearest free times")
        elsewhere.page.locator(f'input[name=slot][value="{value}"]').last.check()
        elsewhere.page.fill("input[name=overlap_reason]", "a second pair of hands is here")
        elsewhere.press("Book")
        elsewhere.sees("Overlaps on purpose")
        elsewhere.sees("a second pair of hands is here")


class TestWithoutJavaScript:
    """Patient pages need none of it."""

    def test_the_intake_from_mail_to_signature(self, clinic: Clinic, at_desk: Visitor, plain_phone: Visitor) -> None:
        at_desk.sign_in("rosa")
        new_person(at_desk, "Otto", "Plain", "otto@patients.example")
        at_desk.press("Save and send")
        plain_phone.go(link_in(clinic.mail_to("otto@patients.example", "some questions")))
        page = plain_phone.page
        for name, value in (("day", "2"), ("month", "3"), ("year", "1979")):
            page.fill(f"input[name={name}]", value)
        plain_phone.press("Continue")
        for _step in range(20):
            if "/review/" in page.url:
                break
            answer_page(plain_phone)
        plain_phone.follow("Continue to consent")
        page.check("input[name=off_label_understood]")
        page.check("input[name=agree]")
        page.fill("input[name=signed_name]", "Otto Plain")
        plain_phone.press("Sign and send")
        assert "We have your answers" in page.inner_text("main")


class TestSignature:
    """Typed or drawn."""

    def test_a_signature_is_drawn_at_the_desk(self, clinic: Clinic, at_desk: Visitor) -> None:
        uuid = clinic.rows("SELECT uuid FROM patients_patient WHERE email = 'emil@patients.example'")[0][0]
        at_desk.sign_in("rosa").go(f"/patients/{uuid}/consent/")
        page = at_desk.page
        page.check("input[name=off_label_understood]")
        page.check("input[name=agree]")
        page.fill("input[name=signed_name]", "Emil Twice")
        canvas = page.locator(".signature canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box
        page.mouse.move(box["x"] + 20, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + 90, box["y"] + 20, steps=6)
        page.mouse.move(box["x"] + 150, box["y"] + 60, steps=6)
        page.mouse.up()
        at_desk.check()
        with page.expect_navigation():
            page.locator("main form button[type=submit]").last.click()
        at_desk.sees("Consent is signed")
        drawn, digest = clinic.rows(
            "SELECT length(c.signature_png), length(t.sha256) FROM patients_consent c JOIN patients_consenttext t ON t.id = c.text_id JOIN patients_patient p ON p.id = c.patient_id WHERE p.uuid = %s ORDER BY c.id DESC LIMIT 1", uuid
        )[0]
        assert drawn > 200
        assert digest == 64
