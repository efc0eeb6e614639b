"""Which rules a change of answers speaks about: a clearance counts only while the patient's state is the one it was given for (SCHEMA 2.2)."""

from collections.abc import Mapping
from typing import Any

from patients.rules.simple import FIRST_RULE
from patients.rules.vocabulary import LEADS

# Read by further rules than the first one named in their row (SCHEMA 2.3).
_MORE: dict[str, tuple[str, ...]] = {
    "keloid": ("E04b",), "blood_thinner": ("E07b", "E45"), "bleeding_disorder": ("E08b",), "diagnosis": ("E18", "E19"),
    "platelets_10e9_l": ("E08", "E44"), "cancer_history": ("E45",), "liver_disease": ("E45",), "prp_condition": ("E44",),
}  # fmt: skip
# Read anew on each day by the rule itself: a newer INR is not another state (SCHEMA 2.5).
_READ_ANEW = frozenset({"inr", "inr_on"})


def amended(answers: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The answers with these changes. Details of a changed answer go with the old one, unless they are named too."""
    return {key: value for key, value in answers.items() if LEADS.get(key) not in changes} | dict(changes)


def rules_touched(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """Rules whose answers differ between two sets of answers. Absent and blank are the same as each other, and nothing else."""
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} - _READ_ANEW
    leads = {LEADS.get(key, key) for key in changed}
    return {FIRST_RULE[lead] for lead in leads if lead in FIRST_RULE} | {rule for lead in leads for rule in _MORE.get(lead, ())}
