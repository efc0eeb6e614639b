"""J6 in sentences: a check-in with everything fine, a red flag until it is closed, a changed protocol until it is in force."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.journeys.conftest import Clinic, Visitor, link_in

pytestmark = pytest.mark.journey
_ASKED = (
    "SELECT c.uuid, p.email, p.birth_on, p.uuid FROM aftercare_checkin c JOIN patients_patient p ON p.id = c.patient_id "
    "LEFT JOIN aftercare_checkinresponse r ON r.check_in_id = c.id JOIN aftercare_plannedmessage m ON m.id = c.message_id "
    "JOIN clinic_outboxmessage o ON o.id = m.outbox_id "
    "WHERE c.code = %s AND r.id IS NULL AND c.cancelled_at IS NULL AND o.state = 'planned' AND p.mail_mode = 'full' AND p.email <> '' "
    "AND NOT EXISTS (SELECT 1 FROM aftercare_concern k WHERE k.patient_id = p.id) ORDER BY c.id"
)


@pytest.fixture(params=[True, False], ids=["with-javascript", "without-javascript"])
def any_phone(clinic: Clinic, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """A phone of 360 px, with and without JavaScript. Axe needs scripts: without them the page is only measured."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True, java_script_enabled=request.param)
    visitor = Visitor(clinic, context)
    if not request.param:
        visitor.check = lambda besides="": None  # type: ignore[method-assign]
    yield visitor
    context.close()


def _due(clinic: Clinic, code: str, hours: int) -> tuple[Any, str, Any, Any]:
    """A check-in that nobody has answered, due now: the session's end is moved so that its hours are true."""
    uuid, email, born, patient = clinic.rows(_ASKED, code)[0]
    clinic.rows(
        "UPDATE aftercare_plan p SET ended_at = now() - make_interval(hours => %s) FROM aftercare_checkin c WHERE c.plan_id = p.id AND c.uuid = %s", hours, uuid
    )
    clinic.rows(
        "UPDATE aftercare_checkin SET opens_at = now() - interval '1 minute', closes_at = now() + interval '6 days' WHERE uuid = %s", uuid
    )
    clinic.rows(
        "UPDATE clinic_outboxmessage o SET send_after = now(), expires_at = now() + interval '20 hours' FROM aftercare_plannedmessage m, "
        "aftercare_checkin c WHERE o.id = m.outbox_id AND m.id = c.message_id AND c.uuid = %s",
        uuid,
    )
    return uuid, email, born, patient


def _tap(phone: Visitor, words: str) -> None:
    with phone.page.expect_navigation():
        phone.page.get_by_role("button", name=words, exact=True).click()


class TestEverythingFine:
    """48 hours after, on a phone."""

    def test_it_takes_seven_taps(self, clinic: Clinic, any_phone: Visitor, request: pytest.FixtureRequest) -> None:
        scripted = "with-javascript" in request.node.name
        uuid, email, born, _patient = _due(clinic, "check_48h", 48)
        any_phone.go(link_in(clinic.mail_to(email, "a few questions", seconds=90)))
        any_phone.gives_birth_date(born)
        if scripted:
            any_phone.check()
        taps = 0
        for words in ("Not red", "None", "0", "No", "None of these now", "None of these", "Send my answers"):
            _tap(any_phone, words)
            taps += 1
        main = any_phone.page.inner_text("main")
        assert "What you describe is expected at this time." in main
        assert "Redness and tenderness should be gone, or nearly so, by" in main
        if scripted:
            any_phone.check()
        assert taps == 7
        rows = clinic.rows("SELECT r.triage FROM aftercare_checkinresponse r JOIN aftercare_checkin c ON c.id = r.check_in_id WHERE c.uuid = %s", uuid)
        assert rows == [("REASSURE",)]


