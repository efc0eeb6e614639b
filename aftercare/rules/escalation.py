"""Whom to alert of a concern, and for which hours nobody is on call. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from aftercare.states import Level

Span = tuple[datetime, datetime]


def whom_to_alert(*, on_call: Sequence[int], alerted: frozenset[int], everybody: Sequence[int], all_at_once: bool) -> list[int]:
    """Staff to alert now: the next on the rota who has not been; everybody when the rota is used up or empty.

    `all_at_once`: an urgent concern while the site is open reaches whoever is there, not only one person.
    """
    following = [who for who in on_call if who not in alerted]
    if all_at_once or not following:
        return list(dict.fromkeys([*on_call, *everybody]))
    return following[:1]


SOONEST = timedelta(minutes=30)
_EVERY = {
    Level.URGENT: (SOONEST, timedelta(hours=2)),
    Level.SAME_DAY: (timedelta(hours=2), timedelta(hours=8)),
    Level.ROUTINE: (timedelta(days=1), timedelta(days=2)),
}
_OFTEN = 8


def repeat_after(level: Level, *, due_at: datetime, last_at: datetime) -> timedelta:
    """How long after the last reminder the next one goes: seven times at the first pace, then for ever at the slower one."""
    quick, slow = _EVERY[level]
    return quick if last_at - due_at < quick * (_OFTEN - 1) else slow


def uncovered(spans: Iterable[Span], *, since: datetime, until: datetime) -> list[Span]:
    """The parts of `since`–`until` that no span covers, in order."""
    gaps, reached = [], since
    for begins, ends in sorted(spans):
        if begins > reached:
            gaps.append((reached, min(begins, until)))
        reached = max(reached, ends)
        if reached >= until:
            break
    if reached < until:
        gaps.append((reached, until))
    return [(begins, ends) for begins, ends in gaps if begins < ends]
