"""What a patient changes from the mail, and until when; a recall from the try to the booking; stranded visits; paper; taking patients out."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from embedded import stack
from tests.journeys.conftest import Clinic, Visitor, link_in
from tests.journeys.fresh import clear_patient
from tests.journeys.test_desk import workday

pytestmark = pytest.mark.journey


def booked_visit(clinic: Clinic, at_desk: Visitor) -> tuple[str, Any, str]:
    """A visit that the desk books in the slot finder: its id, the date of birth, the address."""
    uuid, _family, born, address, _given = clear_patient(clinic)
    at_desk.sign_in("rosa").go(f"/appointments/of/{uuid}/book/?visit_type=session&from={workday(clinic, 9)}")
    at_desk.page.locator("input[name=slot]").last.check()
    at_desk.press("Book")
    at_desk.sees("Booked")
    return at_desk.page.url.rstrip("/").split("/")[-1], born, address


def open_from_mail(clinic: Clinic, phone: Visitor, visit: str, born: Any, address: str) -> None:
    """The confirmation goes at once; its link is opened."""
    clinic.rows("UPDATE clinic_outboxmessage SET send_after = now() WHERE cause_uuid = %s AND kind = 'appointment_confirmed'", visit)
    phone.go(link_in(clinic.mail_to(address, "your appointment")))
    phone.gives_birth_date(born)
    phone.sees("Your appointment")


def brought_near(clinic: Clinic, visit: str) -> None:
    """Hours from now instead of days, as if time had passed: at the next full hour inside the cut-off at which nobody else is booked,
    for what is undone takes its time again."""
    mine = "(SELECT id FROM appointments_appointment WHERE uuid = %s)"
    near = "date_trunc('hour', now()) + h * interval '1 hour'"
    taken = f"SELECT 1 FROM appointments_occupation WHERE during && tstzrange({near} - interval '1 hour', {near} + interval '2 hours')"
    free = clinic.rows(f"SELECT {near} FROM generate_series(3, 22) h WHERE NOT EXISTS ({taken}) ORDER BY h LIMIT 1")
    assert free, "a night lies inside every 22 hours"
    clinic.rows(f"UPDATE appointments_occupation SET during = tstzrange(%s, %s + interval '45 minutes') WHERE appointment_id = {mine}", free[0][0], free[0][0], visit)
    clinic.rows("UPDATE appointments_appointment SET starts_at = %s, ends_at = %s + interval '45 minutes' WHERE uuid = %s", free[0][0], free[0][0], visit)


def minutes_pass(clinic: Clinic, visit: str, minutes: int) -> None:
    """The visit's history happened earlier. Only its owner may touch those rows."""
    with psycopg.connect(host=str(clinic.sockets), user="app_owner", dbname=stack.DATABASE, autocommit=True) as connection:
        connection.execute(
            "UPDATE appointments_statuschange SET at = at - %s * interval '1 minute' WHERE appointment_id = (SELECT id FROM appointments_appointment WHERE uuid = %s)",
            (minutes, visit),
        )


def state_of(clinic: Clinic, visit: str) -> str:
    return str(clinic.rows("SELECT state FROM appointments_appointment WHERE uuid = %s", visit)[0][0])


