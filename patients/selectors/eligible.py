"""What the eligibility rules say: for one patient on many days, or for many patients on one day, with few queries."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.clock import local_date
from patients.models import Clearance, EligibilityPolicy, Intake, Patient
from patients.rules import DEFAULT, eligibility
from patients.rules import EligibilityPolicy as Policy
from patients.rules.changes import amended
from patients.rules.findings import DeskCode, desk_word_for
from patients.rules.policy import policy_from
from patients.rules.softer import is_graver, softer_rules
from patients.rules.vocabulary import DENIALS
from patients.selectors.records import open_holds
from patients.vocabulary import Gate, IntakeState

_ELSEWHERE = "other_scalp_procedures"
_STEROID_DAY = "local_steroid_injection_on"
_STATES = {
    DeskCode.MAY_BOOK: "clear",
    DeskCode.CLINICIAN_REVIEW: "warn",
    DeskCode.FORMS_MISSING: "warn",
    DeskCode.NOT_BEFORE: "warn",
    DeskCode.NOT_POSSIBLE: "action",
}


_WORDS = {
    "CLEAR": _("Clear"), "CAUTION": _("Clear, with caution"), "REVIEW": _("Needs review"), "INCOMPLETE": _("Incomplete"),
    "DEFER": _("Not yet"), "ABSOLUTE": _("Not possible"),
}  # fmt: skip


@dataclass(frozen=True)
class Eligibility:
    """The rules' answer for one day. `needs_answers`: no intake has been submitted yet."""

    overall: str
    triggers: list[dict[str, Any]] = field(default_factory=list)
    needs_answers: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def is_clear(self) -> bool:
        """CLEAR or CAUTION: a session may start (S02)."""
        return self.overall in ("CLEAR", "CAUTION") and not self.needs_answers

    @property
    def words(self) -> str:
        """The result as people say it (J3)."""
        if self.overall == "DEFER" and self.not_before:
            return gettext("Not before %(day)s") % {"day": date_format(self.not_before, "j F Y")}
        return str(_WORDS.get(self.overall, self.overall))

    @property
    def not_before(self) -> date | None:
        """The first day on which every DEFER is over, if all of them say when."""
        dates = [t["lifts_on"] for t in self.triggers if t["class"] == "DEFER" and "scope" not in t]
        return max(map(date.fromisoformat, dates)) if dates and None not in dates else None


@dataclass(frozen=True)
class DeskWord:
    """What the front desk may know: never the medical reason (J3)."""

    code: str
    words: str
    state: str
    not_before: date | None = None


