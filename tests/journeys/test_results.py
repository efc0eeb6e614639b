"""J8 in the browser: recorded, asked again, drawn with its table, read blind; the clinic's results with their numbers."""

import pytest

from tests.journeys.conftest import Clinic, Visitor

pytestmark = pytest.mark.journey


def richest(clinic: Clinic) -> str:
    """The patient whose year is shown."""
    sql = "SELECT p.uuid FROM treatments_measurement m JOIN patients_patient p ON p.id = m.patient_id GROUP BY 1 ORDER BY count(DISTINCT m.kind) DESC, 1 LIMIT 1"
    return str(clinic.rows(sql)[0][0])


def test_a_density_is_recorded_and_drawn(clinic: Clinic, at_desk: Visitor) -> None:
    at_desk.sign_in("amara")
    at_desk.go(f"/treatments/of/{richest(clinic)}/measurements/")
    at_desk.page.wait_for_selector(".plot canvas")
    at_desk.sees("Usually judged at 3 and 6 months")
    assert at_desk.page.locator(".plot canvas").count() == at_desk.page.locator("[data-plot]").count() >= 8
    at_desk.page.locator("details.menu summary").click()
    at_desk.page.locator("details.menu").get_by_role("link", name="Hair density").click()
    at_desk.page.fill("input[name=value]", "20")
    at_desk.press("Record")
    at_desk.sees("outside the usual")
    at_desk.page.check("input[name=confirmed]")
    at_desk.press("Record")
    for summary in at_desk.page.get_by_text("Each reading as typed").all():
        summary.click()
    at_desk.sees("20 hairs/cm²")


def test_the_page_of_results_on_a_phone(clinic: Clinic, on_phone: Visitor) -> None:
    on_phone.sign_in("amara")
    on_phone.go(f"/treatments/of/{richest(clinic)}/measurements/")
    on_phone.page.wait_for_selector(".plot canvas")
    on_phone.check()


def test_the_manager_sees_the_clinic_s_results(clinic: Clinic, at_desk: Visitor) -> None:
    at_desk.sign_in("max")
    at_desk.follow("Reports")
    at_desk.sees("Clinic results")
    at_desk.sees("By cartridge lot")
    assert at_desk.page.locator("svg.report-chart").count() >= 6


def test_a_clinician_reads_blind(clinic: Clinic, at_desk: Visitor) -> None:
    at_desk.sign_in("lind")
    at_desk.go("/treatments/readings/")
    at_desk.sees("Do two readers agree?")
