"""What a question is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Words = Union[str, "_StrPromise"]
Options = tuple[tuple[str, Words], ...]


@dataclass(frozen=True)
class FollowUp:
    """A detail that is asked when the lead has one of the answers in `when`. Kinds: date, number, text, yn."""

    key: str
    words: Words
    kind: str
    when: tuple[str, ...]
    hint: Words = ""


@dataclass(frozen=True)
class Question:
    """One question with its answers. Kinds: choice, checks, date, allergies, procedures, text."""

    key: str
    words: Words
    options: Options = ()
    hint: Words = ""
    kind: str = "choice"
    follow_ups: tuple[FollowUp, ...] = ()
    required: bool = True


@dataclass(frozen=True)
class Page:
    """One group of questions, one page. `not_for` names a recorded sex that is never asked."""

    name: str
    title: Words
    questions: tuple[Question, ...]
    not_for: str = ""
    hint: Words = ""
