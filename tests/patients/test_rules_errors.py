"""Bad input is named by its path and never judged (docs/rules/eligibility.md, *Bad input*)."""

from typing import Any

import pytest

from tests.patients.screened import ago, asked, bad_paths, cleared, said

LEADS = {
    "infection_type": ("scalp_infection", "boils"),
    "infection_lesions_healed_on": ("scalp_infection", ago(30)),
    "infection_treatment_ended_on": ("scalp_infection", ago(30)),
    "psoriasis_scalp_clear_since": ("psoriasis", ago(30)),
    "eczema_scalp_clear_since": ("eczema", ago(30)),
    "psoriasis_treatment": ("psoriasis", "cream"),
    "eczema_treatment": ("eczema", "cream"),
    "keloid_site": ("keloid", "ear"),
    "pregnancy_due_on": ("pregnancy", "2026-08-01"),
    "aspirin_mg_per_day": ("blood_thinner", 75),
    "blood_thinner_name": ("blood_thinner", "apixaban"),
    "inr": ("blood_thinner", 2.5),
    "inr_on": ("blood_thinner", ago(3)),
    "isotretinoin_stopped_on": ("isotretinoin", ago(30)),
    "chemo_radiotherapy_ended_on": ("chemo_radiotherapy", ago(30)),
    "systemic_steroid_mg_per_day": ("systemic_steroid", 10),
    "systemic_steroid_weeks": ("systemic_steroid", 2),
    "systemic_steroid_stopped_on": ("systemic_steroid", ago(30)),
    "hba1c_percent": ("diabetes", 7.0),
    "hba1c_on": ("diabetes", ago(30)),
    "diabetes_slow_healing": ("diabetes", "no"),
    "sunburn_on": ("scalp_wound", ago(30)),
    "herpes_last_episode_on": ("herpes", ago(30)),
    "scarring_last_active_on": ("scarring_alopecia", ago(30)),
    "telogen_trigger_on": ("telogen_trigger", ago(30)),
    "koebner_last_active_on": ("koebner_disease", ago(30)),
    "scalp_surgery_on": ("scalp_surgery", ago(30)),
    "well_since": ("fever_or_unwell", ago(30)),
    "home_roller_last_used_on": ("home_roller", ago(30)),
    "home_roller_mm": ("home_roller", 0.5),
}
DENIAL = {
    "scalp_infection": "none", "psoriasis": "never", "eczema": "never", "keloid": "never", "pregnancy": "no",
    "blood_thinner": "none", "isotretinoin": "never", "chemo_radiotherapy": "none", "systemic_steroid": "no",
    "diabetes": "no", "scalp_wound": "none", "herpes": "never", "scarring_alopecia": "none",
    "telogen_trigger": "no", "koebner_disease": "no", "scalp_surgery": "no", "fever_or_unwell": "no",
    "home_roller": "no",
}  # fmt: skip
OTHER_ANSWER = {
    "psoriasis": "history_clear",
    "eczema": "history_clear",
    "pregnancy": "possible",
    "keloid": "family_only",
}


class TestADetailBelongsToItsLead:
    @pytest.mark.parametrize("detail", LEADS)
    def test_without_the_lead(self, detail: str) -> None:
        assert bad_paths(asked({detail: LEADS[detail][1]})) == [f"answers.{detail}"]

    @pytest.mark.parametrize("detail", LEADS)
    def test_against_the_lead(self, detail: str) -> None:
        lead, value = LEADS[detail]
        assert bad_paths(asked({detail: value, lead: DENIAL[lead]})) == [f"answers.{detail}"]

    @pytest.mark.parametrize("detail", LEADS)
    def test_is_accepted_with_any_other_answer(self, detail: str) -> None:
        lead, value = LEADS[detail]
        said({detail: value, lead: OTHER_ANSWER.get(lead, "unsure")})

    @pytest.mark.parametrize("detail", LEADS)
    def test_is_accepted_with_a_blank_lead(self, detail: str) -> None:
        lead, value = LEADS[detail]
        assert set(said({detail: value, lead: None}).values()) == {"INCOMPLETE"}

    @pytest.mark.parametrize("detail", LEADS)
    def test_blank_is_absent(self, detail: str) -> None:
        assert said({detail: None}) == {}
        assert said({detail: None, LEADS[detail][0]: DENIAL[LEADS[detail][0]]}) == {}

    def test_a_malformed_lead_is_the_only_error(self) -> None:
        assert bad_paths(asked({"inr": 2.5, "blood_thinner": "Warfarin"})) == ["answers.blood_thinner"]

    def test_a_malformed_detail_against_its_lead_is_named_once(self) -> None:
        assert bad_paths(asked({"inr": "2.5", "blood_thinner": "none"})) == ["answers.inr"]


