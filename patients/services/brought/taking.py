"""What was read is taken over one by one, by the services that any other change goes through, or put aside."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.models import Staff
from patients.models import Allergy, Medication, Patient, ProposalDecision, RecordImport, RecordProposal
from patients.rules import RULES
from patients.rules.changes import amended
from patients.rules.exchange.reading import questions_in
from patients.rules.exchange.tables import CHOSEN, Meaning
from patients.rules.taken import STEROID, Taken, changes_for, meaning_of
from patients.rules.vocabulary import DENIALS, QUESTIONS, SUBSTANCES
from patients.selectors import brought as selectors
from patients.selectors import eligible
from patients.selectors.medicines import hair_rows, is_another
from patients.selectors.words import answered
from patients.services.answers import amend_answers, another_came
from patients.services.people import PersonData, change_patient
from patients.vocabulary import Decision, ProposalKind

_THINNER = "blood_thinner"
_PERSON_FIELDS = tuple(PersonData.__dataclass_fields__)


class AlreadyDecided(Conflict):
    """Somebody has decided on this already."""


class NotAcceptable(Refused):
    """It can only be looked at, or first something else must be decided."""


@dataclass(frozen=True)
class Choice:
    """What the clinician chose: an answer of ours, or the kind of an allergy; and whether it was anaphylaxis (`yes`, `no`, `unsure`), where that is asked."""

    answer: str = ""
    substance: str = ""
    anaphylaxis: str = ""


def accept_proposal(*, proposal: RecordProposal, choice: Choice, staff: Staff, by: Actor, at: datetime) -> ProposalDecision:
    """Take one thing over, by the services that any other change goes through. Raises AlreadyDecided, NotAcceptable and what those raise."""
    with audit.write(by=by, action="record.accept", reason=proposal.record.source):
        patient = Patient.objects.select_for_update().select_related("site").get(pk=proposal.record.patient_id)
        _open(proposal)
        if proposal.cannot or proposal.kind == ProposalKind.OTHER:
            raise NotAcceptable(gettext("This can’t be taken over. Read it, then put it aside."))
        if proposal.kind != ProposalKind.IDENTITY and not _same_person(proposal.record):
            raise NotAcceptable(gettext("First say whether this is the same person."))
        write = {
            ProposalKind.CONTACT: _contact, ProposalKind.ALLERGY: _allergy, ProposalKind.MEDICATION: _medication, ProposalKind.CONDITION: _condition,
        }.get(ProposalKind(proposal.kind))  # fmt: skip
        wrote = write(_Act(patient, proposal, choice, staff, by, at)) if write else {}
        return _decide(proposal, Decision.ACCEPTED, "", wrote, staff, at)


def put_aside(*, proposal: RecordProposal, reason: str, staff: Staff, by: Actor, at: datetime) -> ProposalDecision:
    """Read, and not taken over; nothing is written but who and when. Raises AlreadyDecided."""
    with audit.write(by=by, action="record.put_aside", reason=reason[:300]):
        Patient.objects.select_for_update().get(pk=proposal.record.patient_id)
        _open(proposal)
        return _decide(proposal, Decision.PUT_ASIDE, reason, {}, staff, at)


@dataclass(frozen=True)
class _Act:
    patient: Patient
    proposal: RecordProposal
    choice: Choice
    staff: Staff
    by: Actor
    at: datetime

    @property
    def told(self) -> dict[str, Any]:
        return dict(self.proposal.suggestion)

    def amend(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Change answers; says what they were and are. Raises NotAcceptable where a rule would say less than it does now, and what `amend_answers` raises."""
        before, today = eligible.latest_answers(self.patient), self.patient.site.today(self.at)
        if rules := eligible.softened_by(self.patient, changes=changes, as_of=today):
            raise NotAcceptable(self._milder(rules, changes), field="answer")
        amend_answers(
            patient=self.patient, changes=changes, source=self.proposal.record.source, staff=self.staff, by=self.by, at=self.at, today=today,
        )  # fmt: skip
        return {key: [before.answers.get(key) if before else None, value] for key, value in changes.items()}

    def answered(self, key: str) -> Any:
        """What is answered here now; None where it was not asked, or left blank."""
        found = eligible.latest_answers(self.patient)
        return found.answers.get(key) if found else None

    def left_blank(self, key: str) -> bool:
        """Whether it was asked here and not answered."""
        found = eligible.latest_answers(self.patient)
        return found is not None and key in found.answers and found.answers[key] is None

    def _milder(self, rules: list[str], changes: dict[str, Any]) -> str:
        questions = [key for key in changes if key in QUESTIONS]
        here, asked = ("; ".join(words(key) for key in questions) for words in (lambda key: selectors.in_words(key, self.answered(key)), selectors.asked_in_words))
        return gettext(
            "What stands here is graver: %(here)s. That answers “%(asked)s” Taken over, this would say less: %(rules)s. So nothing was changed. "
            "If it is over or was wrong, a person answers the question anew on the patient’s Screening page."
        ) % {"here": here, "asked": asked, "rules": _named(rules)}  # fmt: skip


