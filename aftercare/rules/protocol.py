"""Which step of a protocol a session gets, and what a version still lacks before a clinician may see it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aftercare.rules.wording import MOST, has_address, has_claim, unknown_names

RED_FLAGS = frozenset({"Q4", "Q5", "Q6", "Q7", "Q8", "Q9"})
INSTRUCTIONS, CHECK_IN = "aftercare_instructions", "check_in"
EARLY_HOURS = 96
LONGEST_DAYS = 400
ANSWER_DAYS = 7


def open_hours(expires_hours: int) -> int:
    """For how many hours a check-in can be answered, counted from its own time. Nobody phones about one that is closed."""
    return max(expires_hours, ANSWER_DAYS * 24)


@dataclass(frozen=True)
class Condition:
    """For which sessions a step is meant. Everything that is set must be true."""

    phase: str = ""
    first_session_only: bool = False
    course_end_only: bool = False
    min_depth_hundredths: int | None = None
    product_kinds: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether every session gets the step."""
        return self == Condition()


@dataclass(frozen=True)
class Treatment:
    """What is known of a session when its aftercare is planned."""

    phase: str
    number: int
    planned_sessions: int
    deepest_hundredths: int = 0
    kinds: frozenset[str] = frozenset()


def applies(condition: Condition, to: Treatment) -> bool:
    """Whether the session gets the step."""
    return (
        condition.phase in {"", to.phase}
        and fits_place(condition, to)
        and (condition.min_depth_hundredths is None or to.deepest_hundredths >= condition.min_depth_hundredths)
        and (not condition.product_kinds or bool(condition.product_kinds & to.kinds))
    )


def fits_place(condition: Condition, to: Treatment) -> bool:
    """Whether the session is the one of its course that the step is meant for; `number` counts treatments that took place."""
    return (not condition.first_session_only or to.number == 1) and (not condition.course_end_only or to.number >= to.planned_sessions)


@dataclass(frozen=True)
class StepFacts:
    """A step as the checks read it."""

    code: str
    purpose: str
    hours: int
    expires_hours: int
    condition: Condition = Condition()
    questions: frozenset[str] = frozenset()
    reminder_hours: int | None = None
    call_hours: int | None = None
    wording: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """Why a version can't be published: the step (empty: the whole), what is wrong, and a detail for the words."""

    step: str
    what: str
    detail: str = ""


def problems(steps: Iterable[StepFacts], languages: Iterable[str]) -> list[Problem]:
    """Everything that stands against a version, step by step. Empty: a clinician may look at it."""
    rows = list(steps)
    found = [problem for step in rows for problem in _of_step(step, list(languages))]
    if not any(s.purpose == INSTRUCTIONS and s.hours == 0 and s.condition.is_open for s in rows):
        found.append(Problem("", "no_instructions"))
    early = [s for s in rows if s.purpose == CHECK_IN and s.hours <= EARLY_HOURS and s.condition.is_open]
    if not any(s.call_hours is not None for s in early):
        found.append(Problem("", "no_call"))
    return found


def _of_step(step: StepFacts, languages: list[str]) -> list[Problem]:
    found = []
    if step.purpose == CHECK_IN:
        missing = sorted(RED_FLAGS - step.questions)
        found += [Problem(step.code, "red_flags", ", ".join(missing))] if missing else []
        if step.reminder_hours and step.call_hours and step.call_hours <= step.reminder_hours:
            found.append(Problem(step.code, "call_before_reminder"))
        if step.call_hours and step.call_hours >= open_hours(step.expires_hours):
            found.append(Problem(step.code, "call_too_late", str(open_hours(step.expires_hours))))
    elif step.questions:
        found.append(Problem(step.code, "questions_without_check_in"))
    if step.hours > LONGEST_DAYS * 24:
        found.append(Problem(step.code, "too_late"))
    if step.expires_hours < 1:
        found.append(Problem(step.code, "never_valid"))
    return found + _of_wording(step, languages)


def _of_wording(step: StepFacts, languages: list[str]) -> list[Problem]:
    written = {language: text for language, text in step.wording.items() if text.strip()}
    found = [Problem(step.code, "language_missing", name) for name in languages if written and name not in written]
    for text in written.values():
        found += [Problem(step.code, "unknown_name", name) for name in unknown_names(text)]
        found += [Problem(step.code, "address")] if has_address(text) else []
        found += [Problem(step.code, "claim")] if has_claim(text) else []
        found += [Problem(step.code, "too_long")] if len(text) > MOST else []
    if step.purpose == "care_note" and not written:
        found.append(Problem(step.code, "nothing_to_say"))
    return found
