"""What is known of a patient as of an instant, and the hours in which mail may leave. For the recomputation; imports nothing of the product."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
OPEN_FROM, OPEN_UNTIL = time(8), time(20)


@dataclass(frozen=True)
class VisitEvent:
    """What the desk or the patient did with a visit: *booked*, *moved*, *cancelled*, or *undone* (a cancellation). Its time from then on."""

    at: datetime
    patient: UUID
    visit: UUID
    what: str
    starts_at: datetime
    ends_at: datetime
    hours: tuple[int, ...]  # of the reminders of its kind of visit
    is_session: bool  # a consultation is not what an invitation asks for


@dataclass
class Records:
    """What is known of one patient."""

    zone: ZoneInfo
    changes: dict[str, list[tuple[datetime, Any]]] = field(default_factory=lambda: defaultdict(list))
    holds: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    visits: list[VisitEvent] = field(default_factory=list)
    took_place: dict[int, list[tuple[datetime, datetime | None]]] = field(default_factory=lambda: defaultdict(list))
    planned_sessions: dict[int, int] = field(default_factory=dict)
    stopped: datetime | None = None
    answers: dict[tuple[UUID, str], datetime] = field(default_factory=dict)

    def value(self, name: str, at: datetime) -> Any:
        """As of an instant."""
        known = [value for since, value in self.changes[name] if since <= at]
        return known[-1] if known else None

    def is_booked(self, at: datetime) -> bool:
        """Whether the next session is booked, as the bookings, moves and cancellations until then have it."""
        last = {event.visit: event for event in self.visits if event.at <= at and event.is_session}
        return any(event.what != "cancelled" and event.starts_at > at for event in last.values())

    def is_through(self, course: int, at: datetime) -> bool:
        """Whether all planned sessions of a course took place; those entered in error did not (`docs/decisions/0021`)."""
        took = [1 for recorded, wrong in self.took_place[course] if recorded <= at and not (wrong is not None and wrong <= at)]
        return len(took) >= self.planned_sessions[course]


def local(day: datetime, days: int, hour: int, zone: ZoneInfo) -> datetime:
    """That hour by the clocks of the place, so many days later. No step lies in an hour that the clocks skip or double."""
    on = day.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(on, time(hour), tzinfo=zone).astimezone(UTC)


def opens(at: datetime, zone: ZoneInfo) -> datetime:
    """The same instant inside the sending hours, else when they begin."""
    here = at.astimezone(zone)
    if OPEN_FROM <= here.time() < OPEN_UNTIL:
        return at
    return local(at, 0 if here.time() < OPEN_FROM else 1, OPEN_FROM.hour, zone)
