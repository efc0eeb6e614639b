"""What else happened on the time axis: pregnancies, from what the patient answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

_TERM_DAYS = 280


@dataclass(frozen=True)
class Span:
    """From a day to a day; `until` is None while it goes on."""

    since: date
    until: date | None


def pregnancies(answers: Iterable[tuple[date, str, date | None]], *, today: date) -> list[Span]:
    """Spans from (day answered, answer, due date), oldest first.

    With a due date it is the 280 days before it, or until a later answer says no; without one, from the day it was first said.
    """
    found: list[Span] = []
    open_since: date | None = None
    due: date | None = None
    for on, answer, due_on in answers:
        if answer == "yes" and open_since is None:
            due = due_on
            open_since = due_on - timedelta(days=_TERM_DAYS) if due_on else on
        elif answer == "no" and open_since is not None:
            found.append(Span(open_since, min(on, due) if due else on))
            open_since = due = None
    if open_since is not None:
        found.append(Span(open_since, due if due and due < today else None))
    return found
