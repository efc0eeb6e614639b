"""A record out to another clinic and one in from there, in the browser."""

import json
import re
from pathlib import Path

import pytest

from desk.demo.cast import PASSWORD
from tests.journeys.conftest import Clinic, Visitor

pytestmark = pytest.mark.journey


def brought(clinic: Clinic) -> str:
    """The patient whose record another clinic has sent."""
    sql = "SELECT p.uuid FROM patients_recordimport i JOIN patients_patient p ON p.id = i.patient_id ORDER BY i.id LIMIT 1"
    return str(clinic.rows(sql)[0][0])


def decide(visitor: Visitor, title: str, words: str) -> None:
    """Press a button of the proposal with this title, and wait for the page that follows."""
    row = visitor.page.locator("li.proposal", has=visitor.page.get_by_role("heading", name=title, exact=True))
    with visitor.page.expect_navigation():
        row.get_by_role("button", name=words).click()


def test_a_clinician_takes_a_record_out(clinic: Clinic, at_desk: Visitor) -> None:
    at_desk.sign_in("amara")
    at_desk.go(f"/patients/{brought(clinic)}/")
    at_desk.follow("Record as a file")
    at_desk.sees("What is in it")
    at_desk.press("Download the file")
    at_desk.sees("Say who gets the file.")
    at_desk.page.fill("input[name=recipient]", "Dr Ruiz, Northside")
    at_desk.page.select_option("select[name=reason]", "care")
    at_desk.press("Download the file")
    at_desk.check()
    at_desk.page.fill("input[name=password]", PASSWORD)
    with at_desk.page.expect_download() as started:
        at_desk.page.locator("main form button[type=submit]").first.click()
    found = json.loads(Path(started.value.path()).read_text())
    assert found["resourceType"] == "Bundle" and re.fullmatch(r"record-\d+\.json", started.value.suggested_filename)
    assert brought(clinic) in {entry["resource"]["id"] for entry in found["entry"]}


def test_a_clinician_decides_on_a_record_from_elsewhere(clinic: Clinic, at_desk: Visitor) -> None:
    patient = brought(clinic)
    at_desk.sign_in("amara")
    at_desk.go(f"/patients/{patient}/")
    at_desk.follow("Record from elsewhere")
    at_desk.sees("Dr Ruiz, Northside Clinic")
    at_desk.sees("Where is your psoriasis?")
    at_desk.page.locator("li.proposal", has=at_desk.page.get_by_role("heading", name="Lidocaine", exact=True)).locator("select[name=anaphylaxis]").select_option("no")
    decide(at_desk, "Lidocaine", "Take over")
    at_desk.sees("Taken over, Dr Amara Osei")
    at_desk.page.locator("li.proposal", has=at_desk.page.get_by_role("heading", name="Psoriasis", exact=True)).locator("select").select_option("active_elsewhere")
    decide(at_desk, "Psoriasis", "Take over")
    decide(at_desk, "Gout", "Read, put aside")
    at_desk.sees("Put aside, Dr Amara Osei")
    at_desk.go(f"/patients/{patient}/")
    at_desk.sees("Lidocaine")
    sql = "SELECT triggers FROM patients_screening s JOIN patients_patient p ON p.id = s.patient_id WHERE p.uuid = %s ORDER BY s.id DESC LIMIT 1"
    assert {"E02", "E25"} <= {row["rule"] for row in clinic.rows(sql, patient)[0][0]}


def test_a_wrong_file_is_said_beside_the_field(clinic: Clinic, on_phone: Visitor) -> None:
    on_phone.sign_in("amara")
    on_phone.go(f"/patients/{brought(clinic)}/brought/")
    on_phone.page.fill("input[name=source]", "Dr Ruiz")
    on_phone.page.set_input_files("input[name=file]", {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
    on_phone.press("Read the file")
    on_phone.sees("This is not a JSON file.")
    assert on_phone.page.input_value("input[name=source]") == "Dr Ruiz"
    on_phone.follow("Dr Ruiz, Northside Clinic")
    on_phone.check()
