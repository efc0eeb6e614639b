"""A cause is one reason for one rule. Causes of a rule become its trigger: the most restrictive class wins."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from patients.rules.vocabulary import Overall

CAUTION, REVIEW, INCOMPLETE = Overall.CAUTION, Overall.REVIEW, Overall.INCOMPLETE
DEFER, ABSOLUTE = Overall.DEFER, Overall.ABSOLUTE


@dataclass(frozen=True)
class Cause:
    """`lifts_on` belongs to DEFER (and E30). `liftable`: whether a clearance turns this REVIEW into CAUTION."""

    rule: str
    level: Overall
    lifts_on: date | None = None
    scope: str = ""
    liftable: bool = True


Causes = Iterator[Cause]