class TestRanges:
    @pytest.mark.parametrize(
        ("key", "least", "most"),
        [
            ("aspirin_mg_per_day", 1, 4000),
            ("inr", 0.5, 20),
            ("systemic_steroid_mg_per_day", 0.1, 200),
            ("systemic_steroid_weeks", 0, 2000),
            ("hba1c_percent", 3.0, 20.0),
            ("home_roller_mm", 0.1, 3.0),
            ("temp_today_c", 34.0, 43.0),
            ("platelets_10e9_l", 1, 2000),
            ("hb_g_dl", 3.0, 25.0),
        ],
    )
    def test_both_ends_are_inside(self, key: str, least: float, most: float) -> None:
        lead = {LEADS[key][0]: "unsure"} if key in LEADS else {}
        said({key: least, **lead})
        said({key: most, **lead})
        for outside in (least - 0.001, most + 0.001, -1, 10**6, 10**5000, float("nan"), float("inf")):
            assert bad_paths(asked({key: outside, **lead})) == [f"answers.{key}"]

    @pytest.mark.parametrize("value", ["38", True, False, [38], {"c": 38}])
    def test_a_number_is_a_number(self, value: object) -> None:
        assert bad_paths(asked({"temp_today_c": value})) == ["answers.temp_today_c"]


class TestDates:
    @pytest.mark.parametrize(
        "value",
        [
            "2025-02-29", "2025-13-01", "2025-00-10", "2025-1-1", "20250101", "2025-01-01T00:00", "01-02-2025", "",
            " 2025-01-01", "2025-01-01\n", "1899-12-31", "2101-01-01", "٢٠٢٥-٠١-٠١", 20250101, True, [], {},
        ],
    )  # fmt: skip
    def test_must_be_real_and_spelled_exactly(self, value: object) -> None:
        assert bad_paths(asked({"scalp_dye_on": value})) == ["answers.scalp_dye_on"]
        assert bad_paths(asked({}, birthDate=value)) == ["birthDate"]
        assert bad_paths(asked({}, asOf=value)) == ["asOf"]

    def test_29_february_of_a_leap_year_is_real(self) -> None:
        assert said({"scalp_dye_on": "2024-02-29"}) == {}

    @pytest.mark.parametrize(
        "key",
        [
            *(key for key in LEADS if key.endswith(("_on", "_since")) and key != "pregnancy_due_on"),
            "delivered_on", "scalp_retinoid_acid_on", "scalp_dye_on", "nsaid_last_taken_on", "last_fever_on",
            "local_steroid_injection_on",
        ],
    )  # fmt: skip
    def test_lie_between_birth_and_the_day_of_the_answer(self, key: str) -> None:
        lead = {LEADS[key][0]: OTHER_ANSWER.get(LEADS[key][0], "unsure")} if key in LEADS else {}
        for good in ("1985-06-10", "2026-03-02"):
            said({key: good, **lead})
        for bad in ("1985-06-09", "2026-03-03"):
            assert bad_paths(asked({key: bad, **lead})) == [f"answers.{key}"]

    def test_a_procedure_lies_between_them_too(self) -> None:
        for bad in ("1985-06-09", "2026-03-03"):
            answers = {"other_scalp_procedures": [{"kind": "laser", "on": ago(1)}, {"kind": "peel", "on": bad}]}
            assert bad_paths(asked(answers)) == ["answers.other_scalp_procedures[1].on"]

    def test_the_path_keeps_the_position_after_a_bad_entry(self) -> None:
        answers = {"other_scalp_procedures": ["laser", {"kind": "peel", "on": "2026-03-03"}]}
        assert bad_paths(asked(answers)) == [
            "answers.other_scalp_procedures[0]",
            "answers.other_scalp_procedures[1].on",
        ]

    def test_the_due_date_may_lie_anywhere(self) -> None:
        assert said({"pregnancy": "yes", "pregnancy_due_on": "2026-12-01"}) == {"E05": "DEFER"}

    def test_order_is_not_checked_against_a_malformed_date(self) -> None:
        assert bad_paths(asked({"scalp_dye_on": "2027-01-01"}, asOf="soon")) == ["asOf"]
        assert bad_paths(asked({"scalp_dye_on": "1950-01-01"}, birthDate=None)) == ["birthDate"]

    def test_born_on_the_day_of_the_answer_is_young_but_no_error(self) -> None:
        assert said({}, birthDate="2026-03-02") == {"E30": "ABSOLUTE 2044-03-02"}

    def test_birth_after_the_day_of_the_answer(self) -> None:
        assert bad_paths(asked({}, birthDate="2026-03-03")) == ["birthDate"]

    def test_an_age_over_120(self) -> None:
        assert said({}, birthDate="1905-03-03") == {}
        assert bad_paths(asked({}, birthDate="1905-03-02")) == ["birthDate"]


