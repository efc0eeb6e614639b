"""Calendar feeds: neutral entries for a clinician's own calendar program (RFC 5545)."""

import hashlib
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

from appointments.models import Appointment, CalendarFeed
from appointments.rules import HOLDS_TIME
from clinic.models import Staff

_BACK, _AHEAD = timedelta(days=30), timedelta(days=180)


def feed_of(staff: Staff) -> CalendarFeed | None:
    """The feed that works now."""
    return CalendarFeed.objects.filter(staff=staff, revoked_at=None).first()


def feed_owner(secret: str) -> Staff | None:
    """Whose feed this secret opens; None for unknown, revoked and inactive alike."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    row = CalendarFeed.objects.filter(secret_hash=digest, revoked_at=None, staff__is_active=True).select_related("staff").first()
    return row.staff if row else None


def feed_ics(staff: Staff, at: datetime) -> bytes:
    """A month back and half a year ahead, in UTC. No name, no treatment: the address is a bearer secret."""
    rows = Appointment.objects.filter(clinician=staff, starts_at__range=(at - _BACK, at + _AHEAD), state__in=HOLDS_TIME)
    calendar = Calendar()
    calendar.add("prodid", "-//Anagen//feed//EN")
    calendar.add("version", "2.0")
    for visit in rows.select_related("room", "site").order_by("starts_at"):
        event = Event()
        event.add("uid", f"feed-{visit.uuid}")
        event.add("sequence", visit.sequence)
        event.add("dtstamp", visit.state_since.astimezone(UTC))
        event.add("dtstart", visit.starts_at.astimezone(UTC))
        event.add("dtend", visit.ends_at.astimezone(UTC))
        event.add("summary", "Appointment")
        event.add("location", ", ".join(filter(None, (visit.room.name if visit.room else "", visit.site.name))))
        calendar.add_component(event)
    return bytes(calendar.to_ical())
