"""When the next session should fall (S10; RULES 1.3)."""

from dataclasses import dataclass
from datetime import date, timedelta

from treatments.rules.policy import DEFAULT, SessionPolicy


@dataclass(frozen=True)
class Window:
    """Days in which the next session should fall, both included."""

    opens_on: date
    closes_on: date
    phase: str
    last_on: date


def next_window(last_on: date, phase: str, policy: SessionPolicy = DEFAULT) -> Window:
    """28–42 days after the last session at first, 56–92 in maintenance (proposed defaults)."""
    opens, closes = policy.maintenance_window if phase == "maintenance" else policy.initial_window
    return Window(last_on + timedelta(days=opens), last_on + timedelta(days=closes), phase, last_on)
