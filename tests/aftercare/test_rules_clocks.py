"""Response clocks: 30 minutes, the same day before closing, three working days, in the site's zone (RULES section 4)."""

from datetime import date, datetime, time

import pytest

from aftercare.selectors import response_due
from aftercare.states import Level
from clinic.models import Closure, OpeningHours, Site
from tests.aftercare.make import make_hours

URGENT, SAME_DAY, ROUTINE = Level.URGENT, Level.SAME_DAY, Level.ROUTINE


def due(level: Level, opened: str, site: Site) -> datetime:
    """When an answer is owed for something that came in at that instant."""
    return response_due(level, opened_at=datetime.fromisoformat(opened), site=site)


@pytest.mark.parametrize(
    ("opened", "owed"),
    [
        ("2026-03-02T10:00:00+00:00", "2026-03-02T10:30:00+00:00"),
        ("2026-03-07T23:45:00+00:00", "2026-03-08T00:15:00+00:00"),
        ("2026-03-29T00:45:00+00:00", "2026-03-29T02:15:00+01:00"),
        ("2026-10-25T01:45:00+01:00", "2026-10-25T01:15:00+00:00"),
    ],
    ids=["open", "at night", "clocks go forward", "clocks go back"],
)
def test_urgent_is_half_an_hour_day_or_night(site: Site, opened: str, owed: str) -> None:
    assert due(URGENT, opened, site) == datetime.fromisoformat(owed)
    make_hours(site)
    assert due(URGENT, opened, site) == datetime.fromisoformat(owed)


@pytest.mark.parametrize(
    ("opened", "owed"),
    [
        pytest.param("2026-03-02T09:00:00+00:00", "2026-03-02T17:00:00+00:00", id="at opening: eight hours"),
        pytest.param("2026-03-02T09:59:59+00:00", "2026-03-02T17:59:59+00:00", id="eight hours end before closing"),
        pytest.param("2026-03-02T10:00:00+00:00", "2026-03-02T18:00:00+00:00", id="eight hours end at closing"),
        pytest.param("2026-03-02T10:00:01+00:00", "2026-03-02T18:00:00+00:00", id="at closing at the latest"),
        pytest.param("2026-03-02T17:59:59+00:00", "2026-03-02T18:00:00+00:00", id="a second before closing"),
        pytest.param("2026-03-02T18:00:00+00:00", "2026-03-03T17:00:00+00:00", id="at closing: the next day"),
        pytest.param("2026-03-02T06:00:00+00:00", "2026-03-02T17:00:00+00:00", id="before opening"),
        pytest.param("2026-03-06T18:00:00+00:00", "2026-03-09T17:00:00+00:00", id="Friday evening"),
        pytest.param("2026-03-08T12:00:00+00:00", "2026-03-09T17:00:00+00:00", id="Sunday"),
        pytest.param("2026-03-27T19:00:00+00:00", "2026-03-30T17:00:00+01:00", id="clocks go forward meanwhile"),
        pytest.param("2026-10-23T19:00:00+01:00", "2026-10-26T17:00:00+00:00", id="clocks go back meanwhile"),
    ],
)
def test_same_day_is_eight_open_hours_or_the_closing(site: Site, opened: str, owed: str) -> None:
    make_hours(site)
    assert due(SAME_DAY, opened, site) == datetime.fromisoformat(owed)


@pytest.mark.parametrize(
    ("opened", "owed"),
    [
        pytest.param("2026-03-02T10:00:00+00:00", "2026-03-05T18:00:00+00:00", id="Monday to Thursday"),
        pytest.param("2026-03-02T23:59:59+00:00", "2026-03-05T18:00:00+00:00", id="late on Monday"),
        pytest.param("2026-03-03T00:00:00+00:00", "2026-03-06T18:00:00+00:00", id="midnight is Tuesday"),
        pytest.param("2026-03-07T10:00:00+00:00", "2026-03-11T18:00:00+00:00", id="Saturday to Wednesday"),
        pytest.param("2026-03-26T10:00:00+00:00", "2026-03-31T18:00:00+01:00", id="clocks go forward meanwhile"),
        pytest.param("2026-10-22T10:00:00+01:00", "2026-10-27T18:00:00+00:00", id="clocks go back meanwhile"),
        pytest.param("2026-07-06T23:30:00+00:00", "2026-07-10T18:00:00+01:00", id="already Tuesday at the site"),
    ],
)
def test_routine_is_the_close_of_the_third_working_day(site: Site, opened: str, owed: str) -> None:
    make_hours(site)
    assert due(ROUTINE, opened, site) == datetime.fromisoformat(owed)


def test_days_and_hours_are_those_of_the_site(site: Site) -> None:
    site.zone = "Asia/Kolkata"
    make_hours(site)
    assert due(SAME_DAY, "2026-03-02T20:00:00+00:00", site) == datetime.fromisoformat("2026-03-03T17:00:00+05:30")
    assert due(ROUTINE, "2026-03-02T20:00:00+00:00", site) == datetime.fromisoformat("2026-03-06T18:00:00+05:30")


def test_a_closed_day_is_neither_open_nor_a_working_day(site: Site) -> None:
    make_hours(site)
    Closure.objects.create(site=site, on=date(2026, 3, 3))
    assert due(SAME_DAY, "2026-03-02T18:00:00+00:00", site) == datetime.fromisoformat("2026-03-04T17:00:00+00:00")
    assert due(ROUTINE, "2026-03-02T10:00:00+00:00", site) == datetime.fromisoformat("2026-03-06T18:00:00+00:00")


def test_a_site_open_on_saturday_works_on_saturday(site: Site) -> None:
    make_hours(site)
    OpeningHours.objects.create(site=site, weekday=5, opens=time(10), closes=time(14))
    assert due(ROUTINE, "2026-03-04T10:00:00+00:00", site) == datetime.fromisoformat("2026-03-07T14:00:00+00:00")
    assert due(SAME_DAY, "2026-03-06T20:00:00+00:00", site) == datetime.fromisoformat("2026-03-07T14:00:00+00:00")