class TestARedFlag:
    """From the emergency words to the hold that is gone."""

    def test_it_goes_from_the_phone_to_a_closed_concern(self, clinic: Clinic, on_phone: Visitor, at_chair: Visitor, at_desk: Visitor) -> None:
        _uuid, email, born, patient = _due(clinic, "check_72h", 72)
        on_phone.go(link_in(clinic.mail_to(email, "a few questions", seconds=90)))
        on_phone.gives_birth_date(born)
        for words in ("Red", "Worse", "None"):
            on_phone.check()
            _tap(on_phone, words)
        for words in ("6", "Worse", "No"):
            on_phone.check()
            _tap(on_phone, words)
        page = on_phone.page
        page.get_by_label("Redness that is spreading").check()
        page.get_by_label("Pus", exact=True).check()
        page.fill("input[name=temperature]", "101.3")
        _tap(on_phone, "Continue with what I ticked")
        on_phone.sees("Choose °F")
        assert page.input_value("input[name=temperature]") == "101.3"
        assert page.get_by_label("Pus", exact=True).is_checked()
        page.get_by_label("°F").check()
        _tap(on_phone, "Continue with what I ticked")
        on_phone.sees("Call 999 now.")
        on_phone.sees("did not ask the rest")
        first = page.locator("main a").first
        assert first.get_attribute("href") == "tel:999"

        concern = clinic.rows("SELECT k.uuid FROM aftercare_concern k JOIN patients_patient p ON p.id = k.patient_id WHERE p.uuid = %s", patient)[0][0]
        assert "/aftercare/concerns/" in clinic.mail_to("@demo.example", "a check-in needs you", seconds=60)
        at_desk.sign_in("rosa").go("/aftercare/concerns/")
        at_desk.sees("call patient: ask a clinician")
        assert "pus" not in at_desk.page.inner_text("main").lower()

        at_chair.sign_in("amara").go(f"/aftercare/concerns/{concern}/")
        at_chair.sees("Urgent")
        at_chair.sees("38.5 °C")
        at_chair.sees("The questions ended here")
        at_chair.press("I take this")
        at_chair.page.check("input[name=reached][value=no]")
        at_chair.press("Log the call")
        at_chair.sees("Say when you will try again.")
        at_chair.page.check("input[name=reached][value=yes]")
        at_chair.page.locator("form[action$='/call/'] textarea[name=words]").fill("Fever since morning, goes to hospital.")
        at_chair.press("Log the call")
        at_chair.sees("Fever since morning, goes to hospital.")
        holds = clinic.rows("SELECT count(*) FROM patients_hold h JOIN patients_patient p ON p.id = h.patient_id WHERE p.uuid = %s AND h.released_at IS NULL", patient)
        assert holds == [(1,)]
        at_chair.page.check("input[name=outcome][value=emergency]")
        at_chair.page.locator("form[action$='/close/'] textarea[name=words]").fill("Seen in hospital, antibiotics.")
        at_chair.press("Close with outcome")
        at_chair.sees("Closed lately")
        assert "Emergency" in at_chair.page.inner_text("main")
        holds = clinic.rows("SELECT count(*) FROM patients_hold h JOIN patients_patient p ON p.id = h.patient_id WHERE p.uuid = %s AND h.released_at IS NULL", patient)
        assert holds == [(0,)]


class TestAProtocolChanges:
    """A manager drafts, a clinician approves."""

    def test_from_the_draft_to_the_version_in_force(self, clinic: Clinic, at_desk: Visitor, at_chair: Visitor) -> None:
        at_desk.sign_in("max").go("/aftercare/protocol/")
        at_desk.check()
        at_desk.press("Start a new version")
        at_desk.check()
        version = at_desk.page.url
        at_desk.page.locator("tr", has_text="Instructions").get_by_role("link", name="Change").click()
        at_desk.page.fill("textarea[name=wording_en]", "Dear {fist_name}, thank you.")
        at_desk.press("Save in the draft")
        at_desk.sees("Nobody knows the name in braces “fist_name”")
        at_desk.page.fill("textarea[name=wording_en]", "Dear {first_name}, please wash from {wash_from}.")
        at_desk.page.fill("textarea[name=wording_es]", "Hola {first_name}, lávese desde {wash_from}.")
        at_desk.press("Save in the draft")
        at_desk.sees("changed")
        at_desk.page.locator("tr", has_text="Instructions").get_by_role("link", name="Preview").click()
        at_desk.sees("Dear Alex, please wash from")
        at_desk.press("Send a test to myself")
        assert "Dear Alex" in clinic.mail_to("max@demo.example", "Test:", seconds=60)
        at_desk.go(version)
        at_desk.press("Ask a clinician to look")
        at_desk.sees("waits for a clinician")

        at_chair.sign_in("amara").go(version)
        at_chair.sees("waits for a clinician")
        at_chair.press("Approve this version")
        at_chair.sees("approved, not yet published")
        at_desk.go(version)
        at_desk.press("Publish")
        at_desk.sees("in force, approved by Dr Amara")


def test_the_rota_is_kept_in_the_browser(clinic: Clinic, at_chair: Visitor) -> None:
    """Who is on call stands on the list of concerns."""
    at_chair.sign_in("amara").go("/aftercare/on-call/")
    at_chair.check()
    page = at_chair.page
    page.locator("select[name=staff]").first.select_option(index=1)
    page.evaluate("() => { const at = (d) => new Date(Date.now() + d).toISOString().slice(0, 16); document.querySelector('[name=starts_at]').value = at(-3600e3); document.querySelector('[name=ends_at]').value = at(7200e3); }")
    at_chair.press("Add")
    at_chair.sees("now, called as number 1")
    at_chair.go("/aftercare/concerns/")
    at_chair.sees("On call now:")
