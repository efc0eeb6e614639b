"""What a clinician took over from elsewhere and no list holds: it stays until a clinician asks the question anew."""

from datetime import date
from typing import Any

from patients.models import Intake, Patient, ProposalDecision
from patients.rules.vocabulary import LEADS, QUESTIONS
from patients.selectors.eligible import are_stricter
from patients.selectors.words import BY_CLINICIAN
from patients.vocabulary import Decision, IntakeState


def asked_by_clinician(intake: Intake, key: str) -> bool:
    """Whether a clinician put this question to the patient and typed the answer; the last one who typed it counts."""
    keys = intake.extras.get(BY_CLINICIAN, [])
    return key in intake.answers and (keys is True or key in keys)


def held_of(patient: Patient) -> dict[str, dict[str, Any]]:
    """By question: the answer with its details, as it was taken over last. Two queries. A medicine that became a row of the list is held there."""
    rows = ProposalDecision.objects.filter(proposal__record__patient=patient, decision=Decision.ACCEPTED, wrote__has_key="answers").exclude(wrote__has_key="medication")
    found, since = dict[str, dict[str, Any]](), dict[str, Any]()
    for row in rows.order_by("at", "pk"):
        wrote = {key: now for key, (_before, now) in row.wrote["answers"].items()}
        for key in wrote.keys() & QUESTIONS.keys():
            found[key], since[key] = {name: value for name, value in wrote.items() if LEADS.get(name, name) == key}, row.at
    asked = patient.intakes.filter(extras__has_key=BY_CLINICIAN).exclude(state=IntakeState.DRAFT)
    for intake in asked if found else []:
        for key in [key for key in found if asked_by_clinician(intake, key) and intake.submitted_at and intake.submitted_at > since[key]]:
            if intake.answers[key] != found[key][key]:
                del found[key]
    return found


def held_against(patient: Patient, intake: Intake, *, as_of: date) -> dict[str, Any]:
    """The changes that make these answers say what is held, where they would say less by the rules of that day and no clinician asked."""
    changes: dict[str, Any] = {}
    for key, held in held_of(patient).items():
        if asked_by_clinician(intake, key) or (len(held) == 1 and intake.answers.get(key) == held[key]):  # the same, and a day that was missing is the patient's to give
            continue
        if are_stricter(patient, intake=intake, changes=held, as_of=as_of, or_as_grave=True):
            changes |= held
    return changes
