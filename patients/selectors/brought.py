"""Records from elsewhere, shaped for their pages: what the file says beside what stands here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from patients.models import Patient, RecordImport, RecordProposal
from patients.questions.pages import PAGES
from patients.rules.exchange.codes import SUBSTANCE_WORDS
from patients.rules.exchange.reading import asks_of_anaphylaxis
from patients.selectors.eligible import latest_answers
from patients.selectors.medicines import allergies_told, medicines_of
from patients.vocabulary import Decision, ProposalKind

KIND_WORDS: dict[str, str | Promise] = {
    "identity": _("Same person?"), "contact": _("Contact"), "allergy": _("Allergies"), "medication": _("Medicines"), "condition": _("Conditions"),
    "other": _("Only to read"),
}  # fmt: skip
_LABELS: dict[str, str | Promise] = {
    "codes": _("Codes"), "note": _("Note"), "status": _("Status there"), "verified": _("Certainty there"), "criticality": _("Criticality"), "substance": _("Substance"), "reaction": _("Reaction"), "severity": _("Severity"), "described": _("Described as"),
    "site": _("Place"), "begun": _("Since"), "ended": _("Until"), "dose": _("Dose"), "about": _("About"), "unread": _("Not readable as FHIR R4"), "also": _("Also"), "more": _("Not shown, more of these"),
    "born": _("Date of birth in the file"), "died": _("Died"),
}  # fmt: skip
CANNOT_WORDS: dict[str, str | Promise] = {
    "in_error": _("The sender marked this as entered in error."), "refuted": _("The sender says that this was ruled out."),
    "not_taken": _("The sender says that this was not taken, or must not be."), "over": _("The sender says that this is over. Our list has only allergies that last."),
    "over_no_day": _("The sender says that this is over, without a whole date. Our list needs one."), "no_name": _("The file gives it no name."),
    "not_in_table": _("No question of ours is known by these words. Read them. If one is about this all the same, answer the question on the Screening page."),
    "none_known": _("The sender says that none is known. That is no answer of the patient: ask the patient."),
    "not_said": _("The sender says that they don’t know whether there is any. Ask the patient."),
    "deceased": _("The app does not record a death from a file. Make sure that this is the right person before you take anything over or book anything."),
    "unusable": _("This is no phone number or e-mail address that we can use."), "other_kind": _("We take over contact data, allergies, medicines and conditions only."),
}  # fmt: skip
_FIELDS: dict[str, str | Promise] = {"phone": _("Phone"), "email": _("E-mail"), "sex": _("Recorded sex")}


@dataclass(frozen=True)
class ShownProposal:
    """A proposal beside what stands here. `options`: (value, words) of the answer or the kind of allergy to choose; `chosen` is suggested."""

    row: RecordProposal
    title: str
    details: list[tuple[str, str]]
    here: str
    cannot: str
    asked: str
    options: list[tuple[str, str]]
    chosen: str
    choice_name: str
    done: str
    ask_anaphylaxis: bool = False

    @property
    def open(self) -> bool:
        """Whether it waits for a decision."""
        return not self.done


def imports_of(patient: Patient, *, only_waiting: bool = False) -> QuerySet[RecordImport]:
    """Newest first, with how many proposals wait."""
    waiting = Count("proposals", filter=Q(proposals__decision=None))
    rows = patient.record_imports.select_related("by").annotate(waiting=waiting)
    return rows.filter(waiting__gt=0) if only_waiting else rows


def waiting_imports(patient: Patient) -> list[RecordImport]:
    """Those with something to decide on."""
    return list(imports_of(patient, only_waiting=True))


def proposals_of(record: RecordImport) -> list[tuple[str, list[ShownProposal]]]:
    """By kind, in the order of the page."""
    rows = list(record.proposals.select_related("decision__by"))
    patient, intake = record.patient, latest_answers(record.patient)
    answers: dict[str, Any] = intake.answers if intake else {}
    (asked, metals), taken = allergies_told(patient), medicines_of(patient)
    none = {True: [gettext("none declared")], False: [gettext("not asked yet")]}
    lists = {
        "allergy": [*((f"{row.name}" + (f" ({gettext('anaphylaxis')})" if row.anaphylaxis else "")) for row in patient.allergies.filter(ended_at=None)), *metals],
        "medication": [str(line) for line in taken.lines],
    }  # fmt: skip
    lists = {"allergy": lists["allergy"] or none[asked], "medication": lists["medication"] or none[taken.asked]}
    shown = [_shown(row, patient, answers, lists) for row in rows]
    return [(str(words), found) for kind, words in KIND_WORDS.items() if (found := [one for one in shown if one.row.kind == kind])]


def blocked_by_identity(record: RecordImport) -> bool:
    """Whether the name or the date of birth differs and nobody has said that it is the same person."""
    if not record.differs:
        return False
    return not record.proposals.filter(kind=ProposalKind.IDENTITY, decision__decision=Decision.ACCEPTED).exists()


def _shown(row: RecordProposal, patient: Patient, answers: Mapping[str, Any], lists: dict[str, list[str]]) -> ShownProposal:
    told, key = row.suggestion, row.suggestion.get("key", "")
    words, options = _question(key)
    here, asked, chosen, name = "", "", told.get("answer", ""), "answer"
    if row.kind == ProposalKind.CONTACT:
        here, asked = str(getattr(patient, told["field"])) or gettext("nothing"), str(_FIELDS[told["field"]])
    elif row.kind == ProposalKind.ALLERGY and key != "metal_allergy":
        asked, options, chosen, name = gettext("Kind of allergy"), list(SUBSTANCE_WORDS.items()), told.get("substance", ""), "substance"
        here = ", ".join(lists["allergy"])
    elif key:
        asked, here = words, _answered(answers.get(key), options)
    if row.kind == ProposalKind.MEDICATION and not key:
        here = "; ".join(lists["medication"])
    if told.get("many"):
        options = []
    return ShownProposal(
        row, str(_FIELDS[told["field"]]) + ": " + row.title if row.kind == ProposalKind.CONTACT else row.title,
        [(str(_LABELS.get(label, label)), _date(text)) for label, text in row.details], here, str(CANNOT_WORDS.get(row.cannot, "")), asked,
        [] if row.cannot else options, chosen, name, _done(row), not row.cannot and asks_anaphylaxis(row),
    )  # fmt: skip


def asks_anaphylaxis(row: RecordProposal) -> bool:
    """Whether a clinician must say if it was anaphylaxis. Files that were read before this was looked for are judged by what was kept of them."""
    told = row.suggestion
    if row.kind != ProposalKind.ALLERGY or told.get("anaphylaxis"):
        return False
    kept = dict(row.details)
    return bool(told.get("ask_anaphylaxis")) or kept.get("criticality") == "high" or asks_of_anaphylaxis(" ".join([row.title, *(kept.get(label) or "" for label in ("reaction", "note"))]))


def _date(text: str) -> str:
    return text[:10] if len(text) > 10 and text[4:5] == "-" and text[10:11] == "T" else text


def _question(key: str) -> tuple[str, list[tuple[str, str]]]:
    """The words of a question and its answers."""
    for page in PAGES:
        for question in page.every:
            if question.key == key:
                return str(question.words), [(value, str(words)) for value, words in question.options]
    return "", []


def asked_in_words(key: str) -> str:
    """The question as the page puts it."""
    return _question(key)[0]


def in_words(key: str, value: Any) -> str:
    """An answer as the page says it."""
    return _answered(value, _question(key)[1])


def _answered(value: Any, options: list[tuple[str, str]]) -> str:
    if value in (None, "", []):
        return gettext("not answered")
    words = dict(options)
    return ", ".join(words.get(str(item), str(item)) for item in (value if isinstance(value, list) else [value]))


def _done(row: RecordProposal) -> str:
    decision = getattr(row, "decision", None)
    if decision is None:
        return ""
    words = gettext("Taken over") if decision.decision == Decision.ACCEPTED else gettext("Put aside")
    return f"{words}, {decision.by.display_name}, {_day(decision.at.astimezone(row.record.patient.site.tz).date())}" + (f": {decision.reason}" if decision.reason else "")


def _day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
