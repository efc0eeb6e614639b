"""The hours in which mail that is not urgent may leave, in the clinic's zone."""

from datetime import datetime, timedelta

from clinic.clock import resolve_local, wall
from clinic.models import Clinic


def opens_at(zone: str, at: datetime) -> datetime | None:
    """None inside the sending hours, else the instant at which they begin. Without hours or zone mail goes any time."""
    clinic = Clinic.objects.only("send_from", "send_until").first()
    if clinic is None or clinic.send_from is None or clinic.send_until is None or not zone:
        return None
    here = wall(at, zone)
    if clinic.send_from <= here.time() < clinic.send_until:
        return None
    day = here.date() if here.time() < clinic.send_from else here.date() + timedelta(days=1)
    return resolve_local(day, clinic.send_from, zone)
