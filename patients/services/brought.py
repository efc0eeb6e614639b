"""A record from elsewhere: read whole or not at all, then taken over one by one, by the ordinary services."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.models import Staff
from patients.models import Allergy, Medication, Patient, ProposalDecision, RecordImport, RecordProposal
from patients.names import digits
from patients.rules.exchange.reading import READ, Person, Proposal, Reading, Unreadable, differences, reading, resources
from patients.rules.vocabulary import QUESTIONS, SUBSTANCES
from patients.selectors import brought as selectors
from patients.services.answers import amend_answers
from patients.services.people import PersonData, change_patient
from patients.vocabulary import Decision, ProposalKind

MOST_BYTES = 5 * 1024 * 1024
MOST_PROPOSALS = 500
_PERSON_FIELDS = tuple(PersonData.__dataclass_fields__)
_WORDS: dict[str, str | Promise] = {
    "large": _("The file is larger than 5 MB."),
    "many": _("The file has more than 500 things to decide on. Ask the sender for less."),
    "not_json": _("This is not a JSON file. A FHIR bundle ends in .json and begins with a curly bracket."),
    "not_fhir": _("This is not a FHIR file: it does not say what it is (resourceType)."),
    "not_bundle": _("This is not a bundle, but: %(place)s. Ask the sender for a FHIR R4 bundle."),
    "empty": _("The bundle is empty."),
    "no_resource": _("Something in the bundle can’t be read (%(place)s)."),
    "patients": _("The bundle must be about one patient. It has none, or several."),
    "r5": _("This file is FHIR R5 (%(place)s). Ask the sender for FHIR R4."),
    "stu3": _("This file is FHIR STU3 (%(place)s). Ask the sender for FHIR R4."),
    "other_person": _("Something in the bundle is not about its patient (%(place)s). Nothing was read."),
    "invalid": _("The file is not valid FHIR R4: %(place)s. Ask the sender for a valid one."),
    "someone_else": _("The file is about somebody else: another name, and another date of birth than here. Nothing was read."),
}


class BundleWrong(Refused):
    """The file can't be used; nothing of it was kept."""


class ReadBefore(Conflict):
    """The same file was read for this patient already."""

    def __init__(self, record: RecordImport) -> None:
        super().__init__(gettext("This very file was read before."), field="file")
        self.record = record


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


def _wrong(code: str, place: str = "") -> BundleWrong:
    return BundleWrong(str(_WORDS[code]) % {"place": place}, field="file")


def read_record(*, patient: Patient, content: bytes, source: str, staff: Staff, by: Actor, at: datetime) -> RecordImport:
    """Read a bundle whole, and keep what it says as proposals; the patient's record stays as it is. Raises BundleWrong, ReadBefore."""
    found = _read(content, patient.site.today(at).isoformat())
    differs = differences(found.person, family=patient.family_name, given=patient.given_name, preferred=patient.preferred_name, born=patient.birth_on.isoformat())
    if {"name", "born"} <= set(differs):
        raise _wrong("someone_else")
    sha256 = hashlib.sha256(content).hexdigest()
    with audit.write(by=by, action="record.import"):
        Patient.objects.select_for_update().get(pk=patient.pk)
        if there := RecordImport.objects.filter(patient=patient, sha256=sha256).first():
            raise ReadBefore(there)
        record = RecordImport.objects.create(
            patient=patient, source=_bare(source)[:200], sha256=sha256, bytes=len(content), person_name=_bare(found.person.name), person_born=found.person.born[:10],
            differs=differs, at=at, by=staff,
        )  # fmt: skip
        rows = [*_identity(found.person, differs), *(row for row in found.proposals if not _same_contact(patient, row))]
        RecordProposal.objects.bulk_create(
            RecordProposal(
                record=record, position=number, kind=row.kind, title=_bare(row.title)[:300], details=_bare(list(map(list, row.details))),
                suggestion=_bare(row.suggestion), cannot=row.cannot or _unusable(row),
            )
            for number, row in enumerate(rows)
        )  # fmt: skip
    return record


