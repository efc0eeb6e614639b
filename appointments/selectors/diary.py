"""The diary of a site: opening hours ∩ working hours − absences − what is taken, with a room and a device if needed.

Read once for a stretch of days; then each day says which starts are free or, if none is, the one reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from appointments.models import Absence, Occupation, Room, VisitType, WorkingHours
from appointments.rules import Span, minus, shared, starts_in, step_for
from clinic.clock import resolve_local
from clinic.models import Closure, OpeningHours, Site, Staff
from patients.models import Patient
from treatments import selectors as sessions

MOST_DAYS = 120
Claims = Mapping[tuple[str, int], list[Span]]


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


def days_between(first: date, last: date) -> list[date]:
    """Both included, `MOST_DAYS` at most."""
    return [first + timedelta(days=n) for n in range(min((last - first).days + 1, MOST_DAYS))]


@dataclass(frozen=True)
class Diary:
    """What is known of a stretch of days, for one kind of visit. Rooms and devices: None where the visit needs none."""

    site: Site
    visit_type: VisitType
    at: datetime
    closures: dict[date, str]
    opening: list[OpeningHours]
    working: list[WorkingHours]
    busy: dict[int, list[Span]]
    away: dict[int, list[Span]]
    own: list[Span]
    rooms: list[int] | None
    devices: list[int] | None
    taken: dict[str, dict[int, list[Span]]]
    minutes: int
    chosen: Staff | None = None

    @property
    def length(self) -> int:
        """Minutes of the visit with its buffer."""
        return self.minutes + self.visit_type.buffer_minutes

    def _spans(self, on: date, hours: Iterable[tuple[object, object]]) -> list[Span]:
        return [Span(resolve_local(on, a, self.site.zone), resolve_local(on, b, self.site.zone)) for a, b in hours]  # type: ignore[arg-type]

    def open_on(self, on: date) -> list[Span]:
        """When the site is open."""
        return [] if on in self.closures else self._spans(on, ((h.opens, h.closes) for h in self.opening if h.weekday == on.weekday()))

    def staff(self) -> dict[int, Staff]:
        """Who works here at all, of those asked for."""
        return {row.staff_id: row.staff for row in self.working}

    def hours_on(self, on: date, pk: int) -> list[Span]:
        """When a clinician works while the site is open."""
        hours = self._spans(on, ((w.starts, w.ends) for w in self.working if w.staff_id == pk and w.weekday == on.weekday()))
        return shared(self.open_on(on), hours)

    def starts(self, free: Iterable[Span]) -> list[datetime]:
        """Starts in free time that are still to come."""
        found = starts_in(free, minutes=self.length, step=step_for(self.visit_type.minutes))
        return [start for start in found if start > self.at]

    def place(self, start: datetime) -> tuple[int | None, int | None] | None:
        """A free room and a free device (None where none is needed), or None if one lacks."""
        room, device = self._free("room", self.rooms, start), self._free("device", self.devices, start)
        lacks = (self.rooms is not None and room is None) or (self.devices is not None and device is None)
        return None if lacks else (room, device)

    def _free(self, kind: str, ids: list[int] | None, start: datetime) -> int | None:
        visit = Span(start, start + timedelta(minutes=self.length))
        return next((pk for pk in ids or [] if not any(visit.overlaps(span) for span in self.taken[kind][pk])), None)

    def slots(self, on: date) -> list[Slot]:
        """The free starts of a day, the earliest first."""
        found = []
        for pk, person in self.staff().items():
            free = minus(self.hours_on(on, pk), [*self.away[pk], *self.busy[pk], *self.own])
            for start in self.starts(free):
                where = self.place(start)
                if where is not None:
                    found.append(Slot(start, start + timedelta(minutes=self.minutes), pk, person.display_name, *where))
        return sorted(found, key=lambda slot: (slot.starts_at, slot.clinician_name, slot.clinician_id))

    def why_none(self, on: date) -> str:
        """Why a day has no free start: one precise reason, the outermost first. Empty when there is one."""
        if reason := self._why_shut(on):
            return reason
        staff, name = self.staff(), self.chosen.display_name if self.chosen else ""
        hours = {pk: self.hours_on(on, pk) for pk in staff}
        if not any(hours.values()):
            return _("%(name)s does not work on this day.") % {"name": name} if name else _("No clinician works on this day.")
        if not any(self.starts(spans) for spans in hours.values()):
            return _("Too little time is left for this visit.")
        there = {pk: minus(spans, self.away[pk]) for pk, spans in hours.items()}
        if not any(self.starts(spans) for spans in there.values()):
            return _("%(name)s is away.") % {"name": name} if name else _("Every clinician who works on this day is away.")
        free = {pk: minus(spans, self.busy[pk]) for pk, spans in there.items()}
        if not any(self.starts(spans) for spans in free.values()):
            return _("Full: %(name)s is booked.") % {"name": name} if name else _("Full: every clinician is booked.")
        starts = {start for spans in free.values() for start in self.starts(minus(spans, self.own))}
        if not starts:
            return _("The patient has another visit at the times that are free.")
        return self._why_no_place(starts)

    def _why_shut(self, on: date) -> str:
        if on in self.closures:
            reason = self.closures[on]
            return _("Closed: %(reason)s.") % {"reason": reason.rstrip(".")} if reason else _("The site is closed on this day.")
        spans = self.open_on(on)
        if not spans:
            return _("Closed on this weekday.")
        if max(span.ends_at for span in spans) <= self.at:
            return _("This day is over.")
        if self.rooms == []:
            return _("No room is in use.")
        return _("No device is in use.") if self.devices == [] else ""

    def _why_no_place(self, starts: Iterable[datetime]) -> str:
        """The clinicians are free: is it the room, the device, or both?"""
        if any(self.place(start) for start in starts):
            return ""
        room = self.rooms is None or any(self._free("room", self.rooms, start) for start in starts)
        device = self.devices is None or any(self._free("device", self.devices, start) for start in starts)
        if room and device:
            return _("Full: a room and a device are never free together.")
        return _("Full: no device is free.") if room else _("Full: no room is free.")


def read_diary(
    *, site: Site, visit_type: VisitType, from_on: date, to_on: date, at: datetime, clinician: Staff | None = None,
    patient: Patient | None = None, but: int | None = None, claimed: Claims | None = None, minutes: int | None = None,
) -> Diary:  # fmt: skip
    """Everything about the days from `from_on` to `to_on`. A constant number of queries.

    `but`: a visit whose own time counts as free. `claimed`: time of (kind, id) that is promised though nobody has written it yet.
    `minutes`: another length than the kind of visit has.
    """
    days = days_between(from_on, to_on)
    midnight = datetime.min.time()
    whole = Span(resolve_local(days[0], midnight, site.zone), resolve_local(days[-1] + timedelta(days=1), midnight, site.zone))
    at_work = WorkingHours.objects.filter(site=site, staff__is_active=True).select_related("staff")
    working = list(at_work.filter(staff=clinician) if clinician else at_work)
    ids = {row.staff_id for row in working}
    away: dict[int, list[Span]] = {pk: [] for pk in ids}
    for gone in Absence.objects.filter(staff__in=ids, starts_at__lt=whole.ends_at, ends_at__gt=whole.starts_at):
        away[gone.staff_id].append(Span(gone.starts_at, gone.ends_at))
    rooms = list(Room.objects.filter(site=site, out_of_service=False).values_list("pk", flat=True)) if visit_type.needs_room else None
    devices = list(sessions.devices_at(site).values_list("pk", flat=True)) if visit_type.needs_device else None
    wanted = {"clinician": ids, "room": rooms or [], "device": devices or [], "patient": [patient.pk] if patient else []}
    taken = {kind: taken_spans(kind, pks, whole, at=at, but=but) for kind, pks in wanted.items()}
    for (kind, pk), spans in (claimed or {}).items():
        if pk in taken[kind]:
            taken[kind][pk] += spans
    return Diary(
        site=site, visit_type=visit_type, at=at, opening=list(OpeningHours.objects.filter(site=site)), working=working,
        closures=dict(Closure.objects.filter(site=site, on__range=(days[0], days[-1])).values_list("on", "reason")),
        busy=taken["clinician"], away=away, own=taken["patient"][patient.pk] if patient else [], rooms=rooms, devices=devices,
        taken=taken, minutes=minutes or visit_type.minutes, chosen=clinician,
    )  # fmt: skip


def free_slots(
    *, site: Site, visit_type: VisitType, from_on: date, to_on: date, at: datetime, clinician: Staff | None = None,
    patient: Patient | None = None, but: int | None = None, minutes: int | None = None,
) -> list[Slot]:  # fmt: skip
    """Free starts from `from_on` to `to_on`, both included, never in the past. Constant number of queries. `minutes`: as `read_diary`."""
    days = days_between(from_on, to_on)
    if not days:
        return []
    diary = read_diary(
        site=site, visit_type=visit_type, from_on=days[0], to_on=days[-1], at=at, clinician=clinician, patient=patient, but=but, minutes=minutes,
    )  # fmt: skip
    return [slot for on in days for slot in diary.slots(on)]
