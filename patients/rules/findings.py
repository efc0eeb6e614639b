"""A result of `eligibility` as findings (for clinicians) and as a desk word (for the front desk, no medical reason)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from clinic.findings import Finding, RuleText
from patients.rules.policy import DEFAULT, EligibilityPolicy
from patients.rules.texts import RULES, texts_for
from patients.rules.vocabulary import Overall


def findings_for(result: dict[str, Any], policy: EligibilityPolicy = DEFAULT) -> list[Finding]:
    """
    One finding a trigger, in the order of the result. A result with errors has none.

    `severity` is the class, `subject` is "PRP" where the trigger stops only the PRP.
    """
    texts = RULES if policy == DEFAULT else texts_for(policy)
    return [_finding(trigger, texts[trigger["rule"]]) for trigger in result.get("triggers", ())]


def _finding(trigger: dict[str, Any], text: RuleText) -> Finding:
    return Finding(
        rule=text.id,
        severity=trigger["class"],
        words=f"{text.title}: {_words(trigger, text)}",
        source=text.source,
        subject=trigger.get("scope", ""),
        proposed=text.proposed,
        lifts=_lifts(trigger, text),
    )


def _words(trigger: dict[str, Any], text: RuleText) -> str:
    if trigger["class"] == Overall.INCOMPLETE:
        return f"an answer or its date is missing. Asked: {text.question}"
    return text.words


def _lifts(trigger: dict[str, Any], text: RuleText) -> str:
    return f"Over on {in_words(date.fromisoformat(trigger['lifts_on']))}." if trigger["lifts_on"] else text.lifts


def in_words(day: date) -> str:
    """A date as people write it: 2 April 2026."""
    return f"{day.day} {day:%B %Y}"


class DeskCode(StrEnum):
    """What the front desk may know about a screening."""

    MAY_BOOK = "may_book"
    CLINICIAN_REVIEW = "clinician_review"
    NOT_BEFORE = "not_before"
    FORMS_MISSING = "forms_missing"
    NOT_POSSIBLE = "not_possible"


_DESK_WORDS = {
    DeskCode.MAY_BOOK: "May book",
    DeskCode.CLINICIAN_REVIEW: "Clinician review",
    DeskCode.FORMS_MISSING: "Forms missing",
    DeskCode.NOT_POSSIBLE: "Not possible; ask a clinician",
}


@dataclass(frozen=True)
class DeskWord:
    """`not_before` is set with NOT_BEFORE alone."""

    code: DeskCode
    words: str
    not_before: date | None = None


def desk_word_for(result: dict[str, Any] | None) -> DeskWord:
    """
    A result in front-desk words. None (nobody has screened yet) and a result with errors: forms missing.

    A block with a date is *not before* the latest such date; one that waits for an event is a clinician's.
    """
    if result is None or "errors" in result:
        return _word(DeskCode.FORMS_MISSING)
    overall = result["overall"]
    if overall in (Overall.CLEAR, Overall.CAUTION):
        return _word(DeskCode.MAY_BOOK)
    if overall == Overall.REVIEW:
        return _word(DeskCode.CLINICIAN_REVIEW)
    if overall == Overall.INCOMPLETE:
        return _word(DeskCode.FORMS_MISSING)
    return _blocked(result["triggers"])


def _blocked(triggers: list[dict[str, Any]]) -> DeskWord:
    blocks = [row for row in triggers if "scope" not in row and row["class"] in (Overall.DEFER, Overall.ABSOLUTE)]
    dates = [date.fromisoformat(row["lifts_on"]) for row in blocks if row["lifts_on"]]
    if len(dates) == len(blocks):
        latest = max(dates)
        return DeskWord(DeskCode.NOT_BEFORE, f"Not before {in_words(latest)}", latest)
    closed = any(row["class"] == Overall.ABSOLUTE and not row["lifts_on"] for row in blocks)
    return _word(DeskCode.NOT_POSSIBLE if closed else DeskCode.CLINICIAN_REVIEW)


def _word(code: DeskCode) -> DeskWord:
    return DeskWord(code, _DESK_WORDS[code])
