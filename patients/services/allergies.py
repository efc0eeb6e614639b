"""A clinician notes an allergy by name; one of this kind that nobody had named is named thereby. One that is wrong or over ends."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict
from clinic.models import Staff
from patients.models import Allergy, Patient
from patients.rules.reacts import metal_for, same_name
from patients.selectors import eligible, records
from patients.services.answers import NoAnswers, amend_answers
from patients.vocabulary import AllergyEnd


class AlreadyNoted(Conflict):
    """It stands in the list with the same words."""


class AllergyEnded(Conflict):
    """Somebody has ended it already, or named it anew."""


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
    False when there are no answers yet: the list holds it, and it is added once they are sent. An answer that was left blank stays so (INCOMPLETE).
    Raises AlreadyNoted.
    """
    with audit.write(by=by, action="allergy.note"):
        Patient.objects.select_for_update().get(pk=patient.pk)
        same = [row for row in patient.allergies.filter(ended_at=None, substance=entry.substance) if same_name(row.name) == same_name(entry.name)]
        if any((row.reaction, row.anaphylaxis) == (entry.reaction, entry.anaphylaxis) for row in same):
            raise AlreadyNoted(gettext("This allergy is noted already, in the same words."), field="name")
        severe = entry.anaphylaxis or any(row.anaphylaxis for row in [*same, *records.unnamed_allergies(patient, entry.substance)])
        before = [*same, *records.unnamed_allergies(patient, entry.substance)]
        made = Allergy.objects.create(
            patient=patient, substance=entry.substance, name=entry.name, reaction=entry.reaction, anaphylaxis=severe, noted_at=at, noted_by=by.name[:160]
        )
        for row in before:
            _end(row, AllergyEnd.REPLACED, "", made, by, at)
        return _amended(patient, entry, severe, staff, by, at)


def _amended(patient: Patient, entry: AllergyEntry, severe: bool, staff: Staff, by: Actor, at: datetime) -> bool:
    answers = eligible.latest_answers(patient)
    told: list[dict[str, Any]] = list((answers.answers.get("allergies") or []) if answers else [])
    gone = {"", same_name(entry.substance), same_name(entry.name)}
    kept = [one for one in told if one["substance"] != entry.substance or same_name(one.get("name", "")) not in gone]
    named = {"substance": entry.substance, "name": entry.name, "anaphylaxis": severe}
    blank = answers is not None and answers.answers.get("allergies", []) is None  # it stays open: one name would make it look whole
    changes = ({} if blank else {"allergies": [*kept, named]}) | metal_for(answers.answers if answers else {}, [entry.name])
    try:
        amend_answers(
            patient=patient, changes=changes, source="an allergy noted by the clinic", staff=staff, by=by, at=at, today=patient.site.today(at), while_answering=True
        )
    except NoAnswers:
        return False
    return True


def end_allergy(*, allergy: Allergy, because: AllergyEnd, reason: str, staff: Staff, by: Actor, at: datetime) -> Allergy | None:
    """It counts no longer: it stops no product, and the answers are screened again without it. The row stays, with reason and name.

    One that was refuted or noted by mistake may have been put in the place of what the patient told without a name. That was true, and
    stands again: the row that begins is returned, else None. Raises AllergyEnded, StillAnswering.
    """
    with audit.write(by=by, action="allergy.end", reason=f"{because}: {reason}"[:300]):
        Patient.objects.select_for_update().get(pk=allergy.patient_id)
        row = Allergy.objects.select_related("patient__site").get(pk=allergy.pk)
        if row.ended_at:
            raise AllergyEnded(gettext("This has ended already, or somebody has noted it anew. Look at the list."))
        _end(row, because, reason, None, by, at)
        again = _stands_again(row, at) if row.was_wrong else None
        _leave_answers(row, again, staff, by, at)
        return again


def _end(row: Allergy, because: AllergyEnd, reason: str, replaced_by: Allergy | None, by: Actor, at: datetime) -> None:
    row.ended_at, row.ended_because, row.ended_reason, row.ended_by, row.replaced_by = at, because, reason, by.name[:160], replaced_by
    row.save(update_fields=["ended_at", "ended_because", "ended_reason", "ended_by", "replaced_by"])


def _stands_again(row: Allergy, at: datetime) -> Allergy | None:
    """What the patient had told without a name, begun anew."""
    told = _told_without_name(row)
    if told is None or records.unnamed_allergies(row.patient, row.substance):
        return None
    return Allergy.objects.create(
        patient=row.patient, substance=told.substance, name=told.substance, reaction=told.reaction, anaphylaxis=told.anaphylaxis, noted_at=at, noted_by=told.noted_by
    )


def _told_without_name(row: Allergy) -> Allergy | None:
    """The row without a name in whose place this one was put, however often it was reworded since."""
    for earlier in row.replaces.all():
        found = earlier if earlier.is_unnamed else _told_without_name(earlier)
        if found:
            return found
    return None


def _leave_answers(row: Allergy, again: Allergy | None, staff: Staff, by: Actor, at: datetime) -> None:
    answers = eligible.latest_answers(row.patient)
    told: list[dict[str, Any]] = list((answers.answers.get("allergies") or []) if answers else [])
    names = {"", same_name(row.substance)} if row.is_unnamed else {same_name(row.name)}
    kept = [one for one in told if one["substance"] != row.substance or same_name(one.get("name", "")) not in names]
    if len(kept) == len(told):
        return
    unnamed = [{"substance": again.substance, "anaphylaxis": again.anaphylaxis}] if again else []
    amend_answers(
        patient=row.patient, changes={"allergies": [*kept, *unnamed]}, source="an allergy ended by the clinic", staff=staff, by=by, at=at, today=row.patient.site.today(at)
    )
