"""Visits that a change of working time left stranded, and the free times that each could move to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from appointments.models import Absence, Appointment, WorkingHours
from appointments.rules import AppointmentState, Span, minus, shared
from appointments.selectors.diary import Diary, Slot, days_between, read_diary
from appointments.selectors.hours import booking_rules
from appointments.selectors.slots import Gate, gate_for
from clinic.clock import local_date, resolve_local
from clinic.models import Closure, OpeningHours, Site

_AHEAD_DAYS = 180
MOST_AT_ONCE = 12  # visits for which new times are looked for on one page; each costs some twenty queries
_BEFORE_DAYS, _AFTER_DAYS = 14, 42  # how far from its old day a visit may go
_OWN_CLINICIAN_DAYS = 7  # so near, the same clinician goes before the nearest hour
_MOST_SLOTS = 4
_ENOUGH_DAYS = 8  # days with free time after which no further one is looked at
_MOVABLE = [AppointmentState.BOOKED, AppointmentState.CONFIRMED]


@dataclass(frozen=True)
class Stranded:
    """A visit that no longer fits, and why."""

    visit: Appointment
    why: str


@dataclass(frozen=True)
class Grounds:
    """What a site's visits stand on, read once."""

    site: Site
    closed: frozenset[date]
    opening: list[OpeningHours]
    working: list[WorkingHours]
    away: list[Absence]

    def why(self, visit: Appointment) -> str:
        """Why a visit does not fit any more; empty when it does."""
        if local_date(visit.starts_at, self.site.zone) not in self.closed:
            if visit.room and visit.room.out_of_service:
                return _("its room is out of use")
            if visit.device and visit.device.out_of_service:
                return _("its device is out of use")
        return self.nobody_there(visit.clinician_id, Span(visit.starts_at, visit.ends_at), any_hour=bool(visit.overlap_reason))

    def nobody_there(self, clinician_id: int, span: Span, *, any_hour: bool = False) -> str:
        """Why this clinician does not treat in this time: closed, away or outside hours. Empty when they do."""
        on = local_date(span.starts_at, self.site.zone)
        if on in self.closed:
            return _("the site is closed")
        if any(row.staff_id == clinician_id and span.overlaps(Span(row.starts_at, row.ends_at)) for row in self.away):
            return _("the clinician is away")
        open_spans = self._spans(on, ((row.opens, row.closes) for row in self.opening if row.weekday == on.weekday()))
        mine = ((row.starts, row.ends) for row in self.working if row.staff_id == clinician_id and row.weekday == on.weekday())
        inside = not minus([span], shared(open_spans, self._spans(on, mine)))
        return "" if inside or any_hour else _("outside working hours")

    def _spans(self, on: date, hours: Iterable[tuple[time, time]]) -> list[Span]:
        return [Span(resolve_local(on, starts, self.site.zone), resolve_local(on, ends, self.site.zone)) for starts, ends in hours]


def grounds_of(site: Site, at: datetime) -> Grounds:
    """In four queries."""
    closed = frozenset(Closure.objects.filter(site=site).values_list("on", flat=True))
    opening, working = list(OpeningHours.objects.filter(site=site)), list(WorkingHours.objects.filter(site=site))
    return Grounds(site, closed, opening, working, list(Absence.objects.filter(ends_at__gt=at)))


def stranded(site: Site, at: datetime) -> list[Stranded]:
    """Visits to come that fall outside hours, into an absence or closure, or need a room or device out of use."""
    rows = Appointment.objects.filter(site=site, starts_at__gt=at, starts_at__lt=at + timedelta(days=_AHEAD_DAYS), state__in=_MOVABLE)
    related = ("patient", "patient__site", "clinician", "room", "device", "visit_type", "site", "site__clinic")
    visits = list(rows.select_related(*related).order_by("starts_at", "pk"))
    grounds = grounds_of(site, at)
    return [Stranded(visit, why) for visit in visits if (why := grounds.why(visit))]


@dataclass(frozen=True)
class WayOut:
    """A stranded visit with the free times it could move to, the best first; or why there is none."""

    visit: Appointment
    why: str
    slots: list[Slot] = field(default_factory=list)
    none_because: str = ""


def ways_out(rows: list[Stranded], site: Site, at: datetime) -> list[WayOut]:
    """For the first `MOST_AT_ONCE`. No two rows get the same first time: what one was given counts as taken for the next."""
    claimed: dict[tuple[str, int], list[Span]] = {}
    soonest = at + timedelta(hours=booking_rules(site).cut_off_hours)
    found = []
    for row in rows[:MOST_AT_ONCE]:
        way = _way_out(row, soonest, claimed, at=at)
        if way.slots:
            _claim(claimed, row.visit, way.slots[0])
        found.append(way)
    return found


