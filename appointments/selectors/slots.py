"""Bookable time: opening hours ∩ working hours − absences − what is taken, with a room and a device if needed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from appointments.models import Absence, Occupation, Room, VisitType, WorkingHours
from appointments.rules import OPEN, Interval, Span, interval_on, minus, shared, starts_in, step_for
from clinic.clock import local_date, resolve_local
from clinic.models import Closure, OpeningHours, Site, Staff
from patients import selectors as people
from patients.models import Patient
from treatments import selectors as sessions
from treatments.rules import Window

_Free = Callable[[Span], tuple[int | None, ...] | None]

MOST_DAYS = 120
CLOSED = "Closed, or full."


@dataclass(frozen=True)
class Slot:
    """A start that is free with this clinician, and in a room if the visit needs one."""

    starts_at: datetime
    ends_at: datetime
    clinician_id: int
    clinician_name: str
    room_id: int | None = None
    device_id: int | None = None

    @property
    def value(self) -> str:
        """As a form value: instant and clinician."""
        return f"{self.starts_at.isoformat()}|{self.clinician_id}"


def _local_spans(site: Site, on: date, hours: Iterable[tuple[object, object]]) -> list[Span]:
    return [Span(resolve_local(on, a, site.zone), resolve_local(on, b, site.zone)) for a, b in hours]  # type: ignore[arg-type]


def taken_spans(kind: str, ids: Iterable[int], span: Span, *, at: datetime, but: int | None = None) -> dict[int, list[Span]]:
    """What is taken of each resource inside a span; offers that ran out don't count."""
    wanted = list(ids)
    rows = Occupation.objects.filter(resource_kind=kind, resource_id__in=wanted, during__overlap=(span.starts_at, span.ends_at))
    rows = rows.filter(Q(expires_at=None) | Q(expires_at__gt=at))
    rows = rows.exclude(appointment_id=but) if but else rows
    found: dict[int, list[Span]] = {pk: [] for pk in wanted}
    for row in rows:
        found[row.resource_id].append(Span(row.during.lower, row.during.upper))
    return found


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range(min((last - first).days + 1, MOST_DAYS))]


def free_slots(
    *, site: Site, visit_type: VisitType, from_on: date, to_on: date, at: datetime, clinician: Staff | None = None,
    patient: Patient | None = None, but: int | None = None,
) -> list[Slot]:  # fmt: skip
    """Free starts from `from_on` to `to_on`, both included, never in the past. Constant number of queries."""
    days = _days(from_on, to_on)
    if not days:
        return []
    whole = Span(resolve_local(days[0], datetime.min.time(), site.zone), resolve_local(days[-1] + timedelta(days=1), datetime.min.time(), site.zone))
    closed = set(Closure.objects.filter(site=site, on__range=(days[0], days[-1])).values_list("on", flat=True))
    opening = list(OpeningHours.objects.filter(site=site))
    at_work = WorkingHours.objects.filter(site=site, staff__is_active=True).select_related("staff")
    working = list(at_work.filter(staff=clinician) if clinician else at_work)
    staff = {row.staff_id: row.staff for row in working}
    busy = taken_spans("clinician", staff, whole, at=at, but=but)
    for gone in Absence.objects.filter(staff__in=staff, starts_at__lt=whole.ends_at, ends_at__gt=whole.starts_at):
        busy[gone.staff_id].append(Span(gone.starts_at, gone.ends_at))
    own = taken_spans("patient", [patient.pk], whole, at=at, but=but)[patient.pk] if patient else []
    place = _places(site, visit_type, whole, at=at, but=but)
    length = visit_type.minutes + visit_type.buffer_minutes
    found = []
    for on in days:
        if on in closed:
            continue
        open_spans = _local_spans(site, on, ((h.opens, h.closes) for h in opening if h.weekday == on.weekday()))
        for pk, person in staff.items():
            hours = _local_spans(site, on, ((w.starts, w.ends) for w in working if w.staff_id == pk and w.weekday == on.weekday()))
            free = minus(shared(open_spans, hours), [*busy[pk], *own])
            for start in starts_in(free, minutes=length, step=step_for(visit_type.minutes)):
                where = place(Span(start, start + timedelta(minutes=length))) if start > at else None
                if where is not None:
                    found.append(Slot(start, start + timedelta(minutes=visit_type.minutes), pk, person.display_name, *where))
    return sorted(found, key=lambda slot: (slot.starts_at, slot.clinician_name, slot.clinician_id))


