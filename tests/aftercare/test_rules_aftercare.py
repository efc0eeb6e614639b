"""RULES section 4, row t+0: what waits, until when; several treatments combine to the latest time."""

from datetime import UTC, datetime, timedelta

import pytest

from aftercare.rules.aftercare import CarePolicy, Thing, Treated, is_deep, waits_after

END = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
HOURS = {Thing.WASH: 24, Thing.PRODUCTS: 24, Thing.MINOXIDIL: 24, Thing.SUN: 48, Thing.SWEAT: 72}


def test_one_treatment_waits_24_48_and_72_hours_in_time_order() -> None:
    assert waits_after([Treated(END)]) == [(thing, END + timedelta(hours=hours)) for thing, hours in HOURS.items()]


def test_of_two_treatments_the_later_time_counts_for_each_thing() -> None:
    later = END + timedelta(hours=30)
    for order in ([Treated(END), Treated(later)], [Treated(later), Treated(END)]):
        assert dict(waits_after(order)) == {thing: later + timedelta(hours=hours) for thing, hours in HOURS.items()}


def test_a_prescriber_s_word_takes_minoxidil_off_the_list() -> None:
    assert Thing.MINOXIDIL not in dict(waits_after([Treated(END, minoxidil_early=True)]))


def test_but_another_treatment_without_that_word_keeps_it_on() -> None:
    other = Treated(END - timedelta(hours=10))
    assert dict(waits_after([Treated(END, minoxidil_early=True), other]))[Thing.MINOXIDIL] == END + timedelta(hours=14)


def test_a_clinic_s_own_hours_are_used() -> None:
    assert dict(waits_after([Treated(END)], CarePolicy(wash_hours=48)))[Thing.WASH] == END + timedelta(hours=48)


@pytest.mark.parametrize(("depths", "deep"), [((), False), ((99,), False), ((100,), True), ((50, 150), True)])
def test_deep_from_the_policy_s_depth_in_any_treatment(depths: tuple[int, ...], deep: bool) -> None:
    assert is_deep([Treated(END, depth) for depth in depths]) is deep


def test_hours_are_exact_across_a_clock_change() -> None:
    before = datetime(2026, 3, 28, 18, 0, tzinfo=UTC)
    assert dict(waits_after([Treated(before)]))[Thing.WASH] == before + timedelta(seconds=86_400)
