"""J6 of people who are well: answered in under a minute, not answered at all, answered on the phone; and what they let us send.

Every journey has a patient of its own whose session ended so many hours ago: no hour of the day, no weekday and no other
journey matters.
"""

import re
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import Clinic, Visitor, link_in

pytestmark = pytest.mark.journey
WELL = ("Not red", "None", "0", "No", "None of these now", "None of these", "Send my answers")


@pytest.fixture(params=[True, False], ids=["with-javascript", "without-javascript"])
def any_phone(clinic: Clinic, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """A phone of 360 px, with and without JavaScript. Axe needs scripts: without them the pages are the same ones."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True, java_script_enabled=request.param)
    visitor = Visitor(clinic, context)
    if not request.param:
        visitor.check = lambda besides="": None  # type: ignore[method-assign]
    yield visitor
    context.close()


def _tap(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=words, exact=True).click()


def _until(clinic: Clinic, sql: str, *values: Any, seconds: float = 40) -> list[tuple[Any, ...]]:
    """Rows, as soon as there are any: the workers bring them."""
    deadline = time.monotonic() + seconds
    while not (rows := clinic.rows(sql, *values)):
        assert time.monotonic() < deadline, f"nothing came of: {sql} {values}"
        time.sleep(0.3)
    return rows


class TestEverythingFine:
    """48 hours after, on a phone."""

    def test_it_takes_seven_taps_and_less_than_a_minute(self, clinic: Clinic, any_phone: Visitor, request: pytest.FixtureRequest) -> None:
        way = request.node.callspec.id
        ana = clinic.ended_session(f"well.{way}@patients.example", 49, given_name="Ana")
        any_phone.go(link_in(clinic.mail_to(ana["email"], "a few questions", seconds=90)))
        began = time.monotonic()
        any_phone.gives_birth_date(date.fromisoformat(ana["born"]))
        for words in WELL:
            any_phone.check()
            _tap(any_phone.page, words)
        took = time.monotonic() - began
        any_phone.sees("What you describe is expected at this time.")
        any_phone.sees("Redness and tenderness should be gone, or nearly so, by")
        assert took < 60
        rows = clinic.rows(
            "SELECT r.triage, r.on_behalf_by_id FROM aftercare_checkinresponse r JOIN aftercare_checkin c ON c.id = r.check_in_id JOIN patients_patient p ON p.id = c.patient_id WHERE p.uuid = %s",
            ana["patient"],
        )
        assert rows == [("REASSURE", None)]

    def test_a_double_tap_sends_one_answer(self, clinic: Clinic, on_phone: Visitor) -> None:
        ana = clinic.ended_session("double.tap@patients.example", 49, given_name="Ana")
        on_phone.go(link_in(clinic.mail_to(ana["email"], "a few questions", seconds=90)))
        on_phone.gives_birth_date(date.fromisoformat(ana["born"]))
        for words in WELL[:-1]:
            _tap(on_phone.page, words)
        with on_phone.page.expect_navigation():
            on_phone.page.get_by_role("button", name=WELL[-1], exact=True).dblclick()
        on_phone.sees("What you describe is expected at this time.")
        count = "SELECT count(*) FROM aftercare_checkinresponse r JOIN aftercare_checkin c ON c.id = r.check_in_id JOIN patients_patient p ON p.id = c.patient_id WHERE p.uuid = %s"
        assert clinic.rows(count, ana["patient"]) == [(1,)]


class TestNobodyAnswers:
    """A mail, a reminder, a call, and a clinician who types what she hears (SETTLED 6)."""

    def test_from_the_silent_mail_to_the_answers_given_on_the_phone(self, clinic: Clinic, at_desk: Visitor, at_chair: Visitor) -> None:
        silent = "UPDATE clinic_outboxmessage o SET sent_at = now() - make_interval(hours => %s) FROM aftercare_plannedmessage m JOIN aftercare_checkin c ON c.message_id = m.id WHERE o.id = m.outbox_id AND c.uuid = %s"
        mina = clinic.ended_session("no.answer@patients.example", 25, given_name="Mina", family_name="Silent")
        asked = _until(clinic, "SELECT c.uuid FROM aftercare_checkin c JOIN patients_patient p ON p.id = c.patient_id WHERE p.uuid = %s AND c.code = 'check_24h'", mina["patient"])[0][0]
        clinic.mail_to(mina["email"], "a few questions", seconds=90)
        _until(clinic, "SELECT 1 FROM clinic_outboxmessage o JOIN aftercare_plannedmessage m ON m.outbox_id = o.id JOIN aftercare_checkin c ON c.message_id = m.id WHERE c.uuid = %s AND o.state = 'sent'", asked)

        # twelve silent hours: the one reminder
        clinic.rows(silent, 13, asked)
        link = link_in(clinic.mail_to(mina["email"], "a reminder, a few questions", seconds=90))
        # a day: the desk phones
        clinic.rows(silent, 25, asked)
        task = _until(clinic, "SELECT t.uuid FROM aftercare_calltask t JOIN aftercare_checkin c ON c.id = t.check_in_id WHERE c.uuid = %s", asked)[0][0]
        at_desk.sign_in("rosa").go("/aftercare/concerns/")
        at_desk.follow("M. Silent" if at_desk.page.get_by_role("link", name="M. Silent").count() else "Silent")
        assert str(task) in at_desk.page.url
        at_desk.sees("are you fine, or would you like a clinician to call you now?")
        assert "redness" not in at_desk.page.inner_text("main").lower()
        at_desk.press("Nobody answered the phone")
        at_desk.sees("The try is noted.")

        # Mina rings back, and the clinician types what she says
        at_chair.sign_in("amara").go(f"/aftercare/check-ins/{asked}/")
        at_chair.check()
        at_chair.follow("Answer with the patient on the phone")
        for _page in range(12):
            if "/answer/" not in at_chair.page.url:
                break
            at_chair.check()
            names = [name.strip().split("\n")[0] for name in at_chair.page.locator("main button").all_inner_texts()]
            _tap(at_chair.page, next(words for words in (*WELL, "Keep the answers") if words in names))
        at_chair.sees("given to you on the phone")
        answered = clinic.rows("SELECT r.triage, r.on_behalf_by_id IS NOT NULL, t.result FROM aftercare_checkinresponse r JOIN aftercare_calltask t ON t.check_in_id = r.check_in_id JOIN aftercare_checkin c ON c.id = r.check_in_id WHERE c.uuid = %s", asked)
        assert answered == [("REASSURE", True, "answered_meanwhile")]
        at_desk.go("/aftercare/concerns/")
        assert "Silent" not in at_desk.page.inner_text("main")
        at_desk.go(link)
        at_desk.sees("This link does not work")


class TestWhatWeMaySend:
    """RFC 8058 by the mail program, and a person at “what we may send you”."""

    def test_one_click_stops_invitations_and_the_person_takes_it_back(self, clinic: Clinic, chromium: Browser, on_phone: Visitor) -> None:
        sent = clinic.ended_session("invited@patients.example", 24 * 31, given_name="Ida")
        letter = clinic.letter_to(sent["email"], "choose your next appointment", seconds=90)
        body = letter.get_body(("plain",))
        assert body is not None
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        found = re.search(r"<(http[^>]+)>", str(letter["List-Unsubscribe"]))
        assert found, letter["List-Unsubscribe"]
        stop = found.group(1)
        wants = "SELECT count(*) FROM clinic_mailchoice WHERE patient_uuid = %s"

        # a scanner that opens every link changes nothing
        on_phone.go(stop)
        on_phone.sees("Stop invitations?")
        before = clinic.rows(wants, sent["patient"])
        # the mail program: no cookies, no browser, the body that RFC 8058 fixes
        program = chromium.new_context().request
        answer = program.post(stop, form={"List-Unsubscribe": "One-Click"})
        assert answer.ok, answer.status
        assert clinic.rows(wants, sent["patient"]) != before
        assert program.post(stop, form={"List-Unsubscribe": "One-Click"}).ok

        choices = next(url for url in re.findall(r"http://127\.0\.0\.1:\d+/l/\S+/", str(body.get_content())) if url != link_in(str(body.get_content())) and "/stop/" not in url)
        on_phone.go(choices)
        on_phone.gives_birth_date(date.fromisoformat(sent["born"]))
        on_phone.sees("What we may send you")
        page = on_phone.page
        assert page.locator("input[name=invitations][value=no]").is_checked()
        page.check("input[name=invitations][value=yes]")
        page.check("input[name=mail_mode][value=neutral]")
        page.check("input[name=language][value=es]")
        on_phone.press("Save")
        on_phone.check()
        assert clinic.rows("SELECT mail_mode, language FROM patients_patient WHERE uuid = %s", sent["patient"]) == [("neutral", "es")]
        assert page.locator("input[name=invitations][value=yes]").is_checked()
