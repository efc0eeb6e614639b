"""A clinician notes an allergy by name; one of this kind that nobody had named is named thereby. One that is wrong or over ends."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict
from clinic.models import Staff
from patients.models import Allergy, Intake, Patient
from patients.rules.changes import amended
from patients.rules.exchange.reading import metal_in
from patients.rules.reacts import METAL, metal_for, same_name
from patients.selectors import eligible, records, words
from patients.selectors.held import held_against
from patients.services.answers import NoAnswers, amend_answers, another_came
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
        unnamed = records.unnamed_allergies(patient, entry.substance)
        same = [row for row in patient.allergies.filter(ended_at=None, substance=entry.substance) if same_name(row.name) == same_name(entry.name)]
        if not unnamed and any((row.reaction, row.anaphylaxis) == (entry.reaction, entry.anaphylaxis) for row in same):
            raise AlreadyNoted(gettext("This allergy is noted already, in the same words."), field="name")
        before = [*same, *unnamed]
        severe = entry.anaphylaxis or any(row.anaphylaxis for row in before)
        another = not same and _is_another_metal(patient, entry.name)
        made = Allergy.objects.create(
            patient=patient, substance=entry.substance, name=entry.name, reaction=entry.reaction, anaphylaxis=severe, noted_at=at, noted_by=by.name[:160]
        )
        for row in before:
            _end(row, AllergyEnd.REPLACED, "", made, by, at)
        whole = _amended(patient, entry, severe, staff, by, at)
        if another:
            another_came(patient=patient, key=METAL, by=by, at=at)
        return whole


def _is_another_metal(patient: Patient, name: str) -> bool:
    """Whether it is another metal than those that were known: the question holds one, and what was cleared was that one (E24)."""
    metal, answers = metal_in(name), eligible.latest_answers(patient)
    here = answers.answers.get(METAL) if answers else None
    listed = [row.name for row in patient.allergies.filter(ended_at=None) if metal_in(row.name)]
    if not metal or here in (None, "none"):
        return False
    return metal != here or any(same_name(one) != same_name(name) for one in listed if metal_in(one) == metal)


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
    answers, today = eligible.latest_answers(row.patient), row.patient.site.today(at)
    if answers is None:
        return
    told: list[dict[str, Any]] = list(answers.answers.get("allergies") or [])
    names = {"", same_name(row.substance)} if row.is_unnamed else {same_name(row.name)}
    kept = [one for one in told if one["substance"] != row.substance or same_name(one.get("name", "")) not in names]
    unnamed = [{"substance": again.substance, "anaphylaxis": again.anaphylaxis}] if again else []
    changes: dict[str, Any] = {"allergies": [*kept, *unnamed]} if len(kept) < len(told) else {}
    unasked: set[str] = set()
    if metal_in(row.name):
        left = _metal_without(row, answers, amended(answers.answers, changes), today)
        changes, unasked = changes | left, set() if left else {METAL}
    if changes or unasked:
        amend_answers(patient=row.patient, changes=changes, source="an allergy ended by the clinic", staff=staff, by=by, at=at, today=today, unasked=unasked)


def _metal_without(row: Allergy, intake: Intake, answers: dict[str, Any], today: date) -> dict[str, Any]:
    """The answer about metals as the patient gave it, with what else is known: other names, and what was taken over. Empty where nobody has answered it."""
    said = words.told_in(eligible.amendments(intake)[-1])
    given = {key: value for key, value in answers.items() if key != METAL} | words.answered(said, METAL)
    names = [str(one.get("name", "")) for one in given.get("allergies") or []] + [other.name for other in row.patient.allergies.filter(ended_at=None)]
    given = amended(given, metal_for(given, names))
    given = amended(given, held_against(row.patient, Intake(answers=given, extras=intake.extras), as_of=today))
    return words.answered(given, METAL)
