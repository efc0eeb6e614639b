"""What a bundle is read into, and how FHIR's concepts are read: the words of a code, its notes, a day."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from patients.rules.exchange.codes import LOCAL, SNOMED
from patients.rules.exchange.tables import Meaning

Json = dict[str, Any]
_WRONG = {"entered-in-error": "in_error", "refuted": "refuted", "not-taken": "not_taken", "cancelled": "not_taken", "draft": "not_taken"}
OVER = {"inactive", "remission", "resolved", "completed", "stopped"}
# how an International Patient Summary says that there is nothing to list (SNOMED CT; and HL7's absent-unknown codes, whatever system they are sent under)
_NONE_KNOWN = {
    *((SNOMED, code) for code in ("716186003", "409137002", "428607008", "429625007")),
    "no-known-allergies", "no-known-medication-allergies", "no-known-food-allergies", "no-known-environmental-allergies", "no-known-medications", "no-known-problems",
}  # fmt: skip
_NOT_SAID = {"no-allergy-info", "no-medication-info", "no-problem-info"}
# the same in words alone. The whole name must say so: “no known allergies except latex” is an allergy
_OF_WHAT = "drug|drugs|medication|medications|medicine|medicines|food|environmental|allergy|allergies|problem|problems|condition|conditions"
_IN_WORDS = re.compile(rf"(?:no|nil|none|not) known(?: (?:{_OF_WHAT}))*|nka|nkda|(?:sin|no|ninguna) (?:alergias? )?(?:a medicamentos )?conocidas?|sin alergias")
_WHOLE_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Unreadable(Exception):
    """The bundle can't be used; `code` says why, `place` where."""

    def __init__(self, code: str, place: str = "") -> None:
        super().__init__(code)
        self.code, self.place = code, place


@dataclass(frozen=True)
class Proposal:
    """One thing that a clinician may take over. `cannot`: why not, as a code; empty when it can be accepted.

    `details`: (label code, text) as the file has them. `suggestion`: what would be written, in the keys of our rules.
    """

    kind: str
    title: str
    details: tuple[tuple[str, str], ...] = ()
    suggestion: Json = field(default_factory=dict)
    cannot: str = ""


@dataclass(frozen=True)
class Person:
    """Who the bundle says it is about. `born` is empty when it does not say."""

    family: tuple[str, ...]
    given: tuple[str, ...]
    name: str
    born: str
    sex: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """All of it."""

    person: Person
    proposals: tuple[Proposal, ...]


def plain(text: str) -> str:
    """Lower case, no accents, single spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return re.sub(r"[^\w]+", " ", bare).strip()

def text_of(concept: Any) -> str:
    """What a CodeableConcept says, in words if it has any."""
    if not isinstance(concept, dict):
        return ""
    shown = [str(code.get("display") or "") for code in concept.get("coding") or []]
    return str(concept.get("text") or next(filter(None, shown), "") or next((str(code.get("code") or "") for code in concept.get("coding") or []), ""))


def codes_of(concept: Any) -> list[tuple[str, str]]:
    """(system, code) of each coding."""
    return [(str(code.get("system") or ""), str(code.get("code") or "")) for code in (concept or {}).get("coding") or []]


def code_of(concept: Any) -> str:
    """The first code, of whatever system."""
    return next((code for _system, code in codes_of(concept)), "")


def shared(resource: Json, concept: Any) -> list[tuple[str, str]]:
    """Details that any kind has: codes of others, and notes."""
    codes = ", ".join(code for system, code in codes_of(concept) if system != LOCAL and code)
    notes = " ".join(str(note.get("text") or "") for note in resource.get("note") or [])
    return [("codes", codes), ("note", notes)]


def details_of(*pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Those that say something, at a length that can be read."""
    return tuple((label, text if len(text) <= 2000 else f"{text[:2000]} …") for label, text in pairs if text)


def cannot(*statuses: str) -> str:
    """Why a status forbids taking it over; empty when it does not."""
    return next((_WRONG[status] for status in statuses if status in _WRONG), "")


def nothing(concept: Any) -> str:
    """Why an entry is none: it says that nothing is known (`none_known`), or that nothing is said (`not_said`). Empty where it names something."""
    said = {*codes_of(concept), *(code for _system, code in codes_of(concept))}
    if said & _NOT_SAID:
        return "not_said"
    return "none_known" if said & _NONE_KNOWN or _IN_WORDS.fullmatch(plain(text_of(concept))) else ""


def answer_of(meaning: Meaning, over: bool, ended: str) -> Json:
    """The suggested answer, with the day since when where both sides have one."""
    answer = (meaning.over or "unsure") if over else meaning.answer
    found: Json = {"key": meaning.key, "answer": answer}
    if over and meaning.since_key and answer == meaning.over and (day := whole_day(ended)):
        found["since"] = {meaning.since_key: day}
    return found | ({"many": True} if meaning.many else {})


def whole_day(text: str) -> str:
    """A whole calendar day; a year or a month alone is none."""
    return text[:10] if _WHOLE_DAY.fullmatch(text[:10]) else ""
