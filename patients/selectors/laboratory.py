"""Blood values of a patient, each with the day of its test and who entered it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from patients.models import Intake, Patient
from patients.selectors.eligible import latest_answers

LABORATORY: dict[str, tuple[str | Promise, str]] = {"platelets_10e9_l": (_("Platelets"), "× 10⁹/L"), "hb_g_dl": (_("Haemoglobin"), "g/dL")}


@dataclass(frozen=True)
class LaboratoryValue:
    """One value in words; `value` None: not measured."""

    words: str
    unit: str
    value: float | None = None
    on: date | None = None
    by: str = ""
    at: datetime | None = None


def kept_laboratory(intake: Intake | None) -> dict[str, dict[str, Any]]:
    """Day, person and instant by key, as kept beside the answers."""
    kept: dict[str, dict[str, Any]] = intake.extras.get("laboratory", {}) if intake else {}
    return kept


def laboratory_of(patient: Patient) -> list[LaboratoryValue]:
    """Every value that a rule reads, measured or not."""
    return laboratory_in(latest_answers(patient))


def laboratory_in(intake: Intake | None) -> list[LaboratoryValue]:
    """The same, of these answers."""
    kept, found = kept_laboratory(intake), []
    for key, (words, unit) in LABORATORY.items():
        value, noted = intake.answers.get(key) if intake else None, kept.get(key)
        if value is None or noted is None:
            found.append(LaboratoryValue(str(words), unit, value))
        else:
            found.append(LaboratoryValue(str(words), unit, value, date.fromisoformat(noted["on"]), noted["by"], datetime.fromisoformat(noted["at"])))
    return found


def with_laboratory(before: Intake | None, answers: dict[str, Any], extras: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """New answers of the patient say nothing about the blood: what was measured goes along."""
    kept = kept_laboratory(before)
    if before is None or not kept:
        return answers, extras
    values = {key: before.answers[key] for key in kept if key in before.answers}
    return values | answers, extras | {"laboratory": kept}
