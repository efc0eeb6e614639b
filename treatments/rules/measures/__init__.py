"""Outcome measures (RULES 5): what may be recorded, how it is computed, what may be put together. Pure."""

from treatments.rules.measures.judge import About, Judged, Reading, judge
from treatments.rules.measures.series import Day, Key, Point, Series, differs_from_baseline, series_of
from treatments.rules.measures.specs import NORWOOD_GRADES, SCALES, SPECS, Spec
from treatments.rules.measures.units import MixedUnits, Quantity, canonical, mean
from treatments.rules.measures.vocabulary import Method, PlotShape, Rater, Unit

__all__ = [
    "NORWOOD_GRADES", "SCALES", "SPECS", "About", "Day", "Judged", "Key", "Method", "MixedUnits", "PlotShape", "Point", "Quantity", "Rater", "Reading",
    "Series", "Spec", "Unit", "canonical", "differs_from_baseline", "judge", "mean", "series_of",
]  # fmt: skip
