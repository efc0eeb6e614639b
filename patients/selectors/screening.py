"""The screening page of a clinician: findings, clearances, answers in words, history."""

from datetime import date
from typing import Any

from clinic.findings import Finding
from patients.models import Intake, Patient
from patients.questions import PAGES
from patients.rules import eligibility
from patients.rules.findings import findings_for
from patients.selectors import eligible


def findings_of(found: eligible.Eligibility) -> list[Finding]:
    """The triggers of a result with their words and sources, in the clinic's numbers."""
    return list(findings_for({"triggers": found.triggers}, eligible.policy()))


def screening_page(patient: Patient, today: date) -> dict[str, Any]:
    """Everything behind today's result."""
    found = eligible.eligibility_on(patient, as_of=today)
    result = {"triggers": found.triggers}
    rows = [
        {
            "finding": finding,
            "trigger": trigger,
            "liftable": trigger["class"] == "REVIEW" or (trigger["rule"] == "E06" and trigger["class"] == "DEFER"),
        }
        for finding, trigger in zip(findings_for(result, eligible.policy()), found.triggers, strict=True)
    ]
    intake = eligible.latest_answers(patient)
    return {
        "eligibility": found,
        "findings": rows,
        "intake": intake,
        "answers": answers_in_words(intake) if intake else [],
        "clearances": patient.clearances.filter(withdrawn_at=None).select_related("by"),
        "history": patient.screenings.order_by("-at")[:10],
        "changes": patient.rescreens.filter(changed=True, reviewed_at=None),
        "prp": eligibility(found.facts | {"planned": {"prp": True}}, eligible.policy()) if found.facts else {},
    }


def answers_in_words(intake: Intake) -> list[dict[str, Any]]:
    """Page by page: question, answer as it was offered, details."""
    pages = []
    for page in PAGES:
        lines = [line for question in page.questions for line in _lines(question, intake.answers)]
        if lines:
            pages.append({"title": page.title, "lines": lines})
    return pages


def _lines(question: Any, answers: dict[str, Any]) -> list[tuple[Any, Any]]:
    if question.key not in answers:
        return []
    labels = dict(question.options)
    value = answers[question.key]
    if isinstance(value, list):
        shown: Any = ", ".join(_entry(entry, labels) for entry in value)
    else:
        shown = labels.get(value, value) if value is not None else "–"
    details = [(f.words, answers[f.key]) for f in question.follow_ups if f.key in answers]
    return [(question.words, shown), *details]


def _entry(entry: Any, labels: dict[str, Any]) -> str:
    if isinstance(entry, dict):
        lead = entry.get("substance") or entry.get("kind") or ""
        rest = [str(v) for k, v in entry.items() if k in {"name", "on"}]
        return " ".join([str(labels.get(lead, lead)), *rest]) + (" (severe)" if entry.get("anaphylaxis") else "")
    return str(labels.get(entry, entry))
