"""The front desk, continued: stretching, rooms, the day list, a wall screen, settings, a file of patients, privacy, the keyboard."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys.conftest import Clinic, Visitor
from tests.journeys.fresh import clear_patient, visit_ahead
from tests.journeys.test_desk import calendar, workday

pytestmark = pytest.mark.journey


def free_visit(clinic: Clinic) -> tuple[str, str]:
    """A booked visit some days ahead of somebody whom nothing stops: its id and its day. What stands near it in the same diary, room or device is cancelled first."""
    uuid = visit_ahead(clinic, hours=30, hour_between=(10, 14))
    day = clinic.rows("SELECT (starts_at AT TIME ZONE 'Europe/London')::date FROM appointments_appointment WHERE uuid = %s", uuid)[0][0]
    near = (
        "FROM appointments_appointment a WHERE a.uuid = %s AND b.id <> a.id AND b.starts_at < a.ends_at + interval '75 minutes' AND b.ends_at > a.starts_at - interval '20 minutes' "
        "AND (b.clinician_id = a.clinician_id OR b.room_id = a.room_id OR b.device_id = a.device_id)"
    )
    gone = clinic.rows(f"UPDATE appointments_appointment b SET state = 'cancelled', state_since = now() {near} RETURNING b.id", uuid)
    for (pk,) in gone:
        clinic.rows("DELETE FROM appointments_occupation WHERE appointment_id = %s RETURNING id", pk)
    return uuid, str(day)


def arrived_now(clinic: Clinic) -> str:
    """Somebody whose visit is now and who has just arrived, on any day and at any hour; nobody else has the rooms."""
    clinic.rows("DELETE FROM appointments_occupation WHERE during && tstzrange(now() - interval '1 hour', now() + interval '2 hours')")
    uuid = visit_ahead(clinic, hours=30, last=True)
    clinic.rows(
        "UPDATE appointments_appointment SET state = 'arrived', state_since = now(), in_room_at = NULL, starts_at = now(), ends_at = now() + interval '45 minutes' WHERE uuid = %s", uuid
    )
    clinic.rows("DELETE FROM appointments_occupation WHERE appointment_id = (SELECT id FROM appointments_appointment WHERE uuid = %s)", uuid)
    return uuid


class TestCalendar:
    """What the hand does."""

    def test_a_visit_is_stretched_by_its_lower_edge_and_undone_at_once(self, clinic: Clinic, at_desk: Visitor) -> None:
        uuid, day = free_visit(clinic)
        at_desk.sign_in("rosa")
        calendar(at_desk, f"?on={day}")
        page = at_desk.page
        before = clinic.rows("SELECT ends_at - starts_at FROM appointments_appointment WHERE uuid = %s", uuid)[0][0]
        event = page.locator(f'#calendar .ec-event:has(a[href*="{uuid}"])')
        event.scroll_into_view_if_needed()
        page.evaluate("window.scrollBy(0, 200)")
        box = event.bounding_box()
        assert box
        event.hover()
        page.mouse.move(box["x"] + 40, box["y"] + box["height"] - 2)
        page.mouse.down()
        page.mouse.move(box["x"] + 40, box["y"] + box["height"] + 10, steps=5)
        page.mouse.move(box["x"] + 40, box["y"] + box["height"] + 21, steps=5)
        page.mouse.up()
        page.wait_for_selector("#move-dialog[open]")
        page.uncheck("#move-tell")
        page.click("#move-yes")
        page.wait_for_selector("#calendar-says:has-text('Moved'), #move-problem:not([hidden])")
        assert page.locator("#calendar-says:has-text('Moved')").count(), page.inner_text("#move-dialog")
        after = clinic.rows("SELECT ends_at - starts_at FROM appointments_appointment WHERE uuid = %s", uuid)[0][0]
        assert 10 <= (after - before).total_seconds() / 60 <= 20
        assert clinic.rows("SELECT told_patient FROM appointments_statuschange s JOIN appointments_appointment a ON a.id = s.appointment_id WHERE a.uuid = %s ORDER BY s.id DESC LIMIT 1", uuid) == [(False,)]
        page.click("#calendar-says button:has-text('Undo')")
        page.wait_for_selector("#calendar-says:has-text('Undone')")
        assert clinic.rows("SELECT ends_at - starts_at FROM appointments_appointment WHERE uuid = %s", uuid)[0][0] == before

    def test_hidden_names_stay_hidden_on_the_next_day(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa")
        calendar(at_desk, "?view=week")
        page = at_desk.page
        page.keyboard.press("p")
        with page.expect_navigation():
            page.keyboard.press("ArrowRight")
        assert "quiet=1" in page.url
        assert page.evaluate("document.body.classList.contains('names-hidden')")
        with page.expect_navigation():
            page.keyboard.press("t")
        page.keyboard.press("p")
        assert "quiet" not in page.url

    def test_columns_by_room_and_a_refresh_that_keeps_filter_and_place(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa")
        calendar(at_desk, f"?by=room&colour=type&on={free_visit(clinic)[1]}")
        page = at_desk.page
        assert "Room 1" in page.inner_text("#calendar") and "Room 2" in page.inner_text("#calendar")
        page.evaluate("window.scrollTo(0, 300)")
        with page.expect_response(re.compile("/appointments/events/"), timeout=40_000) as seen:
            pass  # it comes by itself, every twenty seconds
        assert "by=room" in seen.value.url
        assert seen.value.request.headers.get("x-background") == "1"
        assert page.evaluate("window.scrollY") == 300
        assert page.input_value("#cal-by") == "room" and page.input_value("#cal-colour") == "type"

    def test_a_week_is_one_request(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa")
        asked: list[str] = []
        at_desk.page.on("request", lambda request: asked.append(request.url) if "/appointments/events/" in request.url else None)
        calendar(at_desk, "?view=week")
        assert len(asked) == 1

    def test_the_print_view_is_the_list(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("rosa")
        calendar(at_desk, f"?on={free_visit(clinic)[1]}")
        at_desk.page.emulate_media(media="print")
        assert at_desk.page.locator("#day-list").is_visible()
        assert not at_desk.page.locator("#calendar").is_visible()
        assert not at_desk.page.locator("#side-nav").is_visible()


class TestKeyboardOnly:
    """Besides the calendar's `N` (test_desk): from the patient, and a whole course."""

    def tab_to(self, visitor: Visitor, wanted: str, most: int = 80) -> None:
        for _ in range(most):
            visitor.page.keyboard.press("Tab")
            if visitor.page.evaluate(f"document.activeElement.matches({wanted!r})"):
                return
        raise AssertionError(f"{wanted} is not reached by Tab")

    def test_from_search_to_the_slot_finder_to_a_booking(self, clinic: Clinic, at_desk: Visitor) -> None:
        _uuid, _family, _born, address, _given = clear_patient(clinic)
        at_desk.sign_in("rosa").go("/today/")
        page = at_desk.page
        page.keyboard.press("/")
        page.keyboard.type(address)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        self.tab_to(at_desk, 'a[href*="/book/"]')
        with page.expect_navigation():
            page.keyboard.press("Enter")
        self.tab_to(at_desk, "input[name=slot]")
        page.keyboard.press("Space")
        self.tab_to(at_desk, "main form[method=post] button[type=submit]", most=200)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        at_desk.sees("Booked")

    def test_a_whole_course(self, clinic: Clinic, at_desk: Visitor) -> None:
        uuid, *_rest = clear_patient(clinic)
        at_desk.sign_in("rosa").go(f"/appointments/of/{uuid}/course/")
        page = at_desk.page
        page.focus("input[name=count]")
        page.keyboard.press("Control+a")
        page.keyboard.type("2")
        page.fill("input[name=first]", f"{workday(clinic, 15)}T12:00")  # a browser's own date field is its own keyboard
        self.tab_to(at_desk, "main form[method=post] button[type=submit]")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        self.tab_to(at_desk, "button[name=confirm]")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        at_desk.sees("2 sessions are booked")


