"""The S-rules as this clinic runs them, and whom another version would touch."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from clinic.clock import local_date
from clinic.rulebook import Effect, RuleBook, register
from treatments.models import SessionPolicy, TreatmentSession
from treatments.rules import session
from treatments.rules.policy import NUMBERS, policy_faults, policy_from
from treatments.rules.policy import SessionPolicy as Policy
from treatments.rules.texts import BRACKETS, TEMPLATES, texts_for
from treatments.vocabulary import SessionState

_MOST = 5000


def effects(old: Policy, new: Policy, at: datetime) -> list[Effect]:
    """
    Patients with an open course for whom the last session, repeated today with the same settings, would give other findings.

    Three queries, however many there are. Judged are operator, depth, zone limits, passes, interval and course length.
    """
    done = TreatmentSession.objects.filter(course__ended_at=None, state__in=[SessionState.ENDED, SessionState.SIGNED], entered_in_error=None)
    newest = done.order_by("patient_id", "-started_at", "-pk").distinct("patient_id")
    rows = newest.select_related("patient", "site", "course", "operator").prefetch_related("blocks__zones", "blocks__device")
    found = []
    for row in rows[:_MOST]:
        given = _repeated(row, at)
        before, after = (session(given, policy) for policy in (old, new)) if given else ({}, {})
        if before != after and "errors" not in before:
            found.append(Effect(row.patient.uuid, row.patient.name, row.patient.site_id, _in_words(before), _in_words(after)))
    return found


def _repeated(row: TreatmentSession, at: datetime) -> dict[str, Any]:
    block = next((block for block in row.blocks.all() if block.zones.all()), None)
    if block is None or row.started_at is None:
        return {}
    given: dict[str, Any] = {
        "stage": "plan", "sessionStart": at.isoformat(), "timeZone": row.site.zone, "phase": row.course.phase,
        "sessionNumber": min(row.number + 1, 100), "response": row.course.response,
        "lastSessionDate": local_date(row.started_at, row.site.zone).isoformat(),
        "operator": {"role": row.operator.operator_role or "other", "credentialValid": True},
        "device": {"maxDepthMm": block.device.max_depth_hundredths / 100}, "cartridge": {"usedBefore": False, "sealIntact": True, "lot": "x", "expiry": "2100-12-31"},
        "zones": [{"zone": z.zone, "depthMm": z.depth_hundredths / 100} | ({"passes": z.passes} if z.passes else {}) for z in block.zones.all()],
    }  # fmt: skip
    return given | ({"fitzpatrick": row.fitzpatrick} if row.fitzpatrick else {})


def _in_words(result: dict[str, Any]) -> str:
    rules = [" ".join(filter(None, (r["rule"], r["severity"], r.get("zone", "").replace("_", " ")))) for r in result["results"]]
    return f"{result['overall']} ({', '.join(rules)})" if rules else str(result["overall"])


def register_book() -> None:
    """The S-rules join the rule books of the house."""
    register(
        RuleBook(
            code="S", title=_("May this session start, go on, be closed?"), model=SessionPolicy, numbers=NUMBERS, templates=TEMPLATES,
            brackets=BRACKETS, read=policy_from, faults=policy_faults, texts=texts_for, effects=effects,
        )
    )  # fmt: skip
