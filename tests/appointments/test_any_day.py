"""Whatever hours a clinic keeps and whatever the desk does: no overlap, no slot outside hours, no lost visit."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from appointments import selectors, services
from appointments.models import Absence, Appointment, Occupation, Room, StatusChange, VisitType, WorkingHours
from appointments.rules import HOLDS_TIME, AppointmentState
from clinic.errors import Refused
from clinic.models import Closure, OpeningHours, Site, Staff
from tests.appointments.make import DESK, NOW, make_clear, make_clinic

_HOURS = some.lists(some.tuples(some.integers(0, 40), some.integers(2, 40)), max_size=2)  # from 06:00, in quarters of an hour
_WEEK = some.lists(_HOURS, min_size=7, max_size=7)
_AWAY = some.lists(some.tuples(some.integers(1, 6), some.integers(6, 18), some.integers(1, 30)), max_size=3)
_ACTS = some.lists(
    some.tuples(
        some.sampled_from(["find", "find", "find", "call", "move", "stretch", "cancel", "undo", "undo", "arrive", "room", "purpose"]),
        some.integers(0, 7), some.integers(0, 60),
    ),
    min_size=6, max_size=24,
)  # fmt: skip


@dataclass
class World:
    """A clinic of the dice."""

    site: Site
    kind: VisitType
    staff: list[Staff]
    people: list[Any]
    made: list[int] = field(default_factory=list)
    history: int = 0

    def visit(self, n: int) -> Appointment | None:
        rows = Appointment.objects.select_related("patient__site", "site", "visit_type", "clinician", "room")
        return rows.get(pk=self.made[n % len(self.made)]) if self.made else None


def _spans(hours: list[tuple[int, int]]) -> list[tuple[time, time]]:
    """Stretches that do not overlap, as times."""
    found: list[tuple[time, time]] = []
    for begins, long in sorted(hours):
        starts, ends = begins * 15 + 360, min(begins * 15 + 360 + long * 15, 1425)
        if ends > starts and (not found or found[-1][1] <= time(starts // 60, starts % 60)):
            found.append((time(starts // 60, starts % 60), time(ends // 60, ends % 60)))
    return found


def build(site: Site, staff: list[Staff], week: list[Any], away: list[tuple[int, int, int]], closed: int) -> World:
    """Random opening and working hours, absences and a closure."""
    kind = VisitType.objects.filter(code="session").first() or make_clinic(site)  # two rooms, two devices
    for model in (Occupation, WorkingHours, OpeningHours, Closure, Absence):
        model._default_manager.all().delete()
    VisitType.objects.filter(pk=kind.pk).update(needs_screening=False, minutes=30, buffer_minutes=10)
    kind.refresh_from_db()
    for weekday, hours in enumerate(week):
        services.set_opening_hours(site=site, weekday=weekday, spans=_spans(hours), by=DESK)
        for person in staff:
            services.set_working_hours(staff=person, site=site, weekday=weekday, spans=[(time(7), time(20))], by=DESK)
    for day, hour, quarters in away:
        starts = NOW.replace(hour=hour, minute=0) + timedelta(days=day)
        services.add_absence(staff=staff[0], starts_at=starts, ends_at=starts + timedelta(minutes=15 * quarters), reason="", by=DESK)
    if closed:
        services.close_site(site=site, on=(NOW + timedelta(days=closed)).date(), reason="", by=DESK)
    return World(site, kind, staff, [make_clear(site) for _ in range(3)])


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(week=_WEEK, away=_AWAY, closed=some.integers(0, 6), acts=_ACTS)
def test_nothing_overlaps_lies_outside_or_is_lost(
    week: list[Any], away: list[tuple[int, int, int]], closed: int, acts: list[tuple[str, int, int]], site: Site, amara: Staff, okoro: Staff
) -> None:
    world = build(site, [amara, okoro], week, away, closed)
    for act, who, when in acts:
        with suppress(Refused):
            do(world, act, who, when)
        check(world)


def do(world: World, act: str, who: int, when: int) -> None:
    """One act of the desk."""
    visit = world.visit(who)
    if act in ("find", "call", "purpose"):
        book(world, act, who, when)
    elif visit is None:
        return
    elif act == "move":
        slots = found(world)
        starts = slots[when % len(slots)].starts_at if slots else visit.starts_at + timedelta(minutes=15 * when)
        services.move_appointment(appointment=visit, wish=services.Wish(starts_at=starts, clinician=world.staff[when % 2]), by=DESK, at=NOW)
    elif act == "stretch":
        wish = services.Wish(starts_at=visit.starts_at, clinician=visit.clinician, minutes=15 + when)
        services.move_appointment(appointment=visit, wish=wish, by=DESK, at=NOW)
    elif act == "cancel":
        services.cancel_appointment(appointment=visit, reason="ill", by=DESK, at=NOW)
    elif act == "arrive":
        services.change_state(appointment=visit, to=AppointmentState.ARRIVED, by=DESK, at=NOW)
    elif act == "room":
        services.take_to_room(appointment=visit, room=list(Room.objects.all())[when % 2], by=DESK, at=NOW)
    else:
        services.undo_change(appointment=visit, by=DESK, at=NOW)


def found(world: World) -> list[selectors.Slot]:
    """What the finder offers in a week; each inside hours, in nobody's absence, on no closed day."""
    first = NOW.date()
    slots = selectors.free_slots(site=world.site, visit_type=world.kind, from_on=first, to_on=first + timedelta(days=6), at=NOW)
    for slot in slots:
        assert inside(slot.starts_at, slot.ends_at + timedelta(minutes=10), slot.clinician_id, world.site), slot
    return slots


