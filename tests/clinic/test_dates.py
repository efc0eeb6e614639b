"""Days and times in words: how is said by the catalogue of each language."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.template import engines
from django.utils import timezone, translation

from clinic import dates

AT = datetime(2026, 11, 25, 18, 5, tzinfo=UTC)
ENGLISH = {
    "day": "25 Nov 2026", "day_time": "25 Nov 2026 18:05", "long_day": "25 November 2026", "weekday": "Wednesday 25 November",
    "weekday_time": "Wednesday 25 November, 18:05", "weekday_year_time": "Wednesday 25 November 2026, 18:05", "short_weekday": "Wed 25 Nov",
    "short_time": "Wed 25 Nov, 18:05", "time": "18:05",
}  # fmt: skip
SPANISH = {
    "day": "25 de noviembre de 2026", "day_time": "25 de noviembre de 2026 a las 18:05", "long_day": "25 de noviembre de 2026",
    "weekday": "miércoles 25 de noviembre", "weekday_time": "miércoles 25 de noviembre a las 18:05",
    "weekday_year_time": "miércoles 25 de noviembre de 2026 a las 18:05", "short_weekday": "miércoles 25 de noviembre",
    "short_time": "miércoles 25 de noviembre a las 18:05", "time": "18:05",
}  # fmt: skip


@pytest.mark.parametrize(("language", "words"), [("en-gb", ENGLISH), ("es", SPANISH)])
def test_every_form_is_said_in_the_language(language: str, words: dict[str, str]) -> None:
    with translation.override(language):
        assert {form: dates.spoken(AT, form) for form in dates.FORMATS} == words


def test_a_day_and_a_time_of_day_are_said_as_well() -> None:
    with translation.override("es"):
        assert dates.spoken(date(2026, 3, 1), "weekday") == "domingo 1 de marzo"
        assert dates.spoken(time(9, 30), "time") == "09:30"


def test_the_filter_speaks_in_the_zone_of_the_page_and_says_nothing_of_nothing() -> None:
    page = engines["django"].from_string('{% load spoken %}{{ at|spoken:"weekday_time" }}|{{ none|spoken:"day" }}|')
    with translation.override("es"), timezone.override(ZoneInfo("America/New_York")):
        assert page.render({"at": AT, "none": None}) == "miércoles 25 de noviembre a las 13:05||"
