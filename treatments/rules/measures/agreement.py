"""Do two readers agree? Weighted kappa and plain percent, with the number of pairs they both read.

Kappa with weights: Cohen, Psychol Bull 1968;70:213–220. Quadratic weights equal an intraclass correlation (Fleiss and Cohen 1973).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """`kappa` is None where it has no value: no pairs, or both readers gave one and the same grade throughout."""

    pairs: int
    percent: float | None
    within_one: float | None
    kappa: float | None


def agreement(pairs: Sequence[tuple[int, int]], *, low: int = -3, high: int = 3) -> Agreement:
    """Of two readings each on the ordered grades `low`…`high`. Raises ValueError for a grade outside."""
    if any(not low <= grade <= high for pair in pairs for grade in pair):
        raise ValueError(f"grades lie between {low} and {high}")
    count = len(pairs)
    if not count:
        return Agreement(0, None, None, None)
    same = sum(a == b for a, b in pairs)
    near = sum(abs(a - b) <= 1 for a, b in pairs)
    return Agreement(count, 100 * same / count, 100 * near / count, _kappa(pairs, high - low))


def _kappa(pairs: Sequence[tuple[int, int]], span: int) -> float | None:
    count = len(pairs)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    seen = sum(((a - b) / span) ** 2 for a, b in pairs) / count
    expected = sum(n * m * ((a - b) / span) ** 2 for a, n in first.items() for b, m in second.items()) / count**2
    return None if expected == 0 else 1 - seen / expected