class TestTheWhole:
    @pytest.mark.parametrize("data", [None, [], "x", 3, True, 1.5, float("nan")])
    def test_must_be_an_object(self, data: object) -> None:
        assert bad_paths(data) == [""]

    def test_names_every_missing_key(self) -> None:
        assert bad_paths({}) == ["answers", "asOf", "birthDate", "sex"]

    @pytest.mark.parametrize("key", ["asOf", "birthDate", "sex", "answers", "clearances", "planned"])
    @pytest.mark.parametrize("value", [None, 0, "?", False])
    def test_null_and_wrong_types(self, key: str, value: object) -> None:
        assert bad_paths(asked({}) | {key: value}) == [key]

    def test_a_wrong_container_is_not_looked_into(self) -> None:
        data = asked({}) | {"answers": [{"keloyd": 1}], "planned": [1], "clearances": {"rule": "E99"}}
        assert bad_paths(data) == ["answers", "clearances", "planned"]

    def test_unknown_keys_at_every_level(self) -> None:
        data = asked(
            {"keloyd": "never", "allergies": [{"substance": "latex", "when": "ever"}]},
            today="2026-03-02",
            planned={"laser": True},
            clearances=[cleared("E10")[0] | {"note": "ok"}],
        )
        assert bad_paths(data) == [
            "answers.allergies[0].when",
            "answers.keloyd",
            "clearances[0].note",
            "planned.laser",
            "today",
        ]

    @pytest.mark.parametrize("sex", ["Male", "m", "", "intersex", 1])
    def test_sex_is_one_of_four_words(self, sex: object) -> None:
        assert bad_paths(asked({}, sex=sex)) == ["sex"]

    @pytest.mark.parametrize("value", [None, "true", 1, 0])
    def test_planned_is_yes_or_no(self, value: object) -> None:
        assert bad_paths(asked({}, planned={"prp": value, "radiofrequency": value})) == [
            "planned.prp",
            "planned.radiofrequency",
        ]


class TestClearances:
    @pytest.mark.parametrize("rule", ["E46", "E4", "e04", "E04c", "S01", "", None, 4])
    def test_speak_of_a_known_rule(self, rule: object) -> None:
        assert bad_paths(asked({}, clearances=[cleared("E10")[0] | {"rule": rule}])) == ["clearances[0].rule"]

    def test_are_not_dated_ahead(self) -> None:
        clearances = [*cleared("E10"), *cleared("E10", days_ago=-1)]
        assert bad_paths(asked({}, clearances=clearances)) == ["clearances[1].date"]

    def test_may_be_older_than_the_patient(self) -> None:
        assert said({}, clearances=[{"rule": "E10", "by": "Dr Osei", "date": "1950-01-01"}]) == {}

    def test_need_all_three_keys(self) -> None:
        assert bad_paths(asked({}, clearances=[{}, 1])) == [
            "clearances[0].by",
            "clearances[0].date",
            "clearances[0].rule",
            "clearances[1]",
        ]

    @pytest.mark.parametrize("name", ["", "   ", "\u2003\u00a0", "x" * 501, None, 7])
    def test_name_the_clinician(self, name: object) -> None:
        assert bad_paths(asked({}, clearances=[cleared("E10")[0] | {"by": name}])) == ["clearances[0].by"]


class TestLists:
    @pytest.mark.parametrize("entry", [{}, {"substance": None}, {"substance": "dust"}, {"name": "x"}])
    def test_an_allergy_names_its_substance(self, entry: dict[str, Any]) -> None:
        assert bad_paths(asked({"allergies": [entry]})) == ["answers.allergies[0].substance"]

    @pytest.mark.parametrize("value", [None, "yes", 1])
    def test_anaphylaxis_is_yes_or_no(self, value: object) -> None:
        answers = {"allergies": [{"substance": "latex", "anaphylaxis": value}]}
        assert bad_paths(asked(answers)) == ["answers.allergies[0].anaphylaxis"]

    def test_a_procedure_needs_kind_and_date(self) -> None:
        assert bad_paths(asked({"other_scalp_procedures": [{}]})) == [
            "answers.other_scalp_procedures[0].kind",
            "answers.other_scalp_procedures[0].on",
        ]

    def test_hair_medicines_stand_once(self) -> None:
        answers = {"hair_medicines": ["other", "finasteride", "other", "other"]}
        assert bad_paths(asked(answers)) == ["answers.hair_medicines[2]", "answers.hair_medicines[3]"]

    def test_the_same_allergy_may_stand_twice(self) -> None:
        assert said({"allergies": [{"substance": "latex"}, {"substance": "latex"}]}) == {"E25": "CAUTION"}


class TestText:
    @pytest.mark.parametrize("value", ["x", " x ", "x" * 500, "  " + "x" * 500 + "\u3000", "\U0001f9d1" * 500])
    def test_of_1_to_500_code_points_after_trimming(self, value: str) -> None:
        assert said({"free_text": value}) == {}

    @pytest.mark.parametrize("value", ["", " \t\n", "x" * 501, "\U0001f9d1" * 501, 5, ["x"]])
    def test_of_no_other_length(self, value: object) -> None:
        assert bad_paths(asked({"free_text": value})) == ["answers.free_text"]
