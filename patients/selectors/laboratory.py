"""Blood values of a patient, each with the day of its test and who entered it; and the tests that they come from."""

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


@dataclass(frozen=True)
class LaboratoryTest:
    """Values that were entered together; `name` tells this entry from every other one of the patient."""

    name: str
    on: date
    by: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.values)


def kept_laboratory(intake: Intake | None) -> dict[str, dict[str, Any]]:
    """Day, person and instant by key, as kept beside the answers; under `earlier` what it replaced, with `value`, the newest first."""
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


def entry_of(noted: dict[str, Any]) -> str:
    """The name of the entry that a value comes from: day of the test, and when it was entered."""
    return f"{noted['on']} {noted['at']}"


def blood_tests_in(intake: Intake | None) -> list[LaboratoryTest]:
    """The tests whose values count now, the one that was entered last first."""
    found: dict[str, list[str]] = {}
    noted_by = {}
    for key, noted in kept_laboratory(intake).items():
        if intake is not None and intake.answers.get(key) is not None:
            words, unit = LABORATORY[key]
            found.setdefault(entry_of(noted), []).append(f"{words} {intake.answers[key]:g} {unit}")
            noted_by[entry_of(noted)] = noted
    rows = [LaboratoryTest(name, date.fromisoformat(noted_by[name]["on"]), noted_by[name]["by"], tuple(values)) for name, values in found.items()]
    return sorted(rows, key=lambda row: (noted_by[row.name]["at"], row.on), reverse=True)


def with_laboratory(before: Intake | None, answers: dict[str, Any], extras: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """New answers of the patient say nothing about the blood: what was measured goes along."""
    kept = kept_laboratory(before)
    if before is None or not kept:
        return answers, extras
    values = {key: before.answers[key] for key in kept if key in before.answers}
    return values | answers, extras | {"laboratory": kept}
