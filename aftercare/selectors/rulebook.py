"""The T-rules as this clinic runs them, and which recent answers another version would read differently."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from aftercare.models import CheckInPolicy, CheckInResponse
from aftercare.rules import checkin
from aftercare.rules.policy import DEFAULT, NUMBERS, policy_faults, policy_from
from aftercare.rules.policy import CheckInPolicy as Policy
from aftercare.rules.texts import BRACKETS, TEMPLATES, texts_for
from clinic.rulebook import Effect, Preview, RuleBook, register

_RECENT_DAYS = 30
_MOST = 5000


def policy() -> Policy:
    """The numbers as this clinic runs them: the newest approved version over the defaults."""
    row = CheckInPolicy.objects.order_by("-version").first()
    return policy_from(row.values, row.words, row.version) if row else DEFAULT


def preview(old: Policy, new: Policy, at: datetime) -> Preview:
    """Answers of the last 30 days whose result differs between the two versions. One query."""
    rows = CheckInResponse.objects.filter(answered_at__gte=at - timedelta(days=_RECENT_DAYS)).select_related("check_in__patient")
    found, judged = [], 0
    for row in rows.order_by("-answered_at", "-pk")[:_MOST]:
        judged += 1
        before, after = checkin(row.rule_input, old), checkin(row.rule_input, new)
        if before != after and "errors" not in before:
            patient = row.check_in.patient
            found.append(Effect(patient.uuid, patient.name, patient.site_id, _in_words(before), _in_words(after)))
    return Preview(found, judged, judged == _MOST)


def _in_words(result: dict[str, Any]) -> str:
    rules = [f"{fired['rule']} {fired['triage']}" for fired in result["rules"]]
    return f"{result['triage']} ({', '.join(rules)})" if rules else str(result["triage"])


def register_book() -> None:
    """The T-rules join the rule books of the house."""
    register(
        RuleBook(
            code="T", title=_("What does this answer mean?"), model=CheckInPolicy, numbers=NUMBERS, templates=TEMPLATES,
            brackets=BRACKETS, read=policy_from, faults=policy_faults, texts=texts_for, preview=preview,
        )
    )  # fmt: skip
