"""`checkin(input)`: T01–T29, JSON in, JSON out (SCHEMA part 4). No clock, no state."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aftercare.rules.policy import DEFAULT, CheckInPolicy
from aftercare.rules.reading import RED_FLAGS, Facts, read

RULES_VERSION = "T-2026.11"
REASSURE, ROUTINE, SAME_DAY, URGENT = "REASSURE", "ROUTINE", "SAME_DAY", "URGENT"
RANK: dict[str, int] = {level: rank for rank, level in enumerate((REASSURE, ROUTINE, SAME_DAY, URGENT))}
EMERGENCY_RULES = frozenset({"T01", "T02", "T08"})
HOLD_RULES = frozenset({"T23", "T25", "T29"})

_TOPICALS = frozenset({"retinoid", "aha", "exfoliant", "compounded_topical", "minoxidil", "nonsterile_cosmetic"})
_GENTLE = frozenset({"hair_dye", "sun", "heat_styling"})


@dataclass(frozen=True)
class Fired:
    """A rule and its level."""

    rule: str
    level: str


Rules = Iterator[Fired]


def checkin(data: Any, policy: CheckInPolicy = DEFAULT) -> dict[str, Any]:
    """The result of SCHEMA 4.4, or `{"errors": […]}` that names every bad key."""
    facts = read(data)
    if isinstance(facts, dict):
        return facts
    highest: dict[str, str] = {}
    for fired in _all(facts, policy):
        highest[fired.rule] = max(highest.get(fired.rule, REASSURE), fired.level, key=RANK.__getitem__)
    triage = max(highest.values(), key=RANK.__getitem__, default=REASSURE)
    return {
        "triage": triage,
        "rules": [{"rule": rule, "triage": highest[rule]} for rule in sorted(highest)],
        "callEmergency": bool(EMERGENCY_RULES & set(highest)),
        "holdNextSession": triage in (URGENT, SAME_DAY) or bool(HOLD_RULES & set(highest)),
    }


def _all(facts: Facts, policy: CheckInPolicy) -> Rules:
    for rule in (_allergy_and_heart, _infection, _redness, _swelling, _pain, _skin, _unanswered, _products, _hair, _later):
        yield from rule(facts, policy)


def _is_feverish(facts: Facts, policy: CheckInPolicy) -> bool:
    return bool(facts.get("temp_c", 0) >= policy.fever_c or facts.get("chills", False))


def _allergy_and_heart(facts: Facts, policy: CheckInPolicy) -> Rules:
    """T01, T07, T08, T13."""
    on_face = facts.get("swelling_site") == "face_lips_tongue"
    if facts.get("breathing_difficulty") or facts.get("lip_tongue_swelling") or on_face:
        yield Fired("T01", URGENT)
    rash = facts.get("rash")
    if rash in ("blisters", "hives", "widespread"):
        yield Fired("T07", URGENT)
    elif rash == "local":
        yield Fired("T13", SAME_DAY)
    if facts.get("chest_pain_faint_palpitations"):
        yield Fired("T08", URGENT)


def _infection(facts: Facts, policy: CheckInPolicy) -> Rules:
    """T02–T05, T15, T22, and fever alone after day 14 (T29)."""
    pus, spreading = facts.get("discharge") == "pus", facts.get("spreading_redness", False)
    fever = _is_feverish(facts, policy)
    if fever and (spreading or pus):
        yield Fired("T02", URGENT)
    elif fever:
        late = facts.later_than(policy.fever_hours)
        yield Fired("T29", ROUTINE) if late else Fired("T03", URGENT)
    if pus:
        yield Fired("T04", URGENT)
    if facts.get("red_streaks") or spreading or facts.get("pain", 0) >= policy.severe_pain:
        yield Fired("T05", URGENT)
    if facts.get("painful_lumps") or facts.get("hot_skin"):
        yield Fired("T15", SAME_DAY)
    if facts.get("neck_glands") and not fever:
        yield Fired("T22", ROUTINE)


def _redness(facts: Facts, policy: CheckInPolicy) -> Rules:
    """T10."""
    grade = facts.get("redness", 0)
    if grade == 3:
        yield Fired("T10", SAME_DAY if facts.not_before(policy.early_hours) else ROUTINE)
    yield from _grey_band("T10", grade, facts, policy)
    if facts.get("redness_trend") == "worse" and facts.later_than(policy.grey_from_hours):
        yield Fired("T10", SAME_DAY)


def _swelling(facts: Facts, policy: CheckInPolicy) -> Rules:
    """T11."""
    grade = facts.get("swelling", 0)
    if grade == 3 or facts.get("swelling_site") == "forehead_eyelids":
        yield Fired("T11", SAME_DAY)
    yield from _grey_band("T11", grade, facts, policy)


def _grey_band(rule: str, grade: int, facts: Facts, policy: CheckInPolicy) -> Rules:
    """Grade 1 is routine after 72 h; grade 2 routine after 48 h and same day after 72 h."""
    if facts.later_than(policy.grey_to_hours):
        if grade in (1, 2):
            yield Fired(rule, ROUTINE if grade == 1 else SAME_DAY)
    elif grade == 2 and facts.later_than(policy.grey_from_hours):
        yield Fired(rule, ROUTINE)


def _pain(facts: Facts, policy: CheckInPolicy) -> Rules:
    """T12."""
    pain = facts.get("pain", 0)
    lasting = pain >= policy.lasting_pain and facts.later_than(policy.grey_to_hours)
    worse = facts.get("pain_trend") == "worse" and facts.later_than(policy.grey_from_hours)
    strong = policy.strong_pain <= pain < policy.severe_pain  # from there on it is T05
    if strong or lasting or worse:
        yield Fired("T12", SAME_DAY)


def _skin(facts: Facts, policy: CheckInPolicy) -> Rules:
    """T06, T14 bleeding; T20 itch and flaking."""
    bleeding = facts.get("bleeding")
    if bleeding == "wont_stop":
        yield Fired("T06", URGENT)
    oozing = bleeding == "oozing" and facts.not_before(policy.early_hours)
    spots = bleeding == "spots" and facts.later_than(policy.grey_from_hours)
    if oozing or spots:
        yield Fired("T14", SAME_DAY)
    itch = facts.get("itch", 0) >= policy.itch_grade and facts.later_than(policy.itch_hours)
    flaking = facts.get("flaking", 0) >= 1 and facts.later_than(policy.flaking_hours)
    if itch or flaking:
        yield Fired("T20", ROUTINE)


def _unanswered(facts: Facts, policy: CheckInPolicy) -> Rules:
    """T16: a red-flag question was put and not answered."""
    for question, keys in RED_FLAGS.items():
        values = [facts.answers.get(key) for key in keys]
        blank = any(key in facts.answers and facts.answers[key] is None for key in keys)
        if question == "Q6":
            unanswered = (blank or question in facts.asked) and all(value is None for value in values)
        else:
            unanswered = blank or (question in facts.asked and any(value is None for value in values))
        if unanswered:
            yield Fired("T16", SAME_DAY)


def _products(facts: Facts, policy: CheckInPolicy) -> Rules:
    """T17 with symptoms, else T28: something used inside its waiting time."""
    used = facts.get("products_used", ())
    if facts.minoxidil_early:
        used = [entry for entry in used if entry["kind"] != "minoxidil"]
    hurts = facts.get("burning", False) or facts.get("pain", 0) >= policy.lasting_pain
    early = [e for e in used if e["kind"] in _TOPICALS | {"hair_dye"} and e["hoursAfter"] < policy.topical_hours]
    if early and hurts:
        yield Fired("T17", SAME_DAY)
    elif any(entry["hoursAfter"] < _waiting_hours(entry["kind"], policy) for entry in used):
        yield Fired("T28", ROUTINE)


def _waiting_hours(kind: str, policy: CheckInPolicy) -> float:
    if kind in _TOPICALS:
        return policy.topical_hours
    return policy.gentle_hours if kind in _GENTLE else policy.rest_hours


def _hair(facts: Facts, policy: CheckInPolicy) -> Rules:
    """T24 shedding."""
    shedding = facts.get("shedding")
    late = shedding == "more" and facts.later_than(policy.shedding_hours)
    if shedding in ("clumps", "patch") or late:
        yield Fired("T24", ROUTINE)


def _later(facts: Facts, policy: CheckInPolicy) -> Rules:
    """T23 patches, T25 scars and bumps, T26 numbness, T29 changes in health."""
    if facts.get("dark_spots") or facts.get("light_patches"):
        yield Fired("T23", ROUTINE)
    bumps = facts.get("firm_bumps") and facts.not_before(policy.bumps_hours)
    if facts.get("raised_or_pitted_scars") or bumps:
        yield Fired("T25", ROUTINE)
    if facts.get("numbness") and facts.later_than(policy.numbness_hours):
        yield Fired("T26", ROUTINE)
    if facts.get("health_changes"):
        yield Fired("T29", ROUTINE)
