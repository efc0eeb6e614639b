"""Aftercare times of what was done: which things wait, and until when (RULES section 4, row t+0). Pure.

Several treatments combine into one list: for each thing the latest time counts, so nothing is allowed too early.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


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
