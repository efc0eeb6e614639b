"""Scores that are computed from their parts, never typed: SALT, DLQI, terminal to vellus, the 60-second count."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from treatments.rules.measures.units import rounded
from treatments.rules.measures.vocabulary import HAIR_COUNTS, MORNINGS, PULL_SITES, SALT_REGIONS

# share of the scalp that each region has (RULES 5, L33)
SALT_SHARES: dict[str, Decimal] = dict(zip(SALT_REGIONS, map(Decimal, ("0.40", "0.18", "0.18", "0.24")), strict=True))
DLQI_AGE = 16
Parts = Mapping[str, int | Decimal | None]


class NotComputable(ValueError):
    """The parts don't give a score; `part` names the one at fault, or is empty for all of them."""

    def __init__(self, message: str, part: str = "") -> None:
        super().__init__(message)
        self.message, self.part = message, part


def _all_of(parts: Parts, names: Sequence[str], low: int, high: int, *, whole: bool) -> list[Decimal]:
    """The numbers of these parts, each in its range. Raises NotComputable."""
    found = []
    for name in names:
        value = parts.get(name)
        if value is None:
            raise NotComputable("This is missing.", name)
        number = Decimal(value)
        if not low <= number <= high:
            raise NotComputable(f"This must lie between {low} and {high}.", name)
        if whole and number != number.to_integral_value():
            raise NotComputable("This must be a whole number.", name)
        found.append(number)
    return found


def salt(parts: Parts) -> Decimal:
    """Severity of Alopecia Tool, 0–100 %: 0.40 top + 0.18 right + 0.18 left + 0.24 back. Raises NotComputable."""
    numbers = _all_of(parts, SALT_REGIONS, 0, 100, whole=False)
    return rounded(sum((share * number for share, number in zip(SALT_SHARES.values(), numbers, strict=True)), Decimal(0)))


def dlqi(items: Sequence[int | None], *, age: int) -> int:
    """Dermatology Life Quality Index, 0–30. One missing item counts 0; two or more make it invalid (R).

    Raises NotComputable, also below 16 years.
    """
    if age < DLQI_AGE:
        raise NotComputable(f"The DLQI is for people of {DLQI_AGE} and older.")
    if len(items) != 10:
        raise NotComputable("The DLQI has ten items.")
    for number, item in enumerate(items, 1):
        if item is not None and item not in (0, 1, 2, 3):
            raise NotComputable("Each item is 0, 1, 2 or 3.", f"item_{number}")
    if sum(item is None for item in items) > 1:
        raise NotComputable("Two or more items are missing, so there is no valid score. Ask the patient for them.")
    return sum(item or 0 for item in items)


def terminal_to_vellus(parts: Parts) -> Decimal:
    """Terminal hairs for each vellus hair; both counts are kept. Raises NotComputable without either."""
    terminal, vellus = _all_of(parts, HAIR_COUNTS, 0, 100_000, whole=True)
    for name, count in (("terminal", terminal), ("vellus", vellus)):
        if count == 0:
            raise NotComputable("Without any there is no ratio. Record the share of thin hairs instead.", name)
    return rounded(terminal / vellus)


def sixty_second_count(parts: Parts) -> Decimal:
    """Mean of three mornings, each 0–300 whole hairs (RULES 5, L28). Raises NotComputable."""
    counts = _all_of(parts, MORNINGS, 0, 300, whole=True)
    return rounded(sum(counts, Decimal(0)) / 3)


def pull_test(parts: Parts) -> Decimal:
    """The most hairs of the four sites; each site is drawn by itself. Raises NotComputable."""
    bundle = parts.get("bundle")
    if bundle is None or not 50 <= Decimal(bundle) <= 60 or Decimal(bundle) % 1:
        raise NotComputable("The bundle is 50 to 60 hairs.", "bundle")
    counts = _all_of(parts, PULL_SITES, 0, 60, whole=True)
    for name, count in zip(PULL_SITES, counts, strict=True):
        if count > Decimal(bundle):
            raise NotComputable("More hairs than the bundle had.", name)
    return max(counts)
