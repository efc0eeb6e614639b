"""Ordered grades: their steps, and the jump that asks to be looked at again. There is no mean of grades."""

import re
from collections.abc import Sequence
from datetime import date

from clinic.clock import add_months
from treatments.rules.measures.specs import SPECS
from treatments.vocabulary import MeasurementKind

_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7}
JUMP_MONTHS = 6


def step_of(kind: MeasurementKind, grade: str) -> int:
    """The position of a grade on its scale, from 0: for ordering and the axis, never for a mean. Raises ValueError."""
    return SPECS[kind].grades.index(grade)


def major_stage(grade: str) -> int:
    """`IIIa` and `III vertex` → 3. Raises ValueError for what is no Norwood–Hamilton or Ludwig grade."""
    found = re.match(r"VII|VI|IV|V|I{1,3}", grade)
    if found is None:
        raise ValueError(grade)
    return _ROMAN[found.group()]


def is_sudden_jump(grade: str, on: date, earlier: Sequence[tuple[str, date]]) -> bool:
    """Whether a Norwood–Hamilton grade is more than one major stage away from one of the six months before it."""
    since = add_months(on, -JUMP_MONTHS)
    near = [before for before, day in earlier if since <= day <= on]
    return any(abs(major_stage(grade) - major_stage(before)) > 1 for before in near)
