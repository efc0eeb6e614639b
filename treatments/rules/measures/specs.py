"""Section 5 of the rules as data: of each measure its unit, range, methods, and how it may be drawn.

`P` in a source marks a proposed default without a source, `R` general knowledge that is not verified.
"""

from dataclasses import dataclass
from decimal import Decimal

from treatments.rules.measures.vocabulary import (
    DLQI_ITEMS,
    HAIR_COUNTS,
    MORNINGS,
    PULL_SITES,
    SALT_REGIONS,
    Method,
    PlotShape,
    Unit,
)
from treatments.vocabulary import MeasurementKind as K

_PICTURES = (Method.TRICHOSCOPY, Method.PHOTOTRICHOGRAM, Method.HANDHELD_MICROSCOPE, Method.MACRO_PHOTO)
NORWOOD_GRADES = ("I", "II", "IIa", "III", "IIIa", "III vertex", "IV", "IVa", "V", "Va", "VI", "VII")


@dataclass(frozen=True)
class Spec:
    """What may be recorded of one measure. `hard` is refused outside, `soft` asks whether it was read right."""

    kind: K
    shape: PlotShape
    source: str
    units: tuple[Unit, ...] = ()
    hard: tuple[Decimal, Decimal] | None = None
    soft: tuple[Decimal, Decimal] | None = None
    whole: bool = False
    grades: tuple[str, ...] = ()
    sex: str = ""
    parts: tuple[str, ...] = ()
    methods: tuple[Method, ...] = (Method.EXAMINATION,)
    place: bool = False
    area: bool = False
    lower_is_better: bool = False
    bands: tuple[tuple[int, int], ...] = ()
    usual: str = ""

    @property
    def unit(self) -> Unit | None:
        """The one that is compared and drawn; None for grades."""
        return self.units[0] if self.units else None


def _range(low: str, high: str) -> tuple[Decimal, Decimal]:
    return Decimal(low), Decimal(high)


_ROWS = (
    Spec(K.NORWOOD, PlotShape.STEP, "L54; lettered variants R", grades=NORWOOD_GRADES, sex="male", lower_is_better=True),
    Spec(K.LUDWIG, PlotShape.STEP, "L54", grades=("I", "II", "III"), sex="female", lower_is_better=True),
    Spec(K.SINCLAIR, PlotShape.STEP, "L54 (second-hand)", grades=("1", "2", "3", "4", "5"), sex="female", lower_is_better=True),
    Spec(
        K.SALT, PlotShape.LINE, "L33", units=(Unit.PERCENT,), hard=_range("0", "100"), parts=SALT_REGIONS, lower_is_better=True,
        bands=((1, 20), (21, 49), (50, 94), (95, 100)),
    ),
    Spec(
        K.HAIR_DENSITY, PlotShape.LINE, "L6, L55; soft range P", units=(Unit.PER_CM2, Unit.PER_IN2), hard=_range("0", "400"),
        soft=_range("30", "350"), methods=_PICTURES, place=True, area=True,
    ),
    Spec(
        K.SHAFT_DIAMETER, PlotShape.LINE, "L30; range P", units=(Unit.MICROMETRE, Unit.MILLIMETRE), hard=_range("10", "150"),
        methods=(*_PICTURES, Method.LIGHT_MICROSCOPE), place=True,
        usual="Women, frontal: 61 ± 8 µm healthy, 47 ± 7 in androgenetic alopecia, 56 ± 7 in chronic telogen effluvium; occipital 58, 52, 53 (L30). Vellus: under 30 µm.",
    ),
    Spec(
        K.THIN_HAIRS, PlotShape.LINE, "L30", units=(Unit.PERCENT,), hard=_range("0", "100"), methods=_PICTURES, place=True, lower_is_better=True,
        usual="Hairs thinner than 0.03 mm: 6.15 % healthy, 20.9 % in androgenetic alopecia, 10.4 % in telogen effluvium (L30).",
    ),
    Spec(K.TERMINAL_VELLUS, PlotShape.LOG_LINE, "L56 (experienced reader needed)", units=(Unit.RATIO,), parts=HAIR_COUNTS, methods=_PICTURES, place=True),
    Spec(K.GLOBAL_GRADE, PlotShape.BARS, "L6", units=(Unit.SCORE,), hard=_range("-3", "3"), whole=True, methods=(Method.EXAMINATION, Method.PHOTO_REVIEW)),
    Spec(
        K.SIXTY_SECOND_COUNT, PlotShape.LINE, "L28 (not validated in women)", units=(Unit.HAIRS,), hard=_range("0", "300"), parts=MORNINGS,
        methods=(Method.COUNT,), lower_is_better=True, usual="Men: mean 10.2 (0–78) at 20–40, 10.3 (0–43) at 41–60 (L28). Compare with the patient's own first count.",
    ),
    Spec(
        K.PULL_TEST, PlotShape.DOTS, "L29", units=(Unit.HAIRS,), hard=_range("0", "60"), parts=PULL_SITES, lower_is_better=True,
        usual="Two hairs or fewer a site is normal (L29; an older rule says 10 %).",
    ),
    Spec(
        K.WASH_TEST, PlotShape.LINE, "L31", units=(Unit.HAIRS_A_DAY,), hard=_range("0", "1000"), whole=True, methods=(Method.COUNT,), lower_is_better=True,
        usual="27.9 normal, 52.2 in androgenetic alopecia, 125.5 in telogen effluvium (L31).",
    ),
    Spec(
        K.DLQI, PlotShape.LINE, "L32, L57; missing items R; the questionnaire needs a licence", units=(Unit.SCORE,), hard=_range("0", "30"), whole=True,
        parts=DLQI_ITEMS, methods=(Method.QUESTIONNAIRE,), lower_is_better=True, bands=((0, 1), (2, 5), (6, 10), (11, 20), (21, 30)),
        usual="A change of 4 or more is meaningful (L57).",
    ),
    Spec(K.SATISFACTION, PlotShape.DOTS, "P", units=(Unit.SCORE,), hard=_range("0", "10"), whole=True, methods=(Method.QUESTIONNAIRE,)),
    Spec(K.PAIN, PlotShape.BARS, "LOINC 72514-3", units=(Unit.SCORE,), hard=_range("0", "10"), whole=True, methods=(Method.QUESTIONNAIRE,), lower_is_better=True),
)  # fmt: skip
SPECS: dict[K, Spec] = {spec.kind: spec for spec in _ROWS}
# what grades a baseline (S20): how far the loss has gone
SCALES = (K.NORWOOD, K.LUDWIG, K.SINCLAIR, K.SALT)
