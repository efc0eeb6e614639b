"""Working time as it is, and the visits that it leaves stranded."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from appointments.models import Absence, Appointment, BookingRules, Room, VisitType, WorkingHours
from appointments.rules import AppointmentState, Span, minus, shared
from appointments.selectors.calendar import clinicians_of
from clinic.clock import local_date, resolve_local
from clinic.models import Closure, OpeningHours, Site, Staff

_AHEAD_DAYS = 180


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


@dataclass(frozen=True)
class Stranded:
    """A visit that no longer fits, and why."""

    visit: Appointment
    why: str


def stranded(site: Site, at: datetime) -> list[Stranded]:
    """Visits to come that fall outside hours, into an absence or closure, or need a room or device out of use."""
    rows = Appointment.objects.filter(
        site=site, starts_at__gt=at, starts_at__lt=at + timedelta(days=_AHEAD_DAYS), state__in=[AppointmentState.BOOKED, AppointmentState.CONFIRMED]
    )
    visits = list(rows.select_related("patient", "clinician", "room", "device", "visit_type", "site").order_by("starts_at", "pk"))
    closed = set(Closure.objects.filter(site=site).values_list("on", flat=True))
    opening = list(OpeningHours.objects.filter(site=site))
    working = list(WorkingHours.objects.filter(site=site))
    away = list(Absence.objects.filter(ends_at__gt=at))
    found = []
    for visit in visits:
        if why := _why(visit, site, closed, opening, working, away):
            found.append(Stranded(visit, why))
    return found


def _why(
    visit: Appointment, site: Site, closed: set[date], opening: list[OpeningHours], working: list[WorkingHours], away: list[Absence]
) -> str:
    on = local_date(visit.starts_at, site.zone)
    span = Span(visit.starts_at, visit.ends_at)
    if on in closed:
        return "the site is closed"
    if visit.room and visit.room.out_of_service:
        return "its room is out of use"
    if visit.device and visit.device.out_of_service:
        return "its device is out of use"
    if any(row.staff_id == visit.clinician_id and span.overlaps(Span(row.starts_at, row.ends_at)) for row in away):
        return "the clinician is away"
    open_spans = _spans(site, on, ((row.opens, row.closes) for row in opening if row.weekday == on.weekday()))
    hours = _spans(site, on, ((row.starts, row.ends) for row in working if row.staff_id == visit.clinician_id and row.weekday == on.weekday()))
    inside = not minus([span], shared(open_spans, hours))
    return "" if inside or visit.overlap_reason else "outside working hours"


def _spans(site: Site, on: date, hours: Iterable[tuple[time, time]]) -> list[Span]:
    return [Span(resolve_local(on, starts, site.zone), resolve_local(on, ends, site.zone)) for starts, ends in hours]


def rooms_of(site: Site) -> list[Room]:
    """All rooms."""
    return list(Room.objects.filter(site=site))


def booking_rules(site: Site) -> BookingRules:
    """The site's own numbers, or the proposed defaults."""
    return BookingRules.objects.filter(site=site).first() or BookingRules(site=site)


def visit_types() -> list[VisitType]:
    """Every kind of visit, in the order in which they were made."""
    return list(VisitType.objects.order_by("pk"))
