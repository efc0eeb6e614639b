"""Measurements in words for people."""

from decimal import Decimal

from django import template

from treatments.measure_words import KIND_WORDS, METHOD_WORDS, PART_WORDS, RATER_WORDS, UNIT_WORDS, unit_words
from treatments.models import Measurement
from treatments.rules.measures import Method, Rater
from treatments.vocabulary import MeasurementKind

register = template.Library()


@register.filter
def measure_words(kind: str) -> str:
    """`hair_density` → `Hair density`."""
    return str(KIND_WORDS[MeasurementKind(kind)])


@register.filter
def typed_words(row: Measurement) -> str:
    """A measurement as it was typed, its canonical number where that differs, its parts, place, method and rater."""
    number = row.value if row.value is not None else row.canonical or Decimal(0)
    unit = f" {unit_words(row.unit, number)}" if row.unit else ""
    if row.grade:
        first = row.grade
    elif row.value is not None:
        first = f"{row.value.normalize():f}{unit}"
        if row.unit != row.spec.unit and row.canonical is not None and row.spec.unit:
            first += f" = {row.canonical:.1f} {UNIT_WORDS[row.spec.unit]}"
    else:
        first = f"{number:.1f}{unit}"
    return ", ".join([first, *_around(row)])


def _around(row: Measurement) -> list[str]:
    words = [_part(name, value) for name, value in row.parts.items()]
    if row.area_cm2:
        words.append(f"area {row.area_cm2} cm²")
    if row.place:
        words.append(row.place.label)
    if row.method:
        words.append(str(METHOD_WORDS[Method(row.method)]).lower())
    if row.rater != Rater.INVESTIGATOR:
        words.append(str(RATER_WORDS[Rater(row.rater)]).lower())
    return words + [f"confirmed: {doubt}" for doubt in row.confirmed]


def _part(name: str, value: object) -> str:
    shown = "no answer" if value is None else value
    return f"{str(PART_WORDS[name]).partition(',')[0].lower()} {shown}" if name in PART_WORDS else f"{name.replace('_', ' ')}: {shown}"
