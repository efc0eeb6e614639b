"""One panel a measure: its series, or the steps of its grades. What a chart or a table of results shows is built here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from treatments.rules.measures.anew import Needled
from treatments.rules.measures.scales import step_of
from treatments.rules.measures.series import NEVER, Key, Point, Series, series_of
from treatments.rules.measures.specs import SPECS, Spec
from treatments.rules.measures.units import Quantity
from treatments.rules.measures.vocabulary import MORNINGS, PULL_SITES, Unit
from treatments.vocabulary import MeasurementKind as K


@dataclass(frozen=True)
class Row:
    """One kept measurement, oldest first: the canonical number with its unit, or a grade."""

    kind: K
    on: date
    method: str
    place: str = ""
    rater: str = ""
    clipped: bool | None = None
    number: Quantity | None = None
    grade: str = ""
    parts: Mapping[str, float | int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A grade on a day; `step` orders it and is never averaged. None: words that are no grade of the scale, listed but not drawn."""

    on: date
    grade: str
    step: int | None


@dataclass(frozen=True)
class Steps:
    """The grades of one method, in order of days."""

    method: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Panel:
    """One measure on the time axis: either number series or grades."""

    spec: Spec
    series: tuple[Series, ...] = ()
    grades: tuple[Steps, ...] = ()


def panels(rows: Iterable[Row], needled: Needled = NEVER) -> list[Panel]:
    """Those with something to show, in the order of section 5. `needled` tells which day a series is held against."""
    groups: dict[K, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.kind, []).append(row)
    return [_panel(spec, groups[kind], needled) for kind, spec in SPECS.items() if kind in groups]


def _panel(spec: Spec, rows: list[Row], needled: Needled) -> Panel:
    if spec.grades:
        methods = dict.fromkeys(row.method for row in rows)
        return Panel(spec, grades=tuple(Steps(method, _steps(spec, [r for r in rows if r.method == method])) for method in methods))
    return Panel(spec, series=tuple(series_of((point for row in _counted(spec, rows) for point in _points(spec, row)), needled)))


def _steps(spec: Spec, rows: list[Row]) -> tuple[Step, ...]:
    return tuple(Step(row.on, row.grade, step_of(spec.kind, row.grade) if row.grade in spec.grades else None) for row in rows)


def _key(row: Row, unit: Unit) -> Key:
    return Key(row.kind, unit, row.method, row.place, row.rater, row.clipped)


def _counted(spec: Spec, rows: list[Row]) -> list[Row]:
    """Answers on a scale of points are not averaged: the last of a day counts."""
    if spec.unit is not Unit.SCORE:
        return rows
    last = {(_key(row, Unit.SCORE), row.on): row for row in rows}
    return list(last.values())


def _points(spec: Spec, row: Row) -> Iterable[Point]:
    """The points of one row: four for a pull test, one a site; else one."""
    assert row.number is not None
    if spec.kind is K.PULL_TEST:
        for site in PULL_SITES:
            key = _key(row, row.number.unit)._replace(place=site)
            yield Point(key, row.on, Quantity(Decimal(str(row.parts[site])), row.number.unit))
        return
    behind = tuple(Decimal(str(row.parts[name])) for name in MORNINGS) if spec.kind is K.SIXTY_SECOND_COUNT else ()
    yield Point(_key(row, row.number.unit), row.on, row.number, behind)
