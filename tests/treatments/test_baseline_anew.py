"""A baseline taken anew after a gap of more than 180 days is what later photos and readings are held against (S10, S20, decision 0025)."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients.models import Patient
from tests.treatments.make import DAY, make_past_session, make_patient
from treatments import services
from treatments.models import EarlierSession, Photo, TreatmentSession
from treatments.rules.measures import Key, Method, Point, Quantity, Unit, series_of
from treatments.rules.measures.anew import Needled, before_a_beginning
from treatments.selectors import photos as rows
from treatments.selectors.baseline import needled
from treatments.selectors.measurements import about, baseline_of
from treatments.selectors.readings import waiting_pairs
from treatments.selectors.results import results_of
from treatments.services import MeasureEntry
from treatments.vocabulary import MeasurementKind as K

pytestmark = pytest.mark.django_db
SignIn = Callable[[Staff], Client]
TODAY = DAY.date()


@pytest.fixture(autouse=True)
def clock() -> Any:
    """The clinic's Monday, 10:05."""
    with time_machine.travel(DAY + timedelta(minutes=5), tick=False):
        yield


@pytest.fixture
def olivia(site: Site) -> Patient:
    return make_patient(site)


def photo(patient: Patient, days: float, view: str = "vertex", **fields: Any) -> Photo:
    """So many days ago."""
    return Photo.objects.create(
        patient=patient, view=view, file_name=uuid4().hex, width=1, height=1, sha256="0" * 64, taken_at=DAY - timedelta(days=days), uploaded_by="t", **fields
    )


def treated(patient: Patient, staff: Staff, days: float) -> TreatmentSession:
    """A session that began so many days ago and ended."""
    return make_past_session(patient, staff, DAY - timedelta(days=days))


class TestTheRule:
    @pytest.mark.parametrize(
        ("on", "last", "anew"),
        [(0, None, True), (180, None, True), (181, None, False), (-1, None, False), (10, 181, True), (10, 180, False), (180, 181, True)],
    )
    def test_at_its_bounds(self, on: int, last: int | None, anew: bool) -> None:
        """At most 180 days before the session, which follows the last needling by more than 180 (the numbers of S10 and 0025)."""
        before = None if last is None else TODAY - timedelta(days=last)
        assert before_a_beginning(on=TODAY - timedelta(days=on), begun=TODAY, last=before, gap_days=180) is anew

    @pytest.mark.parametrize("gap", [90, 180, 365])
    def test_the_number_is_the_clinic_s(self, gap: int) -> None:
        assert [before_a_beginning(on=TODAY, begun=TODAY, last=TODAY - timedelta(days=days), gap_days=gap) for days in (gap, gap + 1)] == [False, True]

    def test_the_last_course_s_follow_up_is_no_new_baseline(self) -> None:
        """Last needled on 1 March, followed up on 1 June, back with fresh pictures on 10 September, needled on the 20th: a gap of 203 days."""
        here = [date(2026, 1, 4), date(2026, 3, 1), date(2026, 9, 20)]
        days = [date(2026, 1, 3), date(2026, 6, 1), date(2026, 9, 10)]
        assert Needled(here).baseline_day(days) == date(2026, 9, 10)
        assert Needled(here[2:], here[:2]).baseline_day(days) == date(2026, 9, 10), "nor where the course before was elsewhere"

    def test_before_the_first_needling_of_all_the_first_day_counts(self) -> None:
        assert Needled([date(2026, 9, 20)]).baseline_day([date(2026, 9, 1), date(2026, 9, 19)]) == date(2026, 9, 1)

    def test_the_newest_beginning_counts_and_in_it_the_last_day_before_the_needle(self) -> None:
        old, new = date(2023, 1, 10), date(2026, 3, 1)
        days = [date(2023, 1, 9), date(2023, 4, 1), date(2026, 2, 20), date(2026, 3, 1), date(2026, 4, 1)]
        assert Needled([old, date(2023, 2, 10), new]).baseline_day(days) == date(2026, 3, 1)
        assert Needled([old, date(2023, 2, 10)]).baseline_day(days) == date(2023, 1, 9)
        assert Needled().baseline_day(days) == date(2023, 1, 9) and Needled().baseline_day([]) is None

    def test_needled_elsewhere_in_between_there_is_no_gap(self) -> None:
        days = [date(2023, 1, 9), date(2026, 2, 20)]
        assert Needled([date(2023, 1, 10), date(2026, 3, 1)], [date(2026, 1, 20)]).baseline_day(days) == date(2023, 1, 9)

    def test_a_waived_baseline_leaves_the_old_one(self) -> None:
        """0025: whoever wants to use an old picture waives S20 with a reason."""
        assert Needled([date(2023, 1, 10), date(2026, 3, 1)]).baseline_day([date(2023, 1, 9), date(2023, 4, 1)]) == date(2023, 1, 9)


