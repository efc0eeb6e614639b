"""The check-in rules in words: complete, with sources, proposed defaults said to be that; and the response targets."""

import pytest

from aftercare.rules import DEFAULT, EMERGENCY_RULES, HOLD_RULES, RULES

RULE_IDS = [
    *(f"T{number:02d}" for number in (*range(1, 9), *range(10, 18), 20, *range(22, 27), *range(28, 31))),
]  # fmt: skip
# Rows marked `P`: defaults that a clinician must confirm.
PROPOSED = {"T06", "T14", "T16"}


def test_every_rule_has_one() -> None:
    assert list(RULES) == RULE_IDS
    assert not {"T09", "T18", "T19", "T21", "T27"} & RULES.keys()


@pytest.mark.parametrize("rule", RULE_IDS)
def test_each_says_all(rule: str) -> None:
    text = RULES[rule]
    assert text.id == rule
    assert text.title
    assert text.words
    assert text.source
    assert text.threshold or rule == "T30"
    assert "!" not in text.title + text.words


@pytest.mark.parametrize("rule", RULE_IDS)
def test_proposed_defaults_are_marked_and_said(rule: str) -> None:
    assert RULES[rule].proposed == (rule in PROPOSED)
    assert ("proposed default" in RULES[rule].source) == (rule in PROPOSED)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("T03", "38.0 °C or chills, up to day 14"),
        ("T05", "pain 8 of 10"),
        ("T10", "grey band 48–72 h; worse after 48 h"),
        ("T11", "grey band 48–72 h"),
        ("T12", "7 of 10; 4 of 10 after 72 h; worse after 48 h"),
        ("T14", "24 h; 48 h"),
        ("T17", "24 h; pain 4 of 10"),
        ("T20", "day 7; day 14"),
        ("T24", "day 56"),
        ("T25", "day 14 for bumps"),
        ("T26", "72 h"),
        ("T28", "24 h, 48 h or 72 h by product"),
    ],
)
def test_thresholds(rule: str, words: str) -> None:
    assert RULES[rule].threshold == words


def test_emergency_and_hold() -> None:
    assert {"T01", "T02", "T08"} == EMERGENCY_RULES
    assert {"T23", "T25", "T29"} == HOLD_RULES


def test_nobody_is_told_to_lighten_dark_spots_alone() -> None:
    assert "cream" not in RULES["T23"].words


def test_response_targets() -> None:
    assert (DEFAULT.urgent_minutes, DEFAULT.same_day_hours, DEFAULT.routine_working_days) == (30, 8, 3)
