"""Medicines of a bundle, and what a name stands for."""

import re
from typing import Any

from patients.rules.exchange.reading.parts import (
    OVER,
    Json,
    Proposal,
    answer_of,
    cannot,
    codes_of,
    details_of,
    nothing,
    plain,
    shared,
    text_of,
    whole_day,
)
from patients.rules.exchange.tables import (
    CHOSEN,
    GRAVEST,
    MEDICINE_CODES,
    MEDICINE_WORDS,
    ON_THE_SCALP,
    SWALLOWED,
    TWO_THINNERS,
    Meaning,
)
from patients.rules.vocabulary import HAIR_MEDICINES

_MINOXIDIL = "minoxidil"
_IN_MG = re.compile(r"\d\s*mg\b")
_ON_SKIN = re.compile(r"\d\s*(?:%|ml\b)|\bmg\s*/\s*(?:ml|g)\b|\dmg\s*/\s*(?:ml|g)\b")


def medicine(row: Json, medicines: dict[str, Json], on: str) -> Proposal:
    """A MedicationStatement or MedicationRequest as a proposal. `medicines`: Medication resources by the names that refer to them; `on`: today."""
    inside = {f"#{part.get('id')}": part for part in row.get("contained") or [] if isinstance(part, dict)}
    concept = row.get("medicationCodeableConcept") or ((medicines | inside).get((row.get("medicationReference") or {}).get("reference", "")) or {}).get("code")
    name, status = text_of(concept), str(row.get("status") or "")
    period, dosage = row.get("effectivePeriod") or {}, row.get("dosage") or row.get("dosageInstruction") or []
    dose = "; ".join(str(line.get("text") or "") for line in dosage if line.get("text"))
    begun, ended = str(period.get("start") or row.get("effectiveDateTime") or row.get("authoredOn") or ""), str(period.get("end") or "")
    over = status in OVER or "" < whole_day(ended) <= on
    until = whole_day(ended) if whole_day(ended) <= on else ""  # a day that lies ahead is no end: it stays among the details
    suggestion: Json = {"name": name[:200], "dose": dose[:100], "started_on": whole_day(begun), "ended_on": until, "over": over}
    if meaning := _meant(name, concept, dose):
        suggestion |= {} if over and not meaning.over else answer_of(meaning, over, ended)
    none = nothing(concept)
    suggestion = {} if none else suggestion
    unsaid = "over_no_day" if over and not until and "key" not in suggestion else ""
    return Proposal(
        "medication", name[:300] or "?", details_of(("status", status), ("dose", dose), ("begun", begun), ("ended", ended), *shared(row, concept)), suggestion,
        ("not_taken" if row.get("doNotPerform") is True else cannot(status)) or none or ("" if name else "no_name") or unsaid,
    )  # fmt: skip


def medicine_meaning(name: str, dose: str = "") -> Meaning | None:
    """The answer that a name stands for; the names that our list takes from answers stand for themselves. Of minoxidil the dose says where it goes.

    What is “other” in our list, and came from a record that said minoxidil, has that among its dose.
    """
    own = name.strip().casefold().replace(" ", "_")
    if own not in HAIR_MEDICINES:
        return _meant(name, None, dose)
    return Meaning("hair_medicines", _where(dose) if own == "other" and _MINOXIDIL in plain(dose).split() else own, many=True)


def words_known(name: str) -> set[str]:
    """The words of a name that the tables know."""
    return set(plain(name).split()) & MEDICINE_WORDS.keys()


def questions_in(name: str) -> set[str]:
    """The questions of the screening that the words of a name belong to; of several, one medicine would be heard by the gravest alone."""
    return {MEDICINE_WORDS[word].key for word in words_known(name)}


def _where(text: str) -> str:
    """Minoxidil by where it goes. Milligrams alone are a tablet (E42): what goes on the scalp is measured in percent or millilitres."""
    words, said = set(plain(text).split()), text.casefold()
    if SWALLOWED & words:
        return "oral_minoxidil"
    if ON_THE_SCALP & words or _ON_SKIN.search(said):
        return "topical_minoxidil"
    return "oral_minoxidil" if _IN_MG.search(said) else "other"


def _meant(name: str, concept: Any, dose: str) -> Meaning | None:
    """The answer that a medicine stands for, of several the gravest; minoxidil by where it goes. What a clinician said behind a name that no table knows counts too."""
    words = plain(name).split()
    coded = [MEDICINE_CODES[pair] for pair in codes_of(concept) if pair in MEDICINE_CODES]
    found = [word for word in (*coded, *words) if word in MEDICINE_WORDS]
    if not found:
        return next((meaning for said, meaning in CHOSEN.values() if name.casefold().endswith(f"({said})")), None)
    word = min(found, key=lambda one: (GRAVEST.index(MEDICINE_WORDS[one].key), one == _MINOXIDIL))
    if word == _MINOXIDIL:
        return Meaning("hair_medicines", _where(f"{name} {dose}"), many=True)
    meaning = MEDICINE_WORDS[word]
    thinners = {MEDICINE_WORDS[one] for one in found if MEDICINE_WORDS[one].key == TWO_THINNERS.key}
    return TWO_THINNERS if meaning in thinners and len(thinners) > 1 else meaning
