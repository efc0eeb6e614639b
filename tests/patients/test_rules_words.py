"""The words of the rules, a clinic's own numbers, findings, and what the front desk reads."""

from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from patients.rules import (
    DEFAULT,
    NUMBERS,
    RULE_IDS,
    RULES,
    DeskCode,
    EligibilityPolicy,
    desk_word_for,
    eligibility,
    findings_for,
    policy_faults,
    policy_from,
    texts_for,
)
from tests.patients.screened import ago, asked


class TestTexts:
    def test_every_rule_has_one(self) -> None:
        assert list(RULES) == list(RULE_IDS)
        assert len(RULES) == 52

    @pytest.mark.parametrize("rule", RULE_IDS)
    def test_each_says_all_and_leaves_no_gap(self, rule: str) -> None:
        text = RULES[rule]
        parts = (text.title, text.words, text.threshold, text.lifts, text.source, text.question)
        assert all(parts)
        assert not [part for part in parts if "{" in part or "!" in part]
        assert text.id == rule

    @pytest.mark.parametrize("rule", RULE_IDS)
    def test_a_source_with_p_is_marked_as_proposed(self, rule: str) -> None:
        words = RULES[rule].source.replace(";", " ").split()
        assert RULES[rule].proposed == ("P" in words)

    @pytest.mark.parametrize("rule", ["E07", "E07b"])
    def test_nobody_is_told_to_stop_a_blood_thinner(self, rule: str) -> None:
        assert "do not stop it" in RULES[rule].words
        assert "skip" not in RULES[rule].words

    def test_they_show_the_clinics_own_number(self) -> None:
        own = texts_for(EligibilityPolicy(isotretinoin_months=3))
        assert own["E09"].threshold.startswith("3 calendar months")
        assert RULES["E09"].threshold.startswith("6 calendar months")


class TestPolicy:
    def test_each_number_has_words_and_holds_its_default(self) -> None:
        assert [*NUMBERS, "words", "version"] == [row.name for row in fields(EligibilityPolicy)]
        for number in NUMBERS.values():
            assert number.words
            assert number.least <= number.default <= number.most

    def test_no_values_are_the_defaults(self) -> None:
        assert policy_from({}) == DEFAULT

    def test_own_values_stand_over_the_defaults(self) -> None:
        assert policy_from({"dye_days": 5}).dye_days == 5

    @pytest.mark.parametrize("value", ["5", None, True, 2.5, -1, 99999, float("nan")])
    def test_days_are_whole_and_in_range(self, value: object) -> None:
        assert set(policy_faults({"dye_days": value})) == {"dye_days"}
        with pytest.raises(ValueError, match="dye_days"):
            policy_from({"dye_days": value})

    def test_unknown_numbers_are_named(self) -> None:
        assert policy_faults({"dye_weeks": 1, "inr_highest": 2.5}) == {"dye_weeks": "unknown number"}

    def test_nobody_may_open_it_for_minors(self) -> None:
        assert set(policy_faults({"adult_years": 17})) == {"adult_years"}


class TestFindings:
    def test_one_a_trigger_with_words_source_and_lift(self) -> None:
        result = eligibility(asked({"isotretinoin": "stopped", "isotretinoin_stopped_on": "2025-10-02"}))
        [finding] = findings_for(result)
        assert (finding.rule, finding.severity, finding.subject) == ("E09", "DEFER", "")
        assert finding.words.startswith("Isotretinoin")
        assert finding.lifts == "Over on 2 April 2026."
        assert finding.source == RULES["E09"].source

    def test_a_blank_shows_what_was_asked(self) -> None:
        [finding] = findings_for(eligibility(asked({"smoking": None})))
        assert RULES["E39"].question in finding.words
        assert finding.severity == "INCOMPLETE"

    def test_prp_is_the_subject(self) -> None:
        [finding] = findings_for(eligibility(asked({"hb_g_dl": 9}, planned={"prp": True})))
        assert finding.subject == "PRP"

    def test_they_show_the_clinics_own_number(self) -> None:
        own = EligibilityPolicy(inr_valid_days=4)
        [finding] = findings_for(eligibility(asked({"blood_thinner": "warfarin"}), own), own)
        assert "within 4 days" in finding.lifts

    def test_errors_have_none(self) -> None:
        assert findings_for(eligibility({})) == []


class TestDeskWord:
    @pytest.mark.parametrize(
        ("answers", "code"),
        [
            ({}, DeskCode.MAY_BOOK),
            ({"smoking": "yes"}, DeskCode.MAY_BOOK),
            ({"immune_suppression": "yes"}, DeskCode.CLINICIAN_REVIEW),
            ({"smoking": None}, DeskCode.FORMS_MISSING),
            ({"isotretinoin": "current"}, DeskCode.CLINICIAN_REVIEW),
            ({"keloid": "personal"}, DeskCode.NOT_POSSIBLE),
            ({"keloid": "personal", "scalp_wound": "sunburn", "sunburn_on": ago(1)}, DeskCode.NOT_POSSIBLE),
            ({"scalp_wound": "sunburn", "sunburn_on": ago(1), "isotretinoin": "current"}, DeskCode.CLINICIAN_REVIEW),
        ],
    )
    def test_follows_the_class(self, answers: dict[str, Any], code: DeskCode) -> None:
        word = desk_word_for(eligibility(asked(answers)))
        assert (word.code, word.not_before) == (code, None)

    def test_gives_the_latest_date(self) -> None:
        answers = {"scalp_wound": "sunburn", "sunburn_on": ago(1), "fever_or_unwell": "recovered", "well_since": ago(0)}
        word = desk_word_for(eligibility(asked(answers)))
        assert (word.code, word.not_before) == (DeskCode.NOT_BEFORE, date(2026, 3, 15))
        assert word.words == "Not before 15 March 2026"

    def test_gives_the_birthday(self) -> None:
        word = desk_word_for(eligibility(asked({}, birthDate="2008-05-01")))
        assert word.not_before == date(2026, 5, 1)

    def test_a_block_of_prp_takes_no_date_away(self) -> None:
        answers = {"scalp_wound": "sunburn", "sunburn_on": ago(1), "hb_g_dl": 9}
        word = desk_word_for(eligibility(asked(answers, planned={"prp": True})))
        assert word.not_before == date(2026, 3, 15)

    def test_a_block_of_prp_alone_does_not_stop_booking(self) -> None:
        word = desk_word_for(eligibility(asked({"hb_g_dl": 9}, planned={"prp": True})))
        assert word.code == DeskCode.MAY_BOOK

    @pytest.mark.parametrize("result", [None, {"errors": [{"path": "", "message": "x"}]}])
    def test_nothing_to_judge_means_forms_missing(self, result: dict[str, Any] | None) -> None:
        assert desk_word_for(result).code == DeskCode.FORMS_MISSING

    @pytest.mark.parametrize("rule", RULE_IDS)
    def test_never_gives_a_medical_reason(self, rule: str) -> None:
        for level in ("CAUTION", "REVIEW", "INCOMPLETE", "DEFER", "ABSOLUTE"):
            word = desk_word_for({"overall": level, "triggers": [{"rule": rule, "class": level, "lifts_on": None}]})
            assert rule not in word.words
            assert RULES[rule].title.lower() not in word.words.lower()
