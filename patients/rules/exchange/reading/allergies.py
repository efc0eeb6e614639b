"""Allergies of a bundle. None is ever taken for milder than it was said."""

from patients.rules.exchange.codes import LOCAL
from patients.rules.exchange.reading.parts import (
    Json,
    Proposal,
    cannot,
    code_of,
    codes_of,
    details_of,
    nothing,
    plain,
    shared,
    text_of,
)
from patients.rules.exchange.tables import (
    ALLERGY_CODES,
    ALLERGY_WORDS,
    ANAPHYLAXIS_CODES,
    ANAPHYLAXIS_ICD,
    ANAPHYLAXIS_WORDS,
    GRAVE_WORDS,
    METALS,
)


def allergy(row: Json) -> Proposal:
    """An AllergyIntolerance as a proposal."""
    code, clinical, verified = row.get("code"), code_of(row.get("clinicalStatus")), code_of(row.get("verificationStatus"))
    name = text_of(code)
    signs = [text_of(sign) for reaction in row.get("reaction") or [] for sign in reaction.get("manifestation") or []]
    beside = ", ".join(dict.fromkeys(filter(None, (text_of(reaction.get("substance")) for reaction in row.get("reaction") or []))))
    name = name or beside
    severe, ask = _severity(row)
    said = " ".join([name, beside, *(str(one.get("display") or "") for one in (code or {}).get("coding") or [])])
    words, metal = set(plain(said).split()), metal_in(said)
    local = next((code_.split(".", 1)[1] for system, code_ in codes_of(code) if system == LOCAL and "." in code_), "")
    substance = local if local in set(ALLERGY_WORDS.values()) | {"serum_ingredient", "other"} else next(
        (ALLERGY_CODES[pair] for pair in codes_of(code) if pair in ALLERGY_CODES), next((ALLERGY_WORDS[word] for word in ALLERGY_WORDS if word in words), "")
    )  # fmt: skip
    suggestion: Json = {"substance": substance, "name": name[:200]}
    if metal or local.startswith("metal."):
        suggestion = {"key": "metal_allergy", "answer": metal or local.removeprefix("metal."), "name": name[:200]}
    suggestion |= {"anaphylaxis": severe} | ({"ask_anaphylaxis": True} if ask else {})
    ended = "over" if clinical in {"inactive", "resolved"} else ""
    how = ", ".join(dict.fromkeys(str(reaction["severity"]) for reaction in row.get("reaction") or [] if reaction.get("severity")))
    told = "; ".join(_described(row))
    details = details_of(
        ("status", clinical), ("verified", verified), ("criticality", str(row.get("criticality") or "")), ("substance", beside), ("reaction", ", ".join(signs)), ("severity", how), ("described", told), *shared(row, code)
    )
    none = nothing(code)
    return Proposal("allergy", name[:300] or "?", details, {} if none else suggestion, cannot(verified) or none or ended or ("" if name else "no_name"))


def metal_in(name: str) -> str:
    """The answer about metals (E24) that a name stands for; empty where it names none."""
    words = set(plain(name).split())
    return next((METALS[word] for word in METALS if word in words), "")


def _described(row: Json) -> list[str]:
    """What is written beside the reactions, in sentences."""
    notes = [note for reaction in row.get("reaction") or [] for note in reaction.get("note") or []]
    return [text for text in (*(str(reaction.get("description") or "") for reaction in row.get("reaction") or []), *(str(note.get("text") or "") for note in notes)) if text]


def _severity(row: Json) -> tuple[bool, bool]:
    """Whether the file says anaphylaxis outright, by code or by word; else whether somebody must be asked. Never milder than what was said.

    A sentence may deny it (“no anaphylaxis”), so that words in a note only ask; so do *severe*, *high* and words of what belongs to one.
    """
    concepts = [row.get("code"), *(sign for reaction in row.get("reaction") or [] for sign in reaction.get("manifestation") or [])]
    said = [plain(f"{text_of(one)} " + " ".join(str(code.get("display") or "") for code in (one or {}).get("coding") or [])) for one in concepts]
    coded = any(pair in ANAPHYLAXIS_CODES or ("icd-10" in pair[0] and pair[1].startswith(ANAPHYLAXIS_ICD)) for one in concepts for pair in codes_of(one))
    if coded or any(word in text for text in said for word in ANAPHYLAXIS_WORDS):
        return True, False
    notes = [plain(str(note.get("text") or "")) for note in row.get("note") or []] + [plain(text) for text in _described(row)]
    grave = row.get("criticality") == "high" or any(reaction.get("severity") == "severe" for reaction in row.get("reaction") or [])
    return False, grave or asks_of_anaphylaxis(" ".join([*said, *notes]))


def asks_of_anaphylaxis(text: str) -> bool:
    """Whether words make one ask if it was anaphylaxis."""
    return any(word in plain(text) for word in (*ANAPHYLAXIS_WORDS, *GRAVE_WORDS))