def inside(starts: datetime, ends: datetime, clinician: int, site: Site) -> bool:
    """By the tables alone, minute for minute (the site is in London, in winter: its clock is UTC)."""
    def covers(rows: list[tuple[time, time]]) -> bool:
        minutes = [starts + timedelta(minutes=n) for n in range(int((ends - starts).total_seconds() // 60))]
        return all(any(a <= minute.time() < b for a, b in rows) for minute in minutes)

    day: date = starts.date()
    opening = list(OpeningHours.objects.filter(site=site, weekday=day.weekday()).values_list("opens", "closes"))
    working = list(WorkingHours.objects.filter(site=site, staff=clinician, weekday=day.weekday()).values_list("starts", "ends"))
    away = Absence.objects.filter(staff=clinician, starts_at__lt=ends, ends_at__gt=starts).exists()
    return covers(opening) and covers(working) and not away and not Closure.objects.filter(site=site, on=day).exists()


def book(world: World, act: str, who: int, when: int) -> None:
    slots = found(world)
    if act == "find" and slots:
        slot = slots[when * 7 % len(slots)]
        wish = services.Wish(starts_at=slot.starts_at, clinician=next(s for s in world.staff if s.pk == slot.clinician_id))
    else:
        wish = services.Wish(starts_at=NOW + timedelta(days=1, minutes=15 * when), clinician=world.staff[who % 2])
    made = services.book_appointment(
        patient=world.people[who % 3], visit_type=world.kind, wish=wish, by=DESK, at=NOW, overlap_reason="on purpose" if act == "purpose" else "",
    )  # fmt: skip
    world.made.append(made.pk)


def check(world: World) -> None:
    """After every act."""
    rows = list(Occupation.objects.all())
    for n, one in enumerate(rows):
        for other in rows[n + 1:]:
            if (one.resource_kind, one.resource_id, one.lane) == (other.resource_kind, other.resource_id, other.lane):
                assert one.during.upper <= other.during.lower or other.during.upper <= one.during.lower, "an overlap"
    visits = list(Appointment.objects.filter(pk__in=world.made))
    assert len(visits) == len(world.made), "a visit is lost"
    for visit in visits:
        mine = [row for row in rows if row.appointment_id == visit.pk]
        if visit.state in HOLDS_TIME:
            assert {"clinician", "patient"} <= {row.resource_kind for row in mine}, "a visit without its time"
            assert all(row.during.lower == visit.starts_at and row.during.upper == visit.ends_at + timedelta(minutes=10) for row in mine)
            assert {row.resource_id for row in mine if row.resource_kind == "room"} == ({visit.room_id} if visit.room_id else set())
        else:
            assert mine == [], "a visit that is gone holds time"
        if visit.state in HOLDS_TIME and not visit.overlap_reason:
            assert {row.lane for row in mine} == {1}
    count = StatusChange.objects.filter(appointment__in=world.made).count()
    assert count >= world.history, "history is lost"
    world.history = count
