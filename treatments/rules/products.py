"""S13–S16, S19: products, patch tests, what was on the scalp before, anaesthetic, PRP. Exact instants."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from treatments.rules.policy import SessionPolicy
from treatments.rules.reading import Facts
from treatments.rules.results import BLOCK, BLOCK_PRODUCT, NOTE, REASON, Result, Results
from treatments.rules.vocabulary import ELIGIBLE

_NEED_A_TEST = ("serum_sterile", "growth_factor", "exosome", "other")
_ACIDS = ("retinoid", "aha", "exfoliant")
_DETAILS = ("product", "strengthPercent", "areaCm2", "grams", "onAt", "offAt", "weightKg")


def _same(text: str) -> str:
    """How texts are compared: trimmed, lower case."""
    return text.strip().lower()


def _label(product: dict[str, Any]) -> str:
    return str(product.get("id") or product["kind"])


def patch_tests(facts: Facts, policy: SessionPolicy) -> Results:
    """S13, with E25's “always block that product”."""
    allergens = {_same(text) for text in facts.get("allergies", ())}
    for product in facts.get("products", ()):
        names = {_same(product["kind"]), *(_same(t) for t in product.get("ingredients", ()))}
        if "id" in product:
            names.add(_same(product["id"]))
        if names & allergens:
            yield Result("S13", BLOCK_PRODUCT, product=_label(product))
        applied = product.get("patchTestAppliedAt")
        if applied is not None:
            yield from _judge_test(product, applied, facts.start, policy)
        elif product["kind"] in _NEED_A_TEST:
            yield Result("S13", BLOCK_PRODUCT, product=_label(product))
        elif product.get("formulationChanged", False):
            yield Result("S13", REASON, product=_label(product))


def _judge_test(product: dict[str, Any], applied: datetime, start: datetime, policy: SessionPolicy) -> Results:
    least = timedelta(hours=policy.patch_hours)
    was_read, elapsed, label = product.get("patchTestReadAt"), start - applied, _label(product)
    unread = was_read is None or was_read > start or was_read - applied < least
    if product.get("patchTestResult", "not_read") != "negative" or unread or elapsed < least:
        yield Result("S13", BLOCK_PRODUCT, product=label)
    elif elapsed > timedelta(hours=policy.patch_valid_hours) or product.get("formulationChanged", False):
        yield Result("S13", REASON, product=label)
    elif elapsed < timedelta(hours=policy.patch_note_hours):
        yield Result("S13", NOTE, product=label)


def topicals(facts: Facts, policy: SessionPolicy) -> Results:
    """S14: what may go on the scalp during and after, and when."""
    held = facts.get("minoxidilHold", False)
    for product in facts.get("products", ()):
        kind, early = product["kind"], product.get("hoursAfter", 0) < policy.topical_wait_hours
        severity = None
        if kind == "compounded_topical":
            severity = BLOCK_PRODUCT if early else REASON
        elif kind in (*_ACIDS, "nonsterile_cosmetic") and early:
            severity = BLOCK_PRODUCT
        elif kind == "minoxidil" and (held or early):
            severity = BLOCK_PRODUCT if held else REASON
        elif kind in ("growth_factor", "exosome"):
            severity = REASON
        if severity is not None:
            yield Result("S14", severity, product=_label(product))


def before(facts: Facts, policy: SessionPolicy) -> Results:
    """S15: retinoid, acid or exfoliant on the scalp before the session."""
    for topical in facts.get("preTopicals", ()):
        elapsed = facts.start - topical["lastUsedAt"]
        if topical["kind"] not in _ACIDS or elapsed >= timedelta(hours=policy.acid_note_hours):
            continue
        recent = elapsed < timedelta(hours=policy.topical_wait_hours)
        yield Result("S15", BLOCK if recent else NOTE, product=topical["kind"])


def _milligrams(value: Any) -> Decimal:
    return Decimal(repr(value))


def _overdosed(given: dict[str, Any], policy: SessionPolicy) -> bool:
    """mg = grams × strength × 10 + other; both sides rounded to 0.001 mg, equal is allowed."""
    step = Decimal("0.001")
    dose = _milligrams(given["grams"]) * _milligrams(given["strengthPercent"]) * 10
    dose = (dose + _milligrams(given.get("otherMg12h", 0))).quantize(step, ROUND_HALF_EVEN)
    by_weight = _milligrams(policy.anaesthetic_mg_per_kg) * _milligrams(given["weightKg"])
    by_weight = by_weight.quantize(step, ROUND_HALF_EVEN)
    return dose > _milligrams(policy.anaesthetic_most_mg) or dose > by_weight


def anaesthetic(facts: Facts, policy: SessionPolicy) -> Results:
    """S16: wiped off, every detail known, no allergen, within the dose."""
    given = facts.get("anaesthetic")
    if given is None:
        return
    label = str(given.get("product") or "anaesthetic")
    if not given.get("wipedOff", False):
        yield Result("S16", BLOCK, product=label)
    names = {_same(label), "anaesthetic", *(_same(text) for text in given.get("ingredients", ()))}
    missing = any(given.get(key) is None for key in _DETAILS)
    allergic = bool(names & {_same(text) for text in facts.get("allergies", ())})
    if missing or allergic or _overdosed(given, policy):
        yield Result("S16", BLOCK_PRODUCT, product=label)


def prp(facts: Facts, policy: SessionPolicy) -> Results:
    """S19: eligible for PRP, the patient's own tube, checked by two, times and volume known."""
    given = facts.get("prp")
    if given is None:
        return
    checkers = {_same(name) for name in given["tubeCheckBy"]}
    missing = any(given.get(key) is None for key in ("drawnAt", "usedAt", "volumeMl"))
    if given["eligibility"] not in ELIGIBLE or not given["patientMatch"] or len(checkers) < 2 or missing:
        yield Result("S19", BLOCK)
