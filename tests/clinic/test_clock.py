"""Wishes in local time: a missing minute goes to the next valid one, a doubled one to the first (MESSAGES.md)."""

from datetime import UTC, date, datetime, time

import pytest

from clinic.clock import add_months, local_date, resolve_local


@pytest.mark.parametrize(
    ("zone", "on", "local", "utc"),
    [
        ("Europe/London", date(2026, 3, 29), time(1, 30), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("Europe/London", date(2026, 10, 25), time(1, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("Europe/London", date(2026, 7, 1), time(9, 0), datetime(2026, 7, 1, 8, 0, tzinfo=UTC)),
        ("America/New_York", date(2026, 3, 8), time(2, 30), datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 1), time(1, 30), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("Asia/Kolkata", date(2026, 11, 24), time(9, 0), datetime(2026, 11, 24, 3, 30, tzinfo=UTC)),
    ],
)
def test_a_local_wish_becomes_one_instant(zone: str, on: date, local: time, utc: datetime) -> None:
    assert resolve_local(on, local, zone) == utc


def test_the_day_is_the_clinics_not_utcs() -> None:
    assert local_date(datetime(2026, 7, 1, 23, 30, tzinfo=UTC), "Europe/London") == date(2026, 7, 2)


@pytest.mark.parametrize(
    ("day", "months", "wanted"),
    [
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2025, 12, 15), 1, date(2026, 1, 15)),
        (date(2026, 6, 30), 6, date(2026, 12, 30)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
    ],
)
def test_months_clamp_to_the_last_day(day: date, months: int, wanted: date) -> None:
    assert add_months(day, months) == wanted
