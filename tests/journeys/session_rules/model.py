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
    """Type this (and change that in the database), then the page shows this severity; None: the rule is silent."""

    severity: str | None
    typed: dict[str, Any] = field(default_factory=dict)
    change: Callable[[TreatmentSession], object] | None = None


@dataclass(frozen=True)
class Case:
    """A rule about a subject, and steps over its boundary."""

    rule: str
    subject: str
    build: Build
    steps: tuple[Step, ...]


def depths(zone: str, *pairs: tuple[str, str | None]) -> tuple[Step, ...]:
    """A depth typed into a zone, and what the rule says."""
    return tuple(Step(severity, {f"depth_{zone}": depth}) for depth, severity in pairs)


def before(hours: float) -> str:
    """A time before the start, as the field takes it."""
    return (NOW - timedelta(hours=hours)).strftime(WHEN)
