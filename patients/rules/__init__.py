"""E-rules: may this patient be treated on that day? Pure."""

from patients.rules.eligibility import eligibility
from patients.rules.findings import DeskCode, DeskWord, desk_word_for, findings_for
from patients.rules.policy import DEFAULT, NUMBERS, EligibilityPolicy, policy_faults, policy_from
from patients.rules.texts import RULES, texts_for
from patients.rules.vocabulary import RANK, RULE_IDS, RULES_VERSION, Overall

__all__ = [
    "DEFAULT",
    "NUMBERS",
    "RANK",
    "RULES",
    "RULES_VERSION",
    "RULE_IDS",
    "DeskCode",
    "DeskWord",
    "EligibilityPolicy",
    "Overall",
    "desk_word_for",
    "eligibility",
    "findings_for",
    "policy_faults",
    "policy_from",
    "texts_for",
]
