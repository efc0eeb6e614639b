"""What a question is, and a page of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Words = Union[str, "_StrPromise"]
Options = tuple[tuple[str, Words], ...]
NEGATIVE = ("no", "none", "never")


@dataclass(frozen=True)
class FollowUp:
    """A detail that is asked when the lead has one of the answers in `when`.

    Kinds: date, date_any (may lie ahead), number, temperature, text, yn. `needed`: a date that the rules can't do without.
    """

    key: str
    words: Words
    kind: str
    when: tuple[str, ...]
    hint: Words = ""
    needed: bool = False


@dataclass(frozen=True)
class Question:
    """One question with its answers.

    Kinds: choice, pictures, checks, date, allergy, procedures, text, flag. `row` are its words in a list of things to tick.
    `note`: kept for people, never given to the rules. `value` of an allergy is its substance; `into` of a flag is the key
    that it sets.
    """

    key: str
    words: Words
    options: Options = ()
    hint: Words = ""
    kind: str = "choice"
    follow_ups: tuple[FollowUp, ...] = ()
    required: bool = True
    row: Words = ""
    note: bool = False
    value: str = ""
    into: str = ""

    @property
    def negative(self) -> str:
        """The answer that says no; empty where there is none."""
        return next((value for value, _words in self.options if value in NEGATIVE), "")

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that this question may set, details included."""
        return (self.into or self.key, *(f.key for f in self.follow_ups))


@dataclass(frozen=True)
class Page:
    """One group, one page: `questions` are asked at once; of `rows` those that are true are ticked, and asked about next.

    `not_for` names a recorded sex that is never asked. `always`: asked anew each time, whatever was answered before.
    """

    name: str
    title: Words
    questions: tuple[Question, ...] = ()
    rows: tuple[Question, ...] = ()
    short: Words = ""
    not_for: str = ""
    hint: Words = ""
    always: bool = False

    @property
    def every(self) -> tuple[Question, ...]:
        """All of its questions."""
        return self.questions + self.rows