class TestPhotos:
    def test_the_ghost_is_of_the_new_baseline(self, olivia: Patient, amara: Staff) -> None:
        old, new, _later = photo(olivia, 1100), photo(olivia, 101), photo(olivia, 10)
        assert rows.baseline_photos(olivia) == {"vertex": old}
        treated(olivia, amara, 100)
        assert rows.baseline_photos(olivia) == {"vertex": new}
        assert rows.baseline_days(olivia) == [(DAY - timedelta(days=101)).date()]

    def test_the_last_course_s_follow_up_is_no_ghost(self, olivia: Patient, amara: Staff) -> None:
        first, _follow_up, fresh, again = photo(olivia, 300), photo(olivia, 111), photo(olivia, 12), photo(olivia, 10.5)
        treated(olivia, amara, 299)
        assert rows.baseline_photos(olivia) == {"vertex": first}
        treated(olivia, amara, 10)
        assert rows.baseline_photos(olivia) == {"vertex": again} and fresh.taken_at < again.taken_at
        assert needled(olivia).baseline_day([row.taken_at.date() for row in (first, _follow_up, fresh)]) == fresh.taken_at.date()

    @pytest.mark.parametrize(("gap", "taken", "anew"), [(181, 180, True), (180, 180, False), (181, 181, False), (181, 0.01, True), (181, -0.01, False)])
    def test_at_its_bounds_and_as_the_rule_says_it(self, gap: int, taken: float, anew: bool, olivia: Patient, amara: Staff) -> None:
        """`gap`: days from the last needling to the session a fortnight ago; `taken`: days before it. A picture after the needle is no baseline."""
        old = photo(olivia, 15 + gap)
        treated(olivia, amara, 14 + gap)
        new = photo(olivia, 14 + taken)
        treated(olivia, amara, 14)
        assert rows.baseline_photos(olivia)["vertex"] == (new if anew else old)
        days = [row.taken_at.date() for row in (old, new)]
        if taken >= 0:
            assert needled(olivia).baseline_day(days) == (days[1] if anew else days[0])

    def test_by_the_clinic_s_calendar(self, site: Site, olivia: Patient, amara: Staff) -> None:
        """Late in the evening in New York it is the next day in Greenwich: 181 days here, 180 there."""
        site.zone = "America/New_York"
        site.save()
        old = photo(olivia, 300)
        treated(olivia, amara, 181 - 16 / 24)
        begun = treated(olivia, amara, 0)
        new = photo(olivia, 1)
        assert begun.started_at == DAY and needled(olivia).here == (TODAY - timedelta(days=181), TODAY)
        assert rows.baseline_photos(olivia)["vertex"] == new
        site.zone = "Europe/London"
        site.save()
        assert rows.baseline_photos(olivia)["vertex"] == old

    def test_known_from_elsewhere_or_entered_in_error(self, olivia: Patient, amara: Staff) -> None:
        old, new = photo(olivia, 1100), photo(olivia, 101)
        begun = treated(olivia, amara, 100)
        earlier = EarlierSession.objects.create(patient=olivia, on=TODAY - timedelta(days=150), source="a letter", added_at=DAY, added_by="x")
        assert rows.baseline_photos(olivia)["vertex"] == old and needled(olivia).baseline_day([old.taken_at.date(), new.taken_at.date()]) == old.taken_at.date()
        earlier.delete()
        assert rows.baseline_photos(olivia)["vertex"] == new
        services.mark_entered_in_error(record=begun, reason="x", staff=amara, by=Actor.of_staff(amara), at=DAY)
        assert rows.baseline_photos(olivia)["vertex"] == old

    def test_the_pages_say_and_compare_the_new_one(self, olivia: Patient, amara: Staff, client_as: SignIn) -> None:
        old, new, last = photo(olivia, 1100), photo(olivia, 101), photo(olivia, 10)
        treated(olivia, amara, 100)
        text = client_as(amara).get(reverse("treatments:compare_photos", args=[olivia.uuid])).content.decode()
        assert str(new.uuid) in text and str(last.uuid) in text and str(old.uuid) not in text
        text = client_as(amara).get(reverse("treatments:photos", args=[olivia.uuid])).content.decode()
        assert text.count(">baseline<") == 1 and text.index(str(last.uuid)) < text.index(">baseline<") < text.index(str(new.uuid)) < text.index(str(old.uuid))


