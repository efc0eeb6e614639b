"""The S-rules as this clinic runs them, and whom another version would touch."""

from django.utils.translation import gettext_lazy as _

from clinic.rulebook import RuleBook, register
from treatments.models import SessionPolicy
from treatments.rules.policy import NUMBERS, policy_faults, policy_from
from treatments.rules.texts import BRACKETS, TEMPLATES, texts_for
from treatments.selectors.preview import JUDGED_BY, preview


def register_book() -> None:
    """The S-rules join the rule books of the house."""
    register(
        RuleBook(
            code="S", title=_("May this session start, go on, be closed?"), model=SessionPolicy, numbers=NUMBERS, templates=TEMPLATES,
            brackets=BRACKETS, read=policy_from, faults=policy_faults, texts=texts_for, preview=preview, judged_by=JUDGED_BY,
        )
    )  # fmt: skip
