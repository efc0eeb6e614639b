"""What is known of a patient: facts for the rules, holds, consent, allergies."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from patients.models import Consent, ConsentText, EligibilityPolicy, Hold, Intake, Patient, Rescreen
from patients.rules import DEFAULT, eligibility
from patients.rules import EligibilityPolicy as Policy
from patients.rules.findings import DeskCode, desk_word_for
from patients.rules.policy import policy_from
from patients.vocabulary import IntakeState

_STATES = {
    DeskCode.MAY_BOOK: "clear",
    DeskCode.CLINICIAN_REVIEW: "warn",
    DeskCode.FORMS_MISSING: "warn",
    DeskCode.NOT_BEFORE: "warn",
    DeskCode.NOT_POSSIBLE: "action",
}


@dataclass(frozen=True)
class Eligibility:
    """The rules' answer for one day. `needs_answers`: no intake has been submitted yet."""

    overall: str
    triggers: list[dict[str, Any]] = field(default_factory=list)
    needs_answers: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def is_clear(self) -> bool:
        """CLEAR or CAUTION: a session may start (S02)."""
        return self.overall in ("CLEAR", "CAUTION") and not self.needs_answers

    @property
    def not_before(self) -> date | None:
        """The first day on which every DEFER is over, if all of them say when."""
        dates = [t["lifts_on"] for t in self.triggers if t["class"] == "DEFER" and "scope" not in t]
        return max(map(date.fromisoformat, dates)) if dates and None not in dates else None


@dataclass(frozen=True)
class DeskWord:
    """What the front desk may know: never the medical reason (J3)."""

    code: str
    words: str
    state: str
    not_before: date | None = None


@dataclass(frozen=True)
class ConsentState:
    """Of the treatment consent: `signed`, `outdated`, `withdrawn` or `missing`."""

    code: str
    consent: Consent | None = None

    @property
    def is_good(self) -> bool:
        """Signed under the text in force."""
        return self.code == "signed"


def policy() -> Policy:
    """The `P` numbers as this clinic runs them: the newest approved version over the defaults."""
    row = EligibilityPolicy.objects.order_by("-version").first()
    return policy_from(row.values) if row else DEFAULT


def latest_answers(patient: Patient) -> Intake | None:
    """The newest submitted or reviewed answers."""
    rows = patient.intakes.exclude(state=IntakeState.DRAFT)
    return rows.order_by("-submitted_at", "-pk").first()


def facts(patient: Patient, *, as_of: date, prp: bool = False) -> dict[str, Any]:
    """The input of `eligibility` (SCHEMA part 2) for that day, from the newest answers and valid clearances."""
    intake = latest_answers(patient)
    rows = patient.clearances.filter(withdrawn_at=None, cleared_on__lte=as_of).select_related("by").order_by("pk")
    found: dict[str, Any] = {
        "asOf": as_of.isoformat(),
        "birthDate": patient.birth_on.isoformat(),
        "sex": patient.sex,
        "answers": intake.answers if intake else {},
        "clearances": [
            {"rule": c.rule, "by": c.by.display_name, "date": c.cleared_on.isoformat()} for c in rows
        ],
    }
    return found | ({"planned": {"prp": True}} if prp else {})


def eligibility_on(patient: Patient, *, as_of: date, prp: bool = False) -> Eligibility:
    """What the rules say of that day, computed now; nothing is stored."""
    given = facts(patient, as_of=as_of, prp=prp)
    result = eligibility(given, policy())
    if "errors" in result:
        return Eligibility("INCOMPLETE", [], needs_answers=True, facts=given)
    waiting = latest_answers(patient) is None
    return Eligibility("INCOMPLETE" if waiting else result["overall"], result["triggers"], waiting, given)


def desk_word(patient: Patient, *, as_of: date) -> DeskWord:
    """*may book · clinician review · not before DATE · forms missing · not possible*, without any reason."""
    found = eligibility_on(patient, as_of=as_of)
    word = desk_word_for(None if found.needs_answers else {"overall": found.overall, "triggers": found.triggers})
    return DeskWord(word.code.value, word.words, _STATES[word.code], word.not_before)


def open_holds(patient: Patient, blocks: str | None = None) -> list[Hold]:
    """Holds that nobody has released, all of them or those that stop `blocks`."""
    rows = patient.holds.filter(released_at=None)
    return list(rows.filter(blocks__contains=[blocks]) if blocks else rows)


def text_in_force(language: str = "en") -> ConsentText | None:
    """The newest consent text in the language, else in English."""
    rows = ConsentText.objects.order_by("-in_force_from", "-pk")
    return rows.filter(language=language).first() or rows.filter(language="en").first()


def consent_state(patient: Patient) -> ConsentState:
    """Whether the treatment consent stands."""
    consent = patient.consents.select_related("text").order_by("-signed_at", "-pk").first()
    if consent is None:
        return ConsentState("missing")
    if consent.withdrawn_at:
        return ConsentState("withdrawn", consent)
    current = text_in_force(consent.text.language)
    same = current is not None and consent.text.version == current.version
    return ConsentState("signed" if same else "outdated", consent)


def session_consent(patient: Patient) -> dict[str, Any] | None:
    """The consent object of SCHEMA 3.4, or None when nothing was ever signed."""
    state = consent_state(patient)
    if state.consent is None:
        return None
    current = text_in_force(state.consent.text.language)
    return {
        "signed": state.code != "withdrawn",
        "version": state.consent.text.version,
        "currentVersion": current.version if current else state.consent.text.version,
        "procedures": list(state.consent.procedures),
        "offLabelStatement": state.consent.off_label_understood and state.consent.text.off_label,
    }


def allergy_names(patient: Patient) -> list[str]:
    """Names of the patient's allergens, and the word for anaesthetics as a group (S13, S16)."""
    names: list[str] = []
    for allergy in patient.allergies.filter(ended_at=None):
        names.append(allergy.name)
        if allergy.substance in ("anaesthetic", "minoxidil", "latex", "propylene_glycol"):
            names.append(allergy.substance.replace("_", " ") if allergy.substance != "anaesthetic" else "anaesthetic")
    return sorted(set(names))


def rescreen_on(patient: Patient, day: date) -> Rescreen | None:
    """The confirmed same-day re-screen, newest first."""
    return patient.rescreens.filter(on=day).exclude(confirmed_at=None).order_by("-at", "-pk").first()