class TestPairs:
    def pair(self, reader: Staff) -> tuple[int, int] | None:
        found: Any = waiting_pairs(Actor.of_staff(reader)).first()
        return (found.baseline_id, found.pk) if found else None

    def test_untreated_years_are_no_response(self, olivia: Patient, amara: Staff, okoro: Staff) -> None:
        """The patient returns after years: the new baseline is not graded against the old one, and later ones are against the new one."""
        photo(olivia, 1100)
        new = photo(olivia, 101)
        assert self.pair(okoro) is None, "no session between the two"
        treated(olivia, amara, 100)
        assert self.pair(okoro) is None
        later = photo(olivia, 10)
        assert self.pair(okoro) == (new.pk, later.pk)

    @pytest.mark.parametrize(("since", "waits"), [(180, True), (181, False)])
    def test_nor_is_what_is_taken_when_a_new_baseline_would_be_due(self, since: int, waits: bool, olivia: Patient, amara: Staff, okoro: Staff) -> None:
        first = photo(olivia, 301)
        treated(olivia, amara, since)
        later = photo(olivia, 0)
        assert self.pair(okoro) == ((first.pk, later.pk) if waits else None)


class TestReadings:
    KEY = Key(K.HAIR_DENSITY, Unit.PER_CM2, Method.TRICHOSCOPY, "vertex", "investigator")

    def test_a_series_starts_from_the_new_baseline_and_keeps_the_old_points(self) -> None:
        days = {date(2023, 1, 9): 60, date(2023, 4, 1): 70, date(2026, 2, 20): 50, date(2026, 6, 1): 55}
        points = [Point(self.KEY, on, Quantity(Decimal(value), Unit.PER_CM2)) for on, value in days.items()]
        (series,) = series_of(points, Needled([date(2023, 1, 10), date(2026, 3, 1)]))
        assert [day.on for day in series.days] == list(days) and series.baseline.on == date(2026, 2, 20)
        assert series.change(series.days[-1]) == (5, 10)
        assert series_of(points)[0].baseline.on == date(2023, 1, 9)

    def test_on_the_page(self, olivia: Patient, amara: Staff) -> None:
        for days, value in ((1100, 60), (1000, 70), (101, 50), (10, 55)):
            entry = MeasureEntry(K.HAIR_DENSITY, Method.TRICHOSCOPY, (Decimal(value),), Unit.PER_CM2, area_cm2=Decimal(1), place="vertex")
            services.record_measurement(patient=olivia, entry=entry, by=Actor.of_staff(amara), at=DAY - timedelta(days=days), confirmed=True)
        treated(olivia, amara, 1099)
        treated(olivia, amara, 100)
        (shown,) = results_of(olivia, at=DAY).shown
        assert [line.change for line in shown.lines] == ["", "", "baseline", "+5.0"] and len(shown.lines) == 4
        first = baseline_of(olivia, K.HAIR_DENSITY)
        assert first is not None and first.canonical == 50

    def test_flagged_is_what_differs_from_the_new_one(self, olivia: Patient, amara: Staff) -> None:
        for days, method in ((1100, Method.TRICHOSCOPY), (101, Method.PHOTOTRICHOGRAM), (10, Method.PHOTOTRICHOGRAM)):
            entry = MeasureEntry(K.HAIR_DENSITY, method, (Decimal(60),), Unit.PER_CM2, area_cm2=Decimal(1), place="vertex")
            services.record_measurement(patient=olivia, entry=entry, by=Actor.of_staff(amara), at=DAY - timedelta(days=days), confirmed=True)
        treated(olivia, amara, 1099)
        flags = [line.flags for line in results_of(olivia, at=DAY).shown[0].lines]
        assert flags[0] == [] and flags[1] == flags[2] != []
        treated(olivia, amara, 100)
        assert [line.flags for line in results_of(olivia, at=DAY).shown[0].lines][1:] == [[], []]

    def test_a_picture_that_the_patient_sent_is_no_baseline_photo(self, olivia: Patient) -> None:
        sent = photo(olivia, 90, "", source="patient")
        assert not about(olivia, K.GLOBAL_GRADE, DAY).has_baseline_photo
        Photo.objects.filter(pk=sent.pk).update(source="staff", view="vertex")
        assert about(olivia, K.GLOBAL_GRADE, DAY).has_baseline_photo
