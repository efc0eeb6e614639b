"""One patient's results on one time axis: panels to draw, the same numbers as tables, and what else happened."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from clinic.clock import local_date
from patients.models import Intake, Patient
from treatments.measure_words import GRADE_WORDS, KIND_WORDS, METHOD_WORDS, PART_WORDS, RATER_WORDS, UNIT_WORDS
from treatments.models import Measurement, TreatmentSession
from treatments.rules.measures import SPECS, Quantity, Rater, Unit
from treatments.rules.measures.anew import Needled
from treatments.rules.measures.panels import Panel, Row, Steps, panels
from treatments.rules.measures.series import Day, Key, Series, differs_from_baseline
from treatments.rules.measures.spans import Span, pregnancies
from treatments.selectors.baseline import needled
from treatments.selectors.courses import done_sessions
from treatments.selectors.measurements import measured
from treatments.vocabulary import MeasurementKind as K
from treatments.vocabulary import PhotoView

_SYMBOLS = 4


@dataclass(frozen=True)
class Line:
    """One line of the table beside a chart: the same numbers that are drawn."""

    on: date
    label: str
    value: str
    band: str = ""
    readings: int = 1
    change: str = ""
    percent: str = ""
    flags: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shown:
    """A panel in words: its legend, its table, its readings as typed."""

    kind: str
    title: str
    unit: str
    panel: Panel
    legend: list[tuple[int, str, list[str]]]
    lines: list[Line]
    typed: list[Measurement]
    summary: str

    @property
    def has_bands(self) -> bool:
        """Whether any day has more than one reading."""
        return any(line.band for line in self.lines)

    @property
    def has_change(self) -> bool:
        """Whether there is a change to show."""
        return any(line.change for line in self.lines)


@dataclass(frozen=True)
class Results:
    """Everything on the page; `plot` is what the script draws, as plain JSON. A medicine: name, start (None: unknown, so it is not drawn), end."""

    shown: list[Shown]
    sessions: list[tuple[date, str]]
    medicines: list[tuple[str, date | None, date | None]]
    pregnancies: list[Span]
    plot: dict[str, Any]


def results_of(patient: Patient, *, at: datetime) -> Results:
    """Nine queries, whatever the number of readings."""
    today = local_date(at, patient.site.zone)
    rows = list(measured(patient))
    readers = {pk: n for n, pk in enumerate(dict.fromkeys(r.operator_id for r in rows if r.rater == Rater.BLINDED), 1)}
    by_kind: dict[str, list[Measurement]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    sessions_on = needled(patient)
    found = panels((_row(row, patient, readers) for row in rows), sessions_on)
    shown = [_shown(panel, by_kind[panel.spec.kind], sessions_on) for panel in found]
    sessions = [(local_date(s.started_at or s.planned_start_at, patient.site.zone), _session_label(s)) for s in done_sessions(patient).select_related("prp").order_by("started_at", "pk")]
    medicines = [(m.words, m.started_on, m.ended_on) for m in patient.medications.filter(in_error=False)]
    spans = _pregnancies(patient, today)
    return Results(shown, sessions, medicines, spans, _plot(shown, sessions, medicines, spans, today))


def _row(row: Measurement, patient: Patient, readers: dict[int | None, int]) -> Row:
    number = None if row.canonical is None else Quantity(row.canonical, row.spec.unit or Unit.SCORE)
    rater, place = row.rater if row.kind == K.GLOBAL_GRADE else "", row.place.label if row.place else ""
    if row.rater == Rater.BLINDED:
        rater, place = f"{rater} {readers[row.operator_id]}", row.reading.view if row.reading else ""
    return Row(K(row.kind), local_date(row.measured_at, patient.site.zone), row.method, place, rater, row.clipped, number, row.grade, row.parts)


def _pregnancies(patient: Patient, today: date) -> list[Span]:
    rows = Intake.objects.filter(patient=patient, submitted_at__isnull=False).order_by("submitted_at").values_list("submitted_at", "answers__pregnancy", "answers__pregnancy_due_on")
    zone = patient.site.zone
    return pregnancies([(local_date(when, zone), answer or "", date.fromisoformat(due) if due else None) for when, answer, due in rows if when], today=today)


def label_of(key: Key) -> str:
    """A series in words: what two readings must share to be compared."""
    rater, _space, number = key.rater.partition(" ")
    words: list[str] = [f"{RATER_WORDS[Rater(rater)]} {number}".strip()] if rater else [str(METHOD_WORDS[key.method]) if key.method else "Method not noted"]  # type: ignore[index]
    if key.kind is K.PULL_TEST:
        return _place_words(key).capitalize()
    if key.place:
        words.append(_place_words(key))
    if key.clipped is not None:
        words.append("clipped" if key.clipped else "not clipped")
    return ", ".join(words)


def _place_words(key: Key) -> str:
    if key.kind is K.PULL_TEST:
        return str(PART_WORDS[key.place]).rpartition(",")[0].lower()
    return key.place.replace("_", " ") if key.place in set(PhotoView) else key.place


def number_words(value: Decimal, *, sign: bool = False, whole: bool = False) -> str:
    """`104.0`, `−3.5`, or `7` of a measure that is counted in whole numbers; a true minus."""
    rounded = value.quantize(Decimal(1) if whole else Decimal("0.1"), ROUND_HALF_UP) + 0
    return f"{rounded:+f}".replace("-", "−") if sign and rounded else f"{rounded:f}".replace("-", "−")


def _shown(panel: Panel, typed: list[Measurement], sessions_on: Needled) -> Shown:
    kind, spec = panel.spec.kind, panel.spec
    unit = str(UNIT_WORDS[spec.unit]) if spec.unit else ""
    first_on = sessions_on.baseline_day(series.baseline.on for series in panel.series)
    base = next((series.key for series in panel.series if series.baseline.on == first_on), None)
    legend, lines = [], []
    for number, series in enumerate(panel.series):
        flags = _flags(series.key, base, panel)
        legend.append((number % _SYMBOLS, label_of(series.key), flags))
        lines += [_line(series, day, flags) for day in series.days]
    for number, steps in enumerate(panel.grades):
        legend.append((number % _SYMBOLS, str(METHOD_WORDS[steps.method]) if steps.method else "Method not noted", []))  # type: ignore[index]
        lines += [Line(s.on, legend[-1][1], s.grade, flags=[] if s.step is not None else ["not a grade of this scale, not drawn"]) for s in steps.steps]
    lines.sort(key=lambda line: line.on)
    return Shown(kind, str(KIND_WORDS[kind]), unit, panel, legend, lines, typed, _summary(lines, unit))


def _flags(key: Key, base: Key | None, panel: Panel) -> list[str]:
    """How a series differs from the baseline's; the sites of a pull test and the raters of a grade differ on purpose."""
    if base is None or panel.spec.kind in (K.PULL_TEST, K.GLOBAL_GRADE):
        return []
    words = {"method": "other method than at the baseline", "place": "other place than at the baseline", "clipped": "clipping differs from the baseline"}
    return [words[name] for name in differs_from_baseline(key, base) if name in words]


