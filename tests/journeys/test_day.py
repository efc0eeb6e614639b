"""J4, J5, J7 by the appointment: booked from the recall list, changed by the patient, asked again, arrived, started."""

from typing import Any

import pytest

from tests.journeys.conftest import Clinic, Visitor, link_in
from tests.journeys.fresh import UNTROUBLED

pytestmark = pytest.mark.journey


def book_from_recalls(clinic: Clinic, at_desk: Visitor) -> str:
    """The first due patient whom nothing stops and whose last session is no half year away; returns the address of the visit."""
    able = {str(row[0]) for row in clinic.rows(
        f"SELECT p.uuid FROM patients_patient p WHERE {UNTROUBLED} AND (SELECT max(t.started_at) FROM treatments_treatmentsession t WHERE t.patient_id = p.id) > now() - interval '150 days'"
    )}  # fmt: skip
    at_desk.go("/appointments/recalls/")
    hrefs = at_desk.page.eval_on_selector_all("a[href*='/book/']", "all => all.map(a => a.getAttribute('href'))")
    for href in hrefs:
        if not any(uuid in href for uuid in able):
            continue
        at_desk.go(href)
        if at_desk.page.locator("input[name=slot]").count():
            break
    at_desk.check()
    at_desk.page.locator("input[name=slot]").last.check()
    at_desk.press("Book")
    at_desk.sees("Booked")
    return at_desk.page.url


def visit_row(clinic: Clinic, url: str) -> tuple[Any, ...]:
    """uuid, patient uuid, date of birth and address."""
    uuid = url.rstrip("/").split("/")[-1]
    return clinic.rows(
        "SELECT a.uuid, p.uuid, p.birth_on, p.email FROM appointments_appointment a JOIN patients_patient p ON p.id = a.patient_id WHERE a.uuid = %s", uuid
    )[0]


