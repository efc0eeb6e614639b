"""T01–T08: what is urgent, and what puts the emergency number first (docs/rules/checkin.md, *Urgent*)."""

from typing import Any

import pytest

from aftercare.rules import checkin
from tests.aftercare.answered import answered, only, said

# Any time: at the end of the session, on the first days, on day 14, and long after.
ANY_TIME = [0, 23, 71, 336, 336.01, 5000]
EMERGENCY: dict[str, list[dict[str, Any]]] = {
    "T01": [{"breathing_difficulty": True}, {"lip_tongue_swelling": True}, {"swelling_site": "face_lips_tongue"}],
    "T08": [{"chest_pain_faint_palpitations": True}],
}
NO_EMERGENCY: dict[str, list[dict[str, Any]]] = {
    "T04": [{"discharge": "pus"}],
    "T05": [{"red_streaks": True}, {"spreading_redness": True}, {"pain": 8}, {"pain": 10}],
    "T06": [{"bleeding": "wont_stop"}],
    "T07": [{"rash": "blisters"}, {"rash": "hives"}, {"rash": "widespread"}],
}
CASES = [(rule, answers) for rules in (EMERGENCY, NO_EMERGENCY) for rule, cases in rules.items() for answers in cases]


@pytest.mark.parametrize("hours", ANY_TIME)
@pytest.mark.parametrize(("rule", "answers"), CASES, ids=str)
def test_urgent_at_any_time(rule: str, answers: dict[str, Any], hours: float) -> None:
    result = checkin(answered(answers, hours))
    assert {"rule": rule, "triage": "URGENT"} in result["rules"]
    assert result["triage"] == "URGENT"
    assert result["callEmergency"] is (rule in EMERGENCY)
    assert result["holdNextSession"] is True


@pytest.mark.parametrize(("rule", "answers"), CASES, ids=str)
def test_each_alone_on_the_first_day(rule: str, answers: dict[str, Any]) -> None:
    assert said(answers) == {rule: "URGENT"}


@pytest.mark.parametrize(
    "answers",
    [
        {"breathing_difficulty": False}, {"lip_tongue_swelling": False}, {"swelling_site": "scalp"},
        {"chest_pain_faint_palpitations": False}, {"discharge": "clear"}, {"discharge": "none"},
        {"red_streaks": False}, {"spreading_redness": False}, {"pain": 0}, {"pain": 6}, {"bleeding": "none"},
        {"bleeding": "spots"}, {"bleeding": "oozing"}, {"rash": "none"}, {"temp_c": 37.99}, {"chills": False},
        {"swelling": 0, "swelling_site": "scalp"}, {"free_text": "I cannot breathe and there is pus"},
    ],
    ids=str,
)  # fmt: skip
def test_nothing_of_the_kind(answers: dict[str, Any]) -> None:
    assert said(answers) == {}


@pytest.mark.parametrize("grade", [None, 0, 1, 2])
def test_t01_the_site_counts_whatever_the_grade(grade: int | None) -> None:
    assert said({"swelling": grade, "swelling_site": "face_lips_tongue"}) == {"T01": "URGENT"}


def test_t01_a_face_that_swells_is_not_also_a_forehead() -> None:
    assert said({"swelling": 3, "swelling_site": "face_lips_tongue"}) == {"T01": "URGENT", "T11": "SAME_DAY"}


FEVER = [
    pytest.param({"temp_c": 38.0}, True, id="38.0"),
    pytest.param({"temp_c": 37.9}, False, id="37.9"),
    pytest.param({"temp_c": 37.999}, False, id="37.999"),
    pytest.param({"temp_c": 38}, True, id="38"),
    pytest.param({"temp_c": 43.0}, True, id="43.0"),
    pytest.param({"temp_c": 34.0}, False, id="34.0"),
    pytest.param({"chills": True}, True, id="chills"),
    pytest.param({"temp_c": 36.5, "chills": True}, True, id="chills without a temperature"),
    pytest.param({"temp_c": 38.5, "chills": False}, True, id="a temperature without chills"),
    pytest.param({"temp_c": None, "chills": True}, True, id="chills, not measured"),
    pytest.param({"temp_c": 38.5, "chills": None}, True, id="measured, chills blank"),
    pytest.param({"temp_c": 37.9, "chills": False}, False, id="neither"),
]


class TestFever:
    @pytest.mark.parametrize(("answers", "fever"), FEVER)
    def test_t03_alone(self, answers: dict[str, Any], fever: bool) -> None:
        assert said(answers) == only("T03", "URGENT" if fever else None)

    @pytest.mark.parametrize(
        ("hours", "seconds", "expected"),
        [
            pytest.param(0, 0, {"T03": "URGENT"}, id="at once"),
            pytest.param(336, -1, {"T03": "URGENT"}, id="a second under day 14"),
            pytest.param(336, 0, {"T03": "URGENT"}, id="day 14"),
            pytest.param(336, 0.001, {"T29": "ROUTINE"}, id="a millisecond over day 14"),
            pytest.param(336, 1, {"T29": "ROUTINE"}, id="a second over day 14"),
            pytest.param(5000, 0, {"T29": "ROUTINE"}, id="long after"),
        ],
    )
    @pytest.mark.parametrize("answers", [{"temp_c": 39}, {"chills": True}], ids=str)
    def test_t03_ends_with_day_14(
        self, answers: dict[str, Any], hours: float, seconds: float, expected: dict[str, str]
    ) -> None:
        assert said(answers, hours, seconds) == expected

    @pytest.mark.parametrize("hours", ANY_TIME)
    @pytest.mark.parametrize(("answers", "fever"), FEVER)
    @pytest.mark.parametrize(
        ("sign", "also"), [({"spreading_redness": True}, "T05"), ({"discharge": "pus"}, "T04")], ids=["redness", "pus"]
    )
    def test_t02_with_a_sign_of_infection_at_any_time(
        self, answers: dict[str, Any], fever: bool, sign: dict[str, Any], also: str, hours: float
    ) -> None:
        assert said(answers | sign, hours) == {also: "URGENT"} | only("T02", "URGENT" if fever else None)

    @pytest.mark.parametrize("sign", [{"red_streaks": True}, {"pain": 9}], ids=str)
    def test_t02_is_not_streaks_or_pain(self, sign: dict[str, Any]) -> None:
        assert said({"temp_c": 38.5} | sign) == {"T03": "URGENT", "T05": "URGENT"}

    def test_t02_needs_no_clear_fluid(self) -> None:
        assert said({"temp_c": 38.5, "discharge": "clear"}) == {"T03": "URGENT"}


@pytest.mark.parametrize(("pain", "urgent"), [(7, False), (8, True), (8.0, True), (9, True)])
def test_t05_pain_from_8(pain: float, urgent: bool) -> None:
    assert ("T05" in said({"pain": pain})) is urgent


@pytest.mark.parametrize("pain", [8, 10])
def test_t05_is_t12_too_only_by_its_lasting_part(pain: int) -> None:
    assert said({"pain": pain}, 72) == {"T05": "URGENT"}
    assert said({"pain": pain}, 72, 1) == {"T05": "URGENT", "T12": "SAME_DAY"}
