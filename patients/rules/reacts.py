"""What the answers must say of the allergies that stand in the list: the list feeds E25 (decision 0020), and new answers don't end what stands there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from patients.rules.exchange.reading import metal_in

ALLERGIES, METAL = "allergies", "metal_allergy"
_STEEL = "stainless_steel"


@dataclass(frozen=True)
class Listed:
    """An open row of the list, with its kind (SCHEMA 2.4); `name` is empty where nobody has named the substance."""

    substance: str
    name: str
    anaphylaxis: bool


def same_name(name: str) -> str:
    """A name as two of them are compared: case, blanks at its ends and underscores make no other substance."""
    return name.strip().casefold().replace("_", " ")


def allergies_for(answers: Mapping[str, Any], listed: Iterable[Listed]) -> dict[str, Any]:
    """The answer `allergies`, where it must change so that the answers hold what stands in the list, an anaphylaxis as one; else empty.

    A list that was left blank stays so: it is INCOMPLETE, and one name would make it look whole.
    """
    if answers.get(ALLERGIES, []) is None:
        return {}
    there = list(answers.get(ALLERGIES, []))
    for row in listed:
        known = {"substance": row.substance, "anaphylaxis": row.anaphylaxis} | ({"name": row.name} if row.name else {})
        at = next((number for number, one in enumerate(there) if _is(one, row)), None)
        if at is None:
            there.append(known)
        elif row.anaphylaxis and not there[at].get("anaphylaxis"):
            there[at] = known
    return {ALLERGIES: there} if there != answers.get(ALLERGIES, []) else {}


def metal_for(answers: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The answer about metals, where a name in the list is one and the answer says less (E24); else empty. The question holds one metal: steel is the gravest."""
    metals = [metal for name in names if (metal := metal_in(name))]
    here = answers.get(METAL)
    if _STEEL in metals:
        return {} if here == _STEEL else {METAL: _STEEL}
    return {METAL: metals[0]} if metals and here in (None, "none") else {}


def _is(told: Mapping[str, Any], row: Listed) -> bool:
    said = same_name(str(told.get("name", "")))
    return told["substance"] == row.substance and ("" if said == same_name(row.substance) else said) == same_name(row.name)
