"""The hours in which mail that is not urgent may leave, in the clinic's zone, less the quiet hours within them."""

from datetime import datetime, time, timedelta

from clinic.clock import resolve_local, wall
from clinic.models import Clinic


def opens_at(clinic: Clinic | None, zone: str, at: datetime) -> datetime | None:
    """None inside the sending hours, else the instant at which they begin. Without hours or zone mail goes any time."""
    if clinic is None or not zone:
        return None
    then = at
    for _ in range(4):  # the end of a quiet hour may lie outside the window, and the other way round
        step = _next(clinic.send_from, clinic.send_until, zone, then) or _quiet_until(clinic, zone, then)
        if step is None:
            return None if then == at else then
        then = step
    return then


def _next(start: time | None, end: time | None, zone: str, at: datetime) -> datetime | None:
    """When the window opens again, None while it is open. Hours that end before they begin go past midnight."""
    if start is None or end is None or start == end:
        return None
    here = wall(at, zone)
    now = here.time()
    if (start <= now < end) if start < end else (now >= start or now < end):
        return None
    day = here.date() if now < start else here.date() + timedelta(days=1)
    return resolve_local(day, start, zone)


def _quiet_until(clinic: Clinic, zone: str, at: datetime) -> datetime | None:
    start, end = clinic.quiet_from, clinic.quiet_until
    if start is None or end is None or start == end:
        return None
    return _next(end, start, zone, at)
