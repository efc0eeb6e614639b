"""What a patient takes: the list, and all that the newest answers declare that is a medicine or may be one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from patients.models import Intake, Medication, Patient
from patients.questions.walk import confirmed
from patients.rules.changes import amended
from patients.rules.exchange.tables import Meaning
from patients.rules.reacts import Listed, allergies_for, metal_for
from patients.rules.taken import THINNER, Taken, changes_for, meaning_of, stopped_on, substances
from patients.rules.vocabulary import LEADS
from patients.selectors.eligible import are_stricter, latest_answers, told_on
from patients.selectors.held import held_against
from patients.selectors.words import TOLD, answered
from patients.selectors.words import said as day_of

HAIR = {
    "finasteride": _("finasteride"), "dutasteride": _("dutasteride"), "oral_minoxidil": _("oral minoxidil"), "topical_minoxidil": _("topical minoxidil"),
    "other": _("another hair medicine"),
}  # fmt: skip
_THINNERS = {
    "aspirin_low_dose_only": _("low-dose aspirin"), "aspirin_high_dose": _("aspirin above 100 mg a day"), "warfarin": _("warfarin"),
    "doac": _("blood thinner (apixaban, rivaroxaban, edoxaban or dabigatran)"), "antiplatelet": _("blood thinner (clopidogrel or similar)"),
    "heparin": _("heparin"), "two_or_more": _("two or more blood thinners"), "other": _("another blood thinner"), "unsure": _("perhaps a blood thinner (not sure)"),
}  # fmt: skip
_PAINKILLERS = {
    "nsaid": _("ibuprofen or similar, in the 7 days before the answers"), "supplement": _("fish oil, vitamin E or ginkgo, in the 7 days before the answers"),
    "both": _("ibuprofen or similar, and fish oil, vitamin E or ginkgo, in the 7 days before the answers"),
    "unsure": _("perhaps ibuprofen, fish oil or similar in the 7 days before the answers (not sure)"),
}  # fmt: skip
# answer → words, with the detail key that says until when
_COURSES: dict[str, dict[str, tuple[Any, str]]] = {
    "isotretinoin": {"current": (_("isotretinoin"), ""), "stopped": (_("isotretinoin, stopped"), "isotretinoin_stopped_on"), "unsure": (_("perhaps isotretinoin (not sure)"), "")},
    "systemic_steroid": {
        "current": (_("steroid tablets"), ""), "stopped": (_("steroid tablets, stopped"), "systemic_steroid_stopped_on"), "unsure": (_("perhaps steroid tablets (not sure)"), ""),
    },
    "chemo_radiotherapy": {
        "current": (_("chemotherapy or radiotherapy"), ""), "past": (_("chemotherapy or radiotherapy, ended"), "chemo_radiotherapy_ended_on"),
        "unsure": (_("perhaps chemotherapy or radiotherapy (not sure)"), ""),
    },
}  # fmt: skip
_MAYBE = {
    "immune_suppression": (_("immune system weakened by an illness or a medicine"), _("perhaps a medicine that weakens the immune system (not sure)")),
    "photosensitiser_or_tan": (_("a medicine that makes the skin burn, or a tan"), _("perhaps a medicine that makes the skin burn (not sure)")),
}
_DAYS = {"local_steroid_injection_on": _("steroid injection"), "scalp_retinoid_acid_on": _("retinoid or acid on the scalp")}
_TEXTS = {"psoriasis_treatment": _("for psoriasis"), "eczema_treatment": _("for eczema")}
# asked, and “I do not know”: that is not “none”
_UNKNOWN = {
    "blood_thinner": _("blood thinner: not answered"), "isotretinoin": _("isotretinoin: not answered"), "systemic_steroid": _("steroid tablets: not answered"),
    "chemo_radiotherapy": _("chemotherapy or radiotherapy: not answered"), "immune_suppression": _("medicines for the immune system: not answered"),
    "hair_medicines": _("hair medicines: not answered"),
}
_METALS = {"nickel": _("nickel"), "stainless_steel": _("stainless steel"), "other_metal": _("another metal"), "unsure": _("perhaps a metal (not sure)"), None: _("metal: not answered")}
_NAMED_IN_WORDS = ("blood_thinner", "isotretinoin", "systemic_steroid", "immune_suppression", "chemo_radiotherapy")  # a name is asked beside the answer
_PAGES = {"blood": ("blood_thinner",), "medicines": ("isotretinoin", "systemic_steroid", "immune_suppression")}


@dataclass(frozen=True)
class Line:
    """One medicine in words. `row`: it stands in the list; without one it is known from the answers alone."""

    name: str
    detail: str = ""
    row: Medication | None = None

    def __str__(self) -> str:
        return f"{self.name}, {self.detail}" if self.detail else self.name


@dataclass(frozen=True)
class Medicines:
    """What is taken, as far as known. `asked`: answers were sent, and they hold the questions about medicines."""

    asked: bool
    answers: Intake | None = None
    lines: list[Line] = field(default_factory=list)


def medicines_of(patient: Patient) -> Medicines:
    """The open rows of the list first, then what only the newest answers say. Two queries."""
    listed = [Line(row.words, ", ".join(filter(None, (row.dose, _unread(row)))), row) for row in patient.medications.filter(ended_on=None)]
    intake = latest_answers(patient)
    if intake is None:
        return Medicines(False, None, listed)
    told = [*_declared(intake.answers, _hair_of(listed)), *_in_words(intake)]
    return Medicines(_asked(intake), intake, [*listed, *told])


def is_unknown(row: Medication) -> bool:
    """No rule knows the name, and no clinician has said what it is: who notes one says so, a record from elsewhere does not."""
    return not row.noted_by and meaning_of(row.name) is None


def _unread(row: Medication) -> str:
    return gettext("no rule knows this name") if is_unknown(row) else ""


def hair_rows(patient: Patient) -> dict[str, list[Medication]]:
    """Open rows of hair medicines by the answer that they stand for."""
    found: dict[str, list[Medication]] = {}
    for row in patient.medications.filter(ended_on=None):
        meaning = meaning_of(row.name, row.dose)
        if meaning and meaning.many:
            found.setdefault(meaning.answer, []).append(row)
    return found


def taken_of(patient: Patient) -> list[Taken]:
    """Open rows that a rule asks about and that no answer made: noted by a clinician, or taken over from elsewhere. New answers don't end them."""
    found = []
    for row in patient.medications.filter(ended_on=None):
        meaning = meaning_of(row.name, row.dose)
        if meaning and (row.noted_by or not meaning.many):
            found.append(Taken(meaning, " ".join(filter(None, (row.name, row.dose)))))
    return found


