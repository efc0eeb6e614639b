"""J6 in sentences: a red flag until it is closed, a changed protocol until its mail."""


import pytest

from tests.journeys.conftest import Clinic, Visitor, due_check_in, link_in

pytestmark = pytest.mark.journey


def _tap(phone: Visitor, words: str) -> None:
    with phone.page.expect_navigation():
        phone.page.get_by_role("button", name=words, exact=True).click()


class TestARedFlag:
    """From the emergency words to the hold that is gone."""

    def test_it_goes_from_the_phone_to_a_closed_concern(self, clinic: Clinic, on_phone: Visitor, at_chair: Visitor, at_desk: Visitor) -> None:
        _uuid, email, born, patient = due_check_in(clinic, "check_72h", 72)
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
    """A manager drafts, a clinician approves, a patient gets the words."""

    def test_from_the_draft_to_the_mail(self, clinic: Clinic, at_desk: Visitor, at_chair: Visitor) -> None:
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
        today = clinic.ended_session("protocol.step@patients.example", 0.1, given_name="Petra")
        text = clinic.mail_to(today["email"], "information after your visit", seconds=90)
        assert "Dear Petra, please wash from" in text
        assert text.index("please wash from") < text.index("Wash")


def test_the_rota_is_kept_in_the_browser(clinic: Clinic, at_chair: Visitor) -> None:
    """Who is on call stands on the list of concerns."""
    later = "UPDATE aftercare_oncallshift SET starts_at = starts_at + interval '60 days', ends_at = ends_at + interval '60 days'"
    clinic.rows(later)  # whoever is chosen is free now, at any hour of the day
    at_chair.sign_in("amara").go("/aftercare/on-call/")
    at_chair.check()
    page = at_chair.page
    page.locator("select[name=staff]").first.select_option(index=1)
    page.evaluate("() => { const at = (d) => new Date(Date.now() + d).toISOString().slice(0, 16); document.querySelector('[name=starts_at]').value = at(-3600e3); document.querySelector('[name=ends_at]').value = at(7200e3); }")
    at_chair.press("Add")
    at_chair.sees("now, called as number 1")
    at_chair.go("/aftercare/concerns/")
    at_chair.sees("On call now:")
