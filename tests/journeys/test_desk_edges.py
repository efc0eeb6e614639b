"""The desk's edges: a clash in the dialogue, an early day, a change that is taken back, closed days and rooms, who is left out, one offer and two who want it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.journeys.conftest import Clinic, Visitor, link_in
from tests.journeys.fresh import clear_patient, due_recall
from tests.journeys.test_desk import by_day, calendar, workday
from tests.journeys.test_visits import booked_visit, state_of

pytestmark = pytest.mark.journey


@pytest.fixture
def other_phone(clinic: Clinic, chromium: Browser) -> Iterator[Visitor]:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    yield Visitor(clinic, context)
    context.close()


class TestClash:
    """A time that somebody has, typed into the dialogue."""

    def test_who_has_it_is_said_and_a_nearest_time_is_one_press_away(self, clinic: Clinic, at_desk: Visitor) -> None:
        visit, *_rest = booked_visit(clinic, at_desk)
        starts, who, day = clinic.rows(
            "SELECT to_char(starts_at AT TIME ZONE 'Europe/London', 'YYYY-MM-DD\"T\"HH24:MI'), clinician_id, (starts_at AT TIME ZONE 'Europe/London')::date FROM appointments_appointment WHERE uuid = %s", visit
        )[0]
        uuid, _family, _born, address, _given = clear_patient(clinic)
        calendar(at_desk, f"?on={day}")
        page = at_desk.page
        assert page.locator("#calendar .ec-bg-event").count() > 0, "closed time is shaded"
        page.keyboard.press("n")
        page.wait_for_selector("#new-dialog[open] input[name=query]")
        page.fill("#new-dialog input[name=starts]", starts)
        page.select_option("#new-dialog select[name=clinician]", str(who))
        page.type("#new-dialog input[name=query]", address)
        page.wait_for_selector("#new-dialog .found label")
        page.check(f"#new-dialog input[name=patient][value='{uuid}']")
        page.click("#new-dialog .bar button[type=submit]:has-text('Book')")
        page.wait_for_selector("#new-dialog .notice--action")
        said = page.inner_text("#new-dialog .notice--action")
        assert "Nothing was booked" in said and "It went to" in said
        at_desk.check_but("aria-required-children")
        chosen = page.locator("#new-dialog button[name=slot]").first
        instant = str(chosen.get_attribute("value")).partition("|")[0]
        chosen.click()
        page.wait_for_selector("#calendar-says:has-text('Booked'), #new-dialog .error-summary", timeout=15_000)
        booked = clinic.rows(
            "SELECT a.starts_at = %s::timestamptz FROM appointments_appointment a JOIN patients_patient p ON p.id = a.patient_id WHERE p.uuid = %s AND a.state = 'booked'", instant, uuid
        )  # fmt: skip
        assert booked == [(True,)]


class TestFilters:
    """What the calendar shows is chosen once and stays."""

    def test_another_site_and_colour_by_visit_stay_on_the_next_day(self, clinic: Clinic, at_desk: Visitor) -> None:
        columns = ", ".join(f'"{row[0]}"' for row in clinic.rows("SELECT column_name FROM information_schema.columns WHERE table_name = 'clinic_site' AND column_name NOT IN ('id', 'uuid', 'name')"))
        site, name = clinic.rows(f"INSERT INTO clinic_site (uuid, name, {columns}) SELECT gen_random_uuid(), 'Mill Lane site', {columns} FROM clinic_site ORDER BY id LIMIT 1 RETURNING id, uuid")[0]
        rosa = clinic.rows("SELECT id FROM clinic_staff WHERE email LIKE 'rosa@%%'")[0][0]
        link = clinic.rows("INSERT INTO clinic_staff_sites (staff_id, site_id) VALUES (%s, %s) RETURNING id", rosa, site)[0][0]
        try:
            at_desk.sign_in("rosa")
            visit = clinic.rows("SELECT (starts_at AT TIME ZONE 'Europe/London')::date FROM appointments_appointment WHERE state = 'booked' AND starts_at > now() + interval '1 day' ORDER BY starts_at LIMIT 1")
            calendar(at_desk, f"?on={visit[0][0]}")
            page = at_desk.page
            event = page.locator("#calendar .ec-event:not(.ec-bg-event)").first
            by_state = event.evaluate("one => getComputedStyle(one).backgroundColor")
            with page.expect_navigation():
                page.select_option("#cal-colour", "type")
            page.wait_for_selector("#calendar .ec-event:not(.ec-bg-event)")
            assert page.locator("#calendar .ec-event:not(.ec-bg-event)").first.evaluate("one => getComputedStyle(one).backgroundColor") != by_state
            with page.expect_navigation():
                page.select_option("#cal-site", str(name))
            assert "Mill Lane site" in page.inner_text("h1")
            assert page.locator("#calendar .ec-event:not(.ec-bg-event)").count() == 0, "nobody has a visit there"
            page.wait_for_load_state("networkidle")
            with page.expect_navigation():
                page.keyboard.press("ArrowRight")
            assert "Mill Lane site" in page.inner_text("h1")
            assert page.input_value("#cal-colour") == "type"
        finally:
            clinic.rows("DELETE FROM clinic_staff_sites WHERE id = %s RETURNING id", link)
            clinic.rows("DELETE FROM clinic_site WHERE id = %s RETURNING id", site)


class TestSameDay:
    """A second visit on one day is booked, and said."""

    def test_the_desk_is_told_of_the_other_visit(self, clinic: Clinic, at_desk: Visitor) -> None:
        visit, *_rest = booked_visit(clinic, at_desk)
        uuid, day = clinic.rows("SELECT p.uuid, (a.starts_at AT TIME ZONE 'Europe/London')::date FROM appointments_appointment a JOIN patients_patient p ON p.id = a.patient_id WHERE a.uuid = %s", visit)[0]
        at_desk.go(f"/appointments/of/{uuid}/book/?visit_type=consultation&from={day}")
        slots = at_desk.page.eval_on_selector_all("input[name=slot]", "all => all.map(e => e.value)")
        at_desk.page.locator(f"input[name=slot][value='{next(slot for slot in slots if slot.startswith(str(day)))}']").last.check()
        at_desk.press("Book")
        at_desk.sees("The patient has another visit on this day")
        at_desk.check()


class TestCourseWithAClash:
    """The wished hour is taken in one of the windows: the preview says so and proposes another."""

    def test_the_preview_shows_what_gives_way(self, clinic: Clinic, at_desk: Visitor) -> None:
        uuid, *_rest = clear_patient(clinic)
        at_desk.sign_in("rosa").go(f"/appointments/of/{uuid}/course/")
        page, first = at_desk.page, workday(clinic, 10)
        page.fill("input[name=count]", "3")
        page.fill("input[name=first]", f"{first}T10:00")
        who = page.input_value("select[name=clinician]")
        away = (
            "INSERT INTO appointments_absence (staff_id, starts_at, ends_at, reason) SELECT %s, d + time '09:00', d + time '11:30', 'journey' "
            "FROM generate_series(%s::date + 1, %s::date + 60, interval '1 day') d RETURNING id"
        )
        try:
            clinic.rows(away, who, first, first)
            at_desk.press("Preview")
            at_desk.check()
            rows = [row.inner_text() for row in page.locator("tbody tr").all()]
            assert len(rows) == 3 and "another hour" in rows[1], rows
            assert page.locator("button[name=confirm]").count() == 1
            clinic.rows("UPDATE appointments_absence SET starts_at = starts_at - interval '9 hours', ends_at = ends_at + interval '12 hours' WHERE reason = 'journey' RETURNING id")
            at_desk.press("Preview")
            at_desk.sees("One window has no free time")
            at_desk.check()
            assert page.locator("button[name=confirm]").count() == 0, "all or nothing"
        finally:
            clinic.rows("DELETE FROM appointments_absence WHERE reason = 'journey' RETURNING id")


class TestEarly:
    """The interval: grey days say why, an early one needs a clinician's reason."""

    def test_the_desk_sees_why_and_a_clinician_may_with_a_reason(self, clinic: Clinic, at_desk: Visitor, at_chair: Visitor) -> None:
        uuid, *_rest = clear_patient(clinic)
        clinic.rows(
            "INSERT INTO treatments_earliersession (patient_id, \"on\", source, added_at, added_by) SELECT id, current_date - 4, 'a paper card', now(), 'Rosa' FROM patients_patient WHERE uuid = %s RETURNING id", uuid
        )
        address = f"/appointments/of/{uuid}/book/?visit_type=session&from={clinic.rows('SELECT current_date')[0][0]}"
        at_desk.sign_in("rosa").go(address)
        at_desk.check()
        assert at_desk.page.locator(".day-offer--grey").count() > 0
        first = at_desk.page.locator(".day-offer--grey").first.inner_text()
        assert len(first.split()) > 4, "a grey day says why"
        assert at_desk.page.locator("#early_reason").count() == 0
        at_chair.sign_in("amara").go(address)
        page = at_chair.page
        early = page.locator(".day-offer:has(.state--warn:has-text('early')) input[name=slot]").first
        value = early.get_attribute("value")
        page.locator(f"input[name=slot][value='{value}']").last.check()
        at_chair.press("Book")
        at_chair.sees("Not booked")
        assert clinic.rows("SELECT count(*) FROM appointments_appointment a JOIN patients_patient p ON p.id = a.patient_id WHERE p.uuid = %s AND a.state = 'booked'", uuid) == [(0,)]
        page.locator(f"input[name=slot][value='{value}']").last.check()
        page.fill("#early_reason", "travels for three months")
        at_chair.press("Book")
        at_chair.sees("travels for three months")


