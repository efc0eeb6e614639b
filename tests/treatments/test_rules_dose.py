"""Dose over a course: depth × passes; and a change against last time in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.dose import Dose, change_in_words, dose_of

NEEDLING = st.tuples(st.integers(1, 1000), st.none() | st.integers(1, 50))


class TestDose:
    def test_is_depth_times_passes_added_up(self) -> None:
        assert dose_of([(100, 4), (125, 6)]) == Dose(sessions=2, passes=10, hundredths=1150, unknown=0)
        assert dose_of([(100, 4), (125, 6)]).mm == "11.50"

    def test_passes_that_were_not_recorded_add_nothing_and_are_counted_apart(self) -> None:
        assert dose_of([(100, 4), (150, None)]) == Dose(2, 4, 400, 1)

    def test_a_zone_that_was_never_treated_has_none(self) -> None:
        assert dose_of([]) == Dose() and Dose().mm == "0.00"

    @given(st.lists(NEEDLING, max_size=12), st.lists(NEEDLING, max_size=12))
    def test_adds_up_whatever_the_order(self, first: list[tuple[int, int | None]], second: list[tuple[int, int | None]]) -> None:
        one, two, both = dose_of(first), dose_of(second), dose_of(second + first)
        assert (both.sessions, both.passes, both.hundredths, both.unknown) == (
            one.sessions + two.sessions, one.passes + two.passes, one.hundredths + two.hundredths, one.unknown + two.unknown,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [(100, 125, "1.00 → 1.25 mm"), (100, 100, ""), (None, 50, "new"), (50, None, "not this time"), (None, None, "")],
)
def test_a_change_against_last_time_is_said_in_words(before: int | None, after: int | None, words: str) -> None:
    assert change_in_words(before, after) == words
