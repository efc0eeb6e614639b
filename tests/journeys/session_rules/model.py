"""What a case is made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from clinic.audit import Actor
from clinic.models import Site, Staff
from tests.journeys.chair import NOW, Chair
from treatments.models import (
    TreatmentSession,
)

BY = Actor.of_command("test")
WHEN = "%Y-%m-%dT%H:%M"


@dataclass
class World:
    """What all cases share."""

    site: Site
    amara: Staff
    chair: Chair


Build = Callable[[World], TreatmentSession]


@dataclass(frozen=True)
class Step:
    """Type this (and change that in the database), then the page shows this severity; None: the rule is silent.

    `elsewhere`: what the clinician does on another page first, by its form.
    """

    severity: str | None
    typed: dict[str, Any] = field(default_factory=dict)
    change: Callable[[TreatmentSession], object] | None = None
    elsewhere: Callable[[Chair, TreatmentSession], object] | None = None


@dataclass(frozen=True)
class Case:
    """A rule about a subject, and steps over its boundary."""

    rule: str
    subject: str
    build: Build
    steps: tuple[Step, ...]


def closing(*zones: str, why: str = "mole to be looked at") -> Callable[[Chair, TreatmentSession], object]:
    """Exactly these zones are closed on the course's page, which says so with the reason and the name."""
    def close(chair: Chair, record: TreatmentSession) -> None:
        said = chair.note_on_course(record, "Close or open zones", chosen=zones, words=why)
        assert ("Closed zones are noted." if zones else "All zones are open again.") in said
        assert f"Closed zones\n{', '.join(zones) or 'none'}\n{why} · Dr Amara Osei, " in said
    return close


def judging(response: str) -> Callable[[Chair, TreatmentSession], object]:
    """The response is judged on the course's page, which says so with how it was judged and by whom."""
    def judge(chair: Chair, record: TreatmentSession) -> None:
        said = chair.note_on_course(record, "Note the response", chosen=(response,), words="photos side by side")
        assert "The response is noted." in said
        assert f"Response so far\n{response}\nphotos side by side · Dr Amara Osei, " in said
    return judge


def depths(zone: str, *pairs: tuple[str, str | None]) -> tuple[Step, ...]:
    """A depth typed into a zone, and what the rule says."""
    return tuple(Step(severity, {f"depth_{zone}": depth}) for depth, severity in pairs)


def before(hours: float) -> str:
    """A time before the start, as the field takes it."""
    return (NOW - timedelta(hours=hours)).strftime(WHEN)
