"""A whole course: each session in the window after the one before, alike in weekday and hour; all or nothing."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from appointments import selectors, services
from appointments.models import Appointment, VisitType, WorkingHours
from appointments.rules import best_of, interval_on
from clinic.models import Site, Staff
from patients import services as people
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit


@pytest.fixture
def needling(site: Site, amara: Staff) -> VisitType:
    return make_clinic(site, amara)


class TestRules:
    """Pure parts."""

    def test_the_same_weekday_and_hour_is_best(self) -> None:
        wish = at_hour(10)
        starts = [wish + timedelta(days=28, hours=3), wish + timedelta(days=29), wish + timedelta(days=35)]
        assert best_of(starts, wish, "Europe/London") == wish + timedelta(days=35)

    def test_the_hour_is_the_clock_s_across_a_change_to_summer_time(self) -> None:
        wish = datetime.fromisoformat("2027-03-02T10:00:00+00:00")
        starts = [datetime.fromisoformat(f"2027-03-30T{hour}:00:00+00:00") for hour in ("09", "10")]
        assert best_of(starts, wish, "Europe/London") == starts[0]

    @pytest.mark.parametrize(("days", "word"), [(0, "blocked"), (6, "blocked"), (7, "early"), (27, "early"), (28, "free"), (-27, "early"), (-28, "free")])
    def test_a_booked_session_keeps_the_same_distance_on_both_sides(self, days: int, word: str) -> None:
        other = NOW.date() + timedelta(days=60)
        found = interval_on(other + timedelta(days=days), last_on=None, opens_on=None, closes_on=None, booked=[other])
        assert found.word == word


@pytest.mark.django_db
class TestProposals:
    """The preview."""

    def test_six_sessions_four_weeks_apart_on_the_same_weekday_and_hour(self, site: Site, amara: Staff, needling: VisitType) -> None:
        rows = selectors.course_proposals(patient=make_clear(site), visit_type=needling, count=6, first=at_hour(10), clinician=amara, at=NOW)
        starts = [row.slot.starts_at for row in rows if row.slot]
        assert len(starts) == 6
        days = [start.astimezone(site.tz).date() for start in starts]
        gaps = {(b - a).days for a, b in itertools.pairwise(days)}
        assert gaps <= {28, 35, 42}
        assert {start.astimezone(site.tz).strftime("%a %H") for start in starts} == {"Wed 10"}
        assert all(row.opens_on <= row.slot.starts_at.astimezone(site.tz).date() <= row.closes_on for row in rows if row.slot)

    def test_a_day_that_is_taken_is_avoided_and_said(self, site: Site, amara: Staff, needling: VisitType) -> None:
        for weeks in (4, 5, 6):
            make_visit(make_clear(site), needling, amara, at_hour(10, days=1 + 7 * weeks))
        rows = selectors.course_proposals(patient=make_clear(site), visit_type=needling, count=2, first=at_hour(10), clinician=amara, at=NOW)
        assert rows[1].slot is not None
        assert rows[1].words == "another hour"

    def test_no_free_time_in_a_window_is_shown(self, site: Site, amara: Staff, needling: VisitType) -> None:
        WorkingHours.objects.all().delete()
        rows = selectors.course_proposals(patient=make_clear(site), visit_type=needling, count=2, first=at_hour(10), clinician=amara, at=NOW)
        assert [row.slot for row in rows] == [None, None]
        assert rows[0].words == "no free time in this window"

    def test_what_stops_the_patient_is_said_and_not_a_full_diary(self, site: Site, amara: Staff, needling: VisitType, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
        patient = make_clear(site)
        people.place_hold(patient=patient, blocks=["booking"], cause_kind="test", cause_uuid=None, reason="pus", by=DESK, at=NOW)
        rows = selectors.course_proposals(patient=patient, visit_type=needling, count=2, first=at_hour(10), clinician=amara, at=NOW)
        assert {(row.words, row.stopped) for row in rows} == {("On hold: a clinician must release it first.", True)}
        sent = {"count": "2", "clinician": str(amara.pk), "first": f"{at_hour(10):%Y-%m-%dT%H:%M}", "preview": "1", "subject": str(patient.uuid)}
        with time_machine.travel(NOW, tick=False):
            page = client_as(rosa).post(f"/appointments/of/{patient.uuid}/course/", sent).content.decode()
        assert "On hold: a clinician must release it first." in page and "no free time" not in page

    def test_windows_without_a_free_time_are_counted(self, site: Site, amara: Staff, needling: VisitType, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
        WorkingHours.objects.all().delete()
        patient = make_clear(site)
        sent = {"count": "3", "clinician": str(amara.pk), "first": f"{at_hour(10):%Y-%m-%dT%H:%M}", "preview": "1", "subject": str(patient.uuid)}
        with time_machine.travel(NOW, tick=False):
            assert "3 windows have no free time." in client_as(rosa).post(f"/appointments/of/{patient.uuid}/course/", sent).content.decode()


@pytest.mark.django_db
class TestBooking:
    """All or nothing."""

    def wishes(self, amara: Staff, *days: int) -> list[services.Wish]:
        return [services.Wish(starts_at=at_hour(10, days=day), clinician=amara) for day in days]

    def test_books_all_of_them_once(self, site: Site, amara: Staff, needling: VisitType) -> None:
        patient = make_clear(site)
        for _ in range(2):
            services.book_course(patient=patient, visit_type=needling, wishes=self.wishes(amara, 1, 29, 57), by=DESK, at=NOW, form_key="k")
        assert Appointment.objects.filter(patient=patient, state="booked").count() == 3

    def test_one_that_does_not_go_books_none(self, site: Site, amara: Staff, needling: VisitType) -> None:
        make_visit(make_clear(site), needling, amara, at_hour(10, days=29))
        patient = make_clear(site)
        with pytest.raises(services.SlotTaken):
            services.book_course(patient=patient, visit_type=needling, wishes=self.wishes(amara, 1, 29), by=DESK, at=NOW, form_key="k")
        assert not Appointment.objects.filter(patient=patient).exists()

    def test_two_sessions_too_close_to_each_other_are_refused(self, site: Site, amara: Staff, needling: VisitType) -> None:
        patient = make_clear(site)
        with pytest.raises(services.TooEarly):
            services.book_course(patient=patient, visit_type=needling, wishes=self.wishes(amara, 1, 15), by=DESK, at=NOW, form_key="k")
        assert not Appointment.objects.filter(patient=patient).exists()
