"""Agreement, intervals, waiting times and small cells, against known values and as properties."""

from math import isclose

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from treatments.rules.measures.agreement import agreement
from treatments.rules.measures.statistics import mean_with_interval, shares_by, t95, wilson
from treatments.rules.measures.suppression import LEAST, hidden

GRADES = st.integers(-3, 3)
PAIRS = st.lists(st.tuples(GRADES, GRADES), min_size=1, max_size=60)


class TestAgreement:
    """Weighted kappa and percent."""

    def test_a_worked_example(self) -> None:
        """Two readers, ten pairs, three of them one grade apart."""
        pairs = [(0, 0)] * 4 + [(1, 1)] * 3 + [(0, 1), (1, 0), (1, 2)]
        found = agreement(pairs)
        seen = 3 / 36 / 10
        first, second = {0: 5, 1: 5}, {0: 5, 1: 4, 2: 1}
        expected = sum(n * m * ((a - b) / 6) ** 2 for a, n in first.items() for b, m in second.items()) / 100
        assert found.pairs == 10 and found.percent == 70 and found.within_one == 100
        assert found.kappa is not None and isclose(found.kappa, 1 - seen / expected)

    def test_no_pairs_no_number(self) -> None:
        assert agreement([]).kappa is None and agreement([]).pairs == 0

    def test_one_grade_throughout_has_no_kappa(self) -> None:
        assert agreement([(1, 1)] * 9).kappa is None
        assert agreement([(1, 1)] * 9).percent == 100

    def test_an_impossible_grade_is_refused(self) -> None:
        with pytest.raises(ValueError, match="-3"):
            agreement([(0, 4)])

    @given(PAIRS)
    def test_never_above_one_and_the_same_the_other_way_round(self, pairs: list[tuple[int, int]]) -> None:
        found, turned = agreement(pairs), agreement([(b, a) for a, b in pairs])
        assert found.kappa is None or (found.kappa <= 1 and turned.kappa is not None and isclose(found.kappa, turned.kappa, abs_tol=1e-9))
        assert found.percent is not None and found.within_one is not None and 0 <= found.percent <= found.within_one <= 100

    @given(st.lists(GRADES, min_size=2, max_size=40))
    def test_full_agreement_is_one(self, grades: list[int]) -> None:
        assume(len(set(grades)) > 1)
        assert agreement([(g, g) for g in grades]).kappa == 1


