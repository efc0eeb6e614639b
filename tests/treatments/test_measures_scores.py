"""SALT, DLQI, ratio, counts, grades: computed from their parts, at their boundaries (RULES 5)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.measures import About, Method, Rater, Reading, Unit, judge
from treatments.rules.measures.scales import is_sudden_jump, major_stage, step_of
from treatments.rules.measures.scores import (
    NotComputable,
    dlqi,
    pull_test,
    salt,
    sixty_second_count,
    terminal_to_vellus,
)
from treatments.rules.measures.specs import NORWOOD_GRADES
from treatments.rules.measures.vocabulary import DLQI_ITEMS
from treatments.vocabulary import MeasurementKind as K

ON = date(2026, 6, 1)
MAN, WOMAN = About("male", 40, ON, has_baseline_photo=True), About("female", 40, ON, has_midline_photo=True, has_baseline_photo=True)
PERCENT = st.integers(0, 100)


def regions(top: Any, right: Any, left: Any, back: Any) -> dict[str, Any]:
    return {"top": top, "right": right, "left": left, "back": back}


def density(value: str, unit: Unit = Unit.PER_CM2, **more: Any) -> Reading:
    return Reading(K.HAIR_DENSITY, Method.TRICHOSCOPY, Decimal(value), unit, area_cm2=Decimal(1), has_place=True, **more)


class TestSalt:
    """L33."""

    @pytest.mark.parametrize(("parts", "total"), [
        ((0, 0, 0, 0), "0"), ((100, 100, 100, 100), "100"), ((100, 0, 0, 0), "40"), ((0, 100, 0, 0), "18"), ((0, 0, 100, 0), "18"), ((0, 0, 0, 100), "24"),
        ((50, 25, 25, 10), "31.4"),
    ])  # fmt: skip
    def test_shares(self, parts: tuple[int, ...], total: str) -> None:
        assert salt(regions(*parts)) == Decimal(total)

    @given(PERCENT, PERCENT, PERCENT, PERCENT)
    def test_between_the_least_and_the_most_bald_region(self, top: int, right: int, left: int, back: int) -> None:
        assert min(top, right, left, back) <= salt(regions(top, right, left, back)) <= max(top, right, left, back)

    @given(PERCENT, PERCENT, PERCENT, PERCENT)
    def test_left_and_right_count_alike(self, top: int, right: int, left: int, back: int) -> None:
        assert salt(regions(top, right, left, back)) == salt(regions(top, left, right, back))

    @pytest.mark.parametrize("wrong", [None, -1, 101])
    def test_each_region_is_asked(self, wrong: int | None) -> None:
        with pytest.raises(NotComputable) as refusal:
            salt(regions(0, 0, wrong, 0))
        assert refusal.value.part == "left"

    def test_a_typed_total_is_refused(self) -> None:
        found = judge(Reading(K.SALT, Method.EXAMINATION, Decimal(20), Unit.PERCENT, parts=regions(0, 0, 0, 0)), MAN)
        assert found.errors == {"value": "The total is computed, not typed."}


class TestDlqi:
    """L32, L57; the rule of missing items is general knowledge (R)."""

    def test_range(self) -> None:
        assert (dlqi([0] * 10, age=16), dlqi([3] * 10, age=16)) == (0, 30)

    def test_one_missing_counts_nothing(self) -> None:
        assert dlqi([None, *[2] * 9], age=40) == 18

    @pytest.mark.parametrize("missing", range(2, 11))
    def test_two_or_more_are_invalid(self, missing: int) -> None:
        with pytest.raises(NotComputable, match="no valid score"):
            dlqi([None] * missing + [1] * (10 - missing), age=40)

    def test_from_16(self) -> None:
        with pytest.raises(NotComputable, match="16"):
            dlqi([0] * 10, age=15)

    @pytest.mark.parametrize("item", [-1, 4])
    def test_each_item_is_0_to_3(self, item: int) -> None:
        with pytest.raises(NotComputable) as refusal:
            dlqi([0, item, *[0] * 8], age=40)
        assert refusal.value.part == "item_2"

    @given(st.lists(st.integers(0, 3), min_size=10, max_size=10), st.integers(0, 9))
    def test_leaving_an_item_out_never_raises_the_score(self, items: list[int], place: int) -> None:
        fewer: list[int | None] = [None if n == place else item for n, item in enumerate(items)]
        assert dlqi(fewer, age=30) == dlqi(items, age=30) - items[place]

    def test_through_the_form(self) -> None:
        parts = dict.fromkeys(DLQI_ITEMS, 1) | {"item_3": None}
        found = judge(Reading(K.DLQI, Method.QUESTIONNAIRE, parts=parts), MAN)
        assert found.number is not None and found.number.value == 9
        assert judge(Reading(K.DLQI, Method.QUESTIONNAIRE, parts=parts | {"item_4": None}), MAN).errors.keys() == {"parts"}
        assert judge(Reading(K.DLQI, Method.QUESTIONNAIRE, parts=parts), About("male", 15, ON)).errors.keys() == {"parts"}


class TestCounts:
    """Ratio, mornings, bundles."""

    def test_ratio(self) -> None:
        assert terminal_to_vellus({"terminal": 45, "vellus": 9}) == 5

    @pytest.mark.parametrize("counts", [{"terminal": 0, "vellus": 3}, {"terminal": 3, "vellus": 0}, {"terminal": 3}, {}])
    def test_both_counts_are_needed(self, counts: dict[str, int]) -> None:
        with pytest.raises(NotComputable):
            terminal_to_vellus(counts)

    @given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
    def test_mean_of_three_mornings(self, one: int, two: int, three: int) -> None:
        found = sixty_second_count({"morning_1": one, "morning_2": two, "morning_3": three})
        assert abs(found * 3 - (one + two + three)) < Decimal("0.001")

    @pytest.mark.parametrize("wrong", [None, 301, -1, Decimal("10.5")])
    def test_each_morning_is_a_whole_number_to_300(self, wrong: Any) -> None:
        with pytest.raises(NotComputable):
            sixty_second_count({"morning_1": 10, "morning_2": wrong, "morning_3": 10})

    @pytest.mark.parametrize(("bundle", "ok"), [(49, False), (50, True), (60, True), (61, False), (None, False)])
    def test_a_bundle_is_50_to_60(self, bundle: int | None, ok: bool) -> None:
        parts = {"vertex": 2, "parietal_left": 1, "parietal_right": 0, "occipital": 3, "bundle": bundle}
        if ok:
            assert pull_test(parts) == 3
            return
        with pytest.raises(NotComputable):
            pull_test(parts)

    def test_no_more_hairs_than_the_bundle(self) -> None:
        with pytest.raises(NotComputable, match="bundle"):
            pull_test({"vertex": 55, "parietal_left": 1, "parietal_right": 0, "occipital": 3, "bundle": 50})


class TestRanges:
    """Hard limits refuse, soft ones ask."""

    @pytest.mark.parametrize(("value", "unit", "verdict"), [
        ("0", Unit.PER_CM2, "doubt"), ("29.99", Unit.PER_CM2, "doubt"), ("30", Unit.PER_CM2, "ok"), ("350", Unit.PER_CM2, "ok"), ("350.01", Unit.PER_CM2, "doubt"),
        ("400", Unit.PER_CM2, "doubt"), ("400.01", Unit.PER_CM2, "error"), ("-1", Unit.PER_CM2, "error"), ("600", Unit.PER_IN2, "ok"), ("100", Unit.PER_IN2, "doubt"),
        ("2580.64", Unit.PER_IN2, "doubt"), ("2581", Unit.PER_IN2, "error"),
    ])  # fmt: skip
    def test_density(self, value: str, unit: Unit, verdict: str) -> None:
        found = judge(density(value, unit), MAN)
        assert ("error" if found.errors else "doubt" if found.doubts else "ok") == verdict

    @pytest.mark.parametrize(("value", "unit", "ok"), [
        ("10", Unit.MICROMETRE, True), ("9.99", Unit.MICROMETRE, False), ("150", Unit.MICROMETRE, True), ("150.01", Unit.MICROMETRE, False), ("0.06", Unit.MILLIMETRE, True), ("60", Unit.MILLIMETRE, False),
    ])  # fmt: skip
    def test_diameter(self, value: str, unit: Unit, ok: bool) -> None:
        found = judge(Reading(K.SHAFT_DIAMETER, Method.TRICHOSCOPY, Decimal(value), unit, has_place=True), WOMAN)
        assert (not found.errors) is ok

    @pytest.mark.parametrize(("kind", "unit", "low", "high"), [(K.GLOBAL_GRADE, Unit.SCORE, -3, 3), (K.SATISFACTION, Unit.SCORE, 0, 10), (K.PAIN, Unit.SCORE, 0, 10), (K.WASH_TEST, Unit.HAIRS_A_DAY, 0, 1000)])
    def test_whole_numbers(self, kind: K, unit: Unit, low: int, high: int) -> None:
        method = {K.GLOBAL_GRADE: Method.EXAMINATION, K.WASH_TEST: Method.COUNT}.get(kind, Method.QUESTIONNAIRE)
        for value, ok in ((low, True), (high, True), (low - 1, False), (high + 1, False), (Decimal("1.5"), False)):
            found = judge(Reading(kind, method, Decimal(value), unit), MAN)
            assert (not found.errors) is ok, (kind, value, found)

    @given(st.sampled_from(Unit), st.sampled_from(Method), st.decimals(-10, 500, places=1))
    def test_a_unit_or_method_that_is_not_the_measure_s_is_refused(self, unit: Unit, method: Method, value: Decimal) -> None:
        found = judge(Reading(K.HAIR_DENSITY, method, value, unit, area_cm2=Decimal(1), has_place=True), MAN)
        if unit not in (Unit.PER_CM2, Unit.PER_IN2) or method in (Method.COUNT, Method.EXAMINATION, Method.QUESTIONNAIRE, Method.LIGHT_MICROSCOPE, Method.PHOTO_REVIEW):
            assert found.number is None and found.errors
        elif found.number is not None:
            assert found.number.unit is Unit.PER_CM2 and 0 <= found.number.value <= 400

    def test_a_density_needs_its_place_and_area(self) -> None:
        found = judge(Reading(K.HAIR_DENSITY, Method.TRICHOSCOPY, Decimal(90), Unit.PER_CM2), MAN)
        assert found.errors.keys() == {"place", "area_cm2"}


class TestGrades:
    """L54."""

    def graded(self, kind: K, grade: str, about: About) -> Any:
        return judge(Reading(kind, Method.EXAMINATION, grade=grade), about)

    @pytest.mark.parametrize("grade", NORWOOD_GRADES)
    def test_norwood_is_ordered(self, grade: str) -> None:
        assert not self.graded(K.NORWOOD, grade, MAN).errors
        assert NORWOOD_GRADES[step_of(K.NORWOOD, grade)] == grade

    def test_major_stages_never_fall(self) -> None:
        stages = [major_stage(grade) for grade in NORWOOD_GRADES]
        assert stages == sorted(stages) and stages[-1] == 7

    def test_each_scale_has_its_sex(self) -> None:
        assert self.graded(K.NORWOOD, "III", WOMAN).errors.keys() == {"kind"}
        assert self.graded(K.LUDWIG, "II", MAN).errors.keys() == {"kind"}
        assert not self.graded(K.LUDWIG, "II", WOMAN).errors
        assert self.graded(K.LUDWIG, "II", About("other", 40, ON)).doubts

    def test_sinclair_needs_the_midline_photo(self) -> None:
        assert not self.graded(K.SINCLAIR, "3", WOMAN).errors
        assert self.graded(K.SINCLAIR, "3", About("female", 40, ON)).errors.keys() == {"grade"}

    @pytest.mark.parametrize("grade", ["", "VIII", "iii", "6"])
    def test_no_other_grade(self, grade: str) -> None:
        assert "grade" in self.graded(K.NORWOOD, grade, MAN).errors

    @pytest.mark.parametrize(("earlier", "on", "jump"), [
        ("II", date(2026, 1, 1), False), ("III vertex", date(2026, 1, 1), False), ("II", date(2025, 12, 1), False), ("II", date(2025, 11, 30), False), ("I", date(2025, 12, 1), True),
        ("I", date(2025, 11, 30), False), ("V", date(2026, 5, 1), True), ("IVa", date(2026, 5, 1), False),
    ])  # fmt: skip
    def test_a_jump_of_more_than_one_major_stage_in_six_months_is_asked(self, earlier: str, on: date, jump: bool) -> None:
        assert is_sudden_jump("III", ON, [(earlier, on)]) is jump

    def test_the_7_points_need_a_baseline_photo(self) -> None:
        found = judge(Reading(K.GLOBAL_GRADE, Method.EXAMINATION, Decimal(1), Unit.SCORE), About("male", 40, ON))
        assert found.errors.keys() == {"value"}

    def test_only_the_7_points_have_other_raters(self) -> None:
        assert judge(density("90", rater=Rater.PATIENT), MAN).errors.keys() == {"rater"}
        assert not judge(Reading(K.GLOBAL_GRADE, Method.EXAMINATION, Decimal(1), Unit.SCORE, rater=Rater.PATIENT), MAN).errors
