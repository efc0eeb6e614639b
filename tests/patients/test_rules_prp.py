"""E43–E45: only with PRP planned, and only against the PRP (docs/rules/eligibility.md, *PRP*)."""

from typing import Any

import pytest

from patients.rules import eligibility
from tests.patients.screened import ago, asked, cleared, said, with_prp


@pytest.mark.parametrize(
    "answers",
    [
        {"nsaid_last_taken_on": ago(0)},
        {"systemic_steroid": "stopped"},
        {"hb_g_dl": 5.0},
        {"prp_condition": "sepsis"},
        {"cancer_history": "yes"},
        {"local_steroid_injection_on": ago(1)},
        {"last_fever_on": ago(1)},
    ],
)
@pytest.mark.parametrize("planned", [{}, {"prp": False}, {"radiofrequency": True}])
def test_none_appears_without_prp(answers: dict[str, Any], planned: dict[str, bool]) -> None:
    assert not {"E43 PRP", "E44 PRP", "E45 PRP"} & said(answers, planned=planned).keys()


class TestE43:
    @pytest.mark.parametrize(
        ("answers", "expected"),
        [
            ({"nsaid_last_taken_on": ago(0)}, "DEFER 2026-03-04"),
            ({"nsaid_last_taken_on": ago(1)}, "DEFER 2026-03-03"),
            ({"nsaid_last_taken_on": ago(2)}, None),
            ({"nsaid_or_supplement_7d": "nsaid"}, "INCOMPLETE"),
            ({"nsaid_or_supplement_7d": "both"}, "INCOMPLETE"),
            ({"nsaid_or_supplement_7d": "supplement"}, None),
            ({"nsaid_or_supplement_7d": "unsure"}, None),
            ({"nsaid_or_supplement_7d": None}, None),
            ({"nsaid_or_supplement_7d": "both", "nsaid_last_taken_on": ago(3)}, None),
        ],
    )
    def test_painkillers_wait_two_days(self, answers: dict[str, Any], expected: str | None) -> None:
        assert with_prp(answers).get("E43") == expected

    @pytest.mark.parametrize(
        ("answers", "expected"),
        [
            ({"systemic_steroid": "current", "systemic_steroid_mg_per_day": 1, "systemic_steroid_weeks": 1}, "DEFER"),
            ({"systemic_steroid": "stopped", "systemic_steroid_stopped_on": ago(13)}, "DEFER 2026-03-03"),
            ({"systemic_steroid": "stopped", "systemic_steroid_stopped_on": ago(14)}, None),
            ({"systemic_steroid": "stopped"}, "INCOMPLETE"),
            ({"systemic_steroid": "unsure"}, None),
            ({"systemic_steroid": None}, None),
        ],
    )
    def test_steroid_tablets_wait_14_days(self, answers: dict[str, Any], expected: str | None) -> None:
        assert with_prp(answers).get("E43") == expected

    @pytest.mark.parametrize(
        ("on", "expected"), [("2026-02-03", "DEFER 2026-03-03"), ("2026-02-02", None), ("2026-02-01", None)]
    )
    def test_a_steroid_injection_waits_one_calendar_month(self, on: str, expected: str | None) -> None:
        assert with_prp({"local_steroid_injection_on": on}).get("E43") == expected
        items = [{"kind": "steroid_injection", "on": on}, {"kind": "laser", "on": ago(0)}]
        assert with_prp({"other_scalp_procedures": items}).get("E43") == expected

    def test_the_later_injection_counts(self) -> None:
        answers = {
            "local_steroid_injection_on": "2026-02-05",
            "other_scalp_procedures": [{"kind": "steroid_injection", "on": "2026-02-20"}],
        }
        assert with_prp(answers)["E43"] == "DEFER 2026-03-20"

    def test_a_month_after_31_january_ends_in_february(self) -> None:
        answers = {"local_steroid_injection_on": "2026-01-31"}
        assert with_prp(answers, asOf="2026-02-27")["E43"] == "DEFER 2026-02-28"
        assert "E43" not in with_prp(answers, asOf="2026-02-28")

    @pytest.mark.parametrize(("days", "expected"), [(13, "DEFER 2026-03-03"), (14, None)])
    def test_fever_waits_14_days(self, days: int, expected: str | None) -> None:
        assert with_prp({"last_fever_on": ago(days)}).get("E43") == expected

    def test_the_latest_date_counts(self) -> None:
        assert with_prp({"last_fever_on": ago(1), "nsaid_last_taken_on": ago(1)})["E43"] == "DEFER 2026-03-15"

    def test_a_current_steroid_takes_the_date_away(self) -> None:
        answers = {
            "last_fever_on": ago(1),
            "systemic_steroid": "current",
            "systemic_steroid_mg_per_day": 5,
            "systemic_steroid_weeks": 1,
        }
        assert with_prp(answers)["E43"] == "DEFER"

    def test_a_missing_date_gives_way_to_a_wait(self) -> None:
        assert with_prp({"nsaid_or_supplement_7d": "nsaid", "last_fever_on": ago(1)})["E43"] == "DEFER 2026-03-15"


