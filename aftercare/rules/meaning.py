"""What a well patient's answers mean now: which signs are still expected, and until when (RULES section 4, T10–T24). Pure.

Only signs that no rule fired on are explained; each ends where its rule begins, so the words never soften a finding.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aftercare.rules.policy import DEFAULT, CheckInPolicy


@dataclass(frozen=True)
class Expected:
    """A sign that is expected, the rule that watches over it, and for how many hours after the session's end it is."""

    sign: str
    rule: str
    until_hours: int


def expected_signs(
    answers: Mapping[str, Any], *, elapsed: timedelta, fired: Collection[str], policy: CheckInPolicy = DEFAULT
) -> list[Expected]:
    """The signs the patient described that are still inside their time, in the order of the questions."""
    candidates = [
        (_grade(answers, "redness") == 1, Expected("redness", "T10", policy.grey_to_hours)),
        (_grade(answers, "redness") == 2, Expected("redness_strong", "T10", policy.grey_from_hours)),
        (_grade(answers, "swelling") == 1, Expected("swelling", "T11", policy.grey_to_hours)),
        (_grade(answers, "swelling") == 2, Expected("swelling", "T11", policy.grey_from_hours)),
        (0 < _grade(answers, "pain") < policy.strong_pain, Expected("pain", "T12", policy.grey_to_hours)),
        (answers.get("bleeding") == "spots", Expected("spots", "T14", policy.grey_from_hours)),
        (_grade(answers, "itch") >= 1, Expected("itch", "T20", policy.itch_hours)),
        (_grade(answers, "flaking") >= 1, Expected("flaking", "T20", policy.flaking_hours)),
        (answers.get("shedding") == "more", Expected("shedding", "T24", policy.shedding_hours)),
    ]
    hours = elapsed / timedelta(hours=1)
    return [sign for there, sign in candidates if there and hours <= sign.until_hours and sign.rule not in fired]


def _grade(answers: Mapping[str, Any], key: str) -> int:
    value = answers.get(key)
    return value if isinstance(value, int) else 0
