"""Whom to alert of a concern, and for which hours nobody is on call. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

Span = tuple[datetime, datetime]


def whom_to_alert(*, on_call: Sequence[int], alerted: frozenset[int], everybody: Sequence[int], all_at_once: bool) -> list[int]:
    """Staff to alert now: the next on the rota who has not been; everybody when the rota is used up or empty.

    `all_at_once`: an urgent concern while the site is open reaches whoever is there, not only one person.
    """
    following = [who for who in on_call if who not in alerted]
    if all_at_once or not following:
        return list(dict.fromkeys([*on_call, *everybody]))
    return following[:1]


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