def is_another(patient: Patient, row: Medication) -> bool:
    """Whether this row names another substance than those that were known for the same question: by other open rows, and by the patient's own words."""
    meaning, intake = meaning_of(row.name, row.dose), latest_answers(patient)
    if meaning is None:
        return False
    known_by = _known_by(patient, meaning.key, except_for=row) | (_named_in(intake, meaning.key) if intake else set())
    return bool(known_by) and not substances(row.name) <= known_by


def named_anew(patient: Patient, before: Intake, now: Intake) -> set[str]:
    """Questions beside which the patient names another substance now than those that were known for them: by the words before, and by open rows."""
    return {key for key in _NAMED_IN_WORDS if (known := _named_in(before, key) | _known_by(patient, key)) and not _named_in(now, key) <= known}


def _known_by(patient: Patient, key: str, *, except_for: Medication | None = None) -> set[str]:
    rows = [row for row in patient.medications.filter(ended_on=None) if row != except_for and (meaning := meaning_of(row.name, row.dose)) and meaning.key == key]
    return {word for row in rows for word in substances(row.name)}


def _named_in(intake: Intake, key: str) -> set[str]:
    """What the patient named in their own words, as far as the tables know it."""
    said = [intake.answers.get("blood_thinner_name") if key == THINNER else "", intake.extras.get("notes", {}).get(f"{key}_words")]
    return {word for words in said if words for word in substances(str(words))}


def reacts_of(patient: Patient) -> list[Listed]:
    """Every open row of the list of allergies: a clinician ends one, no answer does (decision 0020)."""
    rows = patient.allergies.filter(ended_at=None).order_by("pk")
    return [Listed(row.substance, "" if row.is_unnamed else row.name, row.anaphylaxis) for row in rows]


def ended_of(patient: Patient) -> dict[Meaning, list[date]]:
    """The days on which rows ended that were no mistake, by the answer that they stood for."""
    found: dict[Meaning, list[date]] = {}
    for row in patient.medications.exclude(ended_on=None).filter(in_error=False):
        meaning = meaning_of(row.name, row.dose)
        if meaning and row.ended_on:
            found.setdefault(meaning, []).append(row.ended_on)
    return found


def with_noted(
    patient: Patient, before: Intake | None, answers: dict[str, Any], extras: dict[str, Any], *, as_of: date
) -> tuple[dict[str, Any], dict[str, Any]]:
    """New answers of the patient, and what stands in the lists of medicines and allergies and nobody ended: the stricter counts. What has ended counts while a rule waits for it on that day (E09, E43).

    So does what was taken over from elsewhere, unless a clinician asked just this question (`extras`, BY_CLINICIAN). Where they differ, what the patient said stays in `extras`
    by its question, so that a clinician sees both.
    """
    changes = changes_for(answers, taken_of(patient), listed=hair_rows(patient), **_known_before(patient, before))
    reacts = reacts_of(patient)
    changes |= allergies_for(answers, reacts)
    changes |= metal_for(answers, [str(one.get("name", "")) for one in amended(answers, changes).get("allergies") or []] + [row.name for row in reacts])
    for meaning, days in ended_of(patient).items():
        now = amended(answers, changes)
        stopped = stopped_on(now, meaning, days)
        if stopped and are_stricter(patient, intake=Intake(answers=now, extras=extras), changes=stopped, as_of=as_of):
            changes |= stopped
    changes |= held_against(patient, Intake(answers=amended(answers, changes), extras=extras), as_of=as_of)
    leads = {LEADS.get(key, key) for key in changes}
    said = {lead: answered(answers, lead) for lead in leads}
    told = said | extras.get(TOLD, {})
    return amended(answers, changes), extras | ({TOLD: told} if told else {})


