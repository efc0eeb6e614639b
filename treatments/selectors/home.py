"""What runs at home, and what the rule says about it."""

from datetime import datetime
from typing import Any

from clinic.findings import Finding
from clinic.models import Staff
from patients.models import Patient
from treatments.models import HomePlan, SessionPolicy
from treatments.rules import DEFAULT, findings_for, session
from treatments.rules.policy import policy_from
from treatments.selectors.courses import policy


def running(patient: Patient) -> HomePlan | None:
    """The one that has not ended."""
    return patient.home_plans.filter(ended_at=None).select_related("approved_by").first()


def ended(patient: Patient) -> list[HomePlan]:
    """Those before, newest first."""
    return list(patient.home_plans.exclude(ended_at=None).select_related("approved_by"))


def may_approve(staff: Staff, patient: Patient, at: datetime) -> bool:
    """A role that may needle here, with a credential valid today: nobody else's approval counts (S04, S22)."""
    return staff.operator_role in policy().allowed_roles and staff.credential_valid_on(patient.site.today(at))


def home_input(patient: Patient, *, length_hundredths: int, every_days: int, approved: bool, at: datetime) -> dict[str, Any]:
    """The input of SCHEMA 3.1 for a home plan. Once in `every_days` days is 7 / `every_days` a week."""
    home = {"lengthMm": length_hundredths / 100, "perWeek": 7 / every_days, "professionalApproval": approved}
    return {"plan": "home_device", "sessionStart": at.isoformat(), "timeZone": patient.site.zone, "home": home}


def said_then(plan: HomePlan) -> list[Finding]:
    """What the rule said when it was recorded, in the numbers and words of that day."""
    row = SessionPolicy.objects.filter(version=plan.policy_version).first()
    return findings_for(plan.judged["result"], policy_from(row.values, row.words, row.version) if row else DEFAULT)


def judge(given: dict[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """The result, and its findings in this clinic's numbers."""
    numbers = policy()
    result = session(given, numbers)
    return result, findings_for(result, numbers)
