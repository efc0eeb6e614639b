"""Answers that need a value beside them (docs/rules/eligibility.md, *Values*)."""

from typing import Any

import pytest

from tests.patients.screened import ago, cleared, said


class TestE07Aspirin:
    @pytest.mark.parametrize(
        ("mg", "expected"),
        [
            (None, {"E07b": "REVIEW"}),
            (75, {"E07b": "REVIEW"}),
            (100, {"E07b": "REVIEW"}),
            (100.5, {"E07": "REVIEW"}),
            (300, {"E07": "REVIEW"}),
        ],
    )
    def test_low_dose_ends_at_100_mg(self, mg: float | None, expected: dict[str, str]) -> None:
        assert said({"blood_thinner": "aspirin_low_dose_only", "aspirin_mg_per_day": mg}) == expected


class TestE07Inr:
    @pytest.mark.parametrize("drug", ["warfarin", "two_or_more"])
    @pytest.mark.parametrize("days", [0, 11, None])
    def test_above_3_is_deferred_whatever_its_date_and_clearance(self, drug: str, days: int | None) -> None:
        answers = {"blood_thinner": drug, "inr": 3.01, "inr_on": None if days is None else ago(days)}
        assert said(answers) == {"E07": "DEFER"}
        assert said(answers, clearances=cleared("E07")) == {"E07": "DEFER"}

    @pytest.mark.parametrize(
        ("inr", "days", "with_letter"),
        [
            (3.0, 10, "CAUTION"),
            (2.2, 0, "CAUTION"),
            (3.0, 11, "REVIEW"),
            (2.2, None, "REVIEW"),
            (None, 3, "REVIEW"),
            (None, None, "REVIEW"),
        ],
    )
    def test_warfarin_needs_a_recent_value_for_a_letter_to_count(
        self, inr: float | None, days: int | None, with_letter: str
    ) -> None:
        answers = {"blood_thinner": "warfarin", "inr": inr, "inr_on": None if days is None else ago(days)}
        assert said(answers) == {"E07": "REVIEW"}
        assert said(answers, clearances=cleared("E07")) == {"E07": with_letter}

    @pytest.mark.parametrize("inr", [None, 3.0])
    def test_two_or_more_is_lifted_without_a_recent_value(self, inr: float | None) -> None:
        answers = {"blood_thinner": "two_or_more", "inr": inr}
        assert said(answers, clearances=cleared("E07")) == {"E07": "CAUTION"}

    @pytest.mark.parametrize("drug", ["doac", "heparin", "antiplatelet", "other", "aspirin_high_dose", "unsure"])
    def test_is_not_read_with_another_drug(self, drug: str) -> None:
        answers = {"blood_thinner": drug, "inr": 9.0}
        assert said(answers) == {"E07": "REVIEW"}
        assert said(answers, clearances=cleared("E07")) == {"E07": "CAUTION"}


@pytest.mark.parametrize(("count", "expected"), [(99.9, {"E08": "ABSOLUTE"}), (100, {}), (101, {})])
def test_e08_platelets_below_100(count: float, expected: dict[str, str]) -> None:
    assert said({"platelets_10e9_l": count}) == expected


def test_e08_and_e08b_may_stand_together() -> None:
    assert said({"platelets_10e9_l": 40, "bleeding_disorder": "unsure"}) == {"E08": "ABSOLUTE", "E08b": "REVIEW"}


@pytest.mark.parametrize(
    ("mg", "weeks", "expected"),
    [
        (10, 2, {"E12": "REVIEW"}),
        (9.9, 2, {}),
        (10, 1.9, {}),
        (200, 2000, {"E12": "REVIEW"}),
        (None, 2, {"E12": "INCOMPLETE"}),
        (10, None, {"E12": "INCOMPLETE"}),
        (5, None, {"E12": "INCOMPLETE"}),
    ],
)
def test_e12_needs_dose_and_weeks(mg: float | None, weeks: float | None, expected: dict[str, str]) -> None:
    answers = {"systemic_steroid": "current", "systemic_steroid_mg_per_day": mg, "systemic_steroid_weeks": weeks}
    assert said(answers) == expected


class TestE13Diabetes:
    @pytest.mark.parametrize(
        ("percent", "days", "slow", "expected"),
        [
            (7.9, 180, "no", "CAUTION"),
            (7.9, 0, None, "CAUTION"),
            (8.0, 0, "no", "REVIEW"),
            (7.9, 181, "no", "REVIEW"),
            (7.9, None, "no", "REVIEW"),
            (None, 3, "no", "REVIEW"),
            (7.9, 3, "yes", "REVIEW"),
            (7.9, 3, "unsure", "REVIEW"),
        ],
    )
    def test_is_a_caution_with_a_recent_good_value_and_normal_healing(
        self, percent: float | None, days: int | None, slow: str | None, expected: str
    ) -> None:
        answers = {
            "diabetes": "yes",
            "hba1c_percent": percent,
            "hba1c_on": None if days is None else ago(days),
            "diabetes_slow_healing": slow,
        }
        assert said(answers) == {"E13": expected}

    def test_unsure_is_reviewed_even_with_a_good_value(self) -> None:
        assert said({"diabetes": "unsure", "hba1c_percent": 5.5, "hba1c_on": ago(3)}) == {"E13": "REVIEW"}


