"""Every answer of the question table that decides by itself (docs/rules/eligibility.md, *The questions*)."""

from collections.abc import Mapping

import pytest

from patients.rules.simple import FIRST_RULE
from patients.rules.vocabulary import QUESTION_DATES, QUESTIONS
from tests.patients.screened import said

YES_REVIEW: Mapping[str, object] = {"no": {}, "yes": "REVIEW", "unsure": "REVIEW"}
YES_CAUTION: Mapping[str, object] = {"no": {}, "yes": "CAUTION", "unsure": "REVIEW"}

# question → (rule that a blank speaks about, answer → expected). A bare class belongs to that rule.
TABLE: dict[str, tuple[str, Mapping[str, object]]] = {
    "scalp_infection": (
        "E01",
        {"none": {}, "active": "DEFER", "on_treatment": "DEFER", "resolved": "INCOMPLETE", "unsure": "REVIEW"},
    ),
    "psoriasis": (
        "E02",
        {
            "never": {},
            "history_clear": "REVIEW",
            "active_elsewhere": "REVIEW",
            "active_scalp": "DEFER",
            "scalp_cleared": "INCOMPLETE",
            "unsure": "REVIEW",
        },
    ),
    "eczema": (
        "E03",
        {
            "never": {},
            "history_clear": "REVIEW",
            "active_elsewhere": "REVIEW",
            "active_scalp": "DEFER",
            "scalp_cleared": "INCOMPLETE",
            "unsure": "REVIEW",
        },
    ),
    "keloid": (
        "E04",
        {"never": {}, "personal": "ABSOLUTE", "unsure": "REVIEW", "family_only": {"E04b": "CAUTION"}},
    ),
    "raised_scar": ("E04b", YES_REVIEW),
    "pregnancy": (
        "E05",
        {"no": {}, "yes": "DEFER", "possible": "DEFER", "prefer_not_to_say": "INCOMPLETE"},
    ),
    "trying_to_conceive": ("E05b", YES_CAUTION),
    "breastfeeding": ("E06", {"no": {}, "yes": "DEFER", "unsure": "REVIEW"}),
    "blood_thinner": (
        "E07",
        {
            "none": {},
            "aspirin_low_dose_only": {"E07b": "REVIEW"},
            "aspirin_high_dose": "REVIEW",
            "warfarin": "REVIEW",
            "doac": "REVIEW",
            "antiplatelet": "REVIEW",
            "heparin": "REVIEW",
            "two_or_more": "REVIEW",
            "other": "REVIEW",
            "unsure": "REVIEW",
        },
    ),
    "nsaid_or_supplement_7d": (
        "E07c",
        {"no": {}, "nsaid": "CAUTION", "supplement": "CAUTION", "both": "CAUTION", "unsure": "REVIEW"},
    ),
    "bleeding_disorder": (
        "E08",
        {
            "none": {},
            "diagnosed": "ABSOLUTE",
            "unexplained_bruising": {"E08b": "REVIEW"},
            "unsure": {"E08b": "REVIEW"},
        },
    ),
    "isotretinoin": ("E09", {"never": {}, "current": "DEFER", "stopped": "INCOMPLETE", "unsure": "REVIEW"}),
    "immune_suppression": ("E10", YES_REVIEW),
    "chemo_radiotherapy": ("E11", {"none": {}, "current": "DEFER", "past": "INCOMPLETE", "unsure": "REVIEW"}),
    "head_radiotherapy_ever": ("E11", YES_REVIEW),
    "systemic_steroid": ("E12", {"no": {}, "current": "INCOMPLETE", "stopped": {}, "unsure": "REVIEW"}),
    "diabetes": ("E13", YES_REVIEW),
    "poor_healing": (
        "E14",
        {"no": {}, "slow_healing": "REVIEW", "connective_tissue": "REVIEW", "unsure": "REVIEW"},
    ),
    "scalp_wound": (
        "E15",
        {"none": {}, "open_wound": "DEFER", "irritated": "DEFER", "sunburn": "DEFER", "unsure": "REVIEW"},
    ),
    "herpes": ("E16", {"never": {}, "active": "DEFER", "past": "CAUTION", "unsure": "REVIEW"}),
    "head_skin_cancer": (
        "E17",
        {
            "none": {},
            "current": "ABSOLUTE",
            "undiagnosed_spot": "DEFER",
            "past": "REVIEW",
            "actinic_keratosis": "REVIEW",
            "unsure": "REVIEW",
        },
    ),
    "scarring_alopecia": (
        "E18",
        {"none": {}, "suspected": "DEFER", "active": "DEFER", "inactive": "INCOMPLETE", "unsure": "REVIEW"},
    ),
    "alopecia_areata": ("E19", YES_REVIEW),
    "sudden_or_undiagnosed_loss": ("E20", YES_REVIEW),
    "diagnosis": (
        "E20",
        {
            "androgenetic_alopecia": {},
            "alopecia_areata": {"E19": "REVIEW"},
            "telogen_effluvium": {},
            "traction_alopecia": {},
            "scarring_alopecia": {"E18": "DEFER"},
            "other": {},
            "undiagnosed": "REVIEW",
        },
    ),
    "telogen_trigger": ("E21", YES_CAUTION),
    "koebner_disease": ("E22", YES_REVIEW),
    "seborrhoeic_dermatitis": ("E23", {"none": {}, "mild": "CAUTION", "inflamed": "DEFER", "unsure": "REVIEW"}),
    "metal_allergy": (
        "E24",
        {
            "none": {},
            "stainless_steel": "ABSOLUTE",
            "nickel": "REVIEW",
            "other_metal": "REVIEW",
            "unsure": "REVIEW",
        },
    ),
    "scalp_surgery": ("E26", {"no": {}, "yes": "INCOMPLETE", "unsure": "REVIEW"}),
    "fitzpatrick": ("E29", {"I": {}, "II": {}, "III": {}, "IV": "CAUTION", "V": "CAUTION", "VI": "CAUTION"}),
    "post_inflammatory_marks": ("E29b", YES_REVIEW),
    "fever_or_unwell": ("E31", {"no": {}, "yes": "DEFER", "recovered": "INCOMPLETE", "unsure": "REVIEW"}),
    "heart_disease": (
        "E32",
        {
            "none": {},
            "heart_disease": "REVIEW",
            "low_bp": "REVIEW",
            "uncontrolled_high_bp": "REVIEW",
            "controlled_high_bp": {},
            "unsure": "REVIEW",
        },
    ),
    "implanted_device": ("E33", YES_CAUTION),
    "fainting_seizures": ("E34", YES_CAUTION),
    "expectation_or_distress": ("E35", YES_REVIEW),
    "consent": ("E36", {"yes": {}, "no": "ABSOLUTE", "unsure": "REVIEW"}),
    "home_roller": ("E37", {"no": {}, "yes": "INCOMPLETE", "unsure": "REVIEW"}),
    "photosensitiser_or_tan": ("E38", YES_CAUTION),
    "smoking": ("E39", YES_CAUTION),
    "heavy_alcohol": ("E39", YES_CAUTION),
    "lesion_or_tattoo_in_zone": ("E40", YES_CAUTION),
    "earlier_bad_reaction": ("E41", YES_REVIEW),
    "prp_condition": (
        "E44",
        {"none": {}, "platelet_dysfunction": {}, "sepsis": {}, "haemodynamic_instability": {}, "unsure": {}},
    ),
    "cancer_history": ("E45", {"no": {}, "yes": {}, "unsure": {}}),
    "liver_disease": ("E45", {"no": {}, "yes": {}, "unsure": {}}),
}
LISTS_AND_DATES = {
    "delivered_on": "E05b",
    "allergies": "E25",
    "other_scalp_procedures": "E27",
    "scalp_retinoid_acid_on": "E28",
    "scalp_dye_on": "E28",
    "hair_medicines": "E42",
}
ANSWERS = [
    (question, answer, row[0], expected) for question, row in TABLE.items() for answer, expected in row[1].items()
]


