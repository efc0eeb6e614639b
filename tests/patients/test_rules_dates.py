"""Waiting times: the day before, the day itself, the day after (docs/rules/eligibility.md, *Waiting times*)."""

from typing import Any

import pytest

from tests.patients.screened import ago, said

DEFER_TO_TOMORROW = "DEFER 2026-03-03"


@pytest.mark.parametrize(
    ("healed", "ended", "expected"),
    [
        (14, 14, "CAUTION"),
        (13, 14, DEFER_TO_TOMORROW),
        (14, 13, DEFER_TO_TOMORROW),
        (15, 400, "CAUTION"),
        (0, 0, "DEFER 2026-03-16"),
        (14, None, "INCOMPLETE"),
        (None, 14, "INCOMPLETE"),
    ],
)
def test_e01_waits_14_full_days_after_the_later_date(healed: int | None, ended: int | None, expected: str) -> None:
    answers = {
        "scalp_infection": "resolved",
        "infection_lesions_healed_on": None if healed is None else ago(healed),
        "infection_treatment_ended_on": None if ended is None else ago(ended),
    }
    assert said(answers) == {"E01": expected}


@pytest.mark.parametrize(("disease", "rule"), [("psoriasis", "E02"), ("eczema", "E03")])
@pytest.mark.parametrize(("days", "expected"), [(27, DEFER_TO_TOMORROW), (28, "REVIEW"), (29, "REVIEW")])
def test_e02_e03_wait_28_days_with_a_clear_scalp(disease: str, rule: str, days: int, expected: str) -> None:
    assert said({disease: "scalp_cleared", f"{disease}_scalp_clear_since": ago(days)}) == {rule: expected}


@pytest.mark.parametrize(
    ("delivered", "expected"),
    [("2025-09-01", {}), ("2025-09-02", {}), ("2025-09-03", {"E05b": "CAUTION"}), ("2026-03-02", {"E05b": "CAUTION"})],
)
def test_e05b_is_over_six_months_after_the_birth(delivered: str, expected: dict[str, str]) -> None:
    assert said({"delivered_on": delivered}) == expected


@pytest.mark.parametrize(("days", "expected"), [(0, "CAUTION"), (7, "CAUTION"), (8, None)])
def test_e07c_counts_7_days_inclusive_whatever_the_question_says(days: int, expected: str | None) -> None:
    found = said({"nsaid_last_taken_on": ago(days), "nsaid_or_supplement_7d": "no"})
    assert found.get("E07c") == expected


MONTHS = [
    # question, answer, date key, rule, months, afterwards
    ("isotretinoin", "stopped", "isotretinoin_stopped_on", "E09", "2025-09-02", None),
    ("chemo_radiotherapy", "past", "chemo_radiotherapy_ended_on", "E11", "2025-09-02", "REVIEW"),
    ("scarring_alopecia", "inactive", "scarring_last_active_on", "E18", "2025-03-02", "REVIEW"),
    ("scalp_surgery", "yes", "scalp_surgery_on", "E26", "2025-09-02", "REVIEW"),
]


@pytest.mark.parametrize(("question", "answer", "key", "rule", "over_today", "afterwards"), MONTHS)
def test_month_waits_are_over_on_the_day(
    question: str, answer: str, key: str, rule: str, over_today: str, afterwards: str | None
) -> None:
    year, month, _ = over_today.split("-")
    assert said({question: answer, key: f"{year}-{month}-03"}).get(rule) == DEFER_TO_TOMORROW
    assert said({question: answer, key: over_today}).get(rule) == afterwards
    assert said({question: answer, key: f"{year}-{month}-01"}).get(rule) == afterwards


@pytest.mark.parametrize(
    ("stopped", "as_of", "expected"),
    [
        ("2025-08-31", "2026-02-27", {"E09": "DEFER 2026-02-28"}),
        ("2025-08-31", "2026-02-28", {}),
        ("2023-08-31", "2024-02-28", {"E09": "DEFER 2024-02-29"}),
        ("2023-08-31", "2024-02-29", {}),
        ("2025-03-31", "2025-09-29", {"E09": "DEFER 2025-09-30"}),
        ("2025-03-31", "2025-09-30", {}),
    ],
)
def test_a_month_sum_ends_on_the_last_day_of_a_shorter_month(
    stopped: str, as_of: str, expected: dict[str, str]
) -> None:
    assert said({"isotretinoin": "stopped", "isotretinoin_stopped_on": stopped}, asOf=as_of) == expected


@pytest.mark.parametrize(("on", "expected"), [("2025-03-03", "REVIEW"), ("2025-03-02", None), ("2025-03-01", None)])
def test_e26_is_silent_from_twelve_months(on: str, expected: str | None) -> None:
    assert said({"scalp_surgery": "yes", "scalp_surgery_on": on}).get("E26") == expected


