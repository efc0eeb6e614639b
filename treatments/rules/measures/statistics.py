"""Small statistics of the clinic's results, each with its source. Plain floats: these are estimates, never a record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

Z95 = 1.959963984540054


def wilson(events: int, total: int) -> tuple[float, float]:
    """95 % interval of a proportion by its score (Wilson, J Am Stat Assoc 1927;22:209–212). Stays inside 0…1, also at 0 events.

    Raises ValueError unless 0 ≤ events ≤ total and total > 0.
    """
    if not 0 <= events <= total or total == 0:
        raise ValueError("events out of total")
    p, z2 = events / total, Z95**2
    middle = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = Z95 * sqrt(p * (1 - p) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return (0.0 if events == 0 else max(0.0, middle - half)), (1.0 if events == total else min(1.0, middle + half))


def t95(degrees: int) -> float:
    """The 97.5 % point of Student's t, by its expansion about the normal (Abramowitz and Stegun 26.7.5); good to 0.002 from 4 degrees."""
    if degrees < 4:
        raise ValueError("too few degrees of freedom")
    x = Z95
    terms = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    found, n = x, float(degrees)
    for term in terms:
        found += term / n
        n *= degrees
    return found


@dataclass(frozen=True)
class Mean:
    """Of `count` patients, with its 95 % interval."""

    count: int
    mean: float
    low: float
    high: float


def mean_with_interval(values: Sequence[float]) -> Mean:
    """Student's interval. Raises ValueError below five values: nothing is said of so few."""
    count = len(values)
    middle = sum(values) / count if count else 0.0
    half = t95(count - 1) * sqrt(sum((v - middle) ** 2 for v in values) / (count - 1) / count)
    return Mean(count, middle, middle - half, middle + half)


@dataclass(frozen=True)
class Waited:
    """By the end of day `by`: the share that has got there, its 95 % interval, and how many were still watched."""

    by: int
    share: float
    low: float
    high: float
    at_risk: int


def shares_by(waits: Iterable[tuple[int, bool]], days: Sequence[int]) -> list[Waited]:
    """Share that has reached the event by each day, from (days watched, reached): Kaplan and Meier 1958.

    The interval is Greenwood's on the log-minus-log scale (Kalbfleisch and Prentice). Who is no longer watched counts until then.
    At the ends of the curve Greenwood's variance is 0, which would claim certainty. While nobody has got there, the interval is
    Wilson's for none of those watched until that day, and anything once nobody is watched; once everybody has, see `_all_there`.
    """
    found = sorted(waits)
    return [_share_by(found, day) for day in days]


def _share_by(waits: Sequence[tuple[int, bool]], day: int) -> Waited:
    still, variance, before = 1.0, 0.0, (0.0, 1.0)
    for moment in sorted({wait for wait, reached in waits if reached and wait <= day}):
        watched = sum(wait >= moment for wait, _ in waits)
        got = sum(wait == moment and reached for wait, reached in waits)
        if watched == got:
            return Waited(day, 1.0, *_all_there(before, watched, still), sum(wait >= day for wait, _ in waits))
        still *= 1 - got / watched
        variance += got / (watched * (watched - got))
        before = _log_log(still, variance)
    at_risk = sum(wait >= day for wait, _ in waits)
    if still == 1:
        return Waited(day, 0.0, *(wilson(0, at_risk) if at_risk else (0.0, 1.0)), at_risk)
    return Waited(day, 1 - still, *before, at_risk)


def _all_there(before: tuple[float, float], last: int, still: float) -> tuple[float, float]:
    """The interval once the last `last` who were watched got there at once.

    When nobody had before them it is a plain share, all of `last`: Wilson. Else the lower limit of the step before still
    holds, for the share never falls.
    """
    return wilson(last, last) if still == 1 else (before[0], 1.0)


def _log_log(still: float, variance: float) -> tuple[float, float]:
    """Limits of the share that got there."""
    half = Z95 * sqrt(variance) / abs(log(still))
    return 1 - still ** exp(-half), 1 - still ** exp(half)
