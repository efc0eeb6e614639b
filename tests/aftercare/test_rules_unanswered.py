"""T16: a red-flag question that was asked and not answered (docs/rules/checkin.md, *Same day*)."""

from typing import Any

import pytest

from tests.aftercare.answered import only, said

# Question → its keys, and an answer that means nothing is wrong
RED: dict[str, dict[str, Any]] = {
    "Q4": {"bleeding": "none"},
    "Q5": {"discharge": "none"},
    "Q6": {"temp_c": 36.6, "chills": False},
    "Q7": {"rash": "none"},
    "Q8": {"breathing_difficulty": False, "lip_tongue_swelling": False, "chest_pain_faint_palpitations": False},
    "Q9": {
        "spreading_redness": False, "red_streaks": False, "hot_skin": False, "painful_lumps": False,
        "neck_glands": False,
    },
}  # fmt: skip
KEYS = [(question, key) for question, keys in RED.items() for key in keys]
EVERY = [f"Q{number}" for number in range(1, 15)]
NOT_RED = [
    "redness", "redness_trend", "swelling", "swelling_site", "pain", "pain_trend", "burning", "itch", "flaking",
    "shedding", "dark_spots", "light_patches", "raised_or_pitted_scars", "firm_bumps", "numbness", "products_used",
    "health_changes", "free_text",
]  # fmt: skip
S = "SAME_DAY"


def asked(questions: list[str], answers: dict[str, Any], hours: float = 1) -> dict[str, str]:
    """What is said when these questions were put."""
    return said({"redness": 0} | answers, hours, context={"asked": questions})


@pytest.mark.parametrize("hours", [0, 100, 9000])
def test_all_answered(hours: float) -> None:
    answers = {key: value for keys in RED.values() for key, value in keys.items()}
    assert asked(EVERY, answers, hours) == {}


@pytest.mark.parametrize(("question", "key"), [pair for pair in KEYS if pair[0] != "Q6"])
@pytest.mark.parametrize("hours", [0, 9000])
def test_each_key_of_an_asked_question_is_owed(question: str, key: str, hours: float) -> None:
    given = RED[question]
    assert asked([question], given, hours) == {}
    assert asked([question], {k: v for k, v in given.items() if k != key}, hours) == {"T16": S}
    assert asked([question], given | {key: None}, hours) == {"T16": S}


@pytest.mark.parametrize("question", RED)
def test_an_asked_question_without_any_answer(question: str) -> None:
    assert asked([question], {}) == {"T16": S}


@pytest.mark.parametrize("question", [question for question in EVERY if question not in RED])
def test_other_questions_may_stay_open(question: str) -> None:
    assert asked([question], {}) == {}


@pytest.mark.parametrize(("question", "key"), KEYS)
def test_null_is_asked_and_not_answered_without_the_list(question: str, key: str) -> None:
    others = {k: v for k, v in RED[question].items() if k != key}
    expected = only("T16", None if question == "Q6" else S)
    assert said({"redness": 0, key: None} | others) == expected
    assert asked([], {key: None} | others) == expected
    assert said({key: None}) == {"T16": S}


@pytest.mark.parametrize("key", [key for _, key in KEYS])
def test_absent_and_not_asked_is_nothing(key: str) -> None:
    others = {k: v for keys in RED.values() for k, v in keys.items() if k != key}
    assert said(others) == {}
    assert asked(["Q1"], others) == {}


@pytest.mark.parametrize("key", NOT_RED)
def test_null_elsewhere_is_absent(key: str) -> None:
    assert said({key: None}, 9000) == {}
    assert asked(["Q1", "Q2", "Q3", "Q10", "Q11", "Q12", "Q13", "Q14"], {key: None}, 9000) == {}


class TestQ6:
    @pytest.mark.parametrize(
        ("answers", "unanswered"),
        [
            ({}, True), ({"temp_c": None}, True), ({"chills": None}, True), ({"temp_c": None, "chills": None}, True),
            ({"temp_c": 36.6}, False), ({"chills": False}, False), ({"temp_c": 36.6, "chills": None}, False),
            ({"temp_c": None, "chills": False}, False), ({"temp_c": 36.6, "chills": False}, False),
        ],
        ids=str,
    )  # fmt: skip
    def test_asked_needs_one_of_two(self, answers: dict[str, Any], unanswered: bool) -> None:
        assert asked(["Q6"], answers) == only("T16", S if unanswered else None)

    @pytest.mark.parametrize(
        ("answers", "unanswered"),
        [
            ({}, False), ({"temp_c": None}, True), ({"chills": None}, True), ({"temp_c": None, "chills": None}, True),
            ({"temp_c": 36.6, "chills": None}, False), ({"temp_c": None, "chills": False}, False),
        ],
        ids=str,
    )  # fmt: skip
    def test_not_in_the_list(self, answers: dict[str, Any], unanswered: bool) -> None:
        assert asked(["Q5"], answers | {"discharge": "none"}) == only("T16", S if unanswered else None)

    def test_a_fever_is_an_answer(self) -> None:
        assert asked(["Q6"], {"chills": True}) == {"T03": "URGENT"}


def test_several_open_questions_are_one_entry() -> None:
    assert asked(EVERY, {}) == {"T16": S}


def test_an_urgent_answer_stands_beside_it() -> None:
    assert asked(["Q8"], {"breathing_difficulty": True}) == {"T01": "URGENT", "T16": S}


def test_a_question_may_stand_twice_in_the_list() -> None:
    assert asked(["Q4", "Q4"], {"bleeding": "none"}) == {}
    assert asked(["Q4", "Q4"], {}) == {"T16": S}