class TestChange:
    """A change by the desk, told or not, and taken back."""

    def test_moved_untold_cancelled_with_a_reason_and_undone(self, clinic: Clinic, at_desk: Visitor) -> None:
        visit, *_rest = booked_visit(clinic, at_desk)
        at_desk.go(f"/appointments/{visit}/move/")
        at_desk.check()
        at_desk.page.locator(".day-offer input[name=slot]").last.check()
        at_desk.page.uncheck("input[name=tell]")
        at_desk.press("Move")
        at_desk.sees("patient not told")
        at_desk.press("Cancel the visit")
        at_desk.sees("Give the reason")
        at_desk.page.fill("input[name=reason]", "has a cold")
        at_desk.press("Cancel the visit")
        at_desk.sees("has a cold")
        assert state_of(clinic, visit) == "cancelled"
        at_desk.press("Undo")
        at_desk.sees("Undone")
        assert state_of(clinic, visit) == "booked"
        waiting = clinic.rows("SELECT count(*) FROM clinic_outboxmessage WHERE cause_uuid = %s AND kind = 'appointment_cancelled' AND state = 'planned'", visit)
        assert waiting == [(0,)], "moved back, nobody is told"


class TestWorkingTime:
    """A closed day, a room out of use."""

    def test_a_closed_day_strands_and_greys_and_opens_again(self, clinic: Clinic, at_desk: Visitor) -> None:
        visit, *_rest = booked_visit(clinic, at_desk)
        day = clinic.rows("SELECT (starts_at AT TIME ZONE 'Europe/London')::date FROM appointments_appointment WHERE uuid = %s", visit)[0][0]
        at_desk.go("/appointments/working-time/")
        page = at_desk.page
        page.fill("#closure_on", str(day))
        page.fill("#closure_reason", "painters")
        at_desk.press("Close the site")
        at_desk.sees("the site is closed")
        uuid, *_rest = clear_patient(clinic)
        at_desk.go(f"/appointments/of/{uuid}/book/?visit_type=consultation&from={day}")
        at_desk.sees("Closed: painters.")
        at_desk.go("/appointments/working-time/")
        with page.expect_navigation():
            page.locator("li:has-text('painters') button").click()
        assert "the site is closed" not in page.inner_text("main")

    def test_a_room_out_of_use_strands_its_visits(self, clinic: Clinic, at_desk: Visitor) -> None:
        visit, *_rest = booked_visit(clinic, at_desk)
        room = clinic.rows("SELECT r.name FROM appointments_room r JOIN appointments_appointment a ON a.room_id = r.id WHERE a.uuid = %s", visit)[0][0]
        at_desk.go("/appointments/working-time/")
        page = at_desk.page
        with page.expect_navigation():
            page.locator(f"li:has-text('{room}'):has(button:has-text('Take out of use')) button").click()
        page.locator("details:has(.stranded-list)").evaluate_all("all => all.forEach(one => { one.open = true })")  # folded where there are many
        at_desk.sees("its room is out of use")
        with page.expect_navigation():
            page.locator(f"li:has-text('{room}') button:has-text('Back in use')").click()
        assert "its room is out of use" not in page.inner_html("main")


