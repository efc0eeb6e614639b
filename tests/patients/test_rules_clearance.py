"""What a clearance does to every answer of the question table (docs/rules/eligibility.md, *Clearances*; SCHEMA 2.2)."""

import pytest

from patients.rules import RULE_IDS, eligibility
from tests.patients.screened import asked, cleared, said
from tests.patients.test_rules_answers import ANSWERS, LISTS_AND_DATES, TABLE

# A letter is not enough: warfarin needs a recent INR, a Koebner-prone disease twelve quiet months.
NEEDS_MORE = {("blood_thinner", "warfarin"), ("koebner_disease", "yes")}


def after_a_letter(question: str, answer: str, level: str) -> str:
    """The class with a valid clearance: REVIEW becomes CAUTION, and so does breastfeeding; nothing else moves."""
    if (question, answer) == ("breastfeeding", "yes"):
        return "CAUTION"
    return "CAUTION" if level == "REVIEW" and (question, answer) not in NEEDS_MORE else level


@pytest.mark.parametrize(("question", "answer", "rule", "expected"), ANSWERS)
def test_every_answer(question: str, answer: str, rule: str, expected: object) -> None:
    before = {rule: expected} if isinstance(expected, str) else expected
    assert isinstance(before, dict)
    after = {rule: after_a_letter(question, answer, level) for rule, level in before.items()}
    assert said({question: answer}, clearances=cleared(*RULE_IDS)) == after
    others = cleared(*(rule for rule in RULE_IDS if rule not in before))
    assert said({question: answer}, clearances=others) == before


@pytest.mark.parametrize("question", [*TABLE, *LISTS_AND_DATES])
def test_never_fills_a_blank(question: str) -> None:
    assert said({question: None}, clearances=cleared(*RULE_IDS)) == said({question: None})


@pytest.mark.parametrize(
    ("birth", "overall"), [("2012-01-01", "ABSOLUTE"), ("2006-01-01", "CAUTION"), ("1990-01-01", "CLEAR")]
)
def test_never_makes_anybody_older(birth: str, overall: str) -> None:
    assert eligibility(asked({}, birthDate=birth, clearances=cleared(*RULE_IDS)))["overall"] == overall
