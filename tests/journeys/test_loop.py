"""J1–J7 in sentences, against the whole stack."""

import re
from datetime import date
from typing import Any

import pytest

from tests.journeys.conftest import Clinic, Visitor, due_check_in, link_in

pytestmark = pytest.mark.journey
BORN = date(1988, 5, 14)
ADDRESS = "nadia.ferreira@patients.example"


def answer_page(visitor: Visitor) -> None:
    """Take “no” or “none of these” wherever there is one, else the first answer, and go on."""
    page = visitor.page
    for name in page.eval_on_selector_all("main input[type=radio]", "all => [...new Set(all.filter(i => i.offsetParent).map(i => i.name))]"):
        values = page.eval_on_selector_all(f'main input[type=radio][name="{name}"]', "all => all.map(i => i.value)")
        value = next((v for v in ("no", "none", "never", "androgenetic_alopecia") if v in values), values[0])
        page.check(f'main input[name="{name}"][value="{value}"]')
    visitor.press("None of these" if page.locator("main button[name=rows]").count() else "Continue")


def patient_row(clinic: Clinic, address: str) -> tuple[Any, ...]:
    return clinic.rows("SELECT uuid, birth_on FROM patients_patient WHERE email = %s", address)[0]


class TestFirstVisit:
    """One new patient from the first call to the signed record."""

    def test_rosa_registers_a_patient_and_the_questions_go_out(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa")
        at_desk.go("/patients/register/")
        at_desk.check()
        page = at_desk.page
        page.fill("input[name=given_name]", "Nádia")
        page.fill("input[name=family_name]", "Ferreira")
        page.fill("input[name=email]", "nadia.ferreira")
        page.fill("input[name=birth_on_0]", "14")
        page.fill("input[name=birth_on_1]", "5")
        page.fill("input[name=birth_on_2]", "2988")
        page.select_option("select[name=sex]", "female")
        at_desk.press("Save and send")
        at_desk.sees("An address has a name")
        at_desk.sees("This date lies in the future")
        assert page.input_value("input[name=given_name]") == "Nádia"
        page.fill("input[name=email]", ADDRESS)
        page.fill("input[name=birth_on_2]", "1988")
        at_desk.press("Save and send")
        at_desk.sees("on their way by e-mail")
        at_desk.sees("Forms missing")
        assert "/l/" in link_in(clinic.mail_to(ADDRESS, "some questions"))
        clinic.read_mails.clear()

    def test_nadia_answers_on_her_phone_and_signs(self, clinic: Clinic, on_phone: Visitor) -> None:
        link = link_in(clinic.mail_to(ADDRESS, "some questions"))
        on_phone.go(link)
        on_phone.sees("What is your date of birth?")
        assert "Ferreira" not in on_phone.page.content()
        on_phone.gives_birth_date(BORN.replace(year=1989))
        on_phone.sees("does not match")
        on_phone.gives_birth_date(BORN)
        on_phone.sees("About you")
        on_phone.press("Continue")
        on_phone.sees("Choose an answer")
        for step in range(20):
            if "/review/" in on_phone.page.url:
                break
            if step == 3:  # the tab is closed, the link is opened again
                on_phone.go(link)
                on_phone.gives_birth_date(BORN)
            on_phone.check()
            answer_page(on_phone)
        on_phone.sees("Check your answers")
        on_phone.follow("Continue to consent")
        on_phone.sees("off-label")
        on_phone.page.check("input[name=off_label_understood]")
        on_phone.page.check("input[name=agree]")
        on_phone.page.fill("input[name=signed_name]", "Nádia Ferreira")
        on_phone.press("Sign and send")
        on_phone.sees("We have your answers")
        on_phone.go(link)
        on_phone.sees("This link does not work")

    def test_dr_amara_sees_the_result_and_rosa_only_what_it_means(self, clinic: Clinic, at_desk: Visitor, at_chair: Visitor) -> None:
        uuid, _born = patient_row(clinic, ADDRESS)
        at_chair.sign_in("amara").go(f"/patients/{uuid}/screening/")
        at_chair.sees("Findings for today")
        at_chair.press("I have read these answers")
        at_chair.sees("frozen")
        at_desk.sign_in("rosa").go(f"/patients/{uuid}/screening/")
        at_desk.sees("May book")
        assert "Findings" not in at_desk.page.inner_text("main")

    def test_rosa_books_and_the_confirmation_waits_three_minutes(self, clinic: Clinic, at_desk: Visitor) -> None:
        uuid, _born = patient_row(clinic, ADDRESS)
        at_desk.sign_in("rosa").go(f"/appointments/of/{uuid}/book/")
        at_desk.check()
        at_desk.page.locator("input[name=slot]").last.check()
        at_desk.press("Book")
        at_desk.sees("Booked")
        rows = clinic.rows("SELECT kind, state, send_after - created_at > interval '2 minutes' FROM clinic_outboxmessage WHERE patient_uuid = %s AND kind LIKE 'appointment_c%%'", uuid)
        assert rows == [("appointment_confirmed", "planned", True)]
        clinic.rows("UPDATE clinic_outboxmessage SET send_after = now() WHERE patient_uuid = %s AND kind = 'appointment_confirmed'", uuid)
        text = clinic.mail_to(ADDRESS, "your appointment")
        assert "Your appointment is on" in text

    def test_dr_amara_records_ends_and_signs_a_session(self, clinic: Clinic, at_chair: Visitor) -> None:
        uuid, _born = patient_row(clinic, ADDRESS)
        at_chair.sign_in("amara").go(f"/treatments/of/{uuid}/")
        at_chair.press("Plan and sign")
        at_chair.press("Open a session")
        page = at_chair.page
        page.select_option("select[name=device]", label="Pen X")
        page.select_option("select[name=cartridge]", index=1)
        page.check("input[name=seal_intact]")
        page.fill("input[name=depth_vertex]", "15")
        at_chair.press("Save the draft")
        at_chair.sees("Did you mean 1.5 mm")
        assert page.input_value("input[name=depth_vertex]") == "15"
        page.fill("input[name=depth_vertex]", "0.75")
        page.fill("input[name=passes_vertex]", "4")
        page.fill("input[name=baseline_waiver_reason]", "camera broken")
        at_chair.press("Save the draft")
        session = page.url
        at_chair.press("Start")
        at_chair.sees("S01")
        at_chair.go(f"/patients/{uuid}/rescreen/")
        page.check("input[name=changed][value=no]")
        at_chair.press("Note for today")
        at_chair.go(session)
        at_chair.sees("What the rules say")
        for box in page.locator("#findings input[name^='reason:']").all():
            box.fill("no camera today, agreed with the patient")
        at_chair.press("Save the draft")
        at_chair.press("Start")
        at_chair.sees("in session")
        page.select_option("select[name=endpoint_vertex]", "mild_erythema")
        for name in ("no_adverse_event", "aftercare_delivered", "sharps_and_cleaning_confirmed"):
            page.check(f"input[name={name}]")
        at_chair.press("Save the draft")
        at_chair.press("End")
        at_chair.sees("Sign & lock")
        at_chair.press("Sign & lock")
        at_chair.sees("SHA-256")
        text = clinic.mail_to(ADDRESS, "information after your visit")
        assert re.search(r"\d\d:\d\d", text)


class TestAfterwards:
    """Check-ins, a red flag, the follow-up."""

    def _seeded(self, clinic: Clinic, kind: str) -> tuple[str, Any]:
        address, uuid = clinic.rows("SELECT recipient, patient_uuid FROM clinic_outboxmessage WHERE kind = %s ORDER BY send_after LIMIT 1", kind)[0]
        return address, clinic.rows("SELECT birth_on FROM patients_patient WHERE uuid = %s", uuid)[0][0]

    def test_a_patient_answers_a_check_in_on_the_phone(self, clinic: Clinic, on_phone: Visitor) -> None:
        _uuid, address, born, _patient = due_check_in(clinic, "check_24h", 24)
        on_phone.go(link_in(clinic.mail_to(address, "a few questions", seconds=90)))
        on_phone.gives_birth_date(born)
        on_phone.check()
        for _step in range(20):
            if "/done/" in on_phone.page.url:
                break
            _answer_well(on_phone)
        on_phone.sees("What you describe is expected at this time.")

    def test_a_red_flag_reaches_a_clinician_and_the_desk_reads_nothing_of_it(self, clinic: Clinic, at_chair: Visitor, at_desk: Visitor) -> None:
        at_chair.sign_in("amara").go("/aftercare/concerns/")
        at_chair.check()
        uuid = clinic.rows("SELECT uuid FROM aftercare_concern ORDER BY id LIMIT 1")[0][0]
        at_chair.go(f"/aftercare/concerns/{uuid}/")
        at_chair.sees("URGENT" if "URGENT" in at_chair.page.inner_text("main") else "Urgent")
        at_desk.sign_in("rosa").go("/aftercare/concerns/")
        at_desk.check()
        assert "pus" not in at_desk.page.inner_text("main").lower()

    def test_an_invited_patient_picks_a_time_from_the_mail(self, clinic: Clinic, on_phone: Visitor) -> None:
        address, born = self._seeded(clinic, "follow_up_invitation")
        text = clinic.mail_to(address, "", seconds=90)
        on_phone.go(link_in(text))
        on_phone.gives_birth_date(born)
        on_phone.sees("Choose a time")
        on_phone.page.locator("input[name=slot]").first.check()
        on_phone.press("Take this time")
        on_phone.sees("You are booked")


def _answer_well(visitor: Visitor) -> None:
    """One page of the check-in, as somebody who is well."""
    page = visitor.page
    for wish in ("None of these now", "None of these", "None", "No", "0", "Not red", "Send my answers"):
        button = page.get_by_role("button", name=wish, exact=True)
        if button.count():
            with page.expect_navigation():
                button.first.click()
            return
    raise AssertionError(f"no answer for somebody who is well on {page.url}")
