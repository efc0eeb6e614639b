"""The front desk: the calendar by mouse and by keyboard, whole courses, the waiting list, invitations in bulk."""

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from tests.journeys.conftest import Clinic, Visitor, link_in
from tests.journeys.fresh import clear_patient, due_recall, visit_ahead

pytestmark = pytest.mark.journey


def calendar(visitor: Visitor, query: str = "") -> None:
    """Open the grid and wait until it has drawn its visits."""
    visitor.go(f"/appointments/{query}")
    visitor.page.wait_for_selector("#calendar .ec-event:not(.ec-bg-event)", timeout=15_000)


def workday(clinic: Clinic, ahead: int) -> str:
    """A day on which the clinic works, so many days ahead or a little later."""
    return str(clinic.rows("SELECT (CASE WHEN extract(isodow FROM d) = 7 THEN d + 1 ELSE d END)::date FROM (SELECT (now() + %s * interval '1 day')::date AS d) x", ahead)[0][0])


@contextmanager
def by_day(clinic: Clinic) -> Iterator[None]:
    """Offers are made on opening days from eight to eight. Meanwhile the site lies where it is day now, without a midnight in the visits of London's
    day, is open around the clock, and everybody works."""
    hour = datetime.now(UTC).hour
    offset = next(hours for hours in range(-8, 7) if 9 <= (hour + hours) % 24 <= 18)
    opening = clinic.rows("SELECT id, opens, closes FROM clinic_openinghours")
    working = clinic.rows("SELECT id, starts, ends FROM appointments_workinghours")
    clinic.rows("UPDATE clinic_site SET zone = %s", f"Etc/GMT{-offset:+d}")
    clinic.rows("UPDATE clinic_openinghours SET opens = '00:00', closes = '23:59'")
    clinic.rows("UPDATE appointments_workinghours SET starts = '00:00', ends = '23:59'")
    added = clinic.rows(
        "INSERT INTO clinic_openinghours (site_id, weekday, opens, closes) SELECT s.id, d, '00:00', '23:59' FROM clinic_site s, generate_series(0, 6) d "
        "WHERE NOT EXISTS (SELECT 1 FROM clinic_openinghours o WHERE o.site_id = s.id AND o.weekday = d) RETURNING id"
    )
    try:
        yield
    finally:
        clinic.rows("UPDATE clinic_site SET zone = 'Europe/London'")
        for row in added:
            clinic.rows("DELETE FROM clinic_openinghours WHERE id = %s", row[0])
        for pk, opens, closes in opening:
            clinic.rows("UPDATE clinic_openinghours SET opens = %s, closes = %s WHERE id = %s", opens, closes, pk)
        for pk, starts, ends in working:
            clinic.rows("UPDATE appointments_workinghours SET starts = %s, ends = %s WHERE id = %s", starts, ends, pk)


def book_by_click(clinic: Clinic, at_desk: Visitor, given: str, family: str, days: int) -> None:
    """A click on an empty slot, a person who is new, a consultation: booked without leaving the calendar."""
    page = at_desk.page
    at_desk.go(f"/appointments/?on={workday(clinic, days)}")
    page.wait_for_selector("#calendar .ec-body")
    box = page.locator("#calendar .ec-body").bounding_box()
    assert box
    page.locator("#calendar .ec-body").click(position={"x": box["width"] * 0.6, "y": box["height"] * 0.55}, force=True)
    page.wait_for_selector("#new-dialog[open] .new-visit")
    page.select_option("#new-dialog select[name=visit_type]", "consultation")
    page.click("#new-dialog .new-person summary")
    named = {"given_name": given, "family_name": family, "email": f"{given.lower()}@patients.example", "birth_on_0": "1", "birth_on_1": "2", "birth_on_2": "1990"}
    for name, value in named.items():
        page.fill(f"#new-dialog input[name={name}]", value)
    at_desk.check_but("aria-required-children")
    page.click("#new-dialog button[type=submit]:has-text('Book')")
    page.wait_for_selector("#calendar-says:has-text('Booked')")
    page.wait_for_selector(f"#calendar .ec-event:has-text('{family}')")