class TestRecalls:
    """Whom the list leaves alone."""

    def test_left_out_with_a_reason_taken_back_and_never_invited_against_their_wish(self, clinic: Clinic, at_desk: Visitor) -> None:
        recall = due_recall(clinic)
        patient = clinic.rows("SELECT patient_id FROM appointments_recall WHERE uuid = %s", recall)[0][0]
        clinic.rows("UPDATE patients_patient SET do_not_contact = true WHERE id = %s", patient)
        at_desk.sign_in("rosa").go("/appointments/recalls/?show=due")
        page = at_desk.page
        row = page.locator(f"li.recall:has(form[action*='{recall}'])")
        assert "Do not contact" in row.inner_text()
        assert row.locator("input[name=recall]").count() == 0
        at_desk.check()
        row.locator(".note-try summary").click()
        row.locator("select[name=result]").select_option("dismissed")
        row.locator("input[name=note]").fill("moved to another town")
        with page.expect_navigation():
            row.locator("button:has-text('Note it')").click()
        at_desk.go("/appointments/recalls/?show=dismissed")
        assert "moved to another town" in row.inner_text()
        with page.expect_navigation():
            row.locator("button:has-text('Take back')").click()
        clinic.rows("UPDATE patients_patient SET do_not_contact = false WHERE id = %s", patient)
        assert clinic.rows("SELECT state IN ('due', 'contacted') FROM appointments_recall WHERE uuid = %s", recall) == [(True,)]


