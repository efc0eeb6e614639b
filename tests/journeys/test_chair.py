"""J5 at the chair: a typical session from start to signed in few taps, with the web server killed in the middle."""

import re

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import Clinic, Visitor

pytestmark = pytest.mark.journey
MOST = 25
# Nobody whose last depth needs a reason (S08): this one is about few taps.
DUE = """
SELECT p.uuid FROM patients_patient p JOIN treatments_course c ON c.patient_id = p.id AND c.ended_at IS NULL
JOIN treatments_treatmentsession s ON s.course_id = c.id AND s.state = 'signed'
JOIN patients_intake i ON i.patient_id = p.id AND i.state <> 'draft' AND i.answers->>'blood_thinner' = 'none' AND NOT i.answers ? 'allergies'
  AND coalesce(i.answers->>'psoriasis', '') <> 'history_clear'
WHERE NOT EXISTS (SELECT 1 FROM treatments_treatmentsession t WHERE t.patient_id = p.id AND t.state <> 'signed')
  AND EXISTS (SELECT 1 FROM patients_consent k WHERE k.patient_id = p.id AND k.withdrawn_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM patients_hold h WHERE h.patient_id = p.id AND h.released_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM treatments_zonerecord z JOIN treatments_deviceblock b ON b.id = z.block_id JOIN treatments_treatmentsession d ON d.id = b.session_id
    WHERE d.patient_id = p.id AND z.depth_hundredths > 75)
GROUP BY p.uuid, p.number, c.planned_sessions
HAVING max(s.started_at) BETWEEN now() - interval '42 days' AND now() - interval '29 days' AND count(DISTINCT s.id) < c.planned_sessions
ORDER BY p.number LIMIT 1
"""


class Hand:
    """One gloved hand: every tap, choice and key is counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.interactions = page, 0

    def tap(self, selector: str, *, leads_on: bool = False) -> None:
        """One tap; `leads_on`: a page follows."""
        self.interactions += 1
        if leads_on:
            with self.page.expect_navigation():
                self.page.click(selector)
        else:
            self.page.click(selector)

    def step(self, words: str) -> None:
        """A tap on a button that takes a step."""
        self.interactions += 1
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=re.compile(rf"(^|\s){re.escape(words)}")).first.click()

    def choose(self, selector: str, index: int) -> None:
        """Open a list and take a line: two taps."""
        self.interactions += 2
        self.page.select_option(selector, index=index)

    def is_told(self, state: str) -> None:
        """What the line on top says about the draft."""
        self.page.wait_for_selector(f"body[data-draft={state}]")


def test_dr_amara_records_and_signs_a_session_with_few_taps_though_the_server_dies(clinic: Clinic, at_chair: Visitor) -> None:
    patient = clinic.rows(DUE)[0][0]
    page = at_chair.sign_in("amara").go(f"/treatments/of/{patient}/")
    at_chair.press("Open a session")
    session = page.url.rstrip("/").rsplit("/", 1)[1]
    hand = Hand(page)

    # Given what was set last time, asked and agreed today
    hand.step("Copy session")
    hand.step("nothing has changed")
    hand.choose("#id_cartridge", 1)
    hand.tap("label.choice:has(#id_seal_intact)")
    hand.is_told("saved")
    at_chair.check()

    # When the session starts, one zone goes a step deeper, and the web server is killed
    hand.step("Start")
    hand.tap('.presets [aria-label="Deeper"]')
    hand.is_told("saved")
    clinic.kill_web()
    at_chair.noise.clear()
    hand.tap('.presets [data-kind="endpoint"][data-value="mild_erythema"]')
    hand.tap("text=Same endpoint for every treated zone")
    hand.tap('[data-pain="4"]')
    hand.is_told("offline")
    assert "stays on this page" in page.inner_text("#save-state")
    hand.tap("label.choice:has(#id_no_adverse_event)")

    # Then everything is still there, and arrives by itself once the server is back
    clinic.start_web()
    hand.is_told("saved")
    at_chair.noise.clear()
    kept = clinic.rows("SELECT pain_readings, no_adverse_event FROM treatments_treatmentsession WHERE uuid = %s", session)
    assert kept == [([4], True)]
    assert "→" in page.inner_text("#scalp table")

    # And it is ended and signed
    hand.tap("label.choice:has(#id_aftercare_delivered)")
    hand.tap("label.choice:has(#id_sharps_and_cleaning_confirmed)")
    hand.is_told("saved")
    hand.step("End")
    at_chair.check()
    hand.step("Sign & lock")
    at_chair.sees("SHA-256")
    zones = clinic.rows(
        "SELECT z.passes IS NOT NULL AND z.endpoint = 'mild_erythema' FROM treatments_zonerecord z JOIN treatments_deviceblock b ON b.id = z.block_id "
        "JOIN treatments_treatmentsession s ON s.id = b.session_id WHERE s.uuid = %s AND s.state = 'signed'", session,
    )  # fmt: skip
    assert zones and all(whole for (whole,) in zones)
    print(f"{hand.interactions} interactions")
    assert hand.interactions <= MOST, hand.interactions
