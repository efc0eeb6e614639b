"""Working time as it is."""

from dataclasses import dataclass
from datetime import date, datetime, time

from appointments.models import Absence, BookingRules, Room, VisitType, WorkingHours
from appointments.selectors.calendar import clinicians_of
from clinic.models import Closure, OpeningHours, Site, Staff


@dataclass(frozen=True)
class Week:
    """Seven weekdays with their stretches, Monday first."""

    staff: Staff | None
    days: list[list[tuple[time, time]]]


def weeks(site: Site) -> list[Week]:
    """The site's opening hours, then each clinician's week."""
    opening = list(OpeningHours.objects.filter(site=site).order_by("opens"))
    found = [Week(None, [[(row.opens, row.closes) for row in opening if row.weekday == day] for day in range(7)])]
    working = list(WorkingHours.objects.filter(site=site).order_by("starts"))
    for person in clinicians_of(site):
        days = [[(row.starts, row.ends) for row in working if row.staff_id == person.pk and row.weekday == day] for day in range(7)]
        found.append(Week(person, days))
    return found


def coming_absences(site: Site, at: datetime) -> list[Absence]:
    """Of this site's clinicians, running or to come."""
    return list(Absence.objects.filter(staff__sites=site, ends_at__gt=at).select_related("staff").order_by("starts_at"))


def coming_closures(site: Site, today: date) -> list[Closure]:
    """Days on which the site is closed."""
    return list(Closure.objects.filter(site=site, on__gte=today).order_by("on"))


def rooms_of(site: Site) -> list[Room]:
    """All rooms."""
    return list(Room.objects.filter(site=site))


def booking_rules(site: Site) -> BookingRules:
    """The site's own numbers, or the proposed defaults."""
    return BookingRules.objects.filter(site=site).first() or BookingRules(site=site)


def visit_types() -> list[VisitType]:
    """Every kind of visit, in the order in which they were made."""
    return list(VisitType.objects.order_by("pk"))
