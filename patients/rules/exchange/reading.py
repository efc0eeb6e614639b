"""A FHIR R4 bundle from elsewhere → who it is about, and proposals. Nothing in it is dropped: what we can't take is listed as text."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from patients.rules.exchange.codes import LOCAL
from patients.rules.exchange.tables import (
    ALLERGY_CODES,
    ALLERGY_WORDS,
    ANAPHYLAXIS_CODES,
    ANAPHYLAXIS_ICD,
    ANAPHYLAXIS_WORDS,
    CONDITION_CODES,
    CONDITION_WORDS,
    GRAVE_WORDS,
    MEDICINE_CODES,
    MEDICINE_WORDS,
    METALS,
    Meaning,
)
from patients.rules.vocabulary import HAIR_MEDICINES

Json = dict[str, Any]
TAKEN = ("AllergyIntolerance", "MedicationStatement", "MedicationRequest", "Condition")
READ = ("Patient", *TAKEN)
MOST_LINES = 100
_WRONG = {"entered-in-error": "in_error", "refuted": "refuted", "not-taken": "not_taken", "cancelled": "not_taken", "draft": "not_taken"}
_OVER = {"inactive", "remission", "resolved", "completed", "stopped"}
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


def resources(bundle: Any) -> list[tuple[str, Json]]:
    """Each resource with its address in the bundle. Raises Unreadable when this is no R4 bundle of one patient."""
    if not isinstance(bundle, dict) or not isinstance(kind := bundle.get("resourceType"), str):
        raise Unreadable("not_fhir")
    if kind != "Bundle":
        raise Unreadable("not_bundle", kind[:40])
    entries = bundle.get("entry")
    if not isinstance(entries, list) or not entries:
        raise Unreadable("empty")
    found = []
    for number, entry in enumerate(entries, start=1):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            raise Unreadable("no_resource", f"entry {number}")
        found.append((str(entry.get("fullUrl") or ""), resource))
    if sum(resource["resourceType"] == "Patient" for _url, resource in found) != 1:
        raise Unreadable("patients")
    for number, (_url, resource) in enumerate(found, start=1):
        if version := _other_version(resource):
            raise Unreadable(version, f"entry {number}: {resource['resourceType'][:40]}")
    return found


def _other_version(resource: Json) -> str:
    """R5 and STU3 by what R4 has never had in the resources that we read."""
    kind = resource["resourceType"]
    r5 = {"MedicationStatement": ("medication", "adherence"), "MedicationRequest": ("medication",), "AllergyIntolerance": ("participant",), "Condition": ("participant",)}
    if any(key in resource for key in r5.get(kind, ())) or (kind == "AllergyIntolerance" and isinstance(resource.get("type"), dict)):
        return "r5"
    stu3 = {"MedicationStatement": ("taken",), "AllergyIntolerance": ("assertedDate",), "Condition": ("assertedDate",)}
    if any(key in resource for key in stu3.get(kind, ())) or (kind in {"AllergyIntolerance", "Condition"} and isinstance(resource.get("clinicalStatus"), str)):
        return "stu3"
    return ""


def reading(found: list[tuple[str, Json]], *, on: str, unread: dict[str, int] | None = None) -> Reading:
    """Proposals of checked resources, in the order of the file; last what is not taken.

    `on`: today's date, which says whether an end has come. `unread`: how many of a kind are no valid R4.
    """
    url, patient = next((url, resource) for url, resource in found if resource["resourceType"] == "Patient")
    medicines = {name: resource for url_, resource in found if resource["resourceType"] == "Medication" for name in _names(url_, resource)}
    mine = _names(url, patient)
    proposals: list[Proposal] = []
    for number, (_url, resource) in enumerate(found, start=1):
        kind = resource["resourceType"]
        if kind in TAKEN:
            subject = (resource.get("subject") or resource.get("patient") or {}).get("reference", "")
            if subject not in mine:
                raise Unreadable("other_person", f"entry {number}: {kind}")
            proposals.append(_allergy(resource) if kind == "AllergyIntolerance" else _condition(resource) if kind == "Condition" else _medicine(resource, medicines, on))
    person = _person(patient)
    return Reading(person, (*_contact(person), *proposals, *_left(found, unread or {})))


def _names(url: str, resource: Json) -> set[str]:
    """Every way in which another entry may refer to this one."""
    own = str(resource.get("id") or "")
    return {name for name in (url, f"{resource['resourceType']}/{own}" if own else "") if name}


def _person(patient: Json) -> Person:
    names = [name for name in patient.get("name") or [] if name.get("use") not in {"old", "temp"}]
    telecom = [(point.get("system"), str(point.get("value") or "")) for point in patient.get("telecom") or [] if point.get("use") != "old"]
    family = tuple(dict.fromkeys(str(name["family"]) for name in names if name.get("family")))
    given = tuple(dict.fromkeys(str(part) for name in names for part in name.get("given") or []))
    text = next((str(name.get("text") or " ".join([*map(str, name.get("given") or []), str(name.get("family") or "")])) for name in names), "")
    return Person(
        family, given, text.strip()[:200], str(patient.get("birthDate") or ""), str(patient.get("gender") or ""),
        tuple(value for system, value in telecom if system == "phone" and value), tuple(value for system, value in telecom if system == "email" and value),
    )  # fmt: skip


def differences(person: Person, *, family: str, given: str, preferred: str, born: str) -> list[str]:
    """`name` and `born`, where the file says otherwise than the record, or does not say."""
    found = []
    ours = {plain(given).split(" ")[0], *([plain(preferred)] if preferred else [])} - {""}
    theirs = {plain(name).split(" ")[0] for name in person.given} - {""}
    same_family = plain(family) in {plain(name) for name in person.family} if family else not person.family
    if not same_family or not (ours & theirs if ours else not theirs):
        found.append("name")
    return found + (["born"] if person.born != born else [])


def _contact(person: Person) -> Iterator[Proposal]:
    """How to reach the person, as the file has it; the service leaves out what is the same here."""
    for key, values in (("phone", person.phones), ("email", person.emails)):
        if values:
            yield Proposal("contact", values[0], (("also", ", ".join(values[1:])),) if values[1:] else (), {"field": key, "value": values[0]})
    if person.sex in {"female", "male", "other"}:
        yield Proposal("contact", person.sex, (), {"field": "sex", "value": person.sex})


def _text(concept: Any) -> str:
    if not isinstance(concept, dict):
        return ""
    shown = [str(code.get("display") or "") for code in concept.get("coding") or []]
    return str(concept.get("text") or next(filter(None, shown), "") or next((str(code.get("code") or "") for code in concept.get("coding") or []), ""))


def _codes(concept: Any) -> list[tuple[str, str]]:
    return [(str(code.get("system") or ""), str(code.get("code") or "")) for code in (concept or {}).get("coding") or []]


def _code(concept: Any) -> str:
    return next((code for _system, code in _codes(concept)), "")


def _shared(resource: Json, concept: Any) -> list[tuple[str, str]]:
    codes = ", ".join(code for system, code in _codes(concept) if system != LOCAL and code)
    notes = " ".join(str(note.get("text") or "") for note in resource.get("note") or [])
    return [("codes", codes), ("note", notes)]


def _details(*pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((label, text if len(text) <= 2000 else f"{text[:2000]} …") for label, text in pairs if text)


def _cannot(*statuses: str) -> str:
    return next((_WRONG[status] for status in statuses if status in _WRONG), "")


def _allergy(row: Json) -> Proposal:
    code, clinical, verified = row.get("code"), _code(row.get("clinicalStatus")), _code(row.get("verificationStatus"))
    name = _text(code)
    signs = [_text(sign) for reaction in row.get("reaction") or [] for sign in reaction.get("manifestation") or []]
    severe, ask = _severity(row)
    words = set(plain(name).split())
    metal = next((METALS[word] for word in METALS if word in words), "")
    local = next((code_.split(".", 1)[1] for system, code_ in _codes(code) if system == LOCAL and "." in code_), "")
    substance = local if local in set(ALLERGY_WORDS.values()) | {"serum_ingredient", "other"} else next(
        (ALLERGY_CODES[pair] for pair in _codes(code) if pair in ALLERGY_CODES), next((ALLERGY_WORDS[word] for word in ALLERGY_WORDS if word in words), "")
    )  # fmt: skip
    suggestion: Json = {"substance": substance, "name": name[:200]}
    if metal or local.startswith("metal."):
        suggestion = {"key": "metal_allergy", "answer": metal or local.removeprefix("metal."), "name": name[:200]}
    suggestion |= {"anaphylaxis": severe} | ({"ask_anaphylaxis": True} if ask else {})
    ended = "over" if clinical in {"inactive", "resolved"} else ""
    how = ", ".join(dict.fromkeys(str(reaction["severity"]) for reaction in row.get("reaction") or [] if reaction.get("severity")))
    told = "; ".join(_described(row))
    details = _details(
        ("status", clinical), ("verified", verified), ("criticality", str(row.get("criticality") or "")), ("reaction", ", ".join(signs)), ("severity", how), ("described", told), *_shared(row, code)
    )
    return Proposal("allergy", name[:300] or "?", details, suggestion, _cannot(verified) or ended or ("" if name else "no_name"))


def _described(row: Json) -> list[str]:
    """What is written beside the reactions, in sentences."""
    notes = [note for reaction in row.get("reaction") or [] for note in reaction.get("note") or []]
    return [text for text in (*(str(reaction.get("description") or "") for reaction in row.get("reaction") or []), *(str(note.get("text") or "") for note in notes)) if text]


def _severity(row: Json) -> tuple[bool, bool]:
    """Whether the file says anaphylaxis outright, by code or by word; else whether somebody must be asked. Never milder than what was said.

    A sentence may deny it (“no anaphylaxis”), so that words in a note only ask; so do *severe*, *high* and words of what belongs to one.
    """
    concepts = [row.get("code"), *(sign for reaction in row.get("reaction") or [] for sign in reaction.get("manifestation") or [])]
    said = [plain(f"{_text(one)} " + " ".join(str(code.get("display") or "") for code in (one or {}).get("coding") or [])) for one in concepts]
    coded = any(pair in ANAPHYLAXIS_CODES or ("icd-10" in pair[0] and pair[1].startswith(ANAPHYLAXIS_ICD)) for one in concepts for pair in _codes(one))
    if coded or any(word in text for text in said for word in ANAPHYLAXIS_WORDS):
        return True, False
    notes = [plain(str(note.get("text") or "")) for note in row.get("note") or []] + [plain(text) for text in _described(row)]
    grave = row.get("criticality") == "high" or any(reaction.get("severity") == "severe" for reaction in row.get("reaction") or [])
    return False, grave or asks_of_anaphylaxis(" ".join([*said, *notes]))


def asks_of_anaphylaxis(text: str) -> bool:
    """Whether words make one ask if it was anaphylaxis."""
    return any(word in plain(text) for word in (*ANAPHYLAXIS_WORDS, *GRAVE_WORDS))


def _condition(row: Json) -> Proposal:
    code, clinical, verified = row.get("code"), _code(row.get("clinicalStatus")), _code(row.get("verificationStatus"))
    name, over = _text(code), clinical in _OVER
    meaning = next((CONDITION_CODES[pair] for pair in _codes(code) if pair in CONDITION_CODES), None) or CONDITION_WORDS.get(name.casefold()) or CONDITION_WORDS.get(plain(name))
    ended = next((str(row[key]) for key in ("abatementDateTime", "abatementString") if row.get(key)), "")
    begun = next((str(row[key]) for key in ("onsetDateTime", "onsetString") if row.get(key)), "")
    sites = ", ".join(map(_text, row.get("bodySite") or []))
    details = _details(("status", clinical), ("verified", verified), ("site", sites), ("begun", begun), ("ended", ended), *_shared(row, code))
    wrong = _cannot(verified) or ("" if name else "no_name")
    if meaning is None:
        return Proposal("condition", name[:300] or "?", details, {}, wrong or "not_in_table")
    return Proposal("condition", name[:300], details, _answer(meaning, over, ended), wrong)


def _answer(meaning: Meaning, over: bool, ended: str) -> Json:
    """The suggested answer, with the day since when where both sides have one."""
    answer = (meaning.over or "unsure") if over else meaning.answer
    found: Json = {"key": meaning.key, "answer": answer}
    if over and meaning.since_key and answer == meaning.over and (day := _day(ended)):
        found["since"] = {meaning.since_key: day}
    return found | ({"many": True} if meaning.many else {})


def _day(text: str) -> str:
    """A whole calendar day; a year or a month alone is none."""
    return text[:10] if _WHOLE_DAY.fullmatch(text[:10]) else ""


def _medicine(row: Json, medicines: dict[str, Json], on: str) -> Proposal:
    inside = {f"#{part.get('id')}": part for part in row.get("contained") or [] if isinstance(part, dict)}
    concept = row.get("medicationCodeableConcept") or ((medicines | inside).get((row.get("medicationReference") or {}).get("reference", "")) or {}).get("code")
    name, status = _text(concept), str(row.get("status") or "")
    period, dosage = row.get("effectivePeriod") or {}, row.get("dosage") or row.get("dosageInstruction") or []
    dose = "; ".join(str(line.get("text") or "") for line in dosage if line.get("text"))
    begun, ended = str(period.get("start") or row.get("effectiveDateTime") or row.get("authoredOn") or ""), str(period.get("end") or "")
    over = status in _OVER or "" < _day(ended) <= on
    suggestion: Json = {"name": name[:200], "dose": dose[:100], "started_on": _day(begun), "ended_on": _day(ended), "over": over}
    if meaning := _meant(name, concept):
        suggestion |= {} if over and not meaning.over else _answer(meaning, over, ended)
    unsaid = "over_no_day" if over and not _day(ended) and "key" not in suggestion else ""
    return Proposal(
        "medication", name[:300] or "?", _details(("status", status), ("dose", dose), ("begun", begun), ("ended", ended), *_shared(row, concept)), suggestion,
        _cannot(status) or ("" if name else "no_name") or unsaid,
    )  # fmt: skip


def medicine_meaning(name: str) -> Meaning | None:
    """The answer that a name stands for; the names that our list takes from answers stand for themselves."""
    own = name.strip().casefold().replace(" ", "_")
    return Meaning("hair_medicines", own, many=True) if own in HAIR_MEDICINES else _meant(name, None)


def _meant(name: str, concept: Any) -> Meaning | None:
    """The answer that a medicine stands for; minoxidil by where it goes."""
    words = plain(name).split()
    coded = next((MEDICINE_CODES[pair] for pair in _codes(concept) if pair in MEDICINE_CODES), "")
    word = coded or next((word for word in words if word in MEDICINE_WORDS), "")
    if word == "minoxidil":
        where = "oral_minoxidil" if {"oral", "tablet", "tablets"} & set(words) else "topical_minoxidil" if {"topical", "solution", "foam", "scalp"} & set(words) else "other"
        return Meaning("hair_medicines", where, many=True)
    return MEDICINE_WORDS.get(word)


def _left(found: list[tuple[str, Json]], unread: dict[str, int]) -> Iterator[Proposal]:
    """What is in the file and is not taken: a kind a line, with what each says of itself; how many are not shown is said."""
    kinds = Counter(resource["resourceType"] for _url, resource in found if resource["resourceType"] not in (*READ, "Medication"))
    for kind, amount in kinds.items():
        lines = [_said(resource) for _url, resource in found if resource["resourceType"] == kind]
        named = [("about", line) for line in lines if line]
        more = str(len(named) - MOST_LINES) if len(named) > MOST_LINES else ""
        yield Proposal("other", f"{kind} ({amount})"[:300], _details(*named[:MOST_LINES], ("more", more), ("unread", str(unread.get(kind) or ""))), {}, "other_kind")


def _said(resource: Json) -> str:
    """A resource of another kind in one line: what, its value, when. It may be no valid R4, so every step is looked at."""
    named = resource.get("code") or resource.get("vaccineCode") or resource.get("type")
    what = _text(named) if isinstance(named, dict) and isinstance(named.get("coding") or [], list) and all(isinstance(c, dict) for c in named.get("coding") or []) else ""
    number = resource.get("valueQuantity")
    value = f"{number.get('value', '')} {number.get('unit') or number.get('code') or ''}".strip() if isinstance(number, dict) else ""
    coded = resource.get("valueCodeableConcept")
    value = value or (str(coded.get("text") or "") if isinstance(coded, dict) else "")
    value = value or next((str(resource[key]) for key in ("valueString", "valueInteger", "valueBoolean", "status") if key in resource), "")
    when = next((str(resource[key])[:10] for key in ("effectiveDateTime", "performedDateTime", "occurrenceDateTime", "date") if resource.get(key)), "")
    return ", ".join(part for part in (f"{what}: {value}" if what and value else what, when) if part) if what else ""