def _named(rules: list[str]) -> str:
    return ", ".join(f"{RULES[rule].title} ({rule})" for rule in rules)


def _open(proposal: RecordProposal) -> None:
    if ProposalDecision.objects.filter(proposal=proposal).exists():
        raise AlreadyDecided(gettext("This was decided already. Open the page again."))


def _decide(proposal: RecordProposal, decision: Decision, reason: str, wrote: dict[str, Any], staff: Staff, at: datetime) -> ProposalDecision:
    try:
        with transaction.atomic():
            return ProposalDecision.objects.create(proposal=proposal, decision=decision, reason=reason[:300], wrote=wrote, by=staff, at=at)
    except IntegrityError as error:
        raise AlreadyDecided(gettext("This was decided already. Open the page again.")) from error


def _same_person(record: RecordImport) -> bool:
    """The file names this patient, or a clinician has said that it is the same person."""
    if not record.differs:
        return True
    return ProposalDecision.objects.filter(proposal__record=record, proposal__kind=ProposalKind.IDENTITY, decision=Decision.ACCEPTED).exists()


def _contact(act: _Act) -> dict[str, Any]:
    key, value = act.told["field"], act.told["value"]
    before = getattr(act.patient, key)
    if key == "sex" and (rules := eligible.softened_by(act.patient, changes={}, as_of=act.patient.site.today(act.at), sex=value)):
        raise NotAcceptable(
            gettext("With the recorded sex of the file this would say less: %(rules)s. So nothing was changed. If the one here is wrong, correct it in the patient’s contact data.")
            % {"rules": _named(rules)}, field="answer",
        )  # fmt: skip
    data = PersonData(**{name: getattr(act.patient, name) for name in _PERSON_FIELDS} | {key: value})
    change_patient(patient=act.patient, data=data, by=act.by, at=act.at)
    return {"contact": {key: [before, value]}}


def _allergy(act: _Act) -> dict[str, Any]:
    severe = _was_anaphylaxis(act)
    if act.told.get("key") == "metal_allergy":
        changes: dict[str, Any] = {"metal_allergy": _metal(act, _one_of("metal_allergy", act.choice.answer or act.told["answer"]))}
        return {"answers": act.amend(changes | (_listed(act, "other", act.told["name"], severe) if severe else {}))}
    substance = act.choice.substance or act.told["substance"]
    if substance not in SUBSTANCES:
        raise NotAcceptable(gettext("Choose what kind of allergy it is."), field="substance")
    return {"answers": act.amend(_listed(act, substance, act.told["name"], severe))}


def _metal(act: _Act, answer: str) -> str:
    """The question holds one metal: another of the same weight would take the place of the one that stands. Raises NotAcceptable."""
    here = act.answered("metal_allergy")
    if here in ("nickel", "other_metal") and answer not in (here, "stainless_steel"):
        raise NotAcceptable(
            gettext("The answer about metals holds one metal, and %(here)s stands here. Nothing was changed. Note this one by name on the patient’s Allergies page.")
            % {"here": selectors.in_words("metal_allergy", here)}, field="answer",
        )  # fmt: skip
    return answer


def _was_anaphylaxis(act: _Act) -> bool:
    """What the file says outright stands; where it leaves it open a clinician says, and “not sure” counts as one (RULES 2). Raises NotAcceptable."""
    if act.told.get("anaphylaxis"):
        return True
    if not selectors.asks_anaphylaxis(act.proposal):
        return False
    if act.choice.anaphylaxis not in ("yes", "no", "unsure"):
        raise NotAcceptable(gettext("Say whether it was anaphylaxis."), field="anaphylaxis")
    return act.choice.anaphylaxis != "no"


def _listed(act: _Act, substance: str, name: str, severe: bool) -> dict[str, Any]:
    """It stands in the list; the answers that say so. A list of answers that was left blank stays blank: one name would make it look whole."""
    there = next((row for row in act.patient.allergies.filter(substance=substance, ended_at=None) if row.name.casefold() == name.casefold()), None)
    if there is None:
        Allergy.objects.create(patient=act.patient, substance=substance, name=name, anaphylaxis=severe, noted_at=act.at, noted_by=act.by.name[:160])
    elif severe and not there.anaphylaxis:
        there.anaphylaxis = True
        there.save(update_fields=["anaphylaxis"])
    if act.left_blank("allergies"):
        return {}
    known = there.name if there else name
    told = act.answered("allergies") or []
    same = [row for row in told if (row["substance"], str(row.get("name", "")).casefold()) == (substance, known.casefold())]
    grave = severe or bool(there and there.anaphylaxis) or any(row.get("anaphylaxis") for row in same)
    return {"allergies": [*(row for row in told if row not in same), {"substance": substance, "name": known, "anaphylaxis": grave}]}