def _read(content: bytes, on: str) -> Reading:
    if len(content) > MOST_BYTES:
        raise _wrong("large")
    try:
        given = json.loads(content.decode("utf-8-sig"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise _wrong("not_json") from error
    try:
        found = resources(given)
        read = reading(found, on=on, unread=_checked(found))
    except Unreadable as error:
        raise _wrong(error.code, error.place) from error
    if len(read.proposals) > MOST_PROPOSALS:
        raise _wrong("many")
    return read


def _checked(found: list[tuple[str, dict[str, Any]]]) -> dict[str, int]:
    """Every resource against R4. What we read must be valid; of the rest it is counted how much is not."""
    from fhir.resources.R4B import get_fhir_model_class  # a third of a second to import, and only an import needs it
    from pydantic import ValidationError as Invalid

    unread: dict[str, int] = {}
    for number, (_url, resource) in enumerate(found, start=1):
        kind = resource["resourceType"]
        try:
            model = get_fhir_model_class(kind)
        except (LookupError, ValueError, ImportError, AttributeError):  # a kind that R4 does not know
            unread[kind] = unread.get(kind, 0) + 1
            continue
        try:
            model.model_validate(resource)
        except Invalid as error:
            if kind in READ:
                where = ".".join(str(part) for part in error.errors(include_input=False, include_url=False)[0]["loc"])
                raise Unreadable("invalid", f"entry {number}, {kind}, {where}"[:120]) from error
            unread[kind] = unread.get(kind, 0) + 1
    return unread


def _bare(value: Any) -> Any:
    """Without what no database and no page should hold: control and direction marks, halves of characters."""
    if isinstance(value, str):
        return "".join(c if c.isprintable() else " " for c in value).strip()
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items()}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _identity(person: Person, differs: list[str]) -> list[Proposal]:
    return [Proposal("identity", person.name or "?", (("born", person.born),), {"differs": differs})] if differs else []


def _same_contact(patient: Patient, row: Proposal) -> bool:
    if row.kind != "contact":
        return False
    value, key = str(row.suggestion["value"]), row.suggestion["field"]
    return digits(value) == digits(patient.phone) if key == "phone" else value.casefold() == str(getattr(patient, key)).casefold()


def _unusable(row: Proposal) -> str:
    """A contact that our own register would refuse."""
    if row.suggestion.get("field") == "email":
        try:
            validate_email(row.suggestion["value"])
        except ValidationError:
            return "unusable"
    return "unusable" if row.suggestion.get("field") == "phone" and (not digits(row.suggestion["value"]) or len(row.suggestion["value"]) > 40) else ""


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
        """Change answers; says what they were and are."""
        from patients.selectors.eligible import latest_answers

        before = latest_answers(self.patient)
        amend_answers(
            patient=self.patient, changes=changes, source=self.proposal.record.source, staff=self.staff, by=self.by, at=self.at,
            today=self.patient.site.today(self.at),
        )  # fmt: skip
        return {key: [before.answers.get(key) if before else None, value] for key, value in changes.items()}


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
    data = PersonData(**{name: getattr(act.patient, name) for name in _PERSON_FIELDS} | {key: value})
    change_patient(patient=act.patient, data=data, by=act.by, at=act.at)
    return {"contact": {key: [before, value]}}


def _allergy(act: _Act) -> dict[str, Any]:
    severe = _was_anaphylaxis(act)
    if act.told.get("key") == "metal_allergy":
        changes: dict[str, Any] = {"metal_allergy": _one_of("metal_allergy", act.choice.answer or act.told["answer"])}
        return {"answers": act.amend(changes | (_listed(act, "other", act.told["name"], severe) if severe else {}))}
    substance = act.choice.substance or act.told["substance"]
    if substance not in SUBSTANCES:
        raise NotAcceptable(gettext("Choose what kind of allergy it is."), field="substance")
    return {"answers": act.amend(_listed(act, substance, act.told["name"], severe))}


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
    """It stands in the list; the answers that say so."""
    there = next((row for row in act.patient.allergies.filter(substance=substance, ended_at=None) if row.name.casefold() == name.casefold()), None)
    if there is None:
        Allergy.objects.create(patient=act.patient, substance=substance, name=name, anaphylaxis=severe, noted_at=act.at)
    elif severe and not there.anaphylaxis:
        there.anaphylaxis = True
        there.save(update_fields=["anaphylaxis"])
    entry = {"substance": substance, "name": there.name if there else name, "anaphylaxis": severe or bool(there and there.anaphylaxis)}
    return {"allergies": [*_others(act.patient, entry), entry]}


def _others(patient: Patient, entry: dict[str, Any]) -> list[dict[str, Any]]:
    """The allergies that were answered, without an older entry of the same."""
    from patients.selectors.eligible import latest_answers

    before = latest_answers(patient)
    rows = (before.answers.get("allergies") or []) if before else []
    return [row for row in rows if (row["substance"], str(row.get("name", "")).casefold()) != (entry["substance"], entry["name"].casefold())]


def _medication(act: _Act) -> dict[str, Any]:
    told, key = act.told, act.told.get("key", "")
    answer = _one_of(key, act.choice.answer or told["answer"]) if key and not told.get("many") else told.get("answer", "")
    name = str(answer).replace("_", " ") if told.get("many") else told["name"]
    dose = told["dose"] if name.casefold() == told["name"].casefold() or not told.get("many") else f"{told['name']} {told['dose']}".strip()[:100]
    started, ended = (date.fromisoformat(told[day]) if told.get(day) else None for day in ("started_on", "ended_on"))
    unknown_end = bool(told.get("over")) and ended is None  # our list has no place for "over, nobody knows since when"
    if not unknown_end and not act.patient.medications.filter(name__iexact=name, ended_on=ended).exists():
        Medication.objects.create(patient=act.patient, name=name, dose=dose, started_on=started, ended_on=ended, noted_at=act.at)
    wrote: dict[str, Any] = {} if unknown_end else {"medication": name}
    if key:
        wrote["answers"] = act.amend(_with_since(act, key, _added(act.patient, key, answer) if told.get("many") else answer))
    return wrote


def _added(patient: Patient, key: str, answer: str) -> list[str]:
    from patients.selectors.eligible import latest_answers

    before = latest_answers(patient)
    there = (before.answers.get(key) or []) if before else []
    return there if answer in there else [*there, answer]


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
