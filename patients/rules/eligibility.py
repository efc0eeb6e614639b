"""`eligibility(input)`: E01–E45, JSON in, JSON out (SCHEMA part 2). No clock, no state."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from patients.rules import dated, prp, simple
from patients.rules.causes import CAUTION, DEFER, REVIEW, Cause, Causes
from patients.rules.policy import DEFAULT, EligibilityPolicy
from patients.rules.reading import Facts, read
from patients.rules.vocabulary import RANK, Overall

_DATED = (
    dated.infection, dated.skin_disease, dated.pregnancy, dated.blood_thinner, dated.nsaid, dated.platelets,
    dated.medicines, dated.diabetes, dated.scalp, dated.allergies, dated.treatments, dated.person, prp.causes,
)  # fmt: skip


def eligibility(data: Any, policy: EligibilityPolicy = DEFAULT) -> dict[str, Any]:
    """The result of SCHEMA 2.6, or `{"errors": […]}` that names every bad key."""
    facts = read(data)
    if isinstance(facts, dict):
        return facts
    cleared = {
        entry["rule"] for entry in facts.clearances if (facts.as_of - entry["date"]).days <= policy.clearance_valid_days
    }
    causes = [_with_clearance(cause, cleared) for cause in _all(facts, policy)]
    triggers = [_trigger(group) for group in _grouped(causes)]
    return {"overall": _overall(triggers), "triggers": triggers}


def _all(facts: Facts, policy: EligibilityPolicy) -> Causes:
    yield from simple.from_table(facts)
    yield from simple.from_blank_and_unsure(facts)
    for rule in _DATED:
        yield from rule(facts, policy)


def _with_clearance(cause: Cause, cleared: set[str]) -> Cause:
    """A valid clearance turns REVIEW into CAUTION, and for E06 DEFER too; nothing else (SCHEMA 2.2)."""
    lifts = (cause.level is REVIEW and cause.liftable) or (cause.rule == "E06" and cause.level is DEFER)
    return replace(cause, level=CAUTION, lifts_on=None) if lifts and cause.rule in cleared else cause


def _grouped(causes: Iterable[Cause]) -> list[list[Cause]]:
    groups: dict[tuple[str, str], list[Cause]] = {}
    for cause in causes:
        groups.setdefault((cause.rule, cause.scope), []).append(cause)
    return [groups[key] for key in sorted(groups)]


def _trigger(causes: list[Cause]) -> dict[str, Any]:
    worst = max(causes, key=lambda cause: RANK[cause.level]).level
    deciding = [cause for cause in causes if cause.level is worst]
    dates = [cause.lifts_on for cause in deciding]
    lifts = max((on for on in dates if on is not None), default=None) if None not in dates else None
    trigger: dict[str, Any] = {
        "rule": causes[0].rule,
        "class": worst.value,
        "lifts_on": lifts.isoformat() if lifts else None,
    }
    return trigger | ({"scope": causes[0].scope} if causes[0].scope else {})


def _overall(triggers: list[dict[str, Any]]) -> str:
    """PRP-scoped triggers count as CAUTION: they stop the PRP, not the needling."""
    classes = [Overall.CAUTION.value if "scope" in t else t["class"] for t in triggers]
    return max(classes, key=lambda name: RANK[name], default=Overall.CLEAR.value)
