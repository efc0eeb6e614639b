"""What answers mean now: each expected sign ends where its rule begins; nothing softens a rule that fired."""

from datetime import timedelta
from typing import Any

import pytest

from aftercare.rules import checkin
from aftercare.rules.meaning import expected_signs
from tests.aftercare.answered import answered


def signs(answers: dict[str, Any], hours: float, fired: tuple[str, ...] = ()) -> list[tuple[str, int]]:
    found = expected_signs(answers, elapsed=timedelta(hours=hours), fired=fired)
    return [(sign.sign, sign.until_hours) for sign in found]


@pytest.mark.parametrize(
    ("answers", "hours", "expected"),
    [
        ({"redness": 1}, 24, [("redness", 72)]), ({"redness": 1}, 72, [("redness", 72)]), ({"redness": 1}, 72.1, []),
        ({"redness": 2}, 48, [("redness_strong", 48)]), ({"redness": 2}, 48.1, []), ({"redness": 3}, 1, []), ({"redness": None}, 1, []),
        ({"swelling": 1}, 50, [("swelling", 72)]), ({"swelling": 2}, 40, [("swelling", 48)]), ({"swelling": 2}, 50, []),
        ({"pain": 3}, 24, [("pain", 72)]), ({"pain": 0}, 24, []), ({"pain": 7}, 24, []), ({"pain": 3}, 80, []),
        ({"bleeding": "spots"}, 24, [("spots", 48)]), ({"bleeding": "oozing"}, 2, []), ({"bleeding": "spots"}, 49, []),
        ({"itch": 2}, 100, [("itch", 168)]), ({"itch": 1}, 169, []), ({"flaking": 1}, 300, [("flaking", 336)]),
        ({"shedding": "more"}, 700, [("shedding", 1344)]), ({"shedding": "clumps"}, 700, []), ({"shedding": "usual"}, 700, []), ({}, 24, []),
    ],
)  # fmt: skip
def test_each_sign_is_expected_until_its_rule_begins(answers: dict[str, Any], hours: float, expected: list[tuple[str, int]]) -> None:
    assert signs(answers, hours) == expected


def test_a_sign_whose_rule_fired_is_not_explained_away() -> None:
    assert signs({"redness": 1, "pain": 2}, 60, ("T10",)) == [("pain", 72)]


@pytest.mark.parametrize("key", ["redness", "swelling", "pain", "itch", "flaking"])
@pytest.mark.parametrize("value", [1, 2, 3])
@pytest.mark.parametrize("hours", [1, 23, 24, 48, 49, 72, 73, 168, 169, 336, 337])
def test_no_sign_is_called_normal_on_which_the_rules_fire(key: str, value: int, hours: int) -> None:
    fired = {row["rule"] for row in checkin(answered({key: value}, hours))["rules"]}
    if fired:
        assert signs({key: value}, hours, tuple(fired)) == []