@pytest.mark.parametrize(
    ("days", "expected"), [(0, "DEFER 2026-03-16"), (13, DEFER_TO_TOMORROW), (14, None), (15, None)]
)
def test_e15_sunburn_waits_14_days_and_then_leaves_nothing(days: int, expected: str | None) -> None:
    assert said({"scalp_wound": "sunburn", "sunburn_on": ago(days)}).get("E15") == expected


@pytest.mark.parametrize(
    ("on", "expected"),
    [(None, "CAUTION"), ("2025-09-03", "CAUTION"), ("2025-09-02", None), ("2025-09-01", None)],
)
def test_e21_counts_six_months_where_the_date_is_known(on: str | None, expected: str | None) -> None:
    assert said({"telogen_trigger": "yes", "telogen_trigger_on": on}).get("E21") == expected


def test_e21_unsure_is_reviewed_however_long_ago() -> None:
    assert said({"telogen_trigger": "unsure", "telogen_trigger_on": "2020-01-01"}) == {"E21": "REVIEW"}


class TestE27OtherProcedures:
    @pytest.mark.parametrize(
        "kind", ["needling", "prp", "mesotherapy", "laser", "radiofrequency", "peel", "steroid_injection"]
    )
    def test_28_days(self, kind: str) -> None:
        assert said({"other_scalp_procedures": [{"kind": kind, "on": ago(27)}]}) == {"E27": DEFER_TO_TOMORROW}
        assert said({"other_scalp_procedures": [{"kind": kind, "on": ago(28)}]}) == {}

    def test_botulinum_toxin_14_days(self) -> None:
        assert said({"other_scalp_procedures": [{"kind": "botulinum_toxin", "on": ago(13)}]}) == {
            "E27": DEFER_TO_TOMORROW
        }
        assert said({"other_scalp_procedures": [{"kind": "botulinum_toxin", "on": ago(14)}]}) == {}

    def test_the_latest_end_counts_not_the_latest_treatment(self) -> None:
        items = [{"kind": "laser", "on": ago(20)}, {"kind": "botulinum_toxin", "on": ago(1)}]
        assert said({"other_scalp_procedures": items}) == {"E27": "DEFER 2026-03-15"}

    def test_an_empty_list_is_none(self) -> None:
        assert said({"other_scalp_procedures": []}) == {}


@pytest.mark.parametrize(
    ("key", "days", "expected"),
    [
        ("scalp_retinoid_acid_on", 0, {"E28": DEFER_TO_TOMORROW}),
        ("scalp_retinoid_acid_on", 1, {"E28": "CAUTION"}),
        ("scalp_retinoid_acid_on", 2, {}),
        ("scalp_dye_on", 0, {"E28": "CAUTION"}),
        ("scalp_dye_on", 2, {"E28": "CAUTION"}),
        ("scalp_dye_on", 3, {}),
    ],
)
def test_e28_products_on_the_scalp(key: str, days: int, expected: dict[str, str]) -> None:
    assert said({key: ago(days)}) == expected


@pytest.mark.parametrize(("since", "expected"), [(0, "DEFER 2026-03-04"), (1, DEFER_TO_TOMORROW), (2, None), (3, None)])
def test_e31_needs_two_days_well(since: int, expected: str | None) -> None:
    assert said({"fever_or_unwell": "recovered", "well_since": ago(since)}).get("E31") == expected


@pytest.mark.parametrize(
    ("used", "expected"), [(0, "DEFER 2026-03-09"), (6, DEFER_TO_TOMORROW), (7, "CAUTION"), (400, "CAUTION")]
)
def test_e37_waits_to_day_7_and_stays_a_caution(used: int, expected: str) -> None:
    answers: dict[str, Any] = {"home_roller": "yes", "home_roller_last_used_on": ago(used), "home_roller_mm": 0.5}
    assert said(answers) == {"E37": expected}


class TestE30Age:
    @pytest.mark.parametrize(
        ("birth", "expected"),
        [
            ("2008-03-03", {"E30": "ABSOLUTE 2026-03-03"}),
            ("2008-03-02", {"E30b": "CAUTION"}),
            ("2004-03-03", {"E30b": "CAUTION"}),
            ("2004-03-02", {}),
            ("1906-03-02", {}),
        ],
    )
    def test_on_the_birthday(self, birth: str, expected: dict[str, str]) -> None:
        assert said({}, birthDate=birth) == expected

    @pytest.mark.parametrize(
        ("birth", "as_of", "expected"),
        [
            ("2008-02-29", "2026-02-28", {"E30": "ABSOLUTE 2026-03-01"}),
            ("2008-02-29", "2026-03-01", {"E30b": "CAUTION"}),
            ("2004-02-29", "2026-02-28", {"E30b": "CAUTION"}),
            ("2004-02-29", "2026-03-01", {}),
        ],
    )
    def test_born_on_29_february_an_age_is_reached_on_1_march(
        self, birth: str, as_of: str, expected: dict[str, str]
    ) -> None:
        assert said({}, birthDate=birth, asOf=as_of) == expected
