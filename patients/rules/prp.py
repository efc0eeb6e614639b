"""E43–E45: only when platelet-rich plasma is planned; they stop the PRP, not the needling (SCHEMA 2.5)."""

from datetime import timedelta

from clinic.clock import add_months
from patients.rules.causes import ABSOLUTE, DEFER, INCOMPLETE, REVIEW, Cause, Causes
from patients.rules.policy import EligibilityPolicy
from patients.rules.reading import Facts

PRP = "PRP"


def causes(facts: Facts, policy: EligibilityPolicy) -> Causes:
    """All PRP rows; nothing if none is planned."""
    if facts.prp:
        yield from _medicines(facts, policy)
        yield from _steroid_injections(facts, policy)
        yield from _laboratory(facts, policy)
        yield from _history(facts)


def _medicines(facts: Facts, policy: EligibilityPolicy) -> Causes:
    taken = facts.get("nsaid_last_taken_on")
    if taken is None and facts.get("nsaid_or_supplement_7d") in ("nsaid", "both"):
        yield Cause("E43", INCOMPLETE, scope=PRP)
    elif taken is not None and facts.as_of < (over := taken + timedelta(days=policy.prp_nsaid_days)):
        yield Cause("E43", DEFER, over, PRP)
    steroid = facts.get("systemic_steroid")
    if steroid == "current":
        yield Cause("E43", DEFER, None, PRP)
    elif steroid == "stopped":
        stopped = facts.get("systemic_steroid_stopped_on")
        if stopped is None:
            yield Cause("E43", INCOMPLETE, scope=PRP)
        elif facts.as_of < (over := stopped + timedelta(days=policy.prp_steroid_days)):
            yield Cause("E43", DEFER, over, PRP)
    fever = facts.get("last_fever_on")
    if fever and facts.as_of < (over := fever + timedelta(days=policy.prp_fever_days)):
        yield Cause("E43", DEFER, over, PRP)


def _steroid_injections(facts: Facts, policy: EligibilityPolicy) -> Causes:
    dates = [item["on"] for item in facts.get("other_scalp_procedures") or () if item["kind"] == "steroid_injection"]
    if facts.get("local_steroid_injection_on"):
        dates.append(facts.get("local_steroid_injection_on"))
    if dates and facts.as_of < (over := add_months(max(dates), policy.prp_local_steroid_months)):
        yield Cause("E43", DEFER, over, PRP)


def _laboratory(facts: Facts, policy: EligibilityPolicy) -> Causes:
    platelets, haemoglobin = facts.get("platelets_10e9_l"), facts.get("hb_g_dl")
    low = platelets is not None and platelets < policy.platelets_below
    pale = haemoglobin is not None and haemoglobin < policy.prp_hb_below
    condition = facts.get("prp_condition")
    if low or pale or condition in ("platelet_dysfunction", "sepsis", "haemodynamic_instability"):
        yield Cause("E44", ABSOLUTE, scope=PRP)
    elif condition == "unsure":
        yield Cause("E44", REVIEW, scope=PRP)
    elif facts.is_blank("prp_condition"):
        yield Cause("E44", INCOMPLETE, scope=PRP)


def _history(facts: Facts) -> Causes:
    for key in ("cancer_history", "liver_disease"):
        if facts.get(key) in ("yes", "unsure"):
            yield Cause("E45", REVIEW, scope=PRP)
        elif facts.is_blank(key):
            yield Cause("E45", INCOMPLETE, scope=PRP)
    if facts.get("blood_thinner") not in (None, "none"):
        yield Cause("E45", REVIEW, scope=PRP)