@dataclass(frozen=True)
class Dossier:
    """What the rules need of one patient, read once: newest sent answers, standing clearances, the clinic's numbers."""

    patient: Patient
    intake: Intake | None
    clearances: list[Clearance]
    policy: Policy

    def facts(self, as_of: date, *, prp: bool = False) -> dict[str, Any]:
        """The input of `eligibility` (SCHEMA part 2) for that day."""
        found: dict[str, Any] = {
            "asOf": as_of.isoformat(),
            "birthDate": self.patient.birth_on.isoformat(),
            "sex": self.patient.sex,
            "answers": self._answers(as_of),
            "clearances": [
                {"rule": row.rule, "by": row.by.display_name, "date": row.cleared_on.isoformat()}
                for row in self.clearances
                if row.cleared_on <= as_of
            ],
        }
        return found | ({"planned": {"prp": True}} if prp else {})

    def _answers(self, as_of: date) -> dict[str, Any]:
        """As sent; a steroid injection “in the last month” of an unknown day counts from the day of the answer, the latest it can be;
        what the clinic amended since moves it no further.

        SCHEMA 2.4 reads a blank there as no injection, and E43 would let PRP through in silence. A treatment elsewhere that the patient does
        not remember beside others that they do: once those are over it is what is missing (E27), as it would be alone.
        """
        if self.intake is None:
            return {}
        given: dict[str, Any] = self.intake.answers
        if given.get(_ELSEWHERE) and self.intake.extras.get("notes", {}).get(f"{_ELSEWHERE}_unknown") and not self._waits_for(given[_ELSEWHERE], as_of):
            given = given | {_ELSEWHERE: None}
        if given.get(_STEROID_DAY, "") is not None or self.intake.submitted_at is None:
            return given
        return given | {_STEROID_DAY: told_on(self.intake, self.patient, _STEROID_DAY).isoformat()}

    def _waits_for(self, treatments: list[dict[str, str]], as_of: date) -> bool:
        waits = {"botulinum_toxin": self.policy.botulinum_days}
        return any(as_of < date.fromisoformat(one["on"]) + timedelta(days=waits.get(one["kind"], self.policy.other_procedure_days)) for one in treatments)

    def eligibility(self, as_of: date, *, prp: bool = False) -> Eligibility:
        """What the rules say of that day, computed now; nothing is stored."""
        given = self.facts(as_of, prp=prp)
        result = eligibility(given, self.policy)
        if "errors" in result:
            return Eligibility("INCOMPLETE", [], needs_answers=True, facts=given)
        waiting = self.intake is None
        return Eligibility("INCOMPLETE" if waiting else result["overall"], result["triggers"], waiting, given)

    def desk_word(self, as_of: date) -> DeskWord:
        """*may book · clinician review · not before DATE · forms missing · not possible*, without any reason."""
        found = self.eligibility(as_of)
        word = desk_word_for(None if found.needs_answers else {"overall": found.overall, "triggers": found.triggers})
        return DeskWord(word.code.value, word.words, _STATES[word.code], word.not_before)


def policy(*, until: datetime | None = None) -> Policy:
    """The `P` numbers as this clinic runs them, or ran them at an instant: the newest approved version over the defaults."""
    rows = EligibilityPolicy.objects.filter(at__lte=until) if until else EligibilityPolicy.objects.all()
    row = rows.order_by("-version").first()
    return policy_from(row.values, row.words, row.version) if row else DEFAULT


def latest_answers(patient: Patient) -> Intake | None:
    """The newest submitted or reviewed answers."""
    rows = patient.intakes.exclude(state=IntakeState.DRAFT)
    return rows.order_by("-submitted_at", "-pk").first()


def amendments(intake: Intake) -> list[Intake]:
    """These answers and, one by one, those that the clinic amended; the last are as they were answered. One query at most."""
    found = [intake]
    if "amended" not in intake.extras:
        return found
    rows = {str(row.uuid): row for row in Intake.objects.filter(patient_id=intake.patient_id).exclude(state=IntakeState.DRAFT)}
    while (row := rows.get(found[-1].extras.get("amended", {}).get("of", ""))) and row not in found:
        found.append(row)
    return found


def row_that_told(rows: list[Intake], key: str) -> Intake:
    """Of `amendments`: those that brought in the present answer to this question."""
    return list(takewhile(lambda row: row.answers.get(key) == rows[0].answers.get(key), rows))[-1]


def told_on(intake: Intake, patient: Patient, key: str = "") -> date:
    """The clinic's day on which the patient answered, whatever the clinic has amended since; of paper, the day that stands on it.

    With `key`, the day of this answer: an amendment that changed it counts.
    """
    rows = amendments(intake)
    row = row_that_told(rows, key) if key else rows[-1]
    return row.paper_on or local_date(row.submitted_at or row.started_at, patient.site.zone)


def dossiers(patients: Iterable[Patient]) -> dict[int, Dossier]:
    """By patient id, in three queries however many there are."""
    wanted = {patient.pk: patient for patient in patients}
    sent = Intake.objects.filter(patient__in=wanted).exclude(state=IntakeState.DRAFT)
    newest = {row.patient_id: row for row in sent.order_by("patient_id", "-submitted_at", "-pk").distinct("patient_id")}
    cleared: dict[int, list[Clearance]] = {}
    for row in Clearance.objects.filter(patient__in=wanted, withdrawn_at=None).select_related("by").order_by("pk"):
        cleared.setdefault(row.patient_id, []).append(row)
    numbers = policy()
    return {pk: Dossier(patient, newest.get(pk), cleared.get(pk, []), numbers) for pk, patient in wanted.items()}


