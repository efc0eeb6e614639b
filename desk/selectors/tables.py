"""Tables of the clinic's results: counts with their denominators and 95 % intervals, small cells hidden. No database here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from treatments.rules.measures.statistics import Mean, mean_with_interval, wilson
from treatments.rules.measures.suppression import LEAST, hidden

WIDTH, LEFT, RIGHT, ROW, TOP = 620, 210, 24, 26, 8


@dataclass(frozen=True)
class Row:
    """One group. None is hidden: fewer than five, or what would give such a group away."""

    label: str
    total: int | None
    count: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_hidden(self) -> bool:
        """Whether the numbers are kept back."""
        return self.value is None


@dataclass(frozen=True)
class Table:
    """Rows, what their total counts, and the total line. `unit` is that of the value; `count_words` is empty for means."""

    code: str
    title: str
    total_words: str
    count_words: str
    value_words: str
    rows: tuple[Row, ...]
    note: str = ""
    interval_words: str = "95 % interval"

    @property
    def any_hidden(self) -> bool:
        """Whether to say why."""
        return any(row.is_hidden for row in self.rows)

    @property
    def shows_nothing(self) -> bool:
        """Whether all its groups are too small, so that an empty chart and a column of “hidden” would say no more than one line."""
        return all(row.total is None for row in self.rows)


def rates(code: str, title: str, groups: Sequence[tuple[str, int, int]], whole: tuple[int, int], words: tuple[str, str, str], note: str = "") -> Table:
    """Of (label, total, events): share in percent with Wilson's interval. The last row is the whole."""
    return Table(code, title, *words, tuple(_rate_rows(groups, whole)), note)


def plain_rates(code: str, title: str, groups: Sequence[tuple[str, int, int]], whole: tuple[int, int] | None, words: tuple[str, str, str]) -> Table:
    """As `rates`, with nothing hidden: counts of the house's own work, which tell nothing of anybody's health."""
    rows = [_rate(label, total, events) for label, total, events in groups]
    if whole is not None and len(groups) > 1:
        rows.append(_rate("All", *whole))
    return Table(code, title, *words, tuple(rows))


def _rate_rows(groups: Sequence[tuple[str, int, int]], whole: tuple[int, int]) -> Iterable[Row]:
    few, no_total = hidden([total for _label, total, _events in groups])
    rare, no_events = hidden([events for _label, _total, events in groups])
    for number, (label, total, events) in enumerate(groups):
        shown_total = None if number in few else total
        yield _rate(label, total, events) if shown_total is not None and number not in rare else Row(label, shown_total)
    total, events = whole
    small = total < LEAST or 0 < events < LEAST or no_events
    yield Row("All", None if no_total or total < LEAST else total) if small or no_total else _rate("All", total, events)


def _rate(label: str, total: int, events: int) -> Row:
    if total == 0:
        return Row(label, 0)
    low, high = wilson(events, total)
    return Row(label, total, events, 100 * events / total, 100 * low, 100 * high)


def without_totals(tables: Sequence[Table]) -> list[Table]:
    """One table that must hide its whole hides it in every table: they all count the same sessions."""
    if not any(table.rows[-1].is_hidden for table in tables):
        return list(tables)
    return [replace(table, rows=(*table.rows[:-1], Row("All", table.rows[-1].total))) for table in tables]


def means(code: str, title: str, groups: Sequence[tuple[str, Sequence[float]]], words: tuple[str, str], note: str = "") -> Table:
    """Of (label, values of patients): mean with Student's interval; groups under five are hidden, and who would give them away."""
    few, no_total = hidden([len(values) for _label, values in groups])
    rows = [Row(label, None) if n in few else _mean(label, values) for n, (label, values) in enumerate(groups)]
    everybody = [value for _label, values in groups for value in values]
    rows.append(Row("All", None) if no_total or len(everybody) < LEAST else _mean("All", everybody))
    return Table(code, title, words[0], "", words[1], tuple(rows), note)


def _mean(label: str, values: Sequence[float]) -> Row:
    if not values:
        return Row(label, 0)
    found: Mean = mean_with_interval(values)
    return Row(label, found.count, None, found.mean, found.low, found.high)


@dataclass(frozen=True)
class Mark:
    """One row of the chart, in SVG units."""

    label: str
    y: int
    middle: float | None
    low: float
    high: float
    words: str


@dataclass(frozen=True)
class Chart:
    """Points with their intervals on one axis. The table beside it has the same numbers."""

    marks: list[Mark]
    ticks: list[tuple[float, str]]
    height: int
    zero: float | None


def chart(table: Table) -> Chart:
    """Geometry of the intervals; hidden rows keep their line and say so."""
    edges = [edge for row in table.rows if row.value is not None for edge in (row.low or 0.0, row.high or 0.0)]
    low, high = min([0.0, *edges]), max([1.0, *edges])
    step = next(size for size in (0.5, 1, 2, 5, 10, 20, 25, 50, 100, 250, 1000) if (high - low) / size <= 6)
    first, last = step * int(low // step), step * int(-(-high // step))

    def at(value: float) -> float:
        return round(LEFT + (value - first) / (last - first) * (WIDTH - LEFT - RIGHT), 1)

    marks = []
    for number, row in enumerate(table.rows):
        y = TOP + ROW * number + ROW // 2
        if row.value is None:
            marks.append(Mark(row.label, y, None, 0, 0, "hidden" if row.total != 0 else "none"))
        else:
            marks.append(Mark(row.label, y, at(row.value), at(row.low or 0.0), at(row.high or 0.0), ""))
    count = round((last - first) / step)
    ticks = [(at(first + step * n), f"{first + step * n:g}".replace("-", "−")) for n in range(count + 1)]
    return Chart(marks, ticks, TOP + ROW * len(table.rows) + 24, at(0.0) if first < 0 else None)


def lines(table: Table) -> list[list[object]]:
    """As CSV: the same rows, hidden ones in words."""
    spread = "95 %" if table.interval_words.startswith("95") else table.interval_words
    head: list[object] = ["group", table.total_words, *([table.count_words] if table.count_words else []), table.value_words, f"{spread} from", f"{spread} to"]
    found = [head]
    for row in table.rows:
        counts: list[object] = [_or_hidden(row.total), *([_or_hidden(row.count)] if table.count_words else [])]
        found.append([row.label, *counts, *(_or_hidden(None if x is None else round(x, 2)) for x in (row.value, row.low, row.high))])
    return found


def _or_hidden(value: float | int | None) -> object:
    return "hidden (under 5)" if value is None else value
