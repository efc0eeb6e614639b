"""Clearances, precedence and order (docs/rules/eligibility.md, *The result*, *Clearances*)."""

from typing import Any

import pytest

from patients.rules import RULE_IDS, EligibilityPolicy, eligibility
from tests.patients.screened import ago, asked, cleared, said


class TestClearance:
    def test_turns_review_into_caution(self) -> None:
        assert said({"immune_suppression": "yes"}, clearances=cleared("E10")) == {"E10": "CAUTION"}

    @pytest.mark.parametrize(
        ("days", "expected"), [(0, "CAUTION"), (180, "CAUTION"), (181, "REVIEW"), (4000, "REVIEW")]
    )
    def test_is_valid_180_days_inclusive(self, days: int, expected: str) -> None:
        assert said({"immune_suppression": "yes"}, clearances=cleared("E10", days_ago=days)) == {"E10": expected}

    def test_a_valid_one_beside_an_expired_one_counts(self) -> None:
        clearances = [*cleared("E10", days_ago=500), *cleared("E10", days_ago=5)]
        assert said({"immune_suppression": "yes"}, clearances=clearances) == {"E10": "CAUTION"}

    def test_of_a_neighbour_does_nothing(self) -> None:
        assert said({"bleeding_disorder": "unsure"}, clearances=cleared("E08")) == {"E08b": "REVIEW"}
        assert said({"blood_thinner": "aspirin_low_dose_only"}, clearances=cleared("E07")) == {"E07b": "REVIEW"}

    @pytest.mark.parametrize("rule", RULE_IDS)
    def test_is_accepted_for_every_rule(self, rule: str) -> None:
        assert said({}, clearances=cleared(rule)) == {}

    def test_lifts_a_deferral_of_breastfeeding_alone(self) -> None:
        assert said({"breastfeeding": "yes"}, clearances=cleared("E06")) == {"E06": "CAUTION"}
        assert said({"breastfeeding": "unsure"}, clearances=cleared("E06")) == {"E06": "CAUTION"}

    @pytest.mark.parametrize(
        ("answers", "rule", "expected"),
        [
            ({"pregnancy": "yes"}, "E05", "DEFER"),
            ({"pregnancy": "possible"}, "E05", "DEFER"),
            ({"keloid": "personal"}, "E04", "ABSOLUTE"),
            ({"bleeding_disorder": "diagnosed"}, "E08", "ABSOLUTE"),
            ({"isotretinoin": "current"}, "E09", "DEFER"),
            ({"isotretinoin": "stopped"}, "E09", "INCOMPLETE"),
            ({"breastfeeding": None}, "E06", "INCOMPLETE"),
            ({"scalp_wound": "open_wound"}, "E15", "DEFER"),
            ({"consent": "no"}, "E36", "ABSOLUTE"),
        ],
    )
    def test_never_lifts_another_block(self, answers: dict[str, Any], rule: str, expected: str) -> None:
        assert said(answers, clearances=cleared(rule)) == {rule: expected}

    def test_does_not_lift_the_age(self) -> None:
        assert said({}, birthDate="2010-01-01", clearances=cleared("E30")) == {"E30": "ABSOLUTE 2028-01-01"}

    def test_leaves_a_caution_as_it_is(self) -> None:
        assert said({"smoking": "yes"}, clearances=cleared("E39")) == {"E39": "CAUTION"}


ONE_OF_EACH: list[tuple[dict[str, Any], str]] = [
    ({"keloid": "personal"}, "ABSOLUTE"),
    ({"isotretinoin": "current"}, "DEFER"),
    ({"smoking": None}, "INCOMPLETE"),
    ({"immune_suppression": "yes"}, "REVIEW"),
    ({"fainting_seizures": "yes"}, "CAUTION"),
    ({}, "CLEAR"),
]