def _claim(claimed: dict[tuple[str, int], list[Span]], visit: Appointment, slot: Slot) -> None:
    span = Span(slot.starts_at, slot.ends_at + timedelta(minutes=visit.visit_type.buffer_minutes))
    for kind, pk in (("clinician", slot.clinician_id), ("room", slot.room_id), ("device", slot.device_id), ("patient", visit.patient_id)):
        if pk is not None:
            claimed.setdefault((kind, pk), []).append(span)


def diary_for(visit: Appointment, from_on: date, to_on: date, *, at: datetime, claimed: dict[tuple[str, int], list[Span]] | None = None) -> Diary:
    """The diary in which this visit, as long as it is, looks for another place."""
    return read_diary(
        site=visit.site, visit_type=visit.visit_type, from_on=from_on, to_on=to_on, at=at, patient=visit.patient, but=visit.pk, claimed=claimed,
        minutes=visit.minutes,
    )  # fmt: skip


def _way_out(row: Stranded, soonest: datetime, claimed: dict[tuple[str, int], list[Span]], *, at: datetime) -> WayOut:
    visit, zone = row.visit, row.visit.site.zone
    on = local_date(visit.starts_at, zone)
    gate = gate_for(visit.patient, visit.visit_type, at=at, but=visit.pk)
    days = days_between(max(local_date(soonest, zone), on - timedelta(days=_BEFORE_DAYS)), on + timedelta(days=_AFTER_DAYS))
    diary = diary_for(visit, days[0], days[-1], at=at, claimed=claimed)
    slots: list[tuple[int, Slot]] = []
    reasons: set[str] = set()
    for rank, day in _in_order(gate, days, on):
        reason, there = gate.why_not(day), [] if gate.why_not(day) else [slot for slot in diary.slots(day) if slot.starts_at >= soonest]
        slots += [(rank, slot) for slot in there]
        reasons.add(reason or ("" if there else diary.why_none(day)))
        if len({local_date(slot.starts_at, zone) for _rank, slot in slots}) >= _ENOUGH_DAYS:
            break
    best = _best(slots, visit)
    return WayOut(visit, row.why, best, "" if best else _why_nothing(reasons, days))


def _in_order(gate: Gate, days: list[date], on: date) -> list[tuple[int, date]]:
    """Days inside the window first, then the ones around it, each time the nearest to the old day; never one that is too early (S10)."""
    words = {day: gate.interval(day).word for day in days}
    ranked = [(0 if words[day] in ("in_window", "free") else 1, day) for day in days if words[day] not in ("blocked", "early")]
    return sorted(ranked, key=lambda pair: (pair[0], abs((pair[1] - on).days), pair[1]))


def _best(slots: list[tuple[int, Slot]], visit: Appointment) -> list[Slot]:
    """The nearest day at the hour most like the old one; the same clinician within a week, else whoever comes first. One time a day of each."""
    was, tz = visit.starts_at.astimezone(visit.site.tz), visit.site.tz

    def unlike(pair: tuple[int, Slot]) -> tuple[int, int, bool, int]:
        here = pair[1].starts_at.astimezone(tz)
        minutes = abs(here.hour * 60 + here.minute - was.hour * 60 - was.minute)
        return pair[0], abs((here.date() - was.date()).days), here.date() < was.date(), minutes

    daily: dict[tuple[int, date], tuple[int, Slot]] = {}
    for pair in sorted(slots, key=unlike):
        daily.setdefault((pair[1].clinician_id, pair[1].starts_at.astimezone(tz).date()), pair)
    own = [pair for pair in daily.values() if pair[1].clinician_id == visit.clinician_id]
    others = [pair for pair in daily.values() if pair[1].clinician_id != visit.clinician_id]
    near = bool(own) and (not others or (own[0][0] <= others[0][0] and unlike(own[0])[1] <= _OWN_CLINICIAN_DAYS))
    first, then = (own, others) if near else (others, own)
    picked = [*first[:2], *then[:2]]
    picked += [pair for pair in (*first, *then) if pair not in picked][: _MOST_SLOTS - len(picked)]
    return [slot for _rank, slot in picked]


def _why_nothing(reasons: set[str], days: list[date]) -> str:
    """The one reason if all days have the same, else that nothing fits."""
    reasons = reasons - {""}
    if len(reasons) == 1:
        return reasons.pop()
    if not reasons:
        return _("Every day near it is too close to another session. A clinician may move it with a reason.")
    return _("No free time with a fitting clinician, room and device in the %(weeks)d weeks around it.") % {"weeks": round(len(days) / 7)}
