"""One result a rule and subject, with its worst severity (SCHEMA 3.6)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from treatments.rules.vocabulary import RANK, Severity

NOTE, REASON = Severity.NOTE, Severity.REASON
BLOCK_PRODUCT, BLOCK = Severity.BLOCK_PRODUCT, Severity.BLOCK


@dataclass(frozen=True)
class Result:
    """A rule that spoke, about a zone, a product, or the session as a whole."""

    rule: str
    severity: Severity
    zone: str | None = None
    product: str | None = None

    def as_json(self) -> dict[str, str]:
        """`zone` and `product` only where the rule speaks of one."""
        found = {"rule": self.rule, "severity": self.severity.value}
        if self.zone is not None:
            found["zone"] = self.zone
        if self.product is not None:
            found["product"] = self.product
        return found


Results = Iterator[Result]


def collected(results: Iterable[Result]) -> dict[str, Any]:
    """The output object: worst of each subject, ordered by rule, zone, product (absent first)."""
    worst: dict[tuple[str, str | None, str | None], Result] = {}
    for result in results:
        key = (result.rule, result.zone, result.product)
        if key not in worst or RANK[result.severity] > RANK[worst[key].severity]:
            worst[key] = result
    ordered = sorted(worst.values(), key=lambda r: (r.rule, r.zone or "", r.product or ""))
    overall = max((r.severity for r in ordered), key=lambda s: RANK[s], default=Severity.OK)
    return {"overall": overall.value, "results": [result.as_json() for result in ordered]}
