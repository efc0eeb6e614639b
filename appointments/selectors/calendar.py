"""What the calendar shows, for the days it shows and no others (SETTLED 34). Times are the site's own wall clock."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q

from appointments.models import Absence, Appointment, Occupation, Room, WorkingHours
from appointments.rules import AppointmentState, Span, minus, shared
from appointments.selectors.days import STATE_WORDS
from clinic.clock import resolve_local, wall
from clinic.models import Closure, OpeningHours, Site, Staff

MOST_DAYS_SHOWN = 14
HIDDEN = frozenset({AppointmentState.CANCELLED, AppointmentState.MISSED})
_MIDNIGHT = time(0)


def clinicians_of(site: Site) -> list[Staff]:
    """Who can have a column: active clinicians of the site."""
    return list(Staff.objects.filter(sites=site, roles__contains=["clinician"], is_active=True).order_by("name", "pk"))


def columns(site: Site, by: str) -> list[dict[str, str]]:
    """The calendar's columns: clinicians, or rooms."""
    if by == "room":
        return [{"id": f"r{room.pk}", "title": room.name} for room in Room.objects.filter(site=site)]
    return [{"id": f"c{person.pk}", "title": person.display_name} for person in clinicians_of(site)]


def shown_hours(site: Site, visits: Iterable[Appointment] = ()) -> tuple[int, int]:
    """First and last hour of the grid: opening hours, with an hour on each side, and every one of the visits, whatever its hour."""
    rows = list(OpeningHours.objects.filter(site=site).values_list("opens", "closes"))
    first = min((opens.hour for opens, _closes in rows), default=8)
    last = max((closes.hour + (closes.minute > 0) for _opens, closes in rows), default=18)
    first, last = max(0, first - 1), min(24, last + 1)
    for visit in visits:
        starts, ends = visit.starts_at.astimezone(site.tz), visit.ends_at.astimezone(site.tz)
        first = min(first, starts.hour)
        last = max(last, 24 if ends.date() > starts.date() else ends.hour + (ends.minute > 0))
    return first, last


def _whole(site: Site, first: date, last: date) -> Span:
    return Span(resolve_local(first, _MIDNIGHT, site.zone), resolve_local(last, _MIDNIGHT, site.zone))


def visits(site: Site, first: date, last: date) -> Iterable[Appointment]:
    """Visits from `first` to before `last`; cancelled and missed ones have left the grid."""
    whole = _whole(site, first, last)
    rows = Appointment.objects.filter(site=site, starts_at__gte=whole.starts_at, starts_at__lt=whole.ends_at)
    return rows.exclude(state__in=HIDDEN).select_related("patient", "clinician", "room", "visit_type", "site").order_by("starts_at", "pk")


def event_of(visit: Appointment, *, by: str, names_hidden: bool, editable: bool) -> dict[str, Any]:
    """One visit as the grid wants it. Without the right to names there is only the visit type."""
    zone = visit.site.zone
    column = (f"r{visit.room_id}" if visit.room_id else "r0") if by == "room" else f"c{visit.clinician_id}"
    movable = editable and visit.state in (AppointmentState.BOOKED, AppointmentState.CONFIRMED)
    return {
        "id": str(visit.uuid),
        "resourceIds": [column],
        "start": wall(visit.starts_at, zone).strftime("%Y-%m-%dT%H:%M:%S"),
        "end": wall(visit.ends_at, zone).strftime("%Y-%m-%dT%H:%M:%S"),
        "title": visit.visit_type.name if names_hidden else visit.patient.short_name,
        "editable": movable,
        "extendedProps": {
            "state": visit.state, "words": str(STATE_WORDS[visit.state]), "visit": visit.visit_type.name, "kind": visit.visit_type.code, "with": visit.clinician.display_name,
            "room": visit.room.name if visit.room else "", "clinicianFirst": visit.clinician_first, "open": not names_hidden,
            "subject": "" if names_hidden else str(visit.patient.uuid), "overlap": bool(visit.overlap_reason),
        },
    }  # fmt: skip


def closed_events(site: Site, first: date, last: date, by: str) -> list[dict[str, Any]]:
    """Shaded time: the site is closed, the clinician does not work or is away; and times held for the waiting list."""
    whole = _whole(site, first, last)
    people, rooms = (clinicians_of(site), []) if by != "room" else ([], columns(site, by))
    opening, closed = list(OpeningHours.objects.filter(site=site)), set(Closure.objects.filter(site=site).values_list("on", flat=True))
    working = list(WorkingHours.objects.filter(site=site, staff__in=people))
    away = list(Absence.objects.filter(staff__in=people, starts_at__lt=whole.ends_at, ends_at__gt=whole.starts_at))
    found: list[dict[str, Any]] = []
    for on in (first + timedelta(days=n) for n in range((last - first).days)):
        open_spans = [] if on in closed else [_span(site, on, row.opens, row.closes) for row in opening if row.weekday == on.weekday()]
        day = _whole(site, on, on + timedelta(days=1))
        if by == "room":
            found += [_shade(span, site, column["id"], "Closed") for span in minus([day], open_spans) for column in rooms]
        for person in people:
            hours = [_span(site, on, row.starts, row.ends) for row in working if row.staff_id == person.pk and row.weekday == on.weekday()]
            gone = [Span(row.starts_at, row.ends_at) for row in away if row.staff_id == person.pk]
            found += [_shade(span, site, f"c{person.pk}", "Closed") for span in minus([day], minus(shared(open_spans, hours), gone))]
    return found + (_held(site, whole, people) if people else [])


def _span(site: Site, on: date, starts: time, ends: time) -> Span:
    return Span(resolve_local(on, starts, site.zone), resolve_local(on, ends, site.zone))


def _shade(span: Span, site: Site, column: str, words: str) -> dict[str, Any]:
    return {
        "display": "background", "resourceIds": [column] if column else [], "title": words,
        "start": wall(span.starts_at, site.zone).strftime("%Y-%m-%dT%H:%M:%S"),
        "end": wall(span.ends_at, site.zone).strftime("%Y-%m-%dT%H:%M:%S"),
        "extendedProps": {"shade": "held" if words.startswith("Held") else "closed"},
    }  # fmt: skip


def _held(site: Site, whole: Span, people: list[Staff]) -> list[dict[str, Any]]:
    rows = Occupation.objects.filter(
        Q(resource_kind="clinician", resource_id__in=[p.pk for p in people]), during__overlap=(whole.starts_at, whole.ends_at),
    ).exclude(freed=None)  # fmt: skip
    return [_shade(Span(row.during.lower, row.during.upper), site, f"c{row.resource_id}", "Held for the waiting list") for row in rows]


def local_instant(text: str, site: Site) -> datetime:
    """`2026-11-24T14:30` on the site's clock, as an instant. Raises ValueError."""
    naive = datetime.fromisoformat(text).replace(tzinfo=None)
    return resolve_local(naive.date(), naive.time(), site.zone)