class TestOneOffer:
    """Two are asked, one is booked."""

    def test_the_second_yes_is_told_kindly(self, clinic: Clinic, at_desk: Visitor, on_phone: Visitor, other_phone: Visitor) -> None:
        visit, *_rest = booked_visit(clinic, at_desk)
        people = [clear_patient(clinic), clear_patient(clinic)]
        clinic.rows("UPDATE appointments_waitinglistentry SET ended_at = now(), ended_because = 'not in this journey' WHERE ended_at IS NULL")
        for uuid, *_more in people:
            at_desk.go(f"/appointments/of/{uuid}/wait/")
            at_desk.press("Save")
        at_desk.go(f"/appointments/{visit}/")
        at_desk.page.fill("input[name=reason]", "patient is ill")
        at_desk.press("Cancel the visit")
        clinic.rows("UPDATE appointments_freedslot SET freed_at = now() - interval '4 minutes' WHERE closed_at IS NULL AND was_id = (SELECT id FROM appointments_appointment WHERE uuid = %s)", visit)
        with by_day(clinic):
            links = [link_in(clinic.mail_to(address, "an earlier time", seconds=90)) for _uuid, _family, _born, address, _given in people]
        for phone, link, person in zip((on_phone, other_phone), links, people, strict=True):
            phone.go(link)
            phone.gives_birth_date(person[2])
            phone.sees("Would you like this time?")
        on_phone.press("Yes, book it")
        on_phone.sees("You are booked")
        other_phone.press("Yes, book it")  # a page that was left open
        other_phone.sees("You stay on the list")
        uuids = [str(person[0]) for person in people]
        booked = clinic.rows("SELECT p.uuid::text FROM appointments_appointment a JOIN patients_patient p ON p.id = a.patient_id WHERE p.uuid::text = ANY(%s) AND a.state = 'booked'", uuids)
        assert booked == [(uuids[0],)]
