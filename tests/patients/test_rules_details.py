"""A detail is read only with the answer that needs it (docs/rules/eligibility.md, *Values*; SCHEMA 2.5)."""

import pytest

from patients.rules import RULE_IDS
from patients.rules.vocabulary import QUESTIONS
from tests.patients.screened import ago, cleared, said, with_prp
from tests.patients.test_rules_errors import DENIAL, LEADS

# detail → the answers of its lead with which it is read
READ_WITH: dict[str, tuple[str, ...]] = {
    "infection_lesions_healed_on": ("resolved",),
    "infection_treatment_ended_on": ("resolved",),
    "psoriasis_scalp_clear_since": ("scalp_cleared",),
    "eczema_scalp_clear_since": ("scalp_cleared",),
    "aspirin_mg_per_day": ("aspirin_low_dose_only",),
    "inr": ("warfarin", "two_or_more"),
    "inr_on": ("warfarin", "two_or_more"),
    "isotretinoin_stopped_on": ("stopped",),
    "chemo_radiotherapy_ended_on": ("past",),
    "systemic_steroid_mg_per_day": ("current",),
    "systemic_steroid_weeks": ("current",),
    "systemic_steroid_stopped_on": ("stopped",),
    "hba1c_percent": ("yes",),
    "hba1c_on": ("yes",),
    "diabetes_slow_healing": ("yes",),
    "sunburn_on": ("sunburn",),
    "scarring_last_active_on": ("inactive",),
    "telogen_trigger_on": ("yes",),
    "koebner_last_active_on": ("yes",),
    "scalp_surgery_on": ("yes",),
    "well_since": ("recovered",),
    "home_roller_last_used_on": ("yes",),
}
# A value that would change the class if it were read.
STRONG = {"inr": 9.0, "aspirin_mg_per_day": 4000, "systemic_steroid_mg_per_day": 200, "systemic_steroid_weeks": 2000}
IGNORED = [
    (detail, answer)
    for detail, (lead, _) in LEADS.items()
    for answer in QUESTIONS[lead]
    if answer != DENIAL[lead] and answer not in READ_WITH.get(detail, ())
]


@pytest.mark.parametrize(("detail", "answer"), IGNORED)
def test_is_ignored_with_any_other_answer(detail: str, answer: str) -> None:
    lead, value = LEADS[detail]
    given = {lead: answer, detail: STRONG.get(detail, ago(1) if detail.endswith(("_on", "_since")) else value)}
    letters = cleared(*RULE_IDS)
    for clearances in ([], letters):
        assert said(given, clearances=clearances) == said({lead: answer}, clearances=clearances)
        assert with_prp(given, clearances=clearances) == with_prp({lead: answer}, clearances=clearances)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"scalp_infection": None, "infection_lesions_healed_on": ago(1)}, {"E01": "INCOMPLETE"}),
        ({"blood_thinner": None, "inr": 9.0}, {"E07": "INCOMPLETE"}),
        ({"isotretinoin": None, "isotretinoin_stopped_on": ago(1)}, {"E09": "INCOMPLETE"}),
        ({"diabetes": None, "diabetes_slow_healing": "yes"}, {"E13": "INCOMPLETE"}),
        ({"home_roller": None, "home_roller_last_used_on": ago(1)}, {"E37": "INCOMPLETE"}),
    ],
)
def test_is_ignored_with_a_blank_answer(answers: dict[str, object], expected: dict[str, str]) -> None:
    assert said(answers) == expected


@pytest.mark.parametrize("lead", sorted(DENIAL))
def test_a_denial_alone_says_nothing(lead: str) -> None:
    assert said({lead: DENIAL[lead]}) == {}
