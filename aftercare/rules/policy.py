"""The numbers of the T-rules and the response targets. The targets are proposed defaults (`P`)."""

from dataclasses import dataclass, field
from typing import Any

from clinic.numbers import Number, number, number_faults, numbers_of, order_faults, with_values


def _hours(default: float, words: str) -> Any:
    return number(default, words, "hours", 87600, proposed=False)


def _grade(default: int, words: str, most: int = 10) -> Any:
    return number(default, words, f"of {most}", most, least=1, proposed=False)


@dataclass(frozen=True)
class CheckInPolicy:
    """Defaults of RULES section 4 and SCHEMA 4.3. Hours are exact hours since the end of the session.

    The three response targets are kept with the protocol, which is versioned by itself. `words`: the clinic's own wording by rule
    id. `version`: which approved version this is; 0 is as Anagen comes.
    """

    fever_c: float = number(38.0, "T02, T03: temperature from which it is a fever", "°C", 43, least=34, proposed=False)
    fever_hours: int = _hours(336, "T03: fever alone is urgent until")
    grey_from_hours: int = _hours(48, "T10, T11, T12, T14: the grey band begins")
    grey_to_hours: int = _hours(72, "T10, T11, T12: the grey band ends; what is left lasts")
    early_hours: int = _hours(24, "T10, T14: strong redness or oozing counts from")
    severe_pain: int = _grade(8, "T05: pain that is urgent")
    strong_pain: int = _grade(7, "T12: pain that is looked at the same day")
    lasting_pain: int = _grade(4, "T12, T17: pain that counts when it lasts, or after a product")
    itch_grade: int = _grade(2, "T20: itch that counts", 3)
    itch_hours: int = _hours(168, "T20: itch counts after")
    flaking_hours: int = _hours(336, "T20: flaking counts after")
    shedding_hours: int = _hours(1344, "T24: more shedding than usual counts after")
    bumps_hours: int = _hours(336, "T25: firm bumps count from")
    numbness_hours: int = _hours(72, "T26: numbness counts after")
    topical_hours: float = _hours(24, "T17, T28: retinoids, acids, minoxidil and cosmetics wait")
    gentle_hours: float = _hours(48, "T28: sun, heat and harsh products wait")
    rest_hours: float = _hours(72, "T28: exercise, swimming and sauna wait")
    urgent_minutes: int = 30
    same_day_hours: int = 8
    routine_working_days: int = 3
    words: dict[str, str] = field(default_factory=dict)
    version: int = 0


DEFAULT = CheckInPolicy()
NUMBERS: dict[str, Number] = numbers_of(CheckInPolicy, DEFAULT)
_ORDER = (("grey_from_hours", "grey_to_hours"), ("early_hours", "grey_from_hours"), ("lasting_pain", "strong_pain"), ("strong_pain", "severe_pain"))


def policy_faults(values: dict[str, Any]) -> dict[str, str]:
    """What is wrong with a clinic's own numbers: name → message. Empty when they can be used. A name left out keeps its default."""
    return number_faults(NUMBERS, values) or order_faults(NUMBERS, _ORDER, values)


def policy_from(values: dict[str, Any], words: dict[str, str] | None = None, version: int = 0) -> CheckInPolicy:
    """The policy with a clinic's own numbers and wording over the defaults. ValueError names the first fault."""
    for name, fault in policy_faults(values).items():
        raise ValueError(f"{name} {fault}")
    return CheckInPolicy(**with_values(DEFAULT, values), words=words or {}, version=version)