class TestTheDay:
    """Board, rooms, paper."""

    def test_arrived_into_a_room_and_back(self, clinic: Clinic, at_desk: Visitor) -> None:
        uuid = arrived_now(clinic)
        at_desk.sign_in("rosa").go("/today/")
        at_desk.check()
        page = at_desk.page
        with page.expect_navigation():
            page.locator(f'form[action*="{uuid}/room/"] button').click()
        at_desk.sees("In a room")
        at_desk.go(f"/appointments/{uuid}/")
        at_desk.sees("Into a room")
        at_desk.press("Undo")
        at_desk.sees("Undone")

    def test_the_day_on_paper(self, clinic: Clinic, at_desk: Visitor) -> None:
        _uuid, day = free_visit(clinic)
        at_desk.sign_in("rosa").go(f"/today/list/?on={day}")
        at_desk.sees("What is written on paper meanwhile")
        assert at_desk.page.locator(".paper-list tbody tr").count() > 0


class TestWallScreen:
    """A screen that looks and touches nothing."""

    def test_paired_by_a_code_shows_initials_and_goes_dark(self, clinic: Clinic, at_desk: Visitor, chromium: Browser) -> None:
        at_desk.sign_in("rosa").go("/appointments/settings/")
        at_desk.check()
        at_desk.page.fill("#screen_name", "Beside the lift")
        at_desk.press("Make a code")
        at_desk.sees("It is not shown again")
        code = at_desk.page.inner_text(".wall-code-shown")
        context = chromium.new_context(viewport={"width": 1920, "height": 1080})
        wall = Visitor(clinic, context)
        wall.go("/wall/")
        wall.check()
        wall.page.fill("#code", "WRONGCOD")
        wall.press("Show the board")
        wall.sees("This code does not work")
        wall.page.fill("#code", code)
        wall.press("Show the board")
        wall.sees("Harley site")
        assert wall.page.locator("a[href], button, input").count() <= 1  # the skip link
        at_desk.go("/appointments/settings/")
        with at_desk.page.expect_navigation():
            at_desk.page.locator("li:has-text('Beside the lift') button").click()
        wall.go("/wall/")
        wall.sees("Make a code under Booking settings")
        context.close()


