"""Aftercare times of what was done: which things wait, and until when (RULES section 4, row t+0). Pure.

Several treatments combine into one list: for each thing the latest time counts, so nothing is allowed too early.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self


class Thing(StrEnum):
    """What a patient waits with, in the order of the list."""

    WASH = "wash"
    PRODUCTS = "products"
    MINOXIDIL = "minoxidil"
    SUN = "sun"
    SWEAT = "sweat"


@dataclass(frozen=True)
class CarePolicy:
    """Waiting times in exact hours from the session's end, and from which depth a session counts as deep.

    24 h and 48 h: S0, S3. 72 h: L5 (second-hand). Washing after 24 h: weak. The depth: proposed default (`P`).
    """

    wash_hours: int = 24
    products_hours: float = 24
    minoxidil_hours: float = 24
    sun_hours: float = 48
    sweat_hours: float = 72
    deep_from_hundredths: int = 100


class Change(StrEnum):
    """What a patient would read differently, in the order in which it is said."""

    DEEPER = "deeper"
    LESS_DEEP = "less_deep"
    MINOXIDIL_WAITS = "minoxidil_waits"
    MINOXIDIL_FREE = "minoxidil_free"
    ON_THE_SCALP = "on_the_scalp"
    MINOXIDIL_APPLIED = "minoxidil_applied"


@dataclass(frozen=True)
class Done:
    """What was done in a session, as far as its aftercare goes by it: depth in 0.01 mm, products with their kind, by name."""

    deepest_hundredths: int = 0
    products: tuple[tuple[str, str], ...] = ()
    minoxidil_early: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "products", tuple(sorted(self.products)))  # the order in which they were typed says nothing

    @property
    def kinds(self) -> frozenset[str]:
        """Of the products."""
        return frozenset(kind for _name, kind in self.products)

    @property
    def names(self) -> list[str]:
        """Of the products, for people."""
        return [name for name, _kind in self.products]

    def as_json(self) -> dict[str, Any]:
        """For a row."""
        return {"deepest": self.deepest_hundredths, "products": [list(pair) for pair in self.products], "minoxidil_early": self.minoxidil_early}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """Out of a row."""
        return cls(kept["deepest"], tuple((name, kind) for name, kind in kept["products"]), kept["minoxidil_early"])


@dataclass(frozen=True)
class Treated:
    """One treatment: its true end, its deepest zone in 0.01 mm, the kinds of product put on, a prescriber's word."""

    ended_at: datetime
    deepest_hundredths: int = 0
    kinds: frozenset[str] = frozenset()
    minoxidil_early: bool = False


DEFAULT_CARE = CarePolicy()


def waits_after(treatments: Iterable[Treated], policy: CarePolicy = DEFAULT_CARE) -> list[tuple[Thing, datetime]]:
    """Each thing with the instant from which it is allowed again, in time order; the latest of all treatments wins.

    A prescriber who allowed minoxidil early takes that row away, but only if every treatment with it says so (S14).
    """
    latest: dict[Thing, datetime] = {}
    for treated in treatments:
        for thing, hours in _hours(treated, policy).items():
            until = treated.ended_at + timedelta(hours=hours)
            latest[thing] = max(until, latest.get(thing, until))
    places = list(Thing)
    return sorted(latest.items(), key=lambda row: (row[1], places.index(row[0])))


def _hours(treated: Treated, policy: CarePolicy) -> dict[Thing, float]:
    hours: dict[Thing, float] = {
        Thing.WASH: policy.wash_hours,
        Thing.PRODUCTS: policy.products_hours,
        Thing.MINOXIDIL: policy.minoxidil_hours,
        Thing.SUN: policy.sun_hours,
        Thing.SWEAT: policy.sweat_hours,
    }
    if treated.minoxidil_early:
        del hours[Thing.MINOXIDIL]
    return hours


def is_deep(treatments: Iterable[Treated], policy: CarePolicy = DEFAULT_CARE) -> bool:
    """Whether any treatment went deep enough for more tenderness (fact 65: “more if deeper”)."""
    return any(treated.deepest_hundredths >= policy.deep_from_hundredths for treated in treatments)


def what_changed(told: Done, now: Done, policy: CarePolicy = DEFAULT_CARE) -> list[Change]:
    """What instructions by `now` say otherwise than those by `told`. Empty: a patient would read the same."""
    deep = [done.deepest_hundredths >= policy.deep_from_hundredths for done in (told, now)]
    applied = ["minoxidil" in done.kinds for done in (told, now)]
    found = {
        Change.DEEPER: deep == [False, True],
        Change.LESS_DEEP: deep == [True, False],
        Change.MINOXIDIL_WAITS: told.minoxidil_early and not now.minoxidil_early,
        Change.MINOXIDIL_FREE: now.minoxidil_early and not told.minoxidil_early,
        Change.ON_THE_SCALP: told.names != now.names,
        Change.MINOXIDIL_APPLIED: applied == [False, True],
    }
    return [change for change, is_so in found.items() if is_so]
