"""The rule sets of the house, each with the numbers and words that a clinic may change. Each app registers its own (SETTLED 11, 15)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    basis: str = ""

    def joined(self, other: "Effect") -> "Effect":
        """Both in one line, for the same patient."""
        before, after, basis = (f"{mine}; {also}" for mine, also in ((self.before, other.before), (self.after, other.after), (self.basis, other.basis)))
        return Effect(self.patient_uuid, self.patient, self.site_id, before, after, basis)


@dataclass(frozen=True)
class Past:
    """Standing records judged once more: what they are in words, how many, how many would have had another result and by which rules.

    `unread` could not be judged again. `cut`: there are more, and only the newest were looked at.
    """

    words: str
    judged: int
    differ: int
    rules: tuple[tuple[str, int], ...] = ()
    unread: int = 0
    cut: bool = False


@dataclass(frozen=True)
class Preview:
    """What a proposal would change: for whom, of how many that were judged, and in past records. `cut`: only the newest were judged."""

    effects: list[Effect]
    judged: int
    cut: bool = False
    past: list[Past] = field(default_factory=list)


@dataclass(frozen=True)
class RuleBook:
    """
    One rule set as data.

    `read(values, words, version)` gives the policy and raises ValueError; `faults(values)` names what is wrong by number.
    `preview(old, new, at)` names the current patients for whom the two policies differ; `judged_by` says of a number what it was judged
    on, where a rule set has more than one way.
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
    preview: Callable[[Any, Any, datetime], Preview]
    judged_by: Mapping[str, Any] = field(default_factory=dict)

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