class TestCalendar:
    """The grid."""

    def test_it_shows_the_week_and_answers_axe_and_the_list_says_the_same(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa")
        calendar(at_desk, "?view=week")
        at_desk.check_but("aria-required-children")
        shown = at_desk.page.locator("#calendar .ec-event:not(.ec-bg-event)").count()
        at_desk.page.click("#show-list")
        rows = at_desk.page.locator("#day-list .row-list li").count()
        gone = at_desk.page.locator("#day-list .state--action, #day-list .bi-slash-circle").count()
        assert shown == rows - gone > 0
        at_desk.check()

    def test_names_hide_at_a_key(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa")
        calendar(at_desk, "?view=week")
        name = at_desk.page.locator("#calendar .pname").first
        at_desk.page.keyboard.press("p")
        assert name.evaluate("e => getComputedStyle(e).fontSize") == "0px"
        at_desk.page.keyboard.press("p")
        assert name.evaluate("e => getComputedStyle(e).fontSize") != "0px"

    def test_a_new_patient_is_booked_by_a_click_on_an_empty_slot(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa")
        book_by_click(clinic, at_desk, "Greta", "Klick", days=20)
        assert clinic.rows("SELECT count(*) FROM appointments_appointment a JOIN patients_patient p ON p.id = a.patient_id WHERE p.email = 'greta@patients.example'") == [(1,)]

    def test_a_visit_is_dragged_put_back_and_dragged_again(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa")
        page = at_desk.page
        book_by_click(clinic, at_desk, "Dora", "Zieh", days=23)
        before = clinic.rows("SELECT a.starts_at FROM appointments_appointment a JOIN patients_patient p ON p.id = a.patient_id WHERE p.email = 'dora@patients.example'")[0][0]

        def drag() -> None:
            page.locator("#calendar .ec-event:has-text('Zieh')").scroll_into_view_if_needed()
            page.evaluate("window.scrollBy(0, 200)")
            box = page.locator("#calendar .ec-event:has-text('Zieh')").bounding_box()
            assert box
            page.mouse.move(box["x"] + 40, box["y"] + 10)
            page.mouse.down()
            page.mouse.move(box["x"] + 40, box["y"] + 60, steps=8)
            page.mouse.move(box["x"] + 40, box["y"] + 98, steps=8)
            page.mouse.up()
            page.wait_for_selector("#move-dialog[open]")

        drag()
        at_desk.check_but("aria-required-children")
        page.click("#move-no")
        drag()
        page.click("#move-yes")
        page.wait_for_selector("#calendar-says:has-text('Moved')")
        after = clinic.rows("SELECT a.starts_at FROM appointments_appointment a JOIN patients_patient p ON p.id = a.patient_id WHERE p.email = 'dora@patients.example'")[0][0]
        assert 45 <= (after - before).total_seconds() / 60 <= 75

    def test_booked_with_the_keyboard_alone(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa")
        _uuid, family, born, _address, _given = clear_patient(clinic)
        day = workday(clinic, 12)
        at_desk.go(f"/appointments/?on={day}")
        page = at_desk.page
        page.wait_for_selector("#calendar .ec-body")
        page.keyboard.press("n")
        page.wait_for_selector("#new-dialog[open] input[name=query]")
        page.keyboard.type(f"{born:%d.%m.%Y}")
        page.wait_for_selector("#new-dialog .found label, #new-dialog .found .empty")
        assert family in page.inner_text("#new-dialog .found")
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.name") == "patient":
                break
        page.keyboard.press("Space")
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.type") == "submit":
                break
        page.keyboard.press("Enter")
        page.wait_for_selector("#calendar-says:has-text('Booked'), #new-dialog .error-summary, #new-dialog .notice--action", timeout=15_000)
        assert page.locator("#calendar-says:has-text('Booked')").count(), page.inner_text("#new-dialog")


class TestCourse:
    """Six sessions at once."""

    def test_previewed_and_confirmed_once(self, clinic: Clinic, at_desk: Visitor) -> None:
        uuid, *_rest = clear_patient(clinic)
        at_desk.sign_in("rosa").go(f"/appointments/of/{uuid}/course/")
        page = at_desk.page
        page.fill("input[name=count]", "4")
        page.fill("input[name=first]", f"{workday(clinic, 13)}T15:00")
        at_desk.press("Preview")
        at_desk.check()
        assert page.locator("tbody tr").count() == 4
        at_desk.press("Book all 4 sessions")
        at_desk.sees("4 sessions are booked")
        days = [row[0] for row in clinic.rows("SELECT a.starts_at::date FROM appointments_appointment a JOIN patients_patient p ON p.id = a.patient_id WHERE p.uuid = %s AND a.state = 'booked' ORDER BY 1", uuid)]
        assert len(days) == 4
        assert all(28 <= (b - a).days <= 42 for a, b in itertools.pairwise(days))


class TestWaitingList:
    """A freed time finds its patient."""

    def test_from_cancellation_to_yes_by_mail(self, clinic: Clinic, at_desk: Visitor, on_phone: Visitor) -> None:
        uuid, _family, born, address, _given = clear_patient(clinic)
        at_desk.sign_in("rosa").go(f"/appointments/of/{uuid}/wait/")
        at_desk.check()
        at_desk.press("Save")
        at_desk.sees("On the waiting list")
        clinic.rows("UPDATE appointments_waitinglistentry SET ended_at = now(), ended_because = 'not in this journey' WHERE ended_at IS NULL AND patient_id <> (SELECT id FROM patients_patient WHERE uuid = %s)", uuid)
        clinic.rows("UPDATE appointments_waitinglistentry SET added_at = now() - interval '90 days' WHERE patient_id = (SELECT id FROM patients_patient WHERE uuid = %s)", uuid)
        visit = clinic.rows(
            "SELECT a.uuid FROM appointments_appointment a JOIN appointments_visittype t ON t.id = a.visit_type_id WHERE a.state IN ('booked', 'confirmed') AND a.starts_at > now() + interval '20 hours' AND t.code = 'session' ORDER BY a.starts_at LIMIT 1"
        )[0][0]
        at_desk.go(f"/appointments/{visit}/")
        at_desk.page.fill("input[name=reason]", "patient is ill")
        at_desk.press("Cancel the visit")
        at_desk.sees("Cancelled")
        clinic.rows("UPDATE appointments_freedslot SET freed_at = now() - interval '4 minutes' WHERE closed_at IS NULL")
        with by_day(clinic):
            mail = clinic.mail_to(address, "an earlier time", seconds=90)
        on_phone.go(link_in(mail))
        on_phone.gives_birth_date(born)
        on_phone.sees("Would you like this time?")
        on_phone.press("Yes, book it")
        on_phone.sees("You are booked")
        at_desk.go("/appointments/waiting-list/")
        at_desk.sees("taken by patient")


class TestRecalls:
    """The list that chases who is due."""

    def test_a_try_is_noted_and_invitations_go_out_after_a_preview(self, clinic: Clinic, at_desk: Visitor, on_phone: Visitor) -> None:
        value = due_recall(clinic)
        at_desk.sign_in("rosa").go("/appointments/recalls/?show=due")
        at_desk.check()
        page = at_desk.page
        row = page.locator(f"li.recall:has(form[action*='{value}'])")
        row.locator(".note-try summary").click()
        row.locator("select[name=result]").select_option("no_answer")
        with page.expect_navigation():
            row.locator("button:has-text('Note it')").click()
        at_desk.sees("Noted")
        assert "show=due" in page.url
        due_recall(clinic)
        page.reload()
        page.check(f"input[name=recall][value='{value}']")
        at_desk.press("Send an invitation to those ticked")
        at_desk.sees("Send 1 invitation?")
        at_desk.press("Send")
        at_desk.sees("1 invitation is on its way")
        address, born = clinic.rows("SELECT p.email, p.birth_on FROM appointments_recall r JOIN patients_patient p ON p.id = r.patient_id WHERE r.uuid = %s", value)[0]
        text = clinic.mail_to(address, "choose your next appointment", seconds=90)
        assert not re.search("needl|hair|scalp", text, re.I)
        on_phone.go(link_in(text))
        on_phone.gives_birth_date(born)
        on_phone.check()


class TestWorkingTime:
    """A change shows whom it strands, and moves nobody by itself."""

    def test_an_absence_strands_a_visit_until_it_is_moved(self, clinic: Clinic, at_desk: Visitor) -> None:
        visit = visit_ahead(clinic, hours=20, last=True)
        who, on = clinic.rows("SELECT clinician_id, (starts_at AT TIME ZONE 'Europe/London')::date FROM appointments_appointment WHERE uuid = %s", visit)[0]
        at_desk.sign_in("rosa").go("/appointments/working-time/")
        at_desk.check()
        page = at_desk.page
        page.select_option("select[name=staff]#absence_staff", value=str(who))
        page.fill("#absence_starts", str(on))
        page.fill("#absence_ends", "2020-01-01")
        at_desk.press("Note the absence")
        at_desk.sees("The last day lies before the first")
        assert page.input_value("#absence_starts") == str(on)
        page.fill("#absence_ends", str(on))
        page.fill("#absence_reason", "course")
        at_desk.press("Note the absence")
        at_desk.sees("the clinician is away")
        at_desk.follow("Move")
        at_desk.check()
        at_desk.go("/appointments/working-time/")
        at_desk.press("Remove")
        assert "the clinician is away" not in page.inner_text("main")

    def test_hours_that_nobody_can_read_are_refused_beside_the_field(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa").go("/appointments/working-time/")
        at_desk.page.fill("#hours_hours", "nine to five")
        at_desk.press("Change")
        at_desk.sees("is not a stretch of time")
        assert at_desk.page.input_value("#hours_hours") == "nine to five"

    def test_a_clinician_makes_a_feed_and_revokes_it(self, clinic: Clinic, at_chair: Visitor) -> None:
        at_chair.sign_in("amara").go("/appointments/my-feed/")
        at_chair.press("Make an address")
        at_chair.sees("It is not shown again")
        address = at_chair.page.inner_text("code").replace("http://127.0.0.1:8000", clinic.base)
        address = clinic.base + address[address.index("/appointments/"):]
        answer = at_chair.page.request.get(address)
        assert answer.text().startswith("BEGIN:VCALENDAR")
        at_chair.press("Revoke it")
        assert at_chair.page.request.get(address).status == 404
