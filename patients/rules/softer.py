"""Would other answers say less than those that stand? A rule that is milder, or whose wait is over sooner. Pure."""

from typing import Any

from patients.rules.vocabulary import RANK, Overall

# The lesser rule is what is left where the graver one does not apply (RULES 2): it goes when the graver one comes.
_GRAVER = {"E04b": "E04", "E07b": "E07", "E08b": "E08"}
_NOTHING = (RANK[Overall.CLEAR], "")
_UNTIL_AN_EVENT = "9999-12-31"

Weight = tuple[int, str]


def softer_rules(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Rules that say less in the second of two results of `eligibility` than in the first, by rule id; each id once.

    A class that falls, or a DEFER of the same class that ends on an earlier day; one that waits for an event ends last. Neither may have errors.
    """
    was, now = _weights(before), _weights(after)
    found = {rule for (rule, scope), weight in was.items() if _now(rule, scope, now) < weight}
    return sorted(found)


def is_graver(before: dict[str, Any], after: dict[str, Any], *, or_as_grave: bool = False) -> bool:
    """Whether what the second result says more outweighs what it says less: by the gravest class of each side. What speaks of PRP alone counts as CAUTION (SCHEMA 2.6).

    `or_as_grave`: of two that weigh the same the second one is taken.
    """
    less, more = softer_rules(before, after), softer_rules(after, before)
    lost, won = _gravest(before, less), _gravest(after, more)
    return bool(more) and (won > lost or not less or (or_as_grave and won == lost))


def _gravest(result: dict[str, Any], rules: list[str]) -> int:
    return max((RANK[Overall.CAUTION if "scope" in row else row["class"]] for row in result["triggers"] if row["rule"] in rules), default=RANK[Overall.CLEAR])


def _now(rule: str, scope: str, now: dict[tuple[str, str], Weight]) -> Weight:
    graver = now.get((_GRAVER.get(rule, ""), scope), _NOTHING)
    return max(now.get((rule, scope), _NOTHING), graver)


def _weights(result: dict[str, Any]) -> dict[tuple[str, str], Weight]:
    return {(row["rule"], row.get("scope", "")): (RANK[row["class"]], _until(row)) for row in result["triggers"]}


def _until(row: dict[str, Any]) -> str:
    return (row["lifts_on"] or _UNTIL_AN_EVENT) if row["class"] == Overall.DEFER else ""
