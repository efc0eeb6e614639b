"""Units and methods never meet: no sum, no mean and no series puts two of them together (RULES 5)."""

import operator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.measures import Key, MixedUnits, Point, Quantity, canonical, mean, series_of
from treatments.rules.measures.units import CM2_PER_IN2
from treatments.rules.measures.vocabulary import Method, Rater, Unit
from treatments.vocabulary import MeasurementKind

NUMBERS = st.decimals(min_value=0, max_value=3000, places=2, allow_nan=False)
UNITS = st.sampled_from(Unit)
QUANTITIES = st.builds(Quantity, NUMBERS, UNITS)
KEYS = st.builds(
    Key, st.sampled_from([MeasurementKind.HAIR_DENSITY, MeasurementKind.SHAFT_DIAMETER]), st.sampled_from([Unit.PER_CM2, Unit.MICROMETRE]),
    st.sampled_from([m.value for m in Method]), st.sampled_from(["vertex", "frontal"]), st.sampled_from([r.value for r in Rater]),
    st.sampled_from([True, False, None]),
)  # fmt: skip
DAYS = st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 3, 1))
POINTS = st.builds(lambda key, on, value: Point(key, on, Quantity(value, key.unit)), KEYS, DAYS, NUMBERS)


class TestConversion:
    """hairs/in² × 0.1550 (L6, L55); mm × 1000."""

    @pytest.mark.parametrize(("given_value", "unit", "expected"), [
        ("100", Unit.PER_IN2, "15.5000"), ("1000", Unit.PER_IN2, "155.0003"), ("645.16", Unit.PER_IN2, "100.0000"), ("92.5", Unit.PER_CM2, "92.5000"),
        ("0.06", Unit.MILLIMETRE, "60.0000"), ("48", Unit.MICROMETRE, "48.0000"),
    ])  # fmt: skip
    def test_known_values(self, given_value: str, unit: Unit, expected: str) -> None:
        assert canonical(Quantity(Decimal(given_value), unit)).value == Decimal(expected)

    @given(NUMBERS)
    def test_there_and_back(self, value: Decimal) -> None:
        found = canonical(Quantity(value, Unit.PER_IN2))
        assert found.unit is Unit.PER_CM2
        assert abs(found.value * CM2_PER_IN2 - value) < Decimal("0.001")
        assert abs(found.value - value * Decimal("0.1550")) <= max(Decimal("0.0001"), value * Decimal("0.000001"))

    @given(QUANTITIES)
    def test_what_is_canonical_stays(self, quantity: Quantity) -> None:
        once = canonical(quantity)
        assert canonical(once) == once
        assert once.unit not in (Unit.PER_IN2, Unit.MILLIMETRE)

    @given(NUMBERS, NUMBERS)
    def test_order_is_kept(self, one: Decimal, other: Decimal) -> None:
        low, high = sorted((one, other))
        assert canonical(Quantity(low, Unit.PER_IN2)).value <= canonical(Quantity(high, Unit.PER_IN2)).value


class TestNothingMixes:
    """Must be seen true: no chart or average mixes units or methods."""

    @given(st.lists(QUANTITIES, min_size=1, max_size=8))
    def test_a_mean_is_of_one_unit_or_refused(self, quantities: list[Quantity]) -> None:
        if len({q.unit for q in quantities}) > 1:
            with pytest.raises(MixedUnits):
                mean(quantities)
            return
        found = mean(quantities)
        assert found.unit == quantities[0].unit
        assert min(q.value for q in quantities) - Decimal("0.0001") <= found.value <= max(q.value for q in quantities) + Decimal("0.0001")

    @given(QUANTITIES, QUANTITIES)
    def test_sums_and_differences_too(self, one: Quantity, other: Quantity) -> None:
        if one.unit == other.unit:
            assert (one + other).value == one.value + other.value
            assert (one - other).unit == one.unit
            return
        for do in (operator.add, operator.sub):
            with pytest.raises(MixedUnits):
                do(one, other)

    def test_the_mean_of_nothing_is_refused(self) -> None:
        with pytest.raises(ValueError, match="nothing"):
            mean([])

    @given(st.lists(POINTS, max_size=40))
    def test_a_series_has_one_key_and_loses_no_reading(self, points: list[Point]) -> None:
        found = series_of(points)
        assert len({one.key for one in found}) == len(found) == len({p.key for p in points})
        for one in found:
            own = [p for p in points if p.key == one.key]
            assert [day.on for day in one.days] == sorted({p.on for p in own})
            assert sum(day.count for day in one.days) == len(own)
            for day in one.days:
                values = [p.number.value for p in own if p.on == day.on]
                assert (day.low, day.high) == (min(values), max(values))
                assert day.low - Decimal("0.0001") <= day.mean <= day.high + Decimal("0.0001")
                assert day.has_band == (len(values) > 1)

    @given(st.lists(POINTS, max_size=20), KEYS, DAYS, NUMBERS)
    def test_readings_of_another_method_change_no_other_series(self, points: list[Point], key: Key, on: date, value: Decimal) -> None:
        more = [*points, Point(key, on, Quantity(value, key.unit))]
        before = {one.key: one for one in series_of(points)}
        after = {one.key: one for one in series_of(more)}
        assert {k: one for k, one in after.items() if k != key} == {k: one for k, one in before.items() if k != key}

    @given(POINTS, UNITS)
    def test_a_number_that_is_not_in_the_series_unit_is_refused(self, point: Point, unit: Unit) -> None:
        if unit == point.key.unit:
            return
        with pytest.raises(MixedUnits):
            series_of([Point(point.key, point.on, Quantity(point.number.value, unit))])


class TestChange:
    """Against the first day of the same series."""

    def series(self, *values: str) -> Any:
        key = Key(MeasurementKind.HAIR_DENSITY, Unit.PER_CM2, Method.TRICHOSCOPY, "vertex", Rater.INVESTIGATOR)
        return series_of(Point(key, date(2026, 1, 1) + timedelta(days=n), Quantity(Decimal(v), key.unit)) for n, v in enumerate(values))[0]

    def test_absolute_and_percent(self) -> None:
        found = self.series("80", "100")
        assert found.change(found.days[1]) == (Decimal(20), Decimal(25))

    def test_no_percent_of_nothing(self) -> None:
        found = self.series("0", "10")
        assert found.change(found.days[1]) == (Decimal(10), None)
