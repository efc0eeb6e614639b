"""E-rules: may this patient be treated on that day? Pure."""

from patients.rules.eligibility import eligibility
from patients.rules.policy import DEFAULT, EligibilityPolicy
from patients.rules.vocabulary import RANK, RULE_IDS, RULES_VERSION, Overall

__all__ = ["DEFAULT", "RANK", "RULES_VERSION", "RULE_IDS", "EligibilityPolicy", "Overall", "eligibility"]
