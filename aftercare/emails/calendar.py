"""The restart times as a calendar file (RFC 5545), in words that say nothing of a treatment (SETTLED 20)."""

from datetime import UTC, datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from aftercare.models import Plan
from aftercare.selectors.instructions import WaitGroup

FILE_NAME = "times.ics"
CONTENT_TYPE = 'text/calendar; charset="utf-8"; method="PUBLISH"'
_LASTS = timedelta(minutes=15)


def times_file(plan: Plan, groups: list[WaitGroup], *, at: datetime, sequence: int = 0) -> bytes:
    """One entry an instant at which something is allowed again. UID and instants stay, so a second import changes nothing.

    `sequence` rises with each correction, so that a calendar takes the newer one (RFC 5545 3.8.7.4).
    """
    clinic = plan.site.clinic.name
    calendar = Calendar()
    calendar.add("prodid", "-//Anagen//aftercare//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    domain = parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2]
    for place, group in enumerate(groups, start=1):
        calendar.add_component(_entry(plan, place, group.until, clinic, domain, at, sequence))
    return bytes(calendar.to_ical())


def _entry(plan: Plan, place: int, begins: datetime, clinic: str, domain: str, at: datetime, sequence: int) -> Event:
    event = Event()
    event.add("uid", f"{plan.uuid}-{place}@{domain}")
    event.add("sequence", sequence)
    event.add("dtstamp", at.astimezone(UTC))
    event.add("dtstart", begins.astimezone(UTC))
    event.add("dtend", (begins + _LASTS).astimezone(UTC))
    event.add("summary", _("%(clinic)s: time %(n)s in your mail") % {"clinic": clinic, "n": place})
    event.add("description", _("Please look at time %(n)s in the mail that we sent you.") % {"n": place})
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", clinic)
    alarm.add("trigger", timedelta(0))
    event.add_component(alarm)
    return event
