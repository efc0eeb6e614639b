"""A clinician notes an allergy by name; one of this kind that nobody had named is named thereby."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict
from clinic.models import Staff
from patients.models import Allergy, Patient
from patients.selectors import eligible, records
from patients.services.answers import NoAnswers, StillAnswering, amend_answers


class AlreadyNoted(Conflict):
    """It stands in the list with the same words."""


@dataclass(frozen=True)
class AllergyEntry:
    """Kind as SCHEMA 2.4 has it, the substance's name, what it did, and whether that was anaphylaxis."""

    substance: str
    name: str
    reaction: str = ""
    anaphylaxis: bool = False


def note_allergy(*, patient: Patient, entry: AllergyEntry, staff: Staff, by: Actor, at: datetime) -> bool:
    """The name stops products from now on (S13, S16), and the answers are screened again with it (E25).

    A row without a name ends and a new one begins, so that what was known at an earlier session stays as it was (decision 0011).
    False when the answers could not be changed, because there are none or the patient is answering just now: the list holds it all the same.
    Raises AlreadyNoted.
    """
    with audit.write(by=by, action="allergy.note"):
        Patient.objects.select_for_update().get(pk=patient.pk)
        same = [row for row in patient.allergies.filter(ended_at=None, substance=entry.substance) if _plain(row.name) == _plain(entry.name)]
        if any((row.reaction, row.anaphylaxis) == (entry.reaction, entry.anaphylaxis) for row in same):
            raise AlreadyNoted(gettext("This allergy is noted already, in the same words."), field="name")
        severe = entry.anaphylaxis or any(row.anaphylaxis for row in [*same, *records.unnamed_allergies(patient, entry.substance)])
        for row in [*same, *records.unnamed_allergies(patient, entry.substance)]:
            row.ended_at = at
            row.save(update_fields=["ended_at"])
        Allergy.objects.create(
            patient=patient, substance=entry.substance, name=entry.name, reaction=entry.reaction, anaphylaxis=severe, noted_at=at, noted_by=by.name[:160]
        )
        return _amended(patient, entry, severe, staff, by, at)


def _amended(patient: Patient, entry: AllergyEntry, severe: bool, staff: Staff, by: Actor, at: datetime) -> bool:
    answers = eligible.latest_answers(patient)
    told: list[dict[str, Any]] = list((answers.answers.get("allergies") or []) if answers else [])
    gone = {"", _plain(entry.substance), _plain(entry.name)}
    kept = [one for one in told if one["substance"] != entry.substance or _plain(one.get("name", "")) not in gone]
    named = {"substance": entry.substance, "name": entry.name, "anaphylaxis": severe}
    try:
        amend_answers(patient=patient, changes={"allergies": [*kept, named]}, source="an allergy noted by the clinic", staff=staff, by=by, at=at, today=patient.site.today(at))
    except (NoAnswers, StillAnswering):
        return False
    return True


def _plain(name: str) -> str:
    return name.strip().casefold().replace("_", " ")
