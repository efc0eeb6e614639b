"""When an answer is due: the response clock with the site's hours and the protocol's targets."""

from datetime import date, datetime, time, timedelta

from aftercare.models import Plan, Protocol
from aftercare.rules import DEFAULT
from aftercare.states import Level
from clinic.clock import local_date, resolve_local
from clinic.models import Closure, OpeningHours, Site

_LOOK_AHEAD = 60
_EVENING = time(18, 0)


def _targets(plan: Plan | None) -> tuple[int, int, int]:
    protocol = plan.protocol if plan is not None else Protocol.objects.in_force().first()
    if protocol is None:
        return DEFAULT.urgent_minutes, DEFAULT.same_day_hours, DEFAULT.routine_working_days
    return protocol.urgent_minutes, protocol.same_day_hours, protocol.routine_working_days


def response_due(level: str, *, opened_at: datetime, site: Site, plan: Plan | None = None) -> datetime:
    """The instant by which somebody must have answered (RULES section 4, response targets).

    URGENT: minutes, day or night. SAME_DAY: hours counted while the site is open, at latest when it closes. ROUTINE:
    the close of the nth working day. A site without hours is taken as always open, Monday to Friday.
    """
    minutes, hours, days = _targets(plan)
    if level == Level.URGENT:
        return opened_at + timedelta(minutes=minutes)
    spans = open_spans(site, opened_at)
    if level == Level.SAME_DAY:
        start, end = next(((s, e) for s, e in spans if e > opened_at), (opened_at, opened_at + timedelta(hours=hours)))
        return min(max(start, opened_at) + timedelta(hours=hours), end)
    today = local_date(opened_at, site.zone)
    closes = [end for start, end in spans if local_date(start, site.zone) > today]
    by_day = {local_date(end, site.zone): end for end in closes}
    working = sorted(by_day)
    return by_day[working[days - 1]] if len(working) >= days else _weekdays_after(today, days, site)


def open_spans(site: Site, since: datetime, *, days: int = _LOOK_AHEAD) -> list[tuple[datetime, datetime]]:
    """Opening spans of so many days from the day of `since` on, in order, as instants; closures left out."""
    first = local_date(since, site.zone)
    hours: dict[int, list[OpeningHours]] = {}
    for row in OpeningHours.objects.filter(site=site).order_by("weekday", "opens", "pk"):
        hours.setdefault(row.weekday, []).append(row)
    last = first + timedelta(days=days)
    closed = set(Closure.objects.filter(site=site, on__gte=first, on__lte=last).values_list("on", flat=True))
    dates = (first + timedelta(days=n) for n in range(days))
    return [
        (resolve_local(day, row.opens, site.zone), resolve_local(day, row.closes, site.zone))
        for day in dates
        if day not in closed
        for row in hours.get(day.weekday(), [])
    ]


def opened_between(site: Site, since: datetime, until: datetime) -> bool:
    """Whether the site opened after `since`, at `until` at the latest."""
    days = (local_date(until, site.zone) - local_date(since, site.zone)).days + 1
    return any(since < opens <= until for opens, _closes in open_spans(site, since, days=days))


def _weekdays_after(day: date, count: int, site: Site) -> datetime:
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return resolve_local(day, _EVENING, site.zone)