class TestFromTheMail:
    """J4: until the cut-off by oneself, afterwards by phone; three minutes of grace in both."""

    def test_a_cancellation_is_taken_back_for_three_minutes_and_not_longer(self, clinic: Clinic, at_desk: Visitor, on_phone: Visitor) -> None:
        visit, born, address = booked_visit(clinic, at_desk)
        open_from_mail(clinic, on_phone, visit, born, address)
        on_phone.press("Cancel the appointment")
        on_phone.sees("You can undo this for three minutes")
        assert state_of(clinic, visit) == "cancelled"
        on_phone.press("Undo: I will come")
        assert state_of(clinic, visit) == "booked"
        on_phone.press("Cancel the appointment")
        minutes_pass(clinic, visit, 4)
        on_phone.press("Undo: I will come")  # a page that was left open
        on_phone.sees("The three minutes are over. Please call us.")
        assert state_of(clinic, visit) == "cancelled"
        on_phone.page.reload()
        assert on_phone.page.get_by_role("button", name="Undo").count() == 0
        on_phone.check()
        at_desk.go(f"/appointments/{visit}/")
        at_desk.sees("cancelled by the patient")

    def test_after_the_cut_off_the_page_says_call_us(self, clinic: Clinic, at_desk: Visitor, on_phone: Visitor) -> None:
        visit, born, address = booked_visit(clinic, at_desk)
        open_from_mail(clinic, on_phone, visit, born, address)
        brought_near(clinic, visit)
        on_phone.press("Cancel the appointment")  # a page from before the cut-off
        on_phone.sees("It is too late to change this here. Please call us")
        assert state_of(clinic, visit) == "booked"
        on_phone.page.reload()
        on_phone.sees("please call us: 020 7946 0123")
        assert on_phone.page.get_by_role("button", name="Cancel the appointment").count() == 0
        assert on_phone.page.get_by_role("link", name="Choose another time").count() == 0
        on_phone.go(f"{on_phone.page.url.rstrip('/')}/move/")
        assert on_phone.page.locator("input[name=slot]").count() == 0, "the address typed by hand leads back"
        on_phone.press("Yes, I will come")
        assert state_of(clinic, visit) == "confirmed"
        on_phone.press("Undo")  # its three minutes are independent of the cut-off
        assert state_of(clinic, visit) == "booked"

    def test_moved_to_another_day_and_back_tells_nobody(self, clinic: Clinic, at_desk: Visitor, on_phone: Visitor) -> None:
        visit, born, address = booked_visit(clinic, at_desk)
        before = clinic.rows("SELECT starts_at FROM appointments_appointment WHERE uuid = %s", visit)
        open_from_mail(clinic, on_phone, visit, born, address)
        on_phone.follow("Choose another time")
        on_phone.check()
        on_phone.press("Take this time")  # none chosen
        on_phone.sees("Choose a time.")
        on_phone.page.locator("details[open] input[name=slot]").last.check()
        on_phone.press("Take this time")
        assert clinic.rows("SELECT starts_at FROM appointments_appointment WHERE uuid = %s", visit) != before
        on_phone.press("Undo: keep the earlier time")
        assert clinic.rows("SELECT starts_at FROM appointments_appointment WHERE uuid = %s", visit) == before
        assert clinic.rows("SELECT DISTINCT state FROM clinic_outboxmessage WHERE cause_uuid = %s AND kind = 'appointment_changed'", visit) == [("cancelled",)]