@pytest.mark.parametrize("first", range(len(ONE_OF_EACH)))
@pytest.mark.parametrize("second", range(len(ONE_OF_EACH)))
def test_the_more_restrictive_class_wins_overall(first: int, second: int) -> None:
    answers = ONE_OF_EACH[first][0] | ONE_OF_EACH[second][0]
    assert eligibility(asked(answers))["overall"] == ONE_OF_EACH[min(first, second)][1]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"smoking": "yes", "heavy_alcohol": "unsure"}, {"E39": "REVIEW"}),
        ({"smoking": None, "heavy_alcohol": "unsure"}, {"E39": "INCOMPLETE"}),
        ({"chemo_radiotherapy": "past", "head_radiotherapy_ever": "yes"}, {"E11": "INCOMPLETE"}),
        ({"chemo_radiotherapy": "current", "head_radiotherapy_ever": None}, {"E11": "DEFER"}),
        ({"scalp_dye_on": ago(1), "scalp_retinoid_acid_on": None}, {"E28": "INCOMPLETE"}),
        ({"scalp_dye_on": None, "scalp_retinoid_acid_on": ago(0)}, {"E28": "DEFER 2026-03-03"}),
        ({"alopecia_areata": "unsure", "diagnosis": "alopecia_areata"}, {"E19": "REVIEW"}),
        ({"sudden_or_undiagnosed_loss": "yes", "diagnosis": None}, {"E20": "INCOMPLETE"}),
        ({"nsaid_or_supplement_7d": "unsure", "nsaid_last_taken_on": ago(1)}, {"E07c": "REVIEW"}),
        ({"trying_to_conceive": "unsure", "delivered_on": ago(10)}, {"E05b": "REVIEW"}),
    ],
)
def test_one_trigger_a_rule_with_its_most_restrictive_cause(answers: dict[str, Any], expected: dict[str, str]) -> None:
    assert said(answers) == expected


def test_a_clearance_works_on_each_cause_of_a_rule() -> None:
    answers = {"koebner_disease": "yes", "raised_scar": "yes", "keloid": "family_only"}
    assert said(answers, clearances=cleared("E04b")) == {"E04b": "CAUTION", "E22": "REVIEW"}


def test_triggers_stand_in_the_order_of_their_ids_unscoped_first() -> None:
    answers = {
        "smoking": "yes",
        "raised_scar": "yes",
        "keloid": "personal",
        "blood_thinner": "aspirin_low_dose_only",
        "nsaid_or_supplement_7d": "nsaid",
        "hb_g_dl": 9,
        "pregnancy": "yes",
    }
    result = eligibility(asked(answers, planned={"prp": True}))
    order = [(row["rule"], row.get("scope")) for row in result["triggers"]]
    assert order == [
        ("E04", None), ("E04b", None), ("E05", None), ("E07b", None), ("E07c", None), ("E39", None),
        ("E43", "PRP"), ("E44", "PRP"), ("E45", "PRP"),
    ]  # fmt: skip


def test_only_deferrals_and_the_age_carry_a_date() -> None:
    answers = {"scalp_surgery": "yes", "scalp_surgery_on": ago(200), "home_roller": "yes", "smoking": None}
    rows = eligibility(asked(answers | {"home_roller_last_used_on": ago(9)}))["triggers"]
    assert [row["lifts_on"] for row in rows] == [None, None, None]
    assert all(set(row) == {"rule", "class", "lifts_on"} for row in rows)


def test_the_same_input_gives_the_same_output_and_stays_untouched() -> None:
    data = asked({"isotretinoin": "stopped", "isotretinoin_stopped_on": ago(3), "allergies": [{"substance": "latex"}]})
    copy = {**data, "answers": {**data["answers"]}}
    assert eligibility(data) == eligibility(data)
    assert data == copy


class TestAClinicsOwnNumbers:
    def test_move_the_wait(self) -> None:
        data = asked({"isotretinoin": "stopped", "isotretinoin_stopped_on": "2025-11-02"})
        assert eligibility(data)["overall"] == "DEFER"
        assert eligibility(data, EligibilityPolicy(isotretinoin_months=4))["overall"] == "CLEAR"

    def test_move_the_life_of_a_clearance(self) -> None:
        data = asked({"immune_suppression": "yes"}, clearances=cleared("E10", days_ago=100))
        assert eligibility(data)["overall"] == "CAUTION"
        assert eligibility(data, EligibilityPolicy(clearance_valid_days=90))["overall"] == "REVIEW"
