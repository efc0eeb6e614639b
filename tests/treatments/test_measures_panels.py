"""Panels: what a chart and its table show. No panel, no line and no average mixes units, methods, places or raters."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.measures import Quantity, Unit
from treatments.rules.measures.panels import Row, panels
from treatments.rules.measures.series import Key, differs_from_baseline
from treatments.rules.measures.spans import Span, pregnancies
from treatments.rules.measures.specs import NORWOOD_GRADES, SPECS
from treatments.vocabulary import MeasurementKind as K

DAYS = st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 2, 10))
NUMBERED = [kind for kind, spec in SPECS.items() if spec.units and not spec.parts]


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """A row as the selector makes it: the number is in its measure's canonical unit."""
    kind = draw(st.sampled_from([*NUMBERED, K.NORWOOD]))
    spec = SPECS[kind]
    method = draw(st.sampled_from(spec.methods))
    if spec.grades:
        return Row(kind, draw(DAYS), method, grade=draw(st.sampled_from(spec.grades)))
    assert spec.unit is not None
    whole = draw(st.integers(-3, 10))
    number = Quantity(Decimal(whole), spec.unit)
    return Row(kind, draw(DAYS), method, draw(st.sampled_from(["", "vertex", "frontal"])), draw(st.sampled_from(["", "patient"])), draw(st.sampled_from([None, True, False])), number)


class TestNothingMixes:
    """Must be seen true: no chart or average mixes units or methods."""

    @given(st.lists(rows(), max_size=40))
    def test_each_panel_is_of_one_measure_and_one_unit(self, given_rows: list[Row]) -> None:
        found = panels(given_rows)
        assert [panel.spec.kind for panel in found] == [kind for kind in SPECS if kind in {row.kind for row in given_rows}]
        for panel in found:
            assert {series.key.kind for series in panel.series} <= {panel.spec.kind}
            assert {series.key.unit for series in panel.series} <= {panel.spec.unit}

    @given(st.lists(rows(), max_size=40))
    def test_each_point_comes_from_rows_of_its_own_series_alone(self, given_rows: list[Row]) -> None:
        for panel in panels(given_rows):
            for series in panel.series:
                own = [r for r in given_rows if r.number and (r.kind, r.method, r.place, r.rater, r.clipped) == (series.key.kind, series.key.method, series.key.place, series.key.rater, series.key.clipped)]
                for day in series.days:
                    numbers = [r.number.value for r in own if r.on == day.on and r.number]
                    assert day.low in numbers and day.high in numbers and day.low <= day.mean <= day.high

    @given(st.lists(rows(), max_size=40))
    def test_grades_are_listed_and_never_averaged(self, given_rows: list[Row]) -> None:
        for panel in panels(given_rows):
            if panel.spec.grades:
                assert panel.series == ()
                shown = [(steps.method, s.on, s.grade) for steps in panel.grades for s in steps.steps]
                assert sorted(shown) == sorted((r.method, r.on, r.grade) for r in given_rows if r.kind == panel.spec.kind)
                assert all(s.step is not None and NORWOOD_GRADES[s.step] == s.grade for steps in panel.grades for s in steps.steps)

    @given(st.lists(rows(), max_size=40))
    def test_points_of_a_scale_are_answers_that_were_given(self, given_rows: list[Row]) -> None:
        for panel in panels(given_rows):
            for series in panel.series:
                if series.key.unit is Unit.SCORE:
                    assert all(day.count == 1 and day.mean == day.mean.to_integral_value() for day in series.days)

    @given(st.lists(rows(), max_size=20))
    def test_the_method_alone_makes_another_series(self, given_rows: list[Row]) -> None:
        keys = {(r.kind, r.method, r.place, r.rater, r.clipped) for r in given_rows if r.number}
        assert sum(len(panel.series) for panel in panels(given_rows)) == len(keys)


class TestParts:
    """Pull test and 60-second count."""

    def test_a_pull_test_is_four_series_of_dots(self) -> None:
        parts = {"vertex": 4, "parietal_left": 1, "parietal_right": 0, "occipital": 2, "bundle": 60}
        panel = panels([Row(K.PULL_TEST, date(2026, 1, 1), "examination", number=Quantity(Decimal(4), Unit.HAIRS), parts=parts)])[0]
        assert {series.key.place: series.days[0].mean for series in panel.series} == {"vertex": 4, "parietal_left": 1, "parietal_right": 0, "occipital": 2}

    def test_three_mornings_give_a_mean_with_its_band(self) -> None:
        parts = {"morning_1": 10, "morning_2": 14, "morning_3": 9}
        panel = panels([Row(K.SIXTY_SECOND_COUNT, date(2026, 1, 1), "count", number=Quantity(Decimal(11), Unit.HAIRS), parts=parts)])[0]
        day = panel.series[0].days[0]
        assert (day.mean, day.low, day.high, day.count, day.has_band) == (11, 9, 14, 3, True)


class TestBaseline:
    """Same site and method as the baseline, or flagged."""

    def test_what_differs_is_named(self) -> None:
        base = Key(K.HAIR_DENSITY, Unit.PER_CM2, "trichoscopy", "vertex", "", False)
        assert differs_from_baseline(base, base) == []
        assert differs_from_baseline(base._replace(method="phototrichogram", clipped=True), base) == ["method", "clipped"]
        assert differs_from_baseline(base._replace(place="frontal"), base) == ["place"]


class TestPregnancies:
    """From what the patient answered."""

    def test_with_a_due_date_it_is_the_280_days_before(self) -> None:
        due = date(2026, 10, 1)
        assert pregnancies([(date(2026, 3, 1), "yes", due)], today=date(2026, 11, 25)) == [Span(due - timedelta(days=280), due)]

    def test_it_goes_on_until_an_answer_says_no(self) -> None:
        answers = [(date(2026, 1, 1), "no", None), (date(2026, 3, 1), "yes", None), (date(2026, 4, 1), "yes", None), (date(2026, 6, 1), "no", None)]
        assert pregnancies(answers, today=date(2026, 7, 1)) == [Span(date(2026, 3, 1), date(2026, 6, 1))]
        assert pregnancies(answers[:3], today=date(2026, 7, 1)) == [Span(date(2026, 3, 1), None)]

    def test_none_is_none(self) -> None:
        assert pregnancies([(date(2026, 1, 1), "no", None), (date(2026, 1, 2), "", None)], today=date(2026, 7, 1)) == []
