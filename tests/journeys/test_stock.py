"""J9 and the end of J5: a box by scan, its unit used, its lot recalled, who received it; an event to its end; two signatures and a PDF."""

from typing import Any

import pytest

from tests.journeys.conftest import Clinic, Visitor

pytestmark = pytest.mark.journey
CODE = "01095011010209171730123110NEW1\x1d21BOX7\x1d305"


def some_signed_session(clinic: Clinic) -> tuple[Any, Any]:
    """A signed session and its patient."""
    return clinic.rows(
        "SELECT s.uuid, p.uuid FROM treatments_signedrecord r JOIN treatments_treatmentsession s ON s.id = r.session_id "
        "JOIN patients_patient p ON p.id = s.patient_id WHERE p.email <> '' ORDER BY r.id LIMIT 1"
    )[0]


class TestALot:
    def test_from_the_box_to_who_received_it(self, clinic: Clinic, at_desk: Visitor, at_chair: Visitor) -> None:
        at_desk.sign_in("max").go("/treatments/inventory/")
        at_desk.follow("Receive cartridges")
        at_desk.check()
        at_desk.page.fill("#scan", CODE.replace("\x1d", "\u241d"))
        at_desk.press("Read the code")
        at_desk.sees("Compare with the box")
        assert at_desk.page.input_value("input[name=lot]") == "NEW1" and at_desk.page.input_value("input[name=units]") == "5"
        at_desk.press("Take the box into stock")
        at_desk.sees("The box is in stock.")
        assert clinic.rows("SELECT count(*) FROM treatments_cartridge c JOIN treatments_cartridgelot l ON l.id = c.lot_id WHERE l.lot = 'NEW1'") == [(5,)]

    def test_a_lot_that_was_used_is_recalled_and_its_patients_are_listed_and_told(self, clinic: Clinic, at_desk: Visitor, at_chair: Visitor) -> None:
        lot, name = clinic.rows("SELECT l.uuid, l.lot FROM treatments_cartridgelot l JOIN treatments_cartridge c ON c.lot_id = l.id JOIN treatments_deviceblock b ON b.cartridge_id = c.id ORDER BY l.id DESC LIMIT 1")[0]
        at_desk.sign_in("max").go(f"/treatments/inventory/lots/{lot}/")
        at_desk.sees(f"Lot {name}")
        at_desk.page.locator("summary", has_text="Recall").click()
        at_desk.press("Recall")
        at_desk.sees("Give the reason.")
        at_desk.page.fill("#reason-recall_lot", "Maker's letter of today")
        at_desk.press("Recall")
        at_desk.sees("Recalled by the maker")
        at_desk.sees("Who received it")
        with at_desk.page.expect_download() as found:
            at_desk.page.get_by_role("link", name="Export as CSV").click()
        assert found.value.suggested_filename.endswith(".csv")
        at_desk.press("Prepare the list")
        at_desk.sees("not told yet")
        at_chair.sign_in("amara").go(f"/treatments/inventory/lots/{lot}/")
        if at_chair.page.get_by_role("button", name="Let the neutral mails go").count():
            at_chair.press("Let the neutral mails go")
            at_chair.sees("on")
        at_chair.page.locator("summary", has_text="Told").first.click()
        at_chair.press("I have told them")
        at_chair.sees("told")


class TestAProduct:
    def test_that_was_used_is_recalled_and_its_patients_are_listed_and_told(self, clinic: Clinic, at_desk: Visitor, at_chair: Visitor) -> None:
        product, name = clinic.rows("SELECT p.uuid, p.name FROM treatments_product p JOIN treatments_productuse u ON u.product_id = p.id WHERE NOT p.withdrawn GROUP BY p.id ORDER BY count(*), p.id LIMIT 1")[0]
        at_desk.sign_in("max").go(f"/treatments/inventory/products/{product}/")
        at_desk.sees(name)
        at_desk.page.locator("summary", has_text="Recall").click()
        at_desk.press("Recall")
        at_desk.sees("Give the reason.")
        at_desk.page.fill("#reason-recall_product", "Maker's letter of today")
        at_desk.press("Recall")
        at_desk.sees("Recalled by the maker")
        at_desk.press("Prepare the list")
        at_desk.sees("not told yet")
        at_desk.check()
        at_desk.go("/today/")
        at_desk.page.get_by_role("link", name="to speak with about a recall of stock").click()
        at_desk.sees("Patients to speak with about a recall")
        at_chair.sign_in("amara").go(f"/treatments/inventory/products/{product}/")
        at_chair.page.locator("summary", has_text="Told").first.click()
        at_chair.press("I have told them")
        at_chair.sees("Noted as told.")


class TestAnEvent:
    def test_from_noting_to_its_end(self, clinic: Clinic, at_chair: Visitor) -> None:
        _session, patient = some_signed_session(clinic)
        at_chair.sign_in("amara").go(f"/treatments/of/{patient}/events/")
        at_chair.check()
        page = at_chair.page
        page.fill("input[name=what]", "Infection")
        page.select_option("select[name=grade]", "4")
        at_chair.press("Record")
        at_chair.sees("It holds the next session until it is closed.")
        at_chair.sees("Is it not serious?")
        assert clinic.rows("SELECT count(*) FROM patients_hold h JOIN patients_patient p ON p.id = h.patient_id WHERE p.uuid = %s AND h.cause_kind = 'adverse_event' AND h.released_at IS NULL", patient) == [(1,)]
        at_chair.follow("Draft report")
        at_chair.sees("It was not sent to anybody.")
        page.go_back()
        page.select_option("select[name=kind]", "recovered")
        page.fill("input[name=text]", "Healed.")
        at_chair.press("Close with this outcome")
        at_chair.sees("On which day was it over?")
        page.fill("input[name=ended_on]", page.evaluate("new Date().toISOString().slice(0, 10)"))
        at_chair.press("Close with this outcome")
        at_chair.sees("Closed; its hold is released.")


class TestTheRecord:
    def test_printed_and_as_pdf(self, clinic: Clinic, at_chair: Visitor) -> None:
        session, _patient = some_signed_session(clinic)
        at_chair.sign_in("amara").go(f"/treatments/sessions/{session}/")
        at_chair.sees("SHA-256")
        with at_chair.page.expect_download() as found:
            at_chair.page.get_by_role("button", name="PDF").click()
        assert found.value.suggested_filename.endswith(".pdf")
        at_chair.follow("Print view")
        at_chair.sees("What was signed")