def _line(series: Series, day: Day, flags: list[str]) -> Line:
    whole = _is_whole(series.key.kind)
    if series.key.kind is K.GLOBAL_GRADE:
        words = f"{number_words(day.mean, sign=True, whole=True)} {GRADE_WORDS[int(day.mean)].lower()}"
        return Line(day.on, label_of(series.key), words)
    band = f"{number_words(day.low, whole=whole)}–{number_words(day.high, whole=whole)}" if day.has_band else ""
    shown = number_words(day.mean, whole=whole and not day.has_band)
    return Line(day.on, label_of(series.key), shown, band, day.count, *_since_baseline(series, day, whole), flags=flags)


def _since_baseline(series: Series, day: Day, whole: bool) -> tuple[str, str]:
    """Absolute and percent change since the baseline; neither before it, nor for the single sites of a pull test, nor for what is given in percent or points."""
    if series.key.kind in (K.PULL_TEST, K.PAIN, K.SATISFACTION):
        return "", ""
    if day is series.baseline:
        return "baseline", ""
    if day.on < series.baseline.on:  # an older course: on view, and not held against what came after a long gap
        return "", ""
    change, percent = series.change(day)
    relative = percent is not None and series.key.unit not in (Unit.SCORE, Unit.PERCENT)
    return number_words(change, sign=True, whole=whole and not day.has_band), f"{number_words(percent or Decimal(0), sign=True)} %" if relative else ""