class TestWilson:
    """Published values: Newcombe, Stat Med 1998;17:857–872, table I."""

    @pytest.mark.parametrize(("events", "total", "low", "high"), [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)])
    def test_known(self, events: int, total: int, low: float, high: float) -> None:
        found = wilson(events, total)
        assert isclose(found[0], low, abs_tol=6e-5) and isclose(found[1], high, abs_tol=6e-5)

    @given(st.integers(1, 6000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_holds_the_share_and_stays_inside(self, case: tuple[int, int]) -> None:
        events, total = case
        low, high = wilson(events, total)
        assert 0 <= low <= events / total <= high <= 1 and low < high

    @pytest.mark.parametrize(("events", "total"), [(0, 0), (3, 2), (-1, 5)])
    def test_refuses(self, events: int, total: int) -> None:
        with pytest.raises(ValueError, match="out of"):
            wilson(events, total)


class TestMeans:
    """Student."""

    @pytest.mark.parametrize(("degrees", "point"), [(4, 2.776), (5, 2.571), (9, 2.262), (19, 2.093), (29, 2.045), (120, 1.980)])
    def test_points(self, degrees: int, point: float) -> None:
        assert isclose(t95(degrees), point, abs_tol=0.002)

    def test_an_interval(self) -> None:
        found = mean_with_interval([8, 9, 10, 11, 12])
        assert found.mean == 10 and isclose(found.high - found.mean, 2.776 * (2.5 / 5) ** 0.5, abs_tol=0.003)

    def test_nothing_is_said_of_four(self) -> None:
        with pytest.raises(ValueError, match="degrees"):
            mean_with_interval([1, 2, 3, 4])


class TestWaiting:
    """Kaplan and Meier."""

    def test_a_worked_example(self) -> None:
        waits = [(6, True), (6, True), (6, True), (6, False), (7, True), (9, False), (10, True), (10, False), (11, False), (13, True), (16, True)]
        by_6, by_7, by_10 = shares_by(waits, [6, 7, 10])
        assert isclose(by_6.share, 3 / 11) and isclose(by_7.share, 1 - (8 / 11) * (6 / 7)) and isclose(by_10.share, 1 - (8 / 11) * (6 / 7) * (4 / 5))
        assert by_7.at_risk == 7

    # The 21 patients on 6-mercaptopurine of Freireich et al., Blood 1963;21:699–716 (weeks of remission; False: still in remission).
    MERCAPTOPURINE = tuple(
        [(week, True) for week in (6, 6, 6, 7, 10, 13, 16, 22, 23)] + [(week, False) for week in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)]
    )

    @pytest.mark.parametrize(("week", "still", "low", "high", "watched"), [
        (6, 0.8571, 0.6197, 0.9516, 21), (7, 0.8067, 0.5631, 0.9228, 17), (10, 0.7529, 0.5032, 0.8894, 15), (13, 0.6902, 0.4316, 0.8491, 12),
        (16, 0.6275, 0.3675, 0.8049, 11), (22, 0.5378, 0.2678, 0.7468, 7), (23, 0.4482, 0.1881, 0.6801, 6),
    ])  # fmt: skip
    def test_published_values(self, week: int, still: float, low: float, high: float, watched: int) -> None:
        """Share still in remission with its log-minus-log interval, as textbooks and other software print them for these patients."""
        (row,) = shares_by(self.MERCAPTOPURINE, [week])
        assert isclose(1 - row.share, still, abs_tol=6e-5) and row.at_risk == watched
        assert isclose(1 - row.high, low, abs_tol=6e-5) and isclose(1 - row.low, high, abs_tol=6e-5)

    @pytest.mark.parametrize(("watched", "high"), [(5, 0.4345), (20, 0.1611), (100, 0.0370)])
    def test_while_nobody_has_got_there_the_interval_is_that_of_none_of_those_watched_until_then(self, watched: int, high: float) -> None:
        """Not 0 to 0. Who left earlier adds nothing: n / (n + z²) of those who stayed."""
        (row,) = shares_by([(200, True)] * watched + [(50, False)] * 40, [90])
        assert (row.share, row.low, row.at_risk) == (0, 0, watched) and isclose(row.high, high, abs_tol=6e-5)

    def test_nothing_is_claimed_once_nobody_is_watched_and_nobody_got_there(self) -> None:
        (row,) = shares_by([(50, False)] * 40, [90])
        assert (row.share, row.low, row.high, row.at_risk) == (0, 0, 1, 0)

    def test_all_at_once_is_a_plain_share(self) -> None:
        (row,) = shares_by([(90, True)] * 20, [90])
        assert (row.share, row.high, row.at_risk) == (1, 1, 20) and isclose(row.low, 1 - 0.1611, abs_tol=6e-5)

    def test_when_the_last_one_got_there_the_limit_of_the_step_before_holds(self) -> None:
        """Not 100 to 100."""
        waits = [(week, True) for week, _reached in self.MERCAPTOPURINE]
        before, last, later = shares_by(waits, [34, 35, 99])
        assert 0 < before.low < before.share < 1
        assert (last.share, last.low, last.high, last.at_risk) == (1, before.low, 1, 1)
        assert (later.share, later.low, later.high, later.at_risk) == (1, before.low, 1, 0)

    @given(st.lists(st.tuples(st.integers(1, 400), st.booleans()), min_size=1, max_size=50))
    def test_nothing_is_ever_certain(self, waits: list[tuple[int, bool]]) -> None:
        assert all(row.high - row.low > 0.01 for row in shares_by(waits, [90, 180, 270, 360]))

    @given(st.lists(st.tuples(st.integers(1, 400), st.booleans()), min_size=1, max_size=50))
    def test_never_falls_and_holds_its_interval(self, waits: list[tuple[int, bool]]) -> None:
        rows = shares_by(waits, [90, 180, 270, 360])
        assert [row.share for row in rows] == sorted(row.share for row in rows)
        assert all(-1e-9 <= row.low <= row.share + 1e-9 and row.share <= row.high + 1e-9 <= 1 + 2e-9 for row in rows)

    @given(st.lists(st.integers(1, 400), min_size=1, max_size=50))
    def test_without_anybody_leaving_it_is_the_plain_share(self, waits: list[int]) -> None:
        assert isclose(shares_by([(wait, True) for wait in waits], [180])[0].share, sum(w <= 180 for w in waits) / len(waits), abs_tol=1e-9)


class TestSmallCells:
    """Under 5 nothing is shown, and nothing follows by subtraction."""

    @pytest.mark.parametrize(("counts", "gone", "total"), [
        ([10, 20, 30], set(), False), ([10, 0, 30], set(), False), ([3, 20, 30], {0, 1}, False), ([3, 2, 30], {0, 1, 2}, False), ([4, 4, 4, 30], {0, 1, 2}, False),
        ([3], {0}, True), ([1, 1], {0, 1}, True), ([2, 0, 0], {0}, True), ([7], set(), False), ([], set(), False), ([1] * 10, set(range(10)), True),
    ])  # fmt: skip
    def test_examples(self, counts: list[int], gone: set[int], total: bool) -> None:
        assert hidden(counts) == (frozenset(gone), total)

    @given(st.lists(st.integers(0, 40), max_size=10))
    def test_no_small_cell_is_shown_or_found_by_subtraction(self, counts: list[int]) -> None:
        gone, total_too = hidden(counts)
        assert all(not 0 < count < LEAST for i, count in enumerate(counts) if i not in gone)
        if gone and not total_too:
            left = sum(counts[i] for i in gone)
            assert len(gone) >= 2 and left >= 2 * LEAST
            for i in gone:  # each hidden cell could as well hold another number, the others and the total being what they are
                others = len(gone) - 1
                assert left - others >= LEAST, (counts, gone, i)

    def test_a_negative_count_is_a_mistake(self) -> None:
        with pytest.raises(ValueError, match="negative"):
            hidden([-1])