def _medication(act: _Act) -> dict[str, Any]:
    told, key = act.told, act.told.get("key", "")
    answer = _one_of(key, act.choice.answer or told["answer"]) if key and not told.get("many") else told.get("answer", "")
    name = str(answer).replace("_", " ") if told.get("many") else told["name"]
    if len(questions_in(told["name"])) > 1:
        raise NotAcceptable(
            gettext("This names several medicines, and only one of them would be heard. Note each one by itself on the patient’s Medicines page, then put this aside."), field="answer"
        )
    if answer in DENIALS:  # it would stand in the list as taken, and no rule would hear of it
        raise NotAcceptable(gettext("This says that it is not taken. Then put it aside, and say why."), field="answer")
    dose = told["dose"] if name.casefold() == told["name"].casefold() or not told.get("many") else f"{told['name']} {told['dose']}".strip()[:100]
    if told.get("many") and (meaning := meaning_of(name, dose)) and meaning.key == key:  # a file that was read before doses counted suggests less
        answer = meaning.answer
    started, ended = (_until(act, told.get(day)) for day in ("started_on", "ended_on"))  # a day that lies ahead is neither a beginning nor an end
    over = bool(told.get("over")) or _is_over(key, answer)
    unknown_end = over and ended is None  # our list has no place for "over, nobody knows since when"
    another = False
    there = act.patient.medications.filter(name__iexact=name, ended_on=ended)
    if not unknown_end and not (there.filter(dose__iexact=dose) if dose else there).exists():
        known = act.by.name[:160] if meaning_of(name) else ""  # of a name that no rule knows somebody has still to say what it is
        row = Medication.objects.create(patient=act.patient, name=name, dose=dose, started_on=started, ended_on=ended, noted_at=act.at, noted_by=known)
        another = ended is None and is_another(act.patient, row)
    wrote: dict[str, Any] = {} if unknown_end else {"medication": name}
    if key:
        wrote["answers"] = act.amend(_added(act, key, answer) if told.get("many") else _beside(act, answer) if key == _THINNER else _with_dose(act, key, answer))
        if another:
            another_came(patient=act.patient, key=key, by=act.by, at=act.at)
    return wrote


def _until(act: _Act, day: str | None) -> date | None:
    found = date.fromisoformat(day) if day else None
    return found if found and found <= act.patient.site.today(act.at) else None


def _is_over(key: str, answer: Any) -> bool:
    """The clinician says of what the file has as taken that it was stopped."""
    return any(meaning.key == key and meaning.over and meaning.over == answer for _said, meaning in CHOSEN.values())


def _beside(act: _Act, answer: str) -> dict[str, Any]:
    """A blood thinner as any other way into the list has it: a second one beside another makes two (E07)."""
    if answer == "none":
        return {_THINNER: answer}
    before = eligible.latest_answers(act.patient)
    return changes_for(before.answers if before else {}, [_taken(act, _THINNER, answer)])


def _taken(act: _Act, key: str, answer: str) -> Taken:
    return Taken(Meaning(key, answer), " ".join(filter(None, (act.told["name"], act.told["dose"]))))


def _with_dose(act: _Act, key: str, answer: str) -> dict[str, Any]:
    """As `_with_since`; of a steroid that is told already a higher dose counts, and the weeks stay (E12)."""
    before = eligible.latest_answers(act.patient)
    if key != STEROID or before is None or before.answers.get(key) != answer:
        return _with_since(act, key, answer)
    stronger = changes_for(before.answers, [_taken(act, key, answer)])
    return answered(amended(before.answers, stronger), key) if stronger else _with_since(act, key, answer)


def _added(act: _Act, key: str, answer: str) -> dict[str, Any]:
    """The list of answers with one more; one that was left blank stays blank, and where nobody asked it names what else is in the list."""
    before = eligible.latest_answers(act.patient)
    return changes_for(before.answers if before else {}, [Taken(Meaning(key, answer, many=True), "")], listed=hair_rows(act.patient))


def _condition(act: _Act) -> dict[str, Any]:
    key = act.told.get("key", "")
    return {"answers": act.amend(_with_since(act, key, _one_of(key, act.choice.answer or act.told.get("answer", ""))))}


def _with_since(act: _Act, key: str, answer: Any) -> dict[str, Any]:
    """The answer, with the day of the file where the clinician kept the answer that was suggested, and the day has come."""
    since = act.told.get("since") or {}
    today = act.patient.site.today(act.at).isoformat()
    kept = {name: day for name, day in since.items() if answer == act.told.get("answer") and act.patient.birth_on.isoformat() <= day <= today}
    return {key: answer} | kept


def _one_of(key: str, answer: str) -> str:
    if answer not in QUESTIONS.get(key, ()):
        raise NotAcceptable(gettext("Choose one of the answers."), field="answer")
    return answer
