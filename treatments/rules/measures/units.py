"""Values with their unit, and the one unit that each measure is kept in. Numbers of two units never meet."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from treatments.rules.measures.vocabulary import Unit

# one square inch is 6.4516 cm² exactly, so hairs/in² × 0.1550 = hairs/cm² (RULES 5)
CM2_PER_IN2 = Decimal("6.4516")
_STEP = Decimal("0.0001")


class MixedUnits(ValueError):
    """Numbers of different units were to be put together."""


@dataclass(frozen=True)
class Quantity:
    """A number and what it counts."""

    value: Decimal
    unit: Unit

    def __add__(self, other: "Quantity") -> "Quantity":
        """Of the same unit only. Raises MixedUnits."""
        return Quantity(self.value + same_unit((self, other)), self.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        """Of the same unit only. Raises MixedUnits."""
        return Quantity(self.value - same_unit((self, other)), self.unit)


def same_unit(quantities: tuple[Quantity, Quantity]) -> Decimal:
    """The second one's number, once both have the same unit. Raises MixedUnits."""
    first, second = quantities
    if first.unit != second.unit:
        raise MixedUnits(f"{first.unit} and {second.unit}")
    return second.value


def rounded(value: Decimal) -> Decimal:
    """To four decimals, half up: as the canonical column keeps it."""
    return value.quantize(_STEP, ROUND_HALF_UP)


def canonical(quantity: Quantity) -> Quantity:
    """In the unit that is compared and drawn: hairs/in² become hairs/cm², mm become µm; others stay as they are."""
    if quantity.unit is Unit.PER_IN2:
        return Quantity(rounded(quantity.value / CM2_PER_IN2), Unit.PER_CM2)
    if quantity.unit is Unit.MILLIMETRE:
        return Quantity(rounded(quantity.value * 1000), Unit.MICROMETRE)
    return Quantity(rounded(quantity.value), quantity.unit)


def mean(quantities: Iterable[Quantity]) -> Quantity:
    """Arithmetic mean of one unit. Raises MixedUnits, and ValueError of none."""
    found = list(quantities)
    if not found:
        raise ValueError("the mean of nothing")
    total = found[0]
    for quantity in found[1:]:
        total = total + quantity
    return Quantity(rounded(total.value / len(found)), total.unit)
