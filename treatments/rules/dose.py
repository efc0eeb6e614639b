"""How much needling a zone has had. Pure.

Dose = depth × passes, in mm. It is a measure of effort for comparing sessions of one patient, decided here
(docs/decisions/): no source gives a cumulative limit, so no rule judges it.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Dose:
    """Of one zone over some sessions. `hundredths` in 0.01 mm; `unknown` counts sessions whose passes were not recorded."""

    sessions: int = 0
    passes: int = 0
    hundredths: int = 0
    unknown: int = 0

    @property
    def mm(self) -> str:
        """For people: `12.00`."""
        return f"{self.hundredths / 100:.2f}"


def dose_of(needlings: Iterable[tuple[int, int | None]]) -> Dose:
    """Sum over (depth in 0.01 mm, passes) of one zone. Passes that were not recorded add nothing and are counted apart."""
    rows = list(needlings)
    known = [(depth, passes) for depth, passes in rows if passes is not None]
    return Dose(len(rows), sum(passes for _depth, passes in known), sum(depth * passes for depth, passes in known), len(rows) - len(known))


def change_in_words(before: int | None, after: int | None) -> str:
    """`1.00 → 1.25 mm`; `new` or `not this time` where one is missing; empty when both are the same. Depths in 0.01 mm."""
    if before == after:
        return ""
    if before is None:
        return "new"
    if after is None:
        return "not this time"
    return f"{before / 100:.2f} → {after / 100:.2f} mm"
