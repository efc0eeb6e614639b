"""May this reading be kept? Errors by field, and doubts that somebody confirms after looking again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from treatments.rules.measures import scores
from treatments.rules.measures.scales import is_sudden_jump
from treatments.rules.measures.specs import SPECS, Spec
from treatments.rules.measures.units import Quantity, canonical
from treatments.rules.measures.vocabulary import DLQI_ITEMS, Method, Rater, Unit
from treatments.vocabulary import MeasurementKind as K


@dataclass(frozen=True)
class Reading:
    """What was read, as typed."""

    kind: K
    method: Method
    value: Decimal | None = None
    unit: Unit | None = None
    grade: str = ""
    parts: Mapping[str, int | Decimal | None] = field(default_factory=dict)
    area_cm2: Decimal | None = None
    has_place: bool = False
    rater: Rater = Rater.INVESTIGATOR


@dataclass(frozen=True)
class About:
    """What the checks must know of the patient on that day."""

    sex: str
    age: int
    on: date
    has_midline_photo: bool = False
    has_baseline_photo: bool = False
    earlier_grades: tuple[tuple[str, date], ...] = ()


@dataclass(frozen=True)
class Judged:
    """The canonical number (None for a grade), what is wrong by field, and what must be looked at again."""

    number: Quantity | None = None
    errors: dict[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()


def judge(reading: Reading, about: About) -> Judged:
    """Range, unit, method, place and the validity checks of RULES 5."""
    spec = SPECS[reading.kind]
    errors = _of_the_frame(reading, spec, about)
    if spec.grades:
        return _graded(reading, spec, about, errors)
    number, wrong = _number(reading, spec, about)
    errors |= wrong
    if errors or number is None:
        return Judged(None, errors)
    return Judged(number, {}, _doubts(number, spec, about))


def _of_the_frame(reading: Reading, spec: Spec, about: About) -> dict[str, str]:
    errors: dict[str, str] = {}
    if reading.method not in spec.methods:
        errors["method"] = "This measure is not taken with that method."
    if spec.place and not reading.has_place:
        errors["place"] = "Say where on the scalp. Without the place it can't be compared."
    if spec.area and (reading.area_cm2 is None or not 0 < reading.area_cm2 <= 10):
        errors["area_cm2"] = "Give the area that was counted, at most 10 cm²."
    if reading.kind is K.GLOBAL_GRADE and not about.has_baseline_photo:
        errors["value"] = "There is no baseline photo to compare with."
    if reading.rater is not Rater.INVESTIGATOR and reading.kind is not K.GLOBAL_GRADE:
        errors["rater"] = "Only the 7-point grade has other raters."
    return errors


def _graded(reading: Reading, spec: Spec, about: About, errors: dict[str, str]) -> Judged:
    if reading.grade not in spec.grades:
        errors["grade"] = "Choose a grade of this scale."
    if reading.value is not None or reading.parts:
        errors["value"] = "A grade has no number."
    if about.sex in ("male", "female") and about.sex != spec.sex:
        errors["kind"] = f"This scale is for {'men' if spec.sex == 'male' else 'women'}. Choose another one."
    if reading.kind is K.SINCLAIR and not about.has_midline_photo:
        errors["grade"] = "The Sinclair grade is read from the midline part. Take that photo first."
    doubts = []
    if not errors and about.sex not in ("male", "female"):
        doubts.append(f"This scale was made for {'men' if spec.sex == 'male' else 'women'}. Is it the right one for this patient?")
    if not errors and reading.kind is K.NORWOOD and is_sudden_jump(reading.grade, about.on, about.earlier_grades):
        doubts.append("More than one stage away from a grade of the last six months. Is it the right grade?")
    return Judged(None, errors, tuple(doubts))


def _number(reading: Reading, spec: Spec, about: About) -> tuple[Quantity | None, dict[str, str]]:
    if reading.grade:
        return None, {"grade": "This measure has no grade."}
    if spec.parts:
        if reading.value is not None:
            return None, {"value": "The total is computed, not typed."}
        return _of_parts(reading, spec, about)
    if reading.value is None:
        return None, {"value": "Give the value."}
    if reading.unit not in spec.units:
        return None, {"unit": "Choose the unit in which it was read."}
    if spec.whole and reading.value != reading.value.to_integral_value():
        return None, {"value": "This must be a whole number."}
    number = canonical(Quantity(reading.value, reading.unit))
    low, high = spec.hard or (number.value, number.value)
    if not low <= number.value <= high:
        return None, {"value": f"This must lie between {_words(low, spec)} and {_words(high, spec)}. It reads as {_words(number.value, spec)}."}
    return number, {}


def _of_parts(reading: Reading, spec: Spec, about: About) -> tuple[Quantity | None, dict[str, str]]:
    assert spec.unit is not None
    try:
        return Quantity(_computed(reading, about), spec.unit), {}
    except scores.NotComputable as refusal:
        return None, {refusal.part or "parts": refusal.message}


def _computed(reading: Reading, about: About) -> Decimal:
    parts = reading.parts
    if reading.kind is K.DLQI:
        items = [None if parts.get(name) is None else int(parts.get(name) or 0) for name in DLQI_ITEMS]
        return Decimal(scores.dlqi(items, age=about.age))
    compute = {
        K.SALT: scores.salt, K.TERMINAL_VELLUS: scores.terminal_to_vellus, K.SIXTY_SECOND_COUNT: scores.sixty_second_count, K.PULL_TEST: scores.pull_test,
    }[reading.kind]  # fmt: skip
    return compute(parts)


def _doubts(number: Quantity, spec: Spec, about: About) -> tuple[str, ...]:
    doubts = []
    if spec.soft and not spec.soft[0] <= number.value <= spec.soft[1]:
        low, high = (_words(edge, spec) for edge in spec.soft)
        doubts.append(f"{_words(number.value, spec)} is outside the usual {low} to {high}. Was it read right, and in this unit?")
    if spec.kind is K.SIXTY_SECOND_COUNT and about.sex == "female":
        doubts.append("The 60-second count is not validated in women. Keep it for this patient's own course only?")
    return tuple(doubts)


def _words(value: Decimal, spec: Spec) -> str:
    unit = {Unit.PER_CM2: " hairs/cm²", Unit.MICROMETRE: " µm", Unit.PERCENT: " %"}.get(spec.unit or Unit.SCORE, "")
    return f"{value.normalize():f}{unit}"
