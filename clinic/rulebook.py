"""The rule sets of the house, each with the numbers and words that a clinic may change. Each app registers its own (SETTLED 11, 15)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from clinic.findings import RuleText
from clinic.models.policy import PolicyVersion
from clinic.numbers import Number, wording_faults


@dataclass(frozen=True)
class Effect:
    """What another version would change for one patient: the result before and after, as words for a clinician."""

    patient_uuid: UUID
    patient: str
    site_id: int
    before: str
    after: str


@dataclass(frozen=True)
class RuleBook:
    """
    One rule set as data.

    `read(values, words, version)` gives the policy and raises ValueError; `faults(values)` names what is wrong by number.
    `effects(old, new, at)` are the current patients for whom the two policies differ.
    """

    code: str
    title: Any
    model: type[PolicyVersion]
    numbers: dict[str, Number]
    templates: dict[str, str]
    brackets: frozenset[str]
    read: Callable[[dict[str, Any], dict[str, str], int], Any]
    faults: Callable[[dict[str, Any]], dict[str, str]]
    texts: Callable[[Any], dict[str, RuleText]]
    effects: Callable[[Any, Any, datetime], list[Effect]]

    def newest(self) -> PolicyVersion | None:
        """The approved version in force; None while the clinic runs the rules as Anagen comes."""
        return self.model._default_manager.order_by("-version").first()

    def policy(self, row: PolicyVersion | None = None) -> Any:
        """The policy of a version; without one, as Anagen comes."""
        return self.read(row.values, row.words, row.version) if row else self.read({}, {}, 0)

    def in_force(self) -> Any:
        """The policy that the clinic runs now."""
        return self.policy(self.newest())

    def at_version(self, version: int) -> Any:
        """The policy of an approved version, for a decision that was made with it; 0 is as Anagen comes."""
        return self.policy(self.model._default_manager.get(version=version) if version else None)

    def all_faults(self, values: dict[str, Any], words: dict[str, str]) -> dict[str, str]:
        """What is wrong, by number or rule id. Empty when a version can be made of it."""
        return self.faults(values) | wording_faults(self.templates, self.brackets, words)


def stamp(rules_version: str, policy_version: int) -> str:
    """How a decision names the rules it was made with: `E-2026.11`, or `E-2026.11+3` with the clinic's third version."""
    return f"{rules_version}+{policy_version}" if policy_version else rules_version


def policy_version_in(stamped: str) -> int:
    """The clinic's version in such a name; 0 is as Anagen comes."""
    _, _, number = stamped.partition("+")
    return int(number) if number.isdecimal() else 0


_BOOKS: dict[str, RuleBook] = {}


def register(book: RuleBook) -> None:
    """Called from `AppConfig.ready()`."""
    _BOOKS[book.code] = book


def books() -> list[RuleBook]:
    """All of them, in the order E, S, T."""
    return [_BOOKS[code] for code in sorted(_BOOKS)]


def book(code: str) -> RuleBook:
    """One by its letter. KeyError for another."""
    return _BOOKS[code]