def dossier(patient: Patient) -> Dossier:
    """Of one patient."""
    return dossiers([patient])[patient.pk]


def facts(patient: Patient, *, as_of: date, prp: bool = False) -> dict[str, Any]:
    """The input of `eligibility` (SCHEMA part 2) for that day, from the newest answers and valid clearances."""
    return dossier(patient).facts(as_of, prp=prp)


def eligibility_on(patient: Patient, *, as_of: date, prp: bool = False) -> Eligibility:
    """What the rules say of that day."""
    return dossier(patient).eligibility(as_of, prp=prp)


def softened_by(patient: Patient, *, changes: dict[str, Any], as_of: date, sex: str = "") -> list[str]:
    """Rules that would say less of that day, PRP included, if the answers were changed so, or the recorded sex; nothing is stored. None where something graver is said instead.

    No clearance counts on either side: a change ends those that were given for the old answer. A question that was left blank is no answer
    that could be softened, as long as the new one does not deny. Answers that the rules can't read are for `amend_answers` to refuse.
    """
    found = replace(dossier(patient), clearances=[])
    if found.intake is None:
        return []
    told: dict[str, Any] = found.intake.answers
    if not sex and all(told.get(key) == value for key, value in changes.items()):  # nothing is written then, and the details stay
        return []
    filled = {key for key, value in changes.items() if key in told and told[key] is None and isinstance(value, str) and value not in DENIALS}
    other = copy(patient)
    other.sex = sex or patient.sex
    here = _judged(found, found.intake, {key: told[key] for key in told.keys() - filled}, as_of)
    then = _judged(replace(found, patient=other), found.intake, amended(told, changes), as_of)
    return [] if "errors" in here or "errors" in then or is_graver(here, then) else softer_rules(here, then)


def are_stricter(patient: Patient, *, intake: Intake, changes: dict[str, Any], as_of: date, or_as_grave: bool = False) -> bool:
    """Whether the rules would say more of these answers on that day if they were changed so: where one says less for it, what is said instead weighs more.

    `or_as_grave`: or as much.
    """
    found = replace(dossier(patient), clearances=[])
    here, then = (_judged(found, intake, answers, as_of) for answers in (intake.answers, amended(intake.answers, changes)))
    return "errors" not in here and "errors" not in then and is_graver(here, then, or_as_grave=or_as_grave)


def _judged(found: Dossier, intake: Intake, answers: dict[str, Any], as_of: date) -> dict[str, Any]:
    """The rules on these answers in place of those of the intake."""
    other = copy(intake)
    other.answers = answers
    return eligibility(replace(found, intake=other).facts(as_of, prp=True), found.policy)


def eligibility_at_start(patient: Patient, *, started_at: datetime, prp: bool = False) -> Eligibility | None:
    """What was decided when a session started, from the screening kept then; None when none was kept.

    With `prp` the kept input is judged once more as if PRP was planned, for the gate itself asks about the needling alone.
    """
    row = patient.screenings.filter(gate=Gate.START, at=started_at).order_by("-pk").first()
    if row is None:
        return None
    if not prp:
        return Eligibility(row.overall, row.triggers, facts=row.input)
    given = row.input | {"planned": {"prp": True}}
    result = eligibility(given, policy(until=started_at))
    return Eligibility(result["overall"], result["triggers"], facts=given) if "errors" not in result else None


def desk_word(patient: Patient, *, as_of: date) -> DeskWord:
    """What the front desk may know of that day. An open hold on booking is for a clinician, whatever the answers say (SETTLED 3)."""
    word = dossier(patient).desk_word(as_of)
    if word.code == DeskCode.MAY_BOOK and open_holds(patient, "booking"):
        return DeskWord(DeskCode.CLINICIAN_REVIEW.value, gettext("Clinician first"), "action")
    return word
