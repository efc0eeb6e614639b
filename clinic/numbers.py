"""A clinic's own numbers: what each is about, its range, and what is wrong with a value. Frozen values, no Django.

A policy is a frozen dataclass. A field made with `number()` or `choice_of()` can be changed by the clinic; its words, unit and
range are read from there by the settings page and by the check of a new version.
"""

import math
import string
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

WHOLE = frozenset({"days", "months", "years", "sessions", "passes", "hours", "pixels"})


@dataclass(frozen=True)
class Number:
    """
    What one number is about. `proposed`: it has no source and a clinician must confirm it.

    `scale` divides the stored value for people: a depth of 125 (0.01 mm) is shown as 1.25 mm. `options` turns the number into a
    choice of several of them.
    """

    name: str
    words: str
    unit: str
    least: float
    most: float
    proposed: bool
    default: Any
    scale: int = 1
    options: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether the stored value has no fraction."""
        return self.scale > 1 or self.unit in WHOLE

    def shown(self, value: Any) -> str:
        """The value as people read it, without its unit."""
        if self.options:
            return ", ".join(str(item).replace("_", " ") for item in value)
        return f"{value / self.scale:.2f}" if self.scale > 1 else f"{value:g}"


def number(default: Any, words: str, unit: str, most: float, *, least: float = 0, proposed: bool = True, scale: int = 1) -> Any:
    """A field of a policy that holds one number."""
    return field(default=default, metadata={"words": words, "unit": unit, "range": (least, most), "proposed": proposed, "scale": scale})


def choice_of(default: tuple[str, ...], words: str, options: tuple[str, ...], *, proposed: bool = True) -> Any:
    """A field of a policy that holds several of `options`."""
    return field(default=default, metadata={"words": words, "unit": "", "range": (0, 0), "proposed": proposed, "options": options})


def numbers_of(policy: type, default: Any) -> dict[str, Number]:
    """Every number of a policy by name, in the order of its fields. A field that holds numbers by name gives `field.name`."""
    found: dict[str, Number] = {}
    for row in fields(policy):
        if "words" in row.metadata:
            for entry in _entries(row, getattr(default, row.name)):
                found[entry.name] = entry
    return found


def _entries(row: "Field[Any]", default: Any) -> list[Number]:
    about = row.metadata
    least, most = about["range"]
    kept = (about["unit"], least, most, about["proposed"])
    scale, options = about.get("scale", 1), about.get("options", ())
    if isinstance(default, Mapping):
        return [Number(f"{row.name}.{key}", f"{about['words']}: {key.replace('_', ' ')}", *kept, value, scale) for key, value in default.items()]
    return [Number(row.name, about["words"], *kept, default, scale, options)]


def number_faults(numbers: Mapping[str, Number], values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a clinic's own numbers: name → message. Empty when they can be used; a name left out keeps its default."""
    faults = dict.fromkeys(values.keys() - numbers.keys(), "unknown number")
    for name, value in values.items():
        if name in numbers and (fault := _fault(numbers[name], value)):
            faults[name] = fault
    return faults


def _fault(about: Number, value: Any) -> str:
    if about.options:
        return _choice_fault(about, value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "must be a number"
    if about.is_whole and not isinstance(value, int):
        return "must be a whole number"
    if not about.least <= value <= about.most:
        return f"is outside {about.least / about.scale:g}-{about.most / about.scale:g}"
    return ""


def _choice_fault(about: Number, value: Any) -> str:
    if not isinstance(value, list | tuple) or not value:
        return "must name at least one"
    unknown = [item for item in value if item not in about.options]
    return f"unknown: {', '.join(map(str, unknown))}" if unknown else ""


def order_faults(numbers: Mapping[str, Number], order: Iterable[tuple[str, str]], values: Mapping[str, Any]) -> dict[str, str]:
    """Pairs that cross: of each pair in `order` the first is at most the second. The message stands at a name that was given."""
    faults: dict[str, str] = {}
    for low, high in order:
        least, most = (values.get(name, numbers[name].default) for name in (low, high))
        if least > most:
            here, there = (high, low) if high in values else (low, high)
            faults[here] = f"does not go with “{numbers[there].words}”"
    return faults


def with_values(default: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments for the policy: `values` over the default, `field.name` entries put back into their field."""
    built: dict[str, Any] = {}
    for name, value in values.items():
        whole, _, key = name.partition(".")
        if key:
            built[whole] = {**built.get(whole, getattr(default, whole)), key: value}
        else:
            built[name] = tuple(value) if isinstance(value, list) else value
    return built


def brackets_in(words: str) -> set[str]:
    """The names in curly brackets. ValueError for brackets that are not plain `{name}`: nothing else is ever written in."""
    found: set[str] = set()
    for _, name, spec, conversion in string.Formatter().parse(words):
        if name is None:
            continue
        if spec or conversion or not name.isidentifier():
            raise ValueError(f"not a plain name in brackets: {name or '{}'}")
        found.add(name)
    return found


def wording_faults(known: Mapping[str, str], allowed: frozenset[str], words: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with a clinic's own wording: rule id → message. `known`: the words that Anagen comes with."""
    faults: dict[str, str] = {}
    for rule, text in words.items():
        if rule not in known:
            faults[rule] = "unknown rule"
            continue
        try:
            unknown = brackets_in(text) - allowed
        except ValueError as wrong:
            faults[rule] = str(wrong)
            continue
        if unknown:
            faults[rule] = f"unknown in brackets: {', '.join(sorted(unknown))}"
        elif not text.strip():
            faults[rule] = "must not be empty"
    return faults
