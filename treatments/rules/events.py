"""Adverse events: what is known, and what grade and seriousness say of each other (RULES 7; CTCAE v5.0). Pure.

Hints only: a person grades, and a person says whether an event is serious and must be reported.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from treatments.vocabulary import EventOutcome, Seriousness

GRADES = {
    1: "mild: no intervention",
    2: "moderate: minimal, local or non-invasive intervention; limits instrumental daily activities",
    3: "severe, not immediately life-threatening: hospital, or limits self-care",
    4: "life-threatening",
    5: "death",
}
EXPECTED_DAYS = 7
# term → expected at all, and whether only in the first week (RULES 7, table)
KNOWN: dict[str, tuple[bool, bool]] = {
    "Erythema": (True, True),
    "Oedema": (True, True),
    "Pain": (True, True),
    "Dryness": (True, True),
    "Irritant dermatitis": (True, True),
    "Swollen lymph nodes": (True, True),
    "Shedding": (True, False),
    "Post-inflammatory hyperpigmentation": (False, False),
    "Tram-track scarring": (False, False),
    "Granuloma": (False, False),
    "Infection": (False, False),
    "Allergic reaction": (False, False),
    "Fainting": (False, False),
    "Frank bleeding": (False, False),
}
_ENDED = frozenset({EventOutcome.RECOVERED, EventOutcome.RECOVERED_WITH_SEQUELAE, EventOutcome.FATAL})


@dataclass(frozen=True)
class EventFacts:
    """What was said of one event; `days` since its onset."""

    what: str
    grade: int
    serious: bool
    seriousness: tuple[str, ...] = ()
    expectedness: str = ""
    days: int = 0


def hints(event: EventFacts) -> list[str]:
    """Where what was said does not fit together, in words. Nothing is refused for it."""
    found = []
    if event.grade >= 4 and not event.serious:
        found.append(f"Grade {event.grade} is {GRADES[event.grade]}. Is it not serious?")
    if event.grade == 5 and Seriousness.DEATH not in event.seriousness:
        found.append("Grade 5 is death, but death is not among the reasons for seriousness.")
    if Seriousness.DEATH in event.seriousness and event.grade != 5:
        found.append("Death is named as a reason, but the grade is not 5.")
    if event.serious and not event.seriousness:
        found.append("It is called serious. Name the reason: death, life-threatening, hospital, disability, or an intervention to prevent these.")
    known = KNOWN.get(event.what)
    if known and known[0] and known[1] and event.days > EXPECTED_DAYS and event.expectedness == "expected":
        found.append(f"{event.what} is expected for up to {EXPECTED_DAYS} days. This has lasted {event.days}.")
    if known and not known[0] and event.expectedness == "expected":
        found.append(f"{event.what} is rare, and not among the expected events of the first week.")
    return found


def needs_end(outcome: str) -> bool:
    """Whether an outcome names a day on which the event was over."""
    return outcome in _ENDED


def is_possible_end(ended_on: date, onset_on: date, today: date) -> bool:
    """Not before the onset, and not in the future."""
    return onset_on <= ended_on <= today


def lasted(onset_on: date, ended_on: date | None, today: date) -> timedelta:
    """How long it lasted, or lasts."""
    return (ended_on or today) - onset_on
