"""A home plan is recorded by who approves it, and ends with a reason. Nothing is deleted."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.findings import Finding
from clinic.models import Staff
from patients.models import Patient
from treatments.models import HomePlan
from treatments.selectors import courses, home


@dataclass(frozen=True)
class HomeEntry:
    """As typed: the device, needle length in 0.01 mm, days from one use to the next, whether the writer approves it by name."""

    device_type: str
    device_name: str
    length_hundredths: int
    every_days: int
    approved: bool
    note: str = ""


class HomeBlocked(Refused):
    """S22 stops this plan; `findings` say it in its words."""

    def __init__(self, message: str, findings: list[Finding]) -> None:
        super().__init__(message)
        self.findings = findings


class NoHomePlan(Refused):
    """It has ended already."""


def record_home_plan(*, patient: Patient, entry: HomeEntry, staff: Staff, by: Actor, at: datetime) -> HomePlan:
    """Approved by `staff` by name; a plan that runs is replaced. Raises HomeBlocked on BLOCK (S22), Refused for a record that is closed."""
    with audit.write(by=by, action="home_plan.record"):
        locked = Patient.objects.select_for_update(of=("self",)).select_related("site").get(pk=patient.pk)
        if locked.deceased_on or locked.merged_into_id:
            raise Refused("No home plan can be recorded here.")
        approved = entry.approved and home.may_approve(staff, locked, at)
        given = home.home_input(locked, length_hundredths=entry.length_hundredths, every_days=entry.every_days, approved=approved, at=at)
        result, findings = home.judge(given)
        if "errors" in result or result["overall"] == "BLOCK":
            raise HomeBlocked("Not recorded: the rule for home plans stops it.", findings)
        _end(HomePlan.objects.filter(patient=locked, ended_at=None), "replaced by a new plan", by, at)
        return HomePlan.objects.create(
            patient=locked, device_type=entry.device_type, device_name=entry.device_name, length_hundredths=entry.length_hundredths,
            every_days=entry.every_days, note=entry.note[:500], approved_by=staff, recorded_at=at,
            judged={"input": given, "result": result}, policy_version=courses.policy().version,
        )  # fmt: skip


def end_home_plan(*, patient: Patient, reason: str, by: Actor, at: datetime) -> None:
    """The patient no longer needles at home on this clinic's word. Raises NoHomePlan."""
    with audit.write(by=by, action="home_plan.end", reason=reason):
        if not _end(HomePlan.objects.select_for_update().filter(patient=patient, ended_at=None), reason, by, at):
            raise NoHomePlan("This plan has ended already.")


def _end(rows: QuerySet[HomePlan], reason: str, by: Actor, at: datetime) -> int:
    return rows.update(ended_at=at, ended_by=by.name[:160], end_reason=reason[:200])