class TestE44:
    @pytest.mark.parametrize(
        ("answers", "expected"),
        [
            ({"platelets_10e9_l": 99}, "ABSOLUTE"),
            ({"platelets_10e9_l": 100}, None),
            ({"hb_g_dl": 9.9}, "ABSOLUTE"),
            ({"hb_g_dl": 10.0}, None),
            ({"prp_condition": "platelet_dysfunction"}, "ABSOLUTE"),
            ({"prp_condition": "sepsis"}, "ABSOLUTE"),
            ({"prp_condition": "haemodynamic_instability"}, "ABSOLUTE"),
            ({"prp_condition": "unsure"}, "REVIEW"),
            ({"prp_condition": None}, "INCOMPLETE"),
            ({"prp_condition": None, "hb_g_dl": 9.9}, "ABSOLUTE"),
            ({"prp_condition": "none"}, None),
            ({}, None),
        ],
    )
    def test_values_and_conditions(self, answers: dict[str, Any], expected: str | None) -> None:
        assert with_prp(answers).get("E44") == expected

    def test_low_platelets_close_the_needling_too(self) -> None:
        assert said({"platelets_10e9_l": 99}, planned={"prp": True}) == {"E08": "ABSOLUTE", "E44 PRP": "ABSOLUTE"}

    def test_a_letter_lifts_only_not_sure(self) -> None:
        assert with_prp({"prp_condition": "unsure"}, clearances=cleared("E44")) == {"E44": "CAUTION"}
        assert with_prp({"hb_g_dl": 9.9}, clearances=cleared("E44")) == {"E44": "ABSOLUTE"}


class TestE45:
    @pytest.mark.parametrize("question", ["cancer_history", "liver_disease"])
    @pytest.mark.parametrize(
        ("answer", "expected"), [("yes", "REVIEW"), ("unsure", "REVIEW"), ("no", None), (None, "INCOMPLETE")]
    )
    def test_history(self, question: str, answer: str | None, expected: str | None) -> None:
        assert with_prp({question: answer}).get("E45") == expected

    @pytest.mark.parametrize(
        "drug",
        [
            "aspirin_low_dose_only", "aspirin_high_dose", "warfarin", "doac", "antiplatelet", "heparin", "two_or_more",
            "other", "unsure",
        ],
    )  # fmt: skip
    def test_any_blood_thinner_and_not_sure(self, drug: str) -> None:
        assert with_prp({"blood_thinner": drug}) == {"E45": "REVIEW"}

    @pytest.mark.parametrize("drug", ["none", None])
    def test_none_and_blank_are_no_blood_thinner(self, drug: str | None) -> None:
        assert with_prp({"blood_thinner": drug}) == {}

    def test_its_own_clearance_lifts_it(self) -> None:
        assert with_prp({"cancer_history": "yes"}, clearances=cleared("E45")) == {"E45": "CAUTION"}
        assert with_prp({"blood_thinner": "doac"}, clearances=cleared("E07")) == {"E45": "REVIEW"}


@pytest.mark.parametrize(
    "answers", [{"hb_g_dl": 5}, {"last_fever_on": ago(1)}, {"cancer_history": "yes"}, {"liver_disease": None}]
)
def test_a_prp_trigger_counts_as_caution_in_the_whole(answers: dict[str, Any]) -> None:
    assert eligibility(asked(answers, planned={"prp": True}))["overall"] == "CAUTION"
