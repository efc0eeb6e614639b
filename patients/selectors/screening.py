"""The screening page of a clinician: findings, clearances, answers in words, history."""

import json
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from clinic.findings import Finding
from clinic.rulebook import book, policy_version_in
from patients.models import Intake, Patient, Screening
from patients.rules import eligibility
from patients.rules.findings import findings_for
from patients.selectors import eligible, words
from patients.selectors.laboratory import blood_tests_in, laboratory_in
from patients.selectors.records import unreviewed_changes
from patients.vocabulary import Gate

_GATES = {
    Gate.INTAKE: _("The answers were sent"), Gate.BOOKING: _("A visit was booked"), Gate.ARRIVAL: _("The patient arrived"),
    Gate.START: _("The session was started"), Gate.RECHECK: _("Something changed, or somebody looked again"),
}  # fmt: skip


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
        "laboratory": laboratory_in(intake),
        "laboratory_tests": blood_tests_in(intake),
        "clearance_days": eligible.policy().clearance_valid_days,
        "clearances": patient.clearances.filter(withdrawn_at=None).select_related("by"),
        "history": patient.screenings.order_by("-at")[:10],
        "changes": unreviewed_changes(patient),
        "plasma": _of_plasma(found),
    }


def _of_plasma(found: eligible.Eligibility) -> list[Finding]:
    """What measured blood and the answers say of platelet-rich plasma alone (E43–E45), whether it is planned or not; what was not answered says nothing."""
    if not found.facts:
        return []
    triggers = eligibility(found.facts | {"planned": {"prp": True}}, eligible.policy()).get("triggers", [])  # none where the answers can’t be read
    of_plasma = [trigger for trigger in triggers if trigger.get("scope") == "PRP" and trigger["class"] != "INCOMPLETE"]
    return list(findings_for({"triggers": of_plasma}, eligible.policy()))


def decision_page(row: Screening) -> dict[str, Any]:
    """“Why was she cleared?”: a kept decision with the answers, the clearances and the numbers of its own day (J3).

    Raises the model's DoesNotExist when the version of the numbers that it names is gone.
    """
    numbers = book("E").at_version(policy_version_in(row.rules_version))
    return {
        "decision": row,
        "gate_words": _GATES[Gate(row.gate)],
        "result": eligible.Eligibility(row.overall, row.triggers),
        "findings": findings_for({"triggers": row.triggers}, numbers),
        "counted": row.input.get("clearances", []),
        "answers": words.answers_in_words(row.intake) if row.intake else [],
        "exact": json.dumps(row.input, indent=2, ensure_ascii=False, sort_keys=True),
    }


def _answers(intake: Intake) -> dict[str, Any]:
    """The answers in words, what changed since the earlier ones, and whether anybody stands for the wording."""
    earlier = words.earlier_of(intake) or Intake.objects.filter(patient_id=intake.patient_id, submitted_at__lt=intake.submitted_at).order_by("-submitted_at", "-pk").first()
    return {
        "answers": words.answers_in_words(intake),
        "earlier": earlier,
        "told_on": eligible.told_on(intake, intake.patient),
        "amended": intake.extras.get("amended"),
        "told_otherwise": words.told_otherwise(intake),
        "answer_changes": words.changes_between(earlier, intake) if earlier else [],
        "wording_review": words.wording_review(intake.language, intake.wording_sha256),
    }