class TestE18Diagnosis:
    @pytest.mark.parametrize("lead", ["none", "suspected", "active", "unsure", None])
    def test_scarring_counts_as_active(self, lead: str | None) -> None:
        assert said({"diagnosis": "scarring_alopecia", "scarring_alopecia": lead}) == {"E18": "DEFER"}

    @pytest.mark.parametrize(("on", "expected"), [("2024-01-01", "REVIEW"), (None, "INCOMPLETE")])
    def test_unless_the_disease_is_said_to_be_inactive(self, on: str | None, expected: str) -> None:
        answers = {
            "diagnosis": "scarring_alopecia",
            "scarring_alopecia": "inactive",
            "scarring_last_active_on": on,
        }
        assert said(answers) == {"E18": expected}


class TestE22Koebner:
    @pytest.mark.parametrize(
        ("active", "with_letter"),
        [("2025-03-02", "CAUTION"), ("2025-03-03", "REVIEW"), (None, "REVIEW"), ("2025-03-01", "CAUTION")],
    )
    def test_a_letter_counts_after_twelve_quiet_months(self, active: str | None, with_letter: str) -> None:
        answers = {"koebner_disease": "yes", "koebner_last_active_on": active}
        assert said(answers) == {"E22": "REVIEW"}
        assert said(answers, clearances=cleared("E22")) == {"E22": with_letter}

    def test_unsure_is_lifted_without_a_date(self) -> None:
        assert said({"koebner_disease": "unsure"}, clearances=cleared("E22")) == {"E22": "CAUTION"}


class TestE25Allergies:
    @pytest.mark.parametrize(
        ("entries", "expected"),
        [
            ([], {}),
            ([{"substance": "anaesthetic"}], {"E25": "REVIEW"}),
            ([{"substance": "latex", "anaphylaxis": True}], {"E25": "REVIEW"}),
            ([{"substance": "latex", "anaphylaxis": False}], {"E25": "CAUTION"}),
            ([{"substance": "other", "name": "tea tree"}], {"E25": "CAUTION"}),
            ([{"substance": "minoxidil"}, {"substance": "anaesthetic", "name": "lidocaine"}], {"E25": "REVIEW"}),
        ],
    )
    def test_anaesthetic_or_anaphylaxis_is_reviewed(
        self, entries: list[dict[str, Any]], expected: dict[str, str]
    ) -> None:
        assert said({"allergies": entries}) == expected


@pytest.mark.parametrize(
    ("temperature", "unwell", "expected"),
    [
        (38.0, "no", {"E31": "DEFER"}),
        (37.9, "no", {}),
        (38.0, None, {"E31": "DEFER"}),
        (37.0, None, {"E31": "INCOMPLETE"}),
        (39.5, "unsure", {"E31": "DEFER"}),
    ],
)
def test_e31_temperature_counts_whatever_is_answered(
    temperature: float, unwell: str | None, expected: dict[str, str]
) -> None:
    assert said({"temp_today_c": temperature, "fever_or_unwell": unwell}) == expected


def test_e31_a_temperature_takes_the_date_away() -> None:
    answers = {"fever_or_unwell": "recovered", "well_since": ago(1), "temp_today_c": 38.4}
    assert said(answers) == {"E31": "DEFER"}


@pytest.mark.parametrize(
    ("answer", "expected"), [("yes", "ABSOLUTE"), ("unsure", "REVIEW"), ("no", None), (None, "INCOMPLETE")]
)
def test_e33_closes_with_radiofrequency(answer: str | None, expected: str | None) -> None:
    assert said({"implanted_device": answer}, planned={"radiofrequency": True}).get("E33") == expected


@pytest.mark.parametrize(
    ("medicines", "expected"),
    [
        ([], {}),
        (["topical_minoxidil", "other"], {}),
        (["finasteride"], {"E42": "CAUTION"}),
        (["dutasteride"], {"E42": "CAUTION"}),
        (["other", "oral_minoxidil"], {"E42": "CAUTION"}),
    ],
)
def test_e42_medicines_by_mouth(medicines: list[str], expected: dict[str, str]) -> None:
    assert said({"hair_medicines": medicines}) == expected