def _places(site: Site, visit_type: VisitType, whole: Span, *, at: datetime, but: int | None) -> _Free:
    """A function that names a free room and a free device for a span (None where the visit needs none), or None if one lacks."""
    wanted: list[list[int] | None] = [
        list(Room.objects.filter(site=site, out_of_service=False).values_list("pk", flat=True)) if visit_type.needs_room else None,
        list(sessions.devices_at(site).values_list("pk", flat=True)) if visit_type.needs_device else None,
    ]
    busy = [taken_spans(kind, ids or [], whole, at=at, but=but) for kind, ids in zip(("room", "device"), wanted, strict=True)]

    def place(visit: Span) -> tuple[int | None, ...] | None:
        found: list[int | None] = []
        for ids, taken in zip(wanted, busy, strict=True):
            free = None if ids is None else next((pk for pk in ids if not any(visit.overlaps(t) for t in taken[pk])), None)
            if ids is not None and free is None:
                return None
            found.append(free)
        return tuple(found)

    return place


@dataclass(frozen=True)
class DayOffer:
    """One day of the slot finder: its slots, or why it is grey."""

    on: date
    slots: list[Slot]
    grey: str = ""
    word: str = "free"

    @property
    def by_clinician(self) -> list[tuple[str, list[Slot]]]:
        """The same slots, grouped for reading."""
        found: dict[str, list[Slot]] = {}
        for slot in self.slots:
            found.setdefault(slot.clinician_name, []).append(slot)
        return sorted(found.items())


def window_for(patient: Patient, today: date) -> Window | None:
    """The follow-up window."""
    return sessions.next_window(patient, today=today)


@dataclass(frozen=True)
class Gate:
    """What decides whether a visit of one type may be on a day, read once for all days (SETTLED 3, 4, 15)."""

    patient: Patient
    visit_type: VisitType
    window: Window | None
    dossier: people.Dossier | None
    held: bool
    booked: tuple[date, ...] = ()

    def interval(self, day: date) -> Interval:
        """What S10 says of a day."""
        if not self.visit_type.needs_screening:
            return Interval("free")
        w = self.window
        days = {"last_on": w.last_on, "opens_on": w.opens_on, "closes_on": w.closes_on} if w else dict.fromkeys(("last_on", "opens_on", "closes_on"))
        return interval_on(day, booked=self.booked, **days)

    def why_not(self, day: date) -> str:
        """Why this visit can't be on that day, in words for the desk; empty when it can."""
        if self.patient.deceased_on:
            return "The patient has died."
        if self.held:
            return "On hold: a clinician must release it first."
        if self.dossier is None:
            return ""
        word = self.dossier.desk_word(day)
        if word.code != "may_book":
            return f"{word.words}."
        if self.interval(day).word == "blocked":
            return "Less than seven days from another session."
        return ""


def gate_for(patient: Patient, visit_type: VisitType, *, at: datetime, but: int | None = None) -> Gate:
    """Read what the gate needs, in a constant number of queries."""
    zone = patient.site.zone
    held = bool(people.open_holds(patient, "booking"))
    if not visit_type.needs_screening:
        return Gate(patient, visit_type, None, None, held)
    others = patient.appointments.filter(state__in=OPEN, visit_type__kind="session", starts_at__gt=at).exclude(pk=but or 0)
    booked = tuple(local_date(starts_at, zone) for starts_at in others.values_list("starts_at", flat=True))
    return Gate(patient, visit_type, window_for(patient, local_date(at, zone)), people.dossier(patient), held, booked)


def offers(
    *, patient: Patient, visit_type: VisitType, from_on: date, days: int, at: datetime, clinician: Staff | None = None,
    may_early: bool = False, but: int | None = None,
) -> list[DayOffer]:  # fmt: skip
    """Day by day: free slots, or why the day is grey. Days inside the follow-up window come first."""
    site, gate = patient.site, gate_for(patient, visit_type, at=at, but=but)
    slots = free_slots(
        site=site, visit_type=visit_type, from_on=from_on, to_on=from_on + timedelta(days=days - 1), at=at,
        clinician=clinician, patient=patient, but=but,
    )  # fmt: skip
    by_day: dict[date, list[Slot]] = {}
    for slot in slots:
        by_day.setdefault(local_date(slot.starts_at, site.zone), []).append(slot)
    found = []
    for on in _days(from_on, from_on + timedelta(days=days - 1)):
        word = gate.interval(on).word
        grey = gate.why_not(on)
        if not grey and word == "early" and not may_early:
            grey = "Too early: only with a clinician's reason."
        if not grey and on not in by_day:
            grey = CLOSED
        found.append(DayOffer(on, [] if grey else by_day[on], grey, word))
    return sorted(found, key=lambda offer: (offer.word not in ("in_window", "free"), offer.on))