class TestRecall:
    """J7: due, tried, booked: the recall follows its booking by itself."""

    def test_a_try_and_then_a_booking_that_links_itself(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa").go("/appointments/recalls/")
        page = at_desk.page
        for href in page.eval_on_selector_all("li.recall a[href*='/book/']", "all => all.map(a => a.getAttribute('href'))"):
            at_desk.go(href)
            if page.locator("input[name=slot]").count():
                break
        patient = re.search(r"/of/([0-9a-f-]{36})/", page.url)
        assert patient
        uuid = patient.group(1)
        at_desk.go("/appointments/recalls/")
        row = page.locator(f"li.recall:has(a[href*='{uuid}'])")
        row.locator(".note-try summary").click()
        row.locator("select[name=channel]").select_option("phone")
        row.locator("select[name=result]").select_option("no_answer")
        row.locator("input[name=note]").fill("engaged, twice")
        with page.expect_navigation():
            row.locator("button:has-text('Note it')").click()
        at_desk.sees("engaged, twice")
        at_desk.go(f"/appointments/of/{uuid}/book/")
        page.locator("input[name=slot]").last.check()
        at_desk.press("Book")
        at_desk.sees("Booked")
        visit = page.url.rstrip("/").split("/")[-1]
        found = clinic.rows(
            "SELECT r.state, a.uuid::text FROM appointments_recall r JOIN patients_patient p ON p.id = r.patient_id LEFT JOIN appointments_appointment a ON a.id = r.appointment_id WHERE p.uuid = %s",
            uuid,
        )  # fmt: skip
        assert ("booked", visit) in found
        at_desk.go("/appointments/recalls/?show=booked")
        assert page.locator(f"li.recall:has(a[href*='{uuid}'])").count() == 1
        at_desk.check()


class TestStranded:
    """J4: a change of working time, and where everybody goes."""

    def test_an_absence_is_followed_by_moving_the_ticked(self, clinic: Clinic, at_desk: Visitor) -> None:
        visit, *_rest = booked_visit(clinic, at_desk)
        who, on, before = clinic.rows("SELECT clinician_id, (starts_at AT TIME ZONE 'Europe/London')::date, starts_at FROM appointments_appointment WHERE uuid = %s", visit)[0]
        at_desk.go("/appointments/working-time/")
        page = at_desk.page
        page.select_option("#absence_staff", value=str(who))
        page.fill("#absence_starts", str(on))
        page.fill("#absence_ends", str(on))
        at_desk.press("Note the absence")
        page.locator("details:has(.stranded-list)").evaluate_all("all => all.forEach(one => { one.open = true })")  # folded where there are many
        at_desk.sees("the clinician is away")
        at_desk.follow("Find new times")
        at_desk.sees("the clinician is away")
        for box in page.locator("input[name=visit]").all():
            box.set_checked(box.get_attribute("value") == visit)
        left = page.locator("input[name=visit]").count() - 1
        at_desk.press("Move the ticked")
        at_desk.sees("1 visit is moved")
        assert page.locator("input[name=visit]").count() == left
        after = clinic.rows("SELECT starts_at FROM appointments_appointment WHERE uuid = %s", visit)[0][0]
        assert after != before
        waits = clinic.rows("SELECT send_after > now() + interval '1 minute' FROM clinic_outboxmessage WHERE cause_uuid = %s AND kind = 'appointment_changed' AND state = 'planned'", visit)
        assert waits in ([(True,)], []), "told in three minutes; not at all if the confirmation has not gone yet"
        at_desk.go("/appointments/working-time/")
        at_desk.press("Remove")
        assert "the clinician is away" not in page.inner_html("main")


class TestPaper:
    """J5: what was on paper in a downtime is typed in and marked so."""

    def test_consent_and_questions_from_paper(self, clinic: Clinic, at_desk: Visitor) -> None:
        uuid, *_rest = clear_patient(clinic)
        at_desk.sign_in("rosa").go(f"/patients/{uuid}/paper/consent/")
        page = at_desk.page
        at_desk.check()
        at_desk.press("Save the consent")
        at_desk.sees("Give the date on the paper.")
        day = clinic.rows("SELECT (now() AT TIME ZONE 'Europe/London')::date - 1")[0][0]
        for n, value in enumerate((day.day, day.month, day.year)):
            page.fill(f"input[name=paper_on_{n}]", str(value))
        page.check("input[name=off_label_understood]")
        at_desk.press("Save the consent")
        at_desk.sees("on paper")
        at_desk.sees("typed in by Rosa")
        at_desk.follow("Type in from paper")
        for n, value in enumerate((day.day, day.month, day.year)):
            page.fill(f"input[name=paper_on_{n}]", str(value))
        at_desk.press("Type in the answers")
        at_desk.sees("typed by staff and marked so")
        assert clinic.rows("SELECT answered_by, paper_on FROM patients_intake i JOIN patients_patient p ON p.id = i.patient_id WHERE p.uuid = %s AND i.state = 'draft'", uuid) == [("paper", day)]


class TestExport:
    """Everybody, in the columns of an import."""

    def test_a_manager_takes_patients_out_and_the_desk_can_not(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("max").go("/appointments/import/")
        page = at_desk.page
        at_desk.check()
        page.fill("input[name=reason]", "moving to another house")
        with page.expect_download() as taken:
            page.get_by_role("button", name="Export").click()
        rows = list(csv.DictReader(io.StringIO(Path(taken.value.path()).read_text(encoding="utf-8-sig"))))
        assert len(rows) == clinic.rows("SELECT count(*) FROM patients_patient")[0][0]
        assert {"given_name", "family_name", "birth_on", "past_sessions"} <= set(rows[0])
        assert clinic.rows("SELECT count(*) FROM clinic_accessevent WHERE action = 'patients.export' AND reason = 'moving to another house'") == [(1,)]