class TestSettings:
    """What a manager changes."""

    def test_reminders_of_a_kind_of_visit(self, clinic: Clinic, at_desk: Visitor) -> None:
        at_desk.sign_in("max").go("/appointments/settings/")
        page = at_desk.page
        kind = page.locator("details.kind", has_text="Review with photos")
        kind.locator("summary").click()
        at_desk.check()
        field = kind.locator("input[name=reminder_hours]")
        field.fill("tomorrow")
        with page.expect_navigation():
            kind.locator("button[type=submit]").click()
        at_desk.sees("Write hours as numbers")
        field.fill("168, 24")
        with page.expect_navigation():
            kind.locator("button[type=submit]").click()
        at_desk.sees("reminders 168, 24 hours before")


class TestFileOfPatients:
    """From the old system's file to patients."""

    def test_read_looked_at_decided_and_brought_in(self, clinic: Clinic, at_desk: Visitor, tmp_path: Path) -> None:
        family, given, born = clinic.rows("SELECT family_name, given_name, birth_on FROM patients_patient ORDER BY id LIMIT 1")[0]
        file = tmp_path / "old.csv"
        file.write_text(
            "First name;Surname;Date of birth;E-mail;past_sessions\n"
            "Nadia;Neumann;27/03/1985;nadia@patients.example;2026-03-02\n"
            f"{given};{family};{born};;\n"
            "Otto;Ohne;31/02/1985;;soon\n",
            encoding="utf-8",
        )
        at_desk.sign_in("rosa").go("/appointments/import/")
        at_desk.check()
        at_desk.page.set_input_files("#id_file", file)
        at_desk.press("Read the file")
        at_desk.page.wait_for_selector("text=waits for your look", timeout=60_000)
        at_desk.sees("is not a real date")
        assert "“soon” is not a date" in at_desk.page.inner_text("main")
        at_desk.follow("Here already?")
        at_desk.sees("same person, leave out")
        assert clinic.rows("SELECT count(*) FROM patients_patient WHERE family_name = 'Neumann'") == [(0,)]
        at_desk.press("Bring in 1 patient")
        at_desk.page.wait_for_selector("text=1 patient brought in", timeout=60_000)
        at_desk.check()
        assert clinic.rows("SELECT count(*) FROM patients_patient p JOIN treatments_earliersession e ON e.patient_id = p.id WHERE p.family_name = 'Neumann'") == [(1,)]
