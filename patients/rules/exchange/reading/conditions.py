"""Diagnoses of a bundle."""

from patients.rules.exchange.reading.parts import (
    OVER,
    Json,
    Proposal,
    answer_of,
    cannot,
    code_of,
    codes_of,
    details_of,
    nothing,
    plain,
    shared,
    text_of,
)
from patients.rules.exchange.tables import CONDITION_CODES, CONDITION_WORDS


def condition(row: Json) -> Proposal:
    """A Condition as a proposal; one that no question of ours asks for can only be read."""
    code, clinical, verified = row.get("code"), code_of(row.get("clinicalStatus")), code_of(row.get("verificationStatus"))
    name, over = text_of(code), clinical in OVER
    meaning = next((CONDITION_CODES[pair] for pair in codes_of(code) if pair in CONDITION_CODES), None) or CONDITION_WORDS.get(name.casefold()) or CONDITION_WORDS.get(plain(name))
    ended = next((str(row[key]) for key in ("abatementDateTime", "abatementString") if row.get(key)), "")
    begun = next((str(row[key]) for key in ("onsetDateTime", "onsetString") if row.get(key)), "")
    sites = ", ".join(map(text_of, row.get("bodySite") or []))
    details = details_of(("status", clinical), ("verified", verified), ("site", sites), ("begun", begun), ("ended", ended), *shared(row, code))
    none = nothing(code)
    wrong = cannot(verified) or none or ("" if name else "no_name")
    if meaning is None or none:
        return Proposal("condition", name[:300] or "?", details, {}, wrong or "not_in_table")
    return Proposal("condition", name[:300], details, answer_of(meaning, over, ended), wrong)
