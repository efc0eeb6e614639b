"""Pure rules of *when*: states and the moves between them, windows of free time, cut-offs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from treatments.rules import DEFAULT, SessionPolicy

RESOURCES = ("clinician", "room", "device", "patient")


class AppointmentState(StrEnum):
    """Where a visit stands. *Arrived* may carry a room: a field, not a state."""

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    IN_SESSION = "in_session"
    DONE = "done"
    MISSED = "missed"
    CANCELLED = "cancelled"


class RecallState(StrEnum):
    """Where a recall stands. *Done*: the patient had the next session."""

    DUE = "due"
    CONTACTED = "contacted"
    BOOKED = "booked"
    DISMISSED = "dismissed"
    DONE = "done"


_S = AppointmentState
MOVES: dict[AppointmentState, frozenset[AppointmentState]] = {
    _S.BOOKED: frozenset({_S.CONFIRMED, _S.ARRIVED, _S.MISSED, _S.CANCELLED}),
    _S.CONFIRMED: frozenset({_S.ARRIVED, _S.MISSED, _S.CANCELLED}),
    _S.ARRIVED: frozenset({_S.IN_SESSION, _S.DONE, _S.CANCELLED}),
    _S.IN_SESSION: frozenset({_S.DONE}),
    _S.DONE: frozenset(),
    _S.MISSED: frozenset({_S.ARRIVED}),
    _S.CANCELLED: frozenset(),
}
HOLDS_TIME = frozenset({_S.BOOKED, _S.CONFIRMED, _S.ARRIVED, _S.IN_SESSION, _S.DONE})
OPEN = frozenset({_S.BOOKED, _S.CONFIRMED, _S.ARRIVED, _S.IN_SESSION})
HERE = frozenset({_S.ARRIVED, _S.IN_SESSION})
CUT_OFF_HOURS = 24  # P: until when a patient may move or cancel by themselves
GRACE_MINUTES = 3  # changes wait, and may be undone
REMINDER_HOURS = 48
OFFERS_A_ROUND = 3  # waiting list: so many at once
OFFER_MINUTES = 15  # P: how long an offer stands, and the slot is held
LATEST_OFFER_MINUTES = 90  # a freed time nearer than this is not offered any more


def is_allowed_move(was: AppointmentState, now: AppointmentState) -> bool:
    """Whether a visit in state `was` may become `now`."""
    return now in MOVES[was]


def may_patient_change(starts_at: datetime, at: datetime, *, hours: int = CUT_OFF_HOURS) -> bool:
    """Until the cut-off the patient changes the visit by the mail's link; afterwards the desk is called."""
    return at <= starts_at - timedelta(hours=hours)


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of time, start included and end not."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span") -> bool:
        """Whether they share an instant."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def minus(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What is left of `spans` when `taken` is cut out of them."""
    left = sorted(spans)
    for cut in sorted(taken):
        left = [piece for span in left for piece in _cut(span, cut)]
    return left


def _cut(span: Span, cut: Span) -> Iterator[Span]:
    if not span.overlaps(cut):
        yield span
        return
    if span.starts_at < cut.starts_at:
        yield Span(span.starts_at, cut.starts_at)
    if cut.ends_at < span.ends_at:
        yield Span(cut.ends_at, span.ends_at)


def shared(first: Sequence[Span], second: Sequence[Span]) -> list[Span]:
    """Where both are."""
    found = []
    for one in first:
        for other in second:
            if one.overlaps(other):
                found.append(Span(max(one.starts_at, other.starts_at), min(one.ends_at, other.ends_at)))
    return sorted(found)


def step_for(minutes: int) -> int:
    """Minutes between offered starts: half hours for long visits, quarters for short ones."""
    return 30 if minutes >= 40 else 15


def starts_in(free: Iterable[Span], *, minutes: int, step: int = 15) -> list[datetime]:
    """Instants at which a visit of `minutes` fits into free time: full `step`s of the hour, which people can say on the phone.

    Works on instants, so that on the days when clocks change a slot exists once and no hour is skipped.
    """
    found = []
    for span in free:
        over = (span.starts_at.minute % step) * 60 + span.starts_at.second
        at = span.starts_at + timedelta(seconds=(step * 60 - over) % (step * 60)) if over else span.starts_at
        at = at.replace(microsecond=0)
        while at + timedelta(minutes=minutes) <= span.ends_at:
            found.append(at)
            at += timedelta(minutes=step)
    return sorted(set(found))


@dataclass(frozen=True)
class Interval:
    """What the interval rule (S10) says of a day: `blocked`, `early` (a clinician's reason), `in_window`, `late`, `free`."""

    word: str
    opens_on: date | None = None
    closes_on: date | None = None


def interval_on(
    day: date, *, last_on: date | None, opens_on: date | None, closes_on: date | None, booked: Sequence[date] = (),
    policy: SessionPolicy = DEFAULT,
) -> Interval:  # fmt: skip
    """Judge a day against the last needling, the window, and the other needling visits that are booked (S10, the clinic's numbers).

    Without an earlier or a booked one every day is free. A booked visit keeps the same distance on both sides. Without a window
    (the course is over) the least distance from the last needling still holds; after it every day is free.
    """
    nearest = min((abs((day - other).days) for other in booked), default=None)
    if nearest is not None and nearest < policy.interval_free_days:
        return Interval("blocked" if nearest < policy.interval_least_days else "early", opens_on, closes_on)
    if last_on is None:
        return Interval("free")
    if (day - last_on).days < policy.interval_least_days:
        return Interval("blocked", opens_on, closes_on)
    if (day - last_on).days < policy.interval_free_days:
        return Interval("early", opens_on, closes_on)
    if opens_on is None or closes_on is None:
        return Interval("free")
    if day < opens_on:
        return Interval("before_window", opens_on, closes_on)
    return Interval("in_window" if day <= closes_on else "late", opens_on, closes_on)


def best_of(starts: Sequence[datetime], wish: datetime, zone: str) -> datetime | None:
    """The start most like the wish: same weekday and hour, then same weekday, then the nearest day and hour (local time)."""
    local = ZoneInfo(zone)
    like = wish.astimezone(local)

    def unlike(start: datetime) -> tuple[int, int, int]:
        here = start.astimezone(local)
        minutes = abs((here.hour * 60 + here.minute) - (like.hour * 60 + like.minute))
        days = abs((here.date() - like.date()).days)
        return (0 if here.weekday() == like.weekday() else 1, minutes if here.weekday() == like.weekday() else days, minutes + days)

    return min(starts, key=lambda start: (*unlike(start), start), default=None)


@dataclass(frozen=True)
class Wants:
    """When a waiting patient could come. Empty means any."""

    clinician_id: int | None = None
    weekdays: frozenset[int] = frozenset()
    from_time: time | None = None
    to_time: time | None = None
    not_before_on: date | None = None


def suits(wants: Wants, *, starts_at: datetime, ends_at: datetime, clinician_id: int, zone: str) -> bool:
    """Whether a freed slot fits what a patient said (local time at the site)."""
    starts, ends = starts_at.astimezone(ZoneInfo(zone)), ends_at.astimezone(ZoneInfo(zone))
    return (
        wants.clinician_id in (None, clinician_id)
        and (not wants.weekdays or starts.weekday() in wants.weekdays)
        and (wants.from_time is None or starts.time() >= wants.from_time)
        and (wants.to_time is None or (ends.time() <= wants.to_time and ends.date() == starts.date()))
        and (wants.not_before_on is None or starts.date() >= wants.not_before_on)
    )