class TestOneVisit:
    """From the recall list to the record."""

    seen: dict[str, Any]

    def test_rosa_books_a_due_patient_undoes_it_and_books_again(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa")
        first = book_from_recalls(clinic, at_desk)
        at_desk.press("Undo the booking")
        at_desk.sees("Cancelled")
        visit, patient, _born, _address = visit_row(clinic, first)
        states = clinic.rows("SELECT DISTINCT state FROM clinic_outboxmessage WHERE cause_uuid = %s", visit)
        assert states == [("cancelled",)]
        at_desk.go(f"/appointments/of/{patient}/book/")
        at_desk.page.locator("input[name=slot]").last.check()
        at_desk.press("Book")
        at_desk.sees("Booked")
        type(self).seen = dict(zip(("visit", "patient", "born", "address"), visit_row(clinic, at_desk.page.url), strict=True))
        assert clinic.rows("SELECT state FROM appointments_recall r JOIN patients_patient p ON p.id = r.patient_id WHERE p.uuid = %s", patient) == [("booked",)]

    def test_the_patient_confirms_cancels_and_takes_it_back(self, clinic: Clinic, on_phone: Visitor) -> None:
        clinic.rows("UPDATE clinic_outboxmessage SET send_after = now() WHERE cause_uuid = %s AND kind = 'appointment_confirmed'", self.seen["visit"])
        on_phone.go(link_in(clinic.mail_to(self.seen["address"], "your appointment")))
        on_phone.gives_birth_date(self.seen["born"])
        on_phone.sees("Your appointment")
        on_phone.press("Yes, I will come")
        on_phone.sees("Confirmed")
        on_phone.press("Cancel the appointment")
        on_phone.sees("Cancelled")
        on_phone.press("Undo: I will come")
        on_phone.sees("Confirmed")
        on_phone.follow("Choose another time")
        on_phone.check()
        on_phone.page.locator("input[name=slot]:visible").last.check()
        on_phone.press("Take this time")
        on_phone.sees("Booked")
        on_phone.press("Undo: keep the earlier time")
        on_phone.sees("Confirmed")
        told = clinic.rows("SELECT kind, state FROM clinic_outboxmessage WHERE cause_uuid = %s AND kind IN ('appointment_changed', 'appointment_cancelled')", self.seen["visit"])
        assert {state for _kind, state in told} == {"cancelled"}

    def test_the_reminder_asks_one_question(self, clinic: Clinic, on_phone: Visitor) -> None:
        clinic.rows("UPDATE clinic_outboxmessage SET send_after = now() WHERE cause_uuid = %s AND kind = 'appointment_reminder' AND state = 'planned'", self.seen["visit"])
        text = clinic.mail_to(self.seen["address"], "appointment")
        on_phone.go(link_in(text))
        on_phone.gives_birth_date(self.seen["born"])
        on_phone.page.check("input[name=changed][value=no]")
        on_phone.check()
        on_phone.press("Send")
        on_phone.sees("Thank you")
        drafts = clinic.rows("SELECT confirmed_at FROM patients_rescreen r JOIN patients_patient p ON p.id = r.patient_id WHERE p.uuid = %s ORDER BY r.id DESC LIMIT 1", self.seen["patient"])
        assert drafts == [(None,)]

    def test_the_patient_arrives_and_rosa_asks_again(self, clinic: Clinic, at_desk: Visitor) -> None:
        clinic.rows(
            "UPDATE appointments_occupation SET during = tstzrange(now(), now() + interval '45 minutes') WHERE resource_kind = 'patient' AND appointment_id = (SELECT id FROM appointments_appointment WHERE uuid = %s)",
            self.seen["visit"],
        )
        clinic.rows("UPDATE appointments_appointment SET starts_at = now(), ends_at = now() + interval '45 minutes' WHERE uuid = %s", self.seen["visit"])
        at_desk.sign_in("rosa").go(f"/appointments/{self.seen['visit']}/")
        at_desk.press("Arrived")
        at_desk.sees("Noted")
        at_desk.go("/today/")
        at_desk.sees("today's question")
        at_desk.go(f"/patients/{self.seen['patient']}/rescreen/")
        at_desk.sees("answered by link already")
        at_desk.page.check("input[name=changed][value=no]")
        at_desk.press("Note for today")

    def test_dr_amara_starts_from_the_visit(self, clinic: Clinic, at_chair: Visitor) -> None:
        at_chair.sign_in("amara").go(f"/appointments/{self.seen['visit']}/")
        at_chair.press("Start the session")
        at_chair.sees("Session")
        assert "/treatments/sessions/" in at_chair.page.url
        assert clinic.rows("SELECT state, session_id IS NOT NULL FROM appointments_appointment WHERE uuid = %s", self.seen["visit"]) == [("in_session", True)]
        at_chair.go("/today/")
        at_chair.sees("In session")


class TestAConcern:
    """J6: taken, called, closed with an outcome; what it stopped goes on."""

    def test_dr_amara_takes_calls_and_closes(self, clinic: Clinic, at_chair: Visitor, at_desk: Visitor) -> None:
        uuid, patient = clinic.rows(
            "SELECT c.uuid, p.uuid FROM aftercare_concern c JOIN patients_patient p ON p.id = c.patient_id WHERE c.closed_at IS NULL AND c.level = 'URGENT' ORDER BY c.id LIMIT 1"
        )[0]
        at_desk.sign_in("rosa").go(f"/appointments/of/{patient}/book/")
        at_desk.sees("On hold")
        at_chair.sign_in("amara").go(f"/aftercare/concerns/{uuid}/")
        at_chair.press("I take this")
        page = at_chair.page
        page.check("form[action*='/call/'] input[name=reached][value=yes]")
        page.fill("form[action*='/call/'] textarea[name=words]", "Redness is going down, no fever today.")
        at_chair.press("Log the call")
        at_chair.sees("Redness is going down")
        at_chair.press("Close with outcome")
        at_chair.sees("Choose what came of it")
        page.check("form[action*='/close/'] input[name=outcome][value=advice]")
        page.fill("form[action*='/close/'] textarea[name=words]", "Wash gently, come in if it gets worse.")
        at_chair.press("Close with outcome")
        at_chair.go(f"/aftercare/concerns/{uuid}/")
        at_chair.sees("Advice given")
        assert clinic.rows("SELECT count(*) FROM patients_hold h JOIN patients_patient p ON p.id = h.patient_id WHERE p.uuid = %s AND h.released_at IS NULL", patient) == [(0,)]
        at_desk.go(f"/appointments/of/{patient}/book/")
        assert "On hold" not in at_desk.page.inner_text("main")


class TestSlips:
    """Slips of the hand at the chair: each is said beside its field, and nothing typed is lost."""

    def test_an_expired_cartridge_and_an_end_before_the_start(self, clinic: Clinic, at_chair: Visitor) -> None:
        session = clinic.rows(
            "SELECT s.uuid FROM treatments_treatmentsession s JOIN appointments_appointment a ON a.session_id = s.id WHERE a.uuid = %s", TestOneVisit.seen["visit"]
        )[0][0]
        at_chair.sign_in("amara").go(f"/treatments/sessions/{session}/")
        page = at_chair.page
        page.select_option("select[name=device]", label="Pen X")
        page.select_option("select[name=cartridge]", value=page.locator("select[name=cartridge] option", has_text="A18").first.get_attribute("value"))
        page.check("input[name=seal_intact]")
        page.fill("input[name=depth_vertex]", "0.75")
        page.fill("input[name=passes_vertex]", "4")
        clinic.rows("UPDATE treatments_cartridgelot SET expires_on = expires_on - 4000 WHERE lot = 'A18'")
        at_chair.press("Save the draft")
        at_chair.sees("expired")
        assert page.input_value("input[name=depth_vertex]") == "0.75"
        clinic.rows("UPDATE treatments_cartridgelot SET expires_on = expires_on + 4000 WHERE lot = 'A18'")
        page.select_option("select[name=cartridge]", value=page.locator("select[name=cartridge] option", has_text="A17").first.get_attribute("value"))
        page.fill("input[name=baseline_waiver_reason]", "camera broken")
        at_chair.press("Save the draft")
        for box in page.locator("#findings input[name^='reason:']").all():
            box.fill("agreed with the patient")
        at_chair.press("Save the draft")
        at_chair.press("Start")
        at_chair.sees("in session")
        page.select_option("select[name=endpoint_vertex]", "mild_erythema")
        for name in ("no_adverse_event", "aftercare_delivered", "sharps_and_cleaning_confirmed"):
            page.check(f"input[name={name}]")
        page.fill("input[name=ended_at]", "2020-01-01T10:00")
        at_chair.press("End")
        error = page.locator("#ended_at_error")
        assert "before" in error.inner_text()
        at_chair.check()
        assert page.input_value("input[name=depth_vertex]") == "0.75"
        page.fill("input[name=ended_at]", "")
        at_chair.press("End")
        at_chair.sees("Sign & lock")
