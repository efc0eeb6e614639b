"""The E-rules as this clinic runs them, and whom another version would touch."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from clinic.rulebook import Effect, Preview, RuleBook, register
from patients.models import EligibilityPolicy, Patient
from patients.rules import eligibility
from patients.rules.policy import DEFAULT, NUMBERS, policy_faults, policy_from
from patients.rules.policy import EligibilityPolicy as Policy
from patients.rules.texts import TEMPLATES, texts_for
from patients.selectors.eligible import dossiers

_CURRENT_DAYS = 365
_MOST = 5000
_NOT_BRACKETS = {"words", "version"}


def current_patients(at: datetime) -> list[Patient]:
    """Whose answers are at most a year old, newest first, at most 5,000."""
    rows = Patient.objects.filter(deceased_on=None, intakes__submitted_at__gte=at - timedelta(days=_CURRENT_DAYS))
    return list(rows.select_related("site").order_by("-pk").distinct()[:_MOST])


def preview(old: Policy, new: Policy, at: datetime) -> Preview:
    """Current patients whose result of today differs between the two versions. Four queries, however many there are."""
    found, patients = [], current_patients(at)
    for row in dossiers(patients).values():
        given = row.facts(row.patient.site.today(at))
        before, after = eligibility(given, old), eligibility(given, new)
        if before != after and "errors" not in before:
            found.append(Effect(row.patient.uuid, row.patient.name, row.patient.site_id, _in_words(before), _in_words(after)))
    return Preview(found, len(patients), len(patients) == _MOST)


def _in_words(result: dict[str, object]) -> str:
    rules = [f"{t['rule']} {t['class']}" for t in result["triggers"]]  # type: ignore[attr-defined]
    return f"{result['overall']} ({', '.join(rules)})" if rules else str(result["overall"])


def register_book() -> None:
    """The E-rules join the rule books of the house."""
    brackets = frozenset(DEFAULT.__dict__) - _NOT_BRACKETS
    register(
        RuleBook(
            code="E", title=_("May this patient be treated?"), model=EligibilityPolicy, numbers=NUMBERS, templates=TEMPLATES,
            brackets=brackets, read=policy_from, faults=policy_faults, texts=texts_for, preview=preview,
        )
    )  # fmt: skip
