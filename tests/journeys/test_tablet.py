"""J2 on the clinic's tablet: handed over, answered in few taps, and locked behind the patient's page."""

import pytest

from tests.journeys.conftest import Clinic, Visitor

pytestmark = pytest.mark.journey
ADDRESS = "ida.bergstrom@patients.example"
MOST_SCREENS = 12
MOST_TAPS = 22  # one a screen of things to tick, two where an answer is chosen; start, review, and four for the consent
MOST_TYPED = 1  # the name under the consent


class Patient:
    """The shortest healthy way through, counted: screens, taps, typed fields."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page
        self.screens = self.taps = self.typed = 0

    def tap(self, selector: str) -> None:
        self.page.check(selector)
        self.taps += 1

    def press(self, words: str) -> None:
        self.visitor.press(words)
        self.taps += 1

    def follow(self, words: str) -> None:
        self.visitor.follow(words)
        self.taps += 1

    def answer(self) -> None:
        """Read one screen and say the healthy thing."""
        self.screens += 1
        names = self.page.eval_on_selector_all("main input[type=radio]", "all => [...new Set(all.filter(i => i.offsetParent).map(i => i.name))]")
        for name in names:
            values = self.page.eval_on_selector_all(f'main input[type=radio][name="{name}"]', "all => all.map(i => i.value)")
            value = next((v for v in ("no", "none", "never", "androgenetic_alopecia") if v in values), values[0])
            self.tap(f'main input[name="{name}"][value="{value}"]')
        self.press("None of these" if self.page.locator("main button[name=rows]").count() else "Continue")


def _asks_for_the_password(visitor: Visitor) -> None:
    assert "/accounts/reauthenticate/" in visitor.page.url, visitor.page.url
    text = visitor.page.inner_text("body")
    assert "Ida" not in text and "Bergström" not in text


def test_a_healthy_patient_answers_in_few_taps_and_cannot_get_behind_the_page(clinic: Clinic, at_chair: Visitor) -> None:
    # Rosa registers Ida and hands her the tablet
    at_chair.sign_in("rosa").go("/patients/register/")
    page = at_chair.page
    fields = {"given_name": "Ida", "family_name": "Bergström", "email": ADDRESS, "birth_on_0": "3", "birth_on_1": "9", "birth_on_2": "1991"}
    for name, value in fields.items():
        page.fill(f"input[name={name}]", value)
    page.select_option("select[name=sex]", "male")
    at_chair.press("Save and send")
    uuid = clinic.rows("SELECT uuid FROM patients_patient WHERE email = %s", ADDRESS)[0][0]
    at_chair.go(f"/patients/{uuid}/screening/")
    at_chair.check()
    at_chair.press("Hand over the tablet")
    at_chair.sees("Hello Ida")
    assert "Bergström" not in page.inner_text("body")

    # Back, forward and any other address end at the password
    page.go_back()
    _asks_for_the_password(at_chair)
    for path in ("/", "/patients/", f"/patients/{uuid}/screening/", "/accounts/sessions/"):
        at_chair.go(path)
        _asks_for_the_password(at_chair)

    # Ida answers
    ida = Patient(at_chair)
    at_chair.go("/l/intake/start/")
    ida.follow("Start")
    while "/review/" not in page.url:
        assert ida.screens < 25, page.url
        ida.answer()
    ida.follow("Continue to consent")
    ida.tap("input[name=off_label_understood]")
    ida.tap("input[name=agree]")
    page.fill("input[name=signed_name]", "Ida Bergström")
    ida.typed += 1
    ida.press("Sign and send")
    at_chair.sees("Please give the tablet back.")
    assert ida.screens <= MOST_SCREENS
    assert ida.taps <= MOST_TAPS
    assert ida.typed <= MOST_TYPED

    # Given back: still locked, until Rosa signs in again
    at_chair.press("Finish on this device")
    at_chair.go("/patients/")
    at_chair.page.wait_for_load_state()
    assert "/patients/" not in page.url.split("?")[0]
    sent = clinic.rows("SELECT answered_by, state FROM patients_intake i JOIN patients_patient p ON p.id = i.patient_id WHERE p.uuid = %s", uuid)
    assert sent == [("patient", "submitted")]


def test_signing_in_again_opens_the_staff_app_and_shuts_the_patients_page(clinic: Clinic, at_chair: Visitor) -> None:
    uuid = clinic.rows(
        "SELECT p.uuid FROM patients_patient p WHERE p.deceased_on IS NULL AND NOT EXISTS (SELECT 1 FROM patients_intake i WHERE i.patient_id = p.id AND i.state = 'draft') "
        "ORDER BY p.id LIMIT 1"
    )[0][0]
    at_chair.sign_in("amara").go(f"/patients/{uuid}/screening/")
    at_chair.press("Hand over the tablet")
    at_chair.sees("Hello")
    at_chair.go(f"/patients/{uuid}/screening/")
    at_chair.page.fill("input[name=password]", "wrong")
    at_chair.page.locator("main button[type=submit]").first.click()
    assert "/accounts/reauthenticate/" in at_chair.page.url
    from desk.demo.cast import PASSWORD

    at_chair.page.fill("input[name=password]", PASSWORD)
    with at_chair.page.expect_navigation():
        at_chair.page.locator("main button[type=submit]").first.click()
    assert at_chair.page.url.endswith(f"/patients/{uuid}/screening/")
    at_chair.go("/l/intake/start/")
    at_chair.sees("This link does not work")
