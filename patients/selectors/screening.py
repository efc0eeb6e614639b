"""The screening page of a clinician: findings, clearances, answers in words, history."""

from datetime import date
from typing import Any

from clinic.findings import Finding
from patients.models import Intake, Patient
from patients.rules import eligibility
from patients.rules.findings import findings_for
from patients.selectors import eligible, words


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
        **(_answers(intake) if intake else {}),
        "clearance_days": eligible.policy().clearance_valid_days,
        "clearances": patient.clearances.filter(withdrawn_at=None).select_related("by"),
        "history": patient.screenings.order_by("-at")[:10],
        "changes": patient.rescreens.filter(changed=True, reviewed_at=None),
        "prp": eligibility(found.facts | {"planned": {"prp": True}}, eligible.policy()) if found.facts else {},
    }


def _answers(intake: Intake) -> dict[str, Any]:
    """The answers in words, what changed since the earlier ones, and whether anybody stands for the wording."""
    earlier = words.earlier_of(intake) or Intake.objects.filter(patient_id=intake.patient_id, submitted_at__lt=intake.submitted_at).order_by("-submitted_at", "-pk").first()
    return {
        "answers": words.answers_in_words(intake),
        "earlier": earlier,
        "answer_changes": words.changes_between(earlier, intake) if earlier else [],
        "wording_review": words.wording_review(intake.language, intake.wording_sha256),
    }
