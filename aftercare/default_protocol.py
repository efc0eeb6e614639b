"""The protocol that Anagen comes with: RULES section 4 and SETTLED 9 as data. A clinician must confirm it. No Django."""

from dataclasses import dataclass
from datetime import time

from aftercare.states import Purpose, Scope

NAME = "Scalp microneedling aftercare"
RED_FLAGS = ("Q4", "Q5", "Q6", "Q7", "Q8", "Q9")
_MORNING = time(9, 0)


@dataclass(frozen=True)
class Step:
    """One line of the table: when it goes (hours exactly, or days at a wall-clock time) and what it asks."""

    code: str
    purpose: Purpose
    expires_hours: int
    offset_hours: int = 0
    offset_days: int | None = None
    local_time: time | None = None
    scope: Scope = Scope.SESSION
    phase: str = ""
    questions: tuple[str, ...] = ()
    reminder_hours: int | None = None
    call_hours: int | None = None


def _asked(*others: str) -> tuple[str, ...]:
    """The red-flag questions that every check-in asks, and the others, in the order of the table."""
    chosen = {*RED_FLAGS, *others}
    extra = tuple(name for name in others if not name.startswith("Q"))
    return tuple(f"Q{n}" for n in range(1, 15) if f"Q{n}" in chosen) + extra


_EARLY = ("Q1", "Q2", "Q3")

STEPS: tuple[Step, ...] = (
    Step("instructions", Purpose.INSTRUCTIONS, expires_hours=72),
    Step(
        "check_24h",
        Purpose.CHECK_IN,
        offset_hours=24,
        expires_hours=20,
        questions=_asked(*_EARLY, "Q10", "Q13"),
        reminder_hours=12,
        call_hours=24,
    ),
    Step(
        "check_48h",
        Purpose.CHECK_IN,
        offset_hours=48,
        expires_hours=20,
        questions=_asked(*_EARLY, "Q13"),
    ),
    Step(
        "check_72h",
        Purpose.CHECK_IN,
        offset_hours=72,
        expires_hours=48,
        questions=_asked(*_EARLY, "Q10", "Q13"),
        reminder_hours=12,
        call_hours=24,
    ),
    Step(
        "check_day7",
        Purpose.CHECK_IN,
        offset_days=7,
        local_time=_MORNING,
        expires_hours=96,
        questions=_asked(*_EARLY, "Q10", "Q12", "Q14", "satisfaction"),
    ),
    Step(
        "check_day14",
        Purpose.CHECK_IN,
        offset_days=14,
        local_time=_MORNING,
        expires_hours=120,
        questions=_asked("Q10", "Q11", "Q12", "Q14"),
    ),
    Step(
        "check_day28",
        Purpose.CHECK_IN,
        offset_days=28,
        local_time=_MORNING,
        expires_hours=168,
        questions=_asked("Q10", "Q11", "Q12", "Q14"),
    ),
    Step(
        "invitation",
        Purpose.INVITATION,
        offset_days=28,
        local_time=time(10, 0),
        expires_hours=24 * 28,
        phase="initial",
    ),
    Step(
        "check_day57",
        Purpose.CHECK_IN,
        offset_days=57,
        local_time=_MORNING,
        expires_hours=168,
        questions=_asked("Q11", "Q12", "Q14"),
    ),
    Step(
        "invitation_maintenance",
        Purpose.INVITATION,
        offset_days=56,
        local_time=time(10, 0),
        expires_hours=24 * 36,
        phase="maintenance",
    ),
    Step(
        "results_month3",
        Purpose.RESULTS,
        offset_days=91,
        local_time=time(10, 0),
        expires_hours=24 * 21,
        scope=Scope.COURSE,
    ),
    Step(
        "results_month6",
        Purpose.RESULTS,
        offset_days=182,
        local_time=time(10, 0),
        expires_hours=24 * 30,
        scope=Scope.COURSE,
    ),
)
