"""The result of a check-in: triage, order, emergency, hold, and a clinic's own numbers (SCHEMA 4.4)."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from aftercare.rules import DEFAULT, RANK, checkin
from tests.aftercare.answered import answered, said

# triage, worst first, with an answer that alone gives it, and whether it holds the next session
ONE_OF_EACH: list[tuple[str, dict[str, Any], bool]] = [
    ("URGENT", {"discharge": "pus"}, True),
    ("SAME_DAY", {"rash": "local"}, True),
    ("ROUTINE", {"shedding": "patch"}, False),
    ("REASSURE", {"redness": 1}, False),
]


@pytest.mark.parametrize("first", range(4))
@pytest.mark.parametrize("second", range(4))
def test_the_highest_wins(first: int, second: int) -> None:
    result = checkin(answered(ONE_OF_EACH[first][1] | ONE_OF_EACH[second][1]))
    assert result["triage"] == ONE_OF_EACH[min(first, second)][0]
    assert result["holdNextSession"] is ONE_OF_EACH[min(first, second)][2]
    assert result["callEmergency"] is False
    assert len(result["rules"]) == len({first, second} - {3})


def test_nothing_to_say_is_reassure_and_an_empty_list() -> None:
    expected = {"triage": "REASSURE", "rules": [], "callEmergency": False, "holdNextSession": False}
    assert checkin(answered({"redness": 0})) == expected
    assert checkin(answered({"free_text": "All fine"})) == expected
    assert checkin(answered({"shedding": "more"}, 1344)) == expected


def test_levels_are_ranked() -> None:
    assert sorted(RANK, key=RANK.__getitem__) == ["REASSURE", "ROUTINE", "SAME_DAY", "URGENT"]


@pytest.mark.parametrize(
    ("answers", "emergency", "hold"),
    [
        ({"breathing_difficulty": True}, True, True),
        ({"temp_c": 38.0, "discharge": "pus"}, True, True),
        ({"chest_pain_faint_palpitations": True}, True, True),
        ({"temp_c": 38.0}, False, True),
        ({"red_streaks": True}, False, True),
        ({"bleeding": "wont_stop"}, False, True),
        ({"rash": "hives"}, False, True),
        ({"redness": 3}, False, False),
        ({"swelling": 3}, False, True),
        ({"bleeding": None}, False, True),
        ({"dark_spots": True}, False, True),
        ({"raised_or_pitted_scars": True}, False, True),
        ({"health_changes": ["medicine"]}, False, True),
        ({"neck_glands": True}, False, False),
        ({"shedding": "clumps"}, False, False),
        ({"products_used": [{"kind": "sun", "hoursAfter": 1}]}, False, False),
    ],
    ids=str,
)
def test_emergency_and_hold(answers: dict[str, Any], emergency: bool, hold: bool) -> None:
    result = checkin(answered(answers))
    assert (result["callEmergency"], result["holdNextSession"]) == (emergency, hold)


EVERYTHING: dict[str, Any] = {
    "redness": 3, "redness_trend": "worse", "swelling": 2, "swelling_site": "face_lips_tongue", "pain": 8,
    "pain_trend": "worse", "burning": True, "bleeding": "oozing", "discharge": "pus", "temp_c": 39, "chills": True,
    "rash": "hives", "breathing_difficulty": True, "lip_tongue_swelling": None, "chest_pain_faint_palpitations": True,
    "spreading_redness": True, "red_streaks": True, "hot_skin": True, "painful_lumps": True, "neck_glands": True,
    "itch": 3, "flaking": 3, "shedding": "patch", "dark_spots": True, "light_patches": True,
    "raised_or_pitted_scars": True, "firm_bumps": True, "numbness": True,
    "products_used": [{"kind": "aha", "hoursAfter": 1}], "health_changes": ["illness"], "free_text": "Help",
}  # fmt: skip


def test_order_is_by_rule_id() -> None:
    rows = checkin(answered(EVERYTHING, 400))["rules"]
    assert [row["rule"] for row in rows] == [
        "T01", "T02", "T04", "T05", "T07", "T08", "T10", "T11", "T12", "T14", "T15", "T16", "T17", "T20", "T23", "T24",
        "T25", "T26", "T29",
    ]  # fmt: skip


def test_a_rule_has_one_entry_with_its_highest_level() -> None:
    assert said({"redness": 3, "redness_trend": "worse"}, 49) == {"T10": "SAME_DAY"}
    assert said({"redness": 1, "redness_trend": "worse"}, 73) == {"T10": "SAME_DAY"}
    assert said({"swelling": 2, "swelling_site": "forehead_eyelids"}, 50) == {"T11": "SAME_DAY"}


@pytest.mark.parametrize("context", [{}, {"fitzpatrick": "VI", "minoxidilStartedOn": "2026-03-01"}])
def test_what_staff_are_shown_changes_nothing(context: dict[str, Any]) -> None:
    data = answered({"shedding": "more", "free_text": "pus, fever, cannot breathe"}, 500, context=context)
    assert checkin(data)["triage"] == "REASSURE"


def test_the_same_input_gives_the_same_output_and_stays_untouched() -> None:
    data = answered(EVERYTHING, 400, context={"asked": ["Q4", "Q8"]})
    kept = copy.deepcopy(data)
    assert checkin(data) == checkin(data)
    assert data == kept


@pytest.mark.parametrize(
    ("number", "value", "answers", "hours", "triage"),
    [
        ("fever_c", 37.5, {"temp_c": 37.5}, 1, "URGENT"),
        ("grey_to_hours", 96, {"redness": 1}, 80, "REASSURE"),
        ("severe_pain", 9, {"pain": 8}, 1, "SAME_DAY"),
        ("strong_pain", 6, {"pain": 6}, 1, "SAME_DAY"),
        ("shedding_hours", 672, {"shedding": "more"}, 700, "ROUTINE"),
        ("rest_hours", 48, {"products_used": [{"kind": "sauna", "hoursAfter": 50}]}, 1, "REASSURE"),
    ],
)
def test_a_clinics_own_numbers_move_the_boundary(
    number: str, value: Any, answers: dict[str, Any], hours: float, triage: str
) -> None:
    data = answered(answers, hours)
    assert checkin(data, replace(DEFAULT, **{number: value}))["triage"] == triage
    assert checkin(data)["triage"] != triage