def _is_whole(kind: K) -> bool:
    return SPECS[kind].whole or kind in (K.SIXTY_SECOND_COUNT, K.PULL_TEST)


def _summary(lines: list[Line], unit: str) -> str:
    """For who can't see the chart: first and last."""
    first, last = lines[0], lines[-1]
    if len(lines) == 1:
        return f"One reading: {first.value} {unit}, {first.on:%-d %b %Y}."
    return f"{len(lines)} points from {first.on:%-d %b %Y} ({first.value} {unit}) to {last.on:%-d %b %Y} ({last.value} {unit}); the table has them all."


def _seconds(on: date) -> int:
    """Days on the axis: noon, so that no zone moves them."""
    return (on - date(1970, 1, 1)).days * 86400 + 43200


def _session_label(record: TreatmentSession) -> str:
    """Its number, and whether PRP was used in it: section 5 wants PRP marked on every chart."""
    prp = getattr(record, "prp", None)
    return _("%(number)s PRP") % {"number": record.number} if prp is not None and prp.used_at else str(record.number)


def _plot(shown: list[Shown], sessions: list[tuple[date, str]], medicines: Iterable[Any], spans: list[Span], today: date) -> dict[str, Any]:
    days = [line.on for one in shown for line in one.lines] + [on for on, _number in sessions]
    first, last = min(days, default=today), max([*days, today])
    axis = {"from": _seconds(first - timedelta(days=10)), "to": _seconds(last + timedelta(days=10))}
    return axis | {
        "sessions": [{"x": _seconds(on), "label": number} for on, number in sessions],
        "medicines": [{"from": _seconds(since), "to": _seconds(until) if until else None, "label": name} for name, since, until in medicines if since],
        "pregnancies": [{"from": _seconds(span.since), "to": _seconds(span.until) if span.until else None} for span in spans],
        "panels": [_drawn(one) | _own_axis(one, sessions) for one in shown],
    }  # fmt: skip


def _own_axis(one: Shown, sessions: list[tuple[date, str]]) -> dict[str, Any]:
    """Pain is drawn by the day, from the last session asked about to day 7; the table has them all."""
    if one.kind != K.PAIN or not sessions:
        return {"axis": None}
    last = one.lines[-1].on
    began = max((on for on, _number in sessions if on <= last), default=one.lines[0].on)
    return {"axis": {"from": _seconds(began) - 43200, "to": _seconds(began + timedelta(days=7)) + 43200}}


def _drawn(one: Shown) -> dict[str, Any]:
    spec = one.panel.spec
    fixed = [float(edge) for edge in spec.hard] if spec.hard and (spec.bands or spec.unit is Unit.SCORE) else None
    drawn = {"kind": one.kind, "unit": one.unit, "shape": spec.shape, "bands": [list(band) for band in spec.bands], "grades": list(spec.grades), "range": fixed}
    series = [_numbers(s) for s in one.panel.series] or [_grades(g) for g in one.panel.grades]
    for line, (symbol, label, _flags) in zip(series, one.legend, strict=True):
        line |= {"symbol": symbol, "label": label}
    return drawn | {"series": series}


def _numbers(series: Series) -> dict[str, Any]:
    return {
        "key": [str(part) for part in series.key],
        "points": [
            {"x": _seconds(day.on), "y": float(day.mean), "low": float(day.low), "high": float(day.high), "n": day.count, "words": number_words(day.mean, whole=_is_whole(series.key.kind) and not day.has_band)}
            for day in series.days
        ],
    }


def _grades(steps: Steps) -> dict[str, Any]:
    return {"key": [steps.method], "points": [{"x": _seconds(s.on), "y": s.step, "low": s.step, "high": s.step, "n": 1, "words": s.grade} for s in steps.steps if s.step is not None]}
