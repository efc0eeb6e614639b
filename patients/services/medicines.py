"""A clinician notes what the patient takes, and ends what they take no more. What the rules ask about is amended in the answers."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.models import Staff
from patients.models import Intake, Medication, Patient
from patients.rules.exchange.reading import questions_in
from patients.rules.exchange.tables import Meaning
from patients.rules.taken import changes_for, meaning_of, named_as, stopped_on
from patients.selectors import eligible
from patients.selectors.medicines import ended_of, hair_rows, is_another, is_unknown, taken_of
from patients.selectors.words import told_in
from patients.services.answers import NoAnswers, StillAnswering, amend_answers, another_came
from patients.vocabulary import StandsFor

_LONGEST = 200


class MedicineNoted(Conflict):
    """It stands in the list with the same dose."""


class MedicineEnded(Conflict):
    """Somebody has ended it already."""


class MedicineUnknown(Refused):
    """No table knows the name, and nobody has said which question of the screening it belongs to; or it names several that belong to different ones."""


class MedicineDayWrong(Refused):
    """A day after today, or an end before the beginning."""


@dataclass(frozen=True)
class MedicineEntry:
    """Name and dose as they are written; `started_on` None where nobody knows. `stands_for` (StandsFor): read where no table knows the name."""

    name: str
    dose: str = ""
    started_on: date | None = None
    stands_for: str = ""


def note_medicine(*, patient: Patient, entry: MedicineEntry, staff: Staff, by: Actor, at: datetime) -> bool:
    """It stands in the list from now on; where a rule asks about such a medicine (E07, E09, E10, E12, E42), the answers say so too and are screened again.

    False when the answers should say it and there are none yet. While the patient is answering anew, those that were sent say it at once.
    Raises MedicineNoted, MedicineDayWrong, MedicineUnknown.
    """
    today = patient.site.today(at)
    if entry.started_on and not patient.birth_on <= entry.started_on <= today:
        raise MedicineDayWrong(gettext("This day can't be: it lies ahead, or before the birth."), field="started_on")
    if len(questions_in(entry.name)) > 1:
        raise MedicineUnknown(gettext("These are several medicines, and only one of them would be heard. Note each one by itself."), field="name")
    if meaning_of(entry.name) is None and entry.stands_for not in set(StandsFor):
        raise MedicineUnknown(gettext("No rule of the screening knows this name. Say what it is; then it is in the list."), field="stands_for")
    with audit.write(by=by, action="medicine.note", reason=entry.stands_for):
        Patient.objects.select_for_update().get(pk=patient.pk)
        name = _whole_name(entry.name, entry.stands_for)
        if patient.medications.filter(ended_on=None, name__iexact=name, dose__iexact=entry.dose).exists():
            raise MedicineNoted(gettext("This medicine is in the list already, with this dose."), field="name")
        row = Medication.objects.create(
            patient=patient, name=name, dose=entry.dose, started_on=entry.started_on, noted_at=at, noted_by=by.name[:160]
        )
        intake = eligible.latest_answers(patient)
        if intake is None:
            return meaning_of(name) is None
        return _heard_of(patient, row, intake, staff, by, at)


def _heard_of(patient: Patient, row: Medication, intake: Intake, staff: Staff, by: Actor, at: datetime) -> bool:
    """The rules hear of a row that has just been noted or placed."""
    changes, meaning = changes_for(intake.answers, taken_of(patient), listed=hair_rows(patient)), meaning_of(row.name, row.dose)
    if not changes and meaning and is_another(patient, row):
        another_came(patient=patient, key=meaning.key, by=by, at=at)
    return _amended(patient, changes, "a medicine noted by the clinic", staff, by, at, while_answering=True) if changes else True


def _whole_name(name: str, kind: str) -> str:
    """With what the clinician said it is, where no table knows it. Raises MedicineUnknown when that leaves the list no room for it."""
    whole = name if meaning_of(name) else named_as(name, kind)
    if len(whole) > _LONGEST:
        raise MedicineUnknown(gettext("This name is too long. Shorten it."), field="name")
    return whole


def place_medicine(*, medicine: Medication, stands_for: str, staff: Staff, by: Actor, at: datetime) -> bool:
    """A clinician says what a row from elsewhere is whose name no table knows; the answers say so too and are screened again.

    False as of `note_medicine`. Raises MedicineEnded: it has ended, or somebody has said it already; MedicineUnknown.
    """
    with audit.write(by=by, action="medicine.place", reason=stands_for):
        patient = Patient.objects.select_for_update().get(pk=medicine.patient_id)
        row = Medication.objects.get(pk=medicine.pk)
        if row.ended_on or not is_unknown(row):
            raise MedicineEnded(gettext("This is settled already. Look at the list."))
        row.name, row.noted_by = _whole_name(row.name, StandsFor(stands_for)), by.name[:160]
        row.save(update_fields=["name", "noted_by"])
        intake = eligible.latest_answers(patient)
        if intake is None:
            return meaning_of(row.name) is None
        return _heard_of(patient, row, intake, staff, by, at)


def end_medicine(*, medicine: Medication, on: date, reason: str, in_error: bool, staff: Staff, by: Actor, at: datetime) -> bool:
    """Taken no more since that day; the row stays. A hair medicine leaves the answers, isotretinoin and steroids are answered as stopped on that day.

    False when the answers go on saying that it is taken: a blood thinner, for one, is never answered away from here.
    Raises MedicineEnded, MedicineDayWrong.
    """
    with audit.write(by=by, action="medicine.end", reason=reason[:300]):
        Patient.objects.select_for_update().get(pk=medicine.patient_id)
        row = Medication.objects.select_related("patient__site").get(pk=medicine.pk)
        if row.ended_on:
            raise MedicineEnded(gettext("This has ended already. Look at the list."))
        if on > row.patient.site.today(at) or on < (row.started_on or row.patient.birth_on):
            raise MedicineDayWrong(gettext("This day can't be: it lies ahead, or before the beginning."), field="ended_on")
        row.ended_on, row.ended_reason, row.ended_by, row.in_error = on, reason[:300], by.name[:160], in_error
        row.save(update_fields=["ended_on", "ended_reason", "ended_by", "in_error"])
        meaning = meaning_of(row.name, row.dose)
        if meaning is None or not _said(row, meaning):
            return True
        changes = _left(row, meaning)
        amended = bool(changes) and _amended(row.patient, changes, "a medicine ended by the clinic", staff, by, at)
        return amended and not (meaning.many and meaning.answer in changes[meaning.key])


def _answers(patient: Patient) -> dict[str, Any]:
    found = eligible.latest_answers(patient)
    return found.answers if found else {}


def _said(row: Medication, meaning: Meaning) -> bool:
    told = _answers(row.patient).get(meaning.key)
    return bool(_hair(row) & set(told or [])) if meaning.many else told not in (None, "no", "none", "never", meaning.over)


def _hair(row: Medication) -> set[str]:
    """The answers that a hair medicine may stand in: by name and dose, and, as rows of before doses counted, by the name alone."""
    return {meaning.answer for meaning in (meaning_of(row.name, row.dose), meaning_of(row.name)) if meaning and meaning.many}


def _left(row: Medication, meaning: Meaning) -> dict[str, Any]:
    """Stopped on the latest day that is known: of other rows that stood for the same, and of the patient's own words, where the list said more than they did."""
    told, others = _answers(row.patient), list(row.patient.medications.filter(ended_on=None))
    if meaning.many:
        said = told.get(meaning.key) or []
        kept = [one for one in said if one not in _hair(row).difference(*map(_hair, others))]
        return {meaning.key: kept} if kept != said else {}
    if any(meaning_of(other.name, other.dose) == meaning for other in others):
        return {}
    if row.in_error or told.get(meaning.key) is None:
        return {}
    intake = eligible.latest_answers(row.patient)
    words = told_in(intake) if intake else {}
    own = {key: words[key] for key in (meaning.key, meaning.since_key)} if words.get(meaning.key) == meaning.over and words.get(meaning.since_key) else {}
    return stopped_on(own, meaning, ended_of(row.patient).get(meaning, [])) or own


def _amended(patient: Patient, changes: dict[str, Any], source: str, staff: Staff, by: Actor, at: datetime, *, while_answering: bool = False) -> bool:
    try:
        amend_answers(patient=patient, changes=changes, source=source, staff=staff, by=by, at=at, today=patient.site.today(at), while_answering=while_answering)
    except (NoAnswers, StillAnswering):
        return False
    return True