@pytest.mark.parametrize(("question", "answer", "rule", "expected"), ANSWERS)
def test_an_answer_alone(question: str, answer: str, rule: str, expected: object) -> None:
    assert said({question: answer}) == ({rule: expected} if isinstance(expected, str) else expected)


@pytest.mark.parametrize(
    "question", [name for name in TABLE if name not in ("prp_condition", "cancer_history", "liver_disease")]
)
def test_a_blank_answer_is_incomplete(question: str) -> None:
    assert said({question: None}) == {TABLE[question][0]: "INCOMPLETE"}


@pytest.mark.parametrize(("question", "rule"), LISTS_AND_DATES.items())
def test_a_blank_list_or_date_is_incomplete(question: str, rule: str) -> None:
    assert said({question: None}) == {rule: "INCOMPLETE"}


@pytest.mark.parametrize("question", ["prp_condition", "cancer_history", "liver_disease"])
def test_blank_prp_questions_are_silent_when_no_prp_is_planned(question: str) -> None:
    assert said({question: None}) == {}


def test_absent_answers_mean_no_and_never() -> None:
    assert said({}) == {}


class TestPregnancyMayBeAbsentOnlyForMen:
    @pytest.mark.parametrize("sex", ["female", "other", "unknown"])
    def test_absent_is_incomplete(self, sex: str) -> None:
        assert said({}, sex=sex) == {"E05": "INCOMPLETE"}

    def test_absent_is_no_for_a_man(self) -> None:
        assert said({}, sex="male") == {}

    @pytest.mark.parametrize("sex", ["male", "female", "other", "unknown"])
    def test_an_answer_counts_whatever_the_sex(self, sex: str) -> None:
        assert said({"pregnancy": "possible"}, sex=sex) == {"E05": "DEFER"}
        assert said({"pregnancy": "no"}, sex=sex) == {}

    def test_the_due_date_is_no_lift_date_and_may_lie_ahead(self) -> None:
        assert said({"pregnancy": "yes", "pregnancy_due_on": "2026-08-30"}) == {"E05": "DEFER"}


def test_the_text_keys_are_read_by_no_rule() -> None:
    texts = {"infection_type": "boils", "scalp_infection": "unsure", "free_text": "nervous about needles"}
    assert said(texts) == {"E01": "REVIEW"}


def test_every_question_has_a_rule_that_a_blank_speaks_about() -> None:
    prp = {"prp_condition", "cancer_history", "liver_disease"}
    assert set(QUESTIONS) | set(QUESTION_DATES) <= set(FIRST_RULE) | prp
    assert set(TABLE) == set(QUESTIONS)
