"""Small cells are not shown, and can't be had by subtracting the others from the total.

A count of 1 to 4 is hidden. The reader knows the total, so at least two cells are hidden and their sum is large enough that
neither follows from it; where the table has no other cell to hide, the total goes too. Nothing (0) is no person and is shown.
"""

from collections.abc import Sequence

LEAST = 5


def hidden(counts: Sequence[int], *, least: int = LEAST) -> tuple[frozenset[int], bool]:
    """Positions of the cells to hide, and whether the total must be hidden as well. Raises ValueError for a negative count."""
    if any(count < 0 for count in counts):
        raise ValueError("a count is never negative")
    small = {i for i, count in enumerate(counts) if 0 < count < least}
    if not small:
        return frozenset(), False
    chosen = set(small)
    others = sorted((i for i, count in enumerate(counts) if count >= least), key=lambda i: (counts[i], i))
    while others and not _safe(counts, chosen, least):
        chosen.add(others.pop(0))
    return frozenset(chosen), not _safe(counts, chosen, least)


def _safe(counts: Sequence[int], chosen: set[int], least: int) -> bool:
    """Whether each hidden cell could hold any number from 1 to `least` and more, the total being what it is."""
    left = sum(counts[i] for i in chosen)
    return len(chosen) > 1 and left >= 2 * least and left - (len(chosen) - 1) >= least
