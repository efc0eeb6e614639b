"""Readings as they may be drawn: one series a measure, unit, method, place and rater. Nothing joins two of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from treatments.rules.measures.anew import Needled
from treatments.rules.measures.units import Quantity, mean, same_unit
from treatments.rules.measures.vocabulary import Unit
from treatments.vocabulary import MeasurementKind

NEVER = Needled()


class Key(NamedTuple):
    """What two readings must share to be compared. `clipped`: hairs were cut short to count them, or not, or nobody said."""

    kind: MeasurementKind
    unit: Unit
    method: str
    place: str
    rater: str
    clipped: bool | None = None


@dataclass(frozen=True)
class Point:
    """One reading in its canonical unit. Where it is itself a mean (three mornings): the numbers behind it, in the same unit."""

    key: Key
    on: date
    number: Quantity
    behind: tuple[Decimal, ...] = ()


@dataclass(frozen=True)
class Day:
    """The readings of one day: their mean, the lowest, the highest and how many. One reading has no band."""

    on: date
    mean: Decimal
    low: Decimal
    high: Decimal
    count: int

    @property
    def has_band(self) -> bool:
        """Whether there is more than one reading to draw a band from."""
        return self.count > 1


@dataclass(frozen=True)
class Series:
    """Days in order, all of one key. Its baseline is the first one, or the one that was taken anew after a long gap (decision 0025)."""

    key: Key
    days: tuple[Day, ...]
    since: date | None = None

    @property
    def baseline(self) -> Day:
        """What its later days are held against."""
        return next((day for day in self.days if day.on == self.since), self.days[0])

    def change(self, day: Day) -> tuple[Decimal, Decimal | None]:
        """Since the baseline of this same series: absolute, and percent (None where the baseline is 0). Of a day before it: ask nothing."""
        base = self.baseline.mean
        return day.mean - base, None if base == 0 else (day.mean - base) / base * 100


def series_of(points: Iterable[Point], needled: Needled = NEVER) -> list[Series]:
    """Group by key, then by day; the series that began first stands first. Raises MixedUnits if a point lies about its unit.

    `needled` tells which day of a series its baseline is.
    """
    groups: dict[Key, dict[date, list[Point]]] = {}
    for point in points:
        groups.setdefault(point.key, {}).setdefault(point.on, []).append(point)
    found = [Series(key, tuple(_day(key, on, days[on]) for on in sorted(days)), needled.baseline_day(days)) for key, days in groups.items()]
    return sorted(found, key=lambda one: (one.days[0].on, *map(str, one.key)))


def _day(key: Key, on: date, points: list[Point]) -> Day:
    for point in points:
        same_unit((Quantity(Decimal(0), key.unit), point.number))
    numbers = [number for point in points for number in (point.behind or (point.number.value,))]
    return Day(on, mean(point.number for point in points).value, min(numbers), max(numbers), len(numbers))


def differs_from_baseline(key: Key, baseline: Key) -> list[str]:
    """What of method, place, clipping or rater is not as at the baseline: such a reading is flagged and starts its own series."""
    names = ("method", "place", "rater", "clipped")
    return [name for name in names if getattr(key, name) != getattr(baseline, name)]
