"""What each E-rule says, in words for a clinician. Pages and findings read it from here, nowhere else."""

from clinic.findings import RuleText
from patients.rules.policy import DEFAULT, EligibilityPolicy
from patients.rules.texts import hair, health, medicines, person, scalp
from patients.rules.texts.row import in_numbers

_ROWS = sorted((*scalp.ROWS, *medicines.ROWS, *health.ROWS, *hair.ROWS, *person.ROWS), key=lambda row: row.id)


def texts_for(policy: EligibilityPolicy) -> dict[str, RuleText]:
    """Rule id → words, with the numbers of `policy` written in; in the order of the ids."""
    return {row.id: in_numbers(row, policy) for row in _ROWS}


RULES: dict[str, RuleText] = texts_for(DEFAULT)

# The words as Anagen comes, with their brackets: what a clinic's own wording starts from.
TEMPLATES: dict[str, str] = {row.id: row.words for row in _ROWS}