def _known_before(patient: Patient, before: Intake | None) -> dict[str, Any]:
    return {"earlier": before.answers, "earlier_on": told_on(before, patient, "inr").isoformat()} if before else {}


def _hair_of(listed: list[Line]) -> set[str]:
    meanings = (meaning_of(line.row.name, line.row.dose) for line in listed if line.row)
    return {meaning.answer for meaning in meanings if meaning and meaning.many}


def _asked(intake: Intake, pages: dict[str, tuple[str, ...]] = _PAGES) -> bool:
    """A red flag ends the questions early: then silence is no “none”."""
    done = {*intake.pages_done, *confirmed(intake.extras)}
    return all(page in done or all(key in intake.answers for key in keys) for page, keys in pages.items())


def allergies_told(patient: Patient) -> tuple[bool, list[str]]:
    """Whether the newest answers hold the questions about allergies; and what they say that is no row of the list: a metal (E24)."""
    intake = latest_answers(patient)
    if intake is None:
        return False, []
    return _asked(intake, {"allergies": ("allergies",)}), [str(words) for words in [_METALS.get(intake.answers.get("metal_allergy", ""))] if words]


def _declared(answers: dict[str, Any], listed: set[str]) -> Iterator[Line]:
    yield from _thinner(answers)
    for key, courses in _COURSES.items():
        if (said := answers.get(key)) in courses:
            words, until = courses[said]
            yield Line(str(words), _course(answers, key, until))
    for key, (sure, perhaps) in _MAYBE.items():
        if (said := answers.get(key)) in ("yes", "unsure"):
            yield Line(str(sure if said == "yes" else perhaps))
    for key, words in _TEXTS.items():
        if said := answers.get(key):
            yield Line(str(said), str(words))
    for one in answers.get("hair_medicines") or []:
        if one not in listed:
            yield Line(str(HAIR.get(one, one)))
    if (said := answers.get("nsaid_or_supplement_7d")) in _PAINKILLERS:
        yield Line(str(_PAINKILLERS[said]), _last(answers.get("nsaid_last_taken_on")))
    for key, words in _DAYS.items():
        if said := answers.get(key):
            yield Line(str(words), _last(said))
    for key, words in _UNKNOWN.items():
        if key in answers and answers[key] is None:
            yield Line(str(words))


def _thinner(answers: dict[str, Any]) -> Iterator[Line]:
    said = answers.get("blood_thinner")
    if said not in _THINNERS:
        return
    parts = [answers.get("blood_thinner_name") or ""]
    if mg := answers.get("aspirin_mg_per_day"):
        parts.append(gettext("%(mg)s mg a day") % {"mg": number_format(mg)})
    if inr := answers.get("inr"):
        parts.append(gettext("INR %(inr)s") % {"inr": number_format(inr)} + (f" ({day_of(answers['inr_on'])})" if answers.get("inr_on") else ""))
    yield Line(str(_THINNERS[said]), ", ".join(filter(None, parts)))


def _course(answers: dict[str, Any], key: str, until: str) -> str:
    parts = [day_of(answers[until])] if until and answers.get(until) else []
    if key == "systemic_steroid" and not until:
        mg, weeks = answers.get("systemic_steroid_mg_per_day"), answers.get("systemic_steroid_weeks")
        parts += [gettext("%(mg)s mg a day, as prednisolone") % {"mg": number_format(mg)}] if mg else []
        parts += [gettext("for %(n)s weeks") % {"n": number_format(weeks)}] if weeks else []
    return ", ".join(parts)


def _last(day: Any) -> str:
    return gettext("last on %(day)s") % {"day": day_of(day)} if day else ""


def _in_words(intake: Intake) -> Iterator[Line]:
    """What the patient wrote beside the ticks: name, dose."""
    notes = intake.extras.get("notes", {})
    for key in ("blood_thinner", "isotretinoin", "immune_suppression", "systemic_steroid", "chemo_radiotherapy", "hair_medicines", "nsaid_or_supplement_7d"):
        if words := notes.get(f"{key}_words"):
            yield Line(gettext("in the patient’s words: “%(words)s”") % {"words": words})
