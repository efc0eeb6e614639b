"""Calendar and wall-clock arithmetic. Pure: the time is always an argument."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def local_date(at: datetime, zone: str) -> date:
    """The calendar date in `zone` at the instant `at`."""
    return at.astimezone(ZoneInfo(zone)).date()


def wall(at: datetime, zone: str) -> datetime:
    """`at` as an aware datetime in `zone`, for showing to people."""
    return at.astimezone(ZoneInfo(zone))


def resolve_local(on: date, local: time, zone: str) -> datetime:
    """The instant (UTC) at which clocks in `zone` show `local` on `on`.

    A minute that spring skips becomes the next valid one; a minute that autumn has twice is the first of the two.
    """
    tz = ZoneInfo(zone)
    wish = datetime.combine(on, local.replace(tzinfo=None), tzinfo=tz)
    at = wish.astimezone(UTC)
    if at.astimezone(tz).replace(tzinfo=None) == wish.replace(tzinfo=None):
        return at
    probe = at.replace(second=0, microsecond=0) - timedelta(hours=3)
    offset = probe.astimezone(tz).utcoffset()
    while probe.astimezone(tz).utcoffset() == offset:
        probe += timedelta(minutes=1)
    return probe


def add_months(day: date, months: int) -> date:
    """`day` plus whole months; a day that does not exist becomes the month's last (SCHEMA 1.2, 3)."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (following - timedelta(days=1)).day))
