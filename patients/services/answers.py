"""Intake: saved page by page, submitted once, screened at once; and “anything changed?” on the day."""

import hashlib
import json
from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.models import Staff
from clinic.permissions import may
from clinic.rulebook import stamp
from patients import emails
from patients.models import Allergy, Clearance, Intake, Medication, Patient, Rescreen, Screening, WordingReview
from patients.names import searchable
from patients.rules import RULES_VERSION, eligibility
from patients.rules.changes import amended, rules_touched
from patients.rules.reacts import same_name
from patients.selectors import eligible, words
from patients.selectors.laboratory import LABORATORY, kept_laboratory, with_laboratory
from patients.selectors.medicines import hair_rows, named_anew, with_noted
from patients.selectors.words import BY_CLINICIAN
from patients.vocabulary import AnsweredBy, Gate, IntakeState


class AlreadySubmitted(Conflict):
    """These answers were sent before; the first ones are kept."""


class AnswersWrong(Refused):
    """The rules could not read the answers. `errors` names each key."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__(gettext("Some answers can't be read. Please check them."))
        self.errors = errors


class NoAnswers(Refused):
    """There are no answers yet that could be amended."""


class StillAnswering(Refused):
    """The patient's own draft would replace what is amended now."""


class NotLiftable(Refused):
    """Only a REVIEW finding (and E06) can be cleared (SETTLED 4)."""


def open_draft(
    *, patient: Patient, by: Actor, at: datetime, answered_by: AnsweredBy = AnsweredBy.PATIENT, link_uuid: UUID | None = None
) -> Intake:
    """The patient's one draft, made if there is none. Somebody who answered before is asked what has changed since then."""
    with audit.write(by=by, action="intake.open"):
        draft, _made = Intake.objects.get_or_create(
            patient=patient,
            state=IntakeState.DRAFT,
            defaults={
                "started_at": at, "saved_at": at, "answered_by": answered_by, "link_uuid": link_uuid, "extras": words.fresh_extras(patient),
            },
        )  # fmt: skip
    return draft


def save_intake_page(
    *,
    intake: Intake,
    page: str,
    answers: dict[str, Any],
    drop: set[str],
    by: Actor,
    at: datetime,
    extras: dict[str, Any] | None = None,
    undo: set[str] = frozenset(),  # type: ignore[assignment]
    language: str = "",
) -> Intake:
    """Merge one screen into the draft: keys in `drop` no longer apply, screens in `undo` are asked again.

    `extras`: notes, ticks and confirmed pages; a note that is None goes. Raises AlreadySubmitted.
    """
    with audit.write(by=by, action="intake.save"):
        locked = _draft(intake)
        kept = {key: value for key, value in locked.answers.items() if key not in drop}
        locked.answers = kept | answers
        asked = by.kind == "staff" and locked.answered_by != AnsweredBy.PAPER and may(by, "intake:view")
        typed = (set(locked.extras.pop(BY_CLINICIAN, [])) - drop - answers.keys()) | (answers.keys() if asked else set())
        locked.extras = _merged(locked.extras, extras or {}, page) | ({BY_CLINICIAN: sorted(typed)} if typed else {})
        if by.kind == "staff" and locked.answered_by == AnsweredBy.PATIENT:
            locked.extras["staff"] = sorted({*locked.extras.get("staff", []), by.name[:160]})
        locked.pages_done = [*[p for p in locked.pages_done if p != page and p not in undo], page]
        locked.saved_at, locked.language = at, language or locked.language
        locked.save(update_fields=["answers", "extras", "pages_done", "saved_at", "language"])
    return locked


def keep_typed(*, intake: Intake, page: str, typed: dict[str, list[str]], by: Actor, at: datetime) -> Intake:
    """A half-filled screen, as it was typed: nothing of it counts as an answer yet. Raises AlreadySubmitted."""
    with audit.write(by=by, action="intake.keep"):
        locked = _draft(intake)
        locked.extras = locked.extras | {"typed": locked.extras.get("typed", {}) | {page: typed}}
        locked.saved_at = at
        locked.save(update_fields=["extras", "saved_at"])
    return locked


def _draft(intake: Intake) -> Intake:
    locked = Intake.objects.select_for_update().get(pk=intake.pk)
    if locked.state != IntakeState.DRAFT:
        raise AlreadySubmitted(gettext("These answers have been sent. Call us if something changed."))
    return locked


def _merged(old: dict[str, Any], new: dict[str, Any], page: str) -> dict[str, Any]:
    """Ticks and notes by key; what was half typed on this screen is over."""
    notes = {key: value for key, value in (old.get("notes", {}) | new.get("notes", {})).items() if value is not None}
    found = old | {"notes": notes, "ticked": old.get("ticked", {}) | new.get("ticked", {})}
    found["typed"] = {name: typed for name, typed in old.get("typed", {}).items() if name != page}
    if new.get("confirmed") is not None and "since" in old:
        found["since"] = old["since"] | {"confirmed": new["confirmed"]}
    return found


def submit_intake(*, intake: Intake, by: Actor, at: datetime, today: date) -> Screening:
    """Freeze the draft and run the rules. The second of two submissions gets AlreadySubmitted (R30)."""
    with audit.write(by=by, action="intake.submit"):
        Patient.objects.select_for_update().get(pk=intake.patient_id)  # before the draft, as everybody who amends answers
        locked = Intake.objects.select_for_update(of=("self",)).select_related("patient", "patient__site").get(pk=intake.pk)
        if locked.state != IntakeState.DRAFT:
            raise AlreadySubmitted(gettext("We have already received your answers. Thank you."))
        before = eligible.latest_answers(locked.patient)
        if locked.answered_by == AnsweredBy.PAPER:  # the patient's word, whoever types it
            locked.extras.pop(BY_CLINICIAN, None)
        told = with_laboratory(before, *words.with_confirmed(locked))
        locked.answers, locked.extras = with_noted(locked.patient, before, *told, as_of=today)
        locked.wording_sha256 = words.wording_sha256(locked.language)
        locked.state, locked.submitted_at = IntakeState.SUBMITTED, at
        locked.submission_sha256 = _fingerprint(locked.answers)
        _mark_who_typed(locked, by)
        locked.save(update_fields=["state", "submitted_at", "submission_sha256", "answers", "extras", "wording_sha256", "answered_by", "typed_by"])
        _keep_lists(locked, at)
        _keep_wishes(locked, by)
        if before:
            said = rules_touched(words.told_in(before), words.told_in(locked))  # also where the list holds the answer: it was cleared for what was said then
            named = rules_touched({}, dict.fromkeys(named_anew(locked.patient, before, locked), ""))  # the answer beside the name may be the same
            _end_clearances(locked.patient, said | named | rules_touched(before.answers, locked.answers), at)
        return _screen(locked.patient, Gate.INTAKE, today, by, at)


def _mark_who_typed(intake: Intake, by: Actor) -> None:
    """On behalf of the patient, marked so: staff who finish what the patient began answer for them, and who typed a part is named."""
    if intake.answered_by == AnsweredBy.PATIENT and by.kind == "staff":
        intake.answered_by, intake.extras = AnsweredBy.STAFF, intake.extras | {"begun_by": AnsweredBy.PATIENT.value}
    helped = [] if intake.answered_by == AnsweredBy.PATIENT else [by.name]
    intake.typed_by = ", ".join(dict.fromkeys([*helped, *intake.extras.get("staff", [])]))[:160]


def amend_answers(
    *, patient: Patient, changes: dict[str, Any], source: str, staff: Staff, by: Actor, at: datetime, today: date,
    laboratory: dict[str, Any] | None = None, while_answering: bool = False, unasked: Collection[str] = (),
) -> Screening | None:
    """A clinician takes over answers that another record holds: a new set of answers, screened like any other; clearances end as ever.

    `changes`: answer by key; details of a changed answer go with the old one, unless they are named too. None when nothing differs.
    `laboratory`: whose blood values these are and of which day (`note_laboratory`). A draft of the patient can't replace them, nor what a list holds
    (`while_answering`): both are added to it when it is sent. `unasked`: questions without details that nobody has answered after all.
    Raises NoAnswers, StillAnswering, AnswersWrong.
    """
    with audit.write(by=by, action="intake.amend", reason=f"from {source}"[:300]):
        Patient.objects.select_for_update().get(pk=patient.pk)
        before = eligible.latest_answers(patient)
        if before is None:
            raise NoAnswers(gettext("The patient has not answered yet, so there is nothing to add this to. Ask for the answers first."))
        draft = patient.intakes.select_for_update().filter(state=IntakeState.DRAFT).first()
        begun = draft is not None and bool(draft.answers or draft.pages_done)
        if begun and laboratory is None and not while_answering:
            raise StillAnswering(gettext("The patient has begun to answer the questions anew. First let them finish, or finish it at the desk."))
        kept_lab = kept_laboratory(before)
        gone = before.answers.keys() & set(unasked)
        if all(before.answers.get(key) == value for key, value in changes.items()) and laboratory in (None, kept_lab) and not gone:
            return None
        answers = {key: value for key, value in amended(before.answers, changes).items() if key not in gone and (value is not None or key not in LABORATORY)}
        told = {lead: said for lead, said in before.extras.get(words.TOLD, {}).items() if said != words.answered(answers, lead)}
        row = Intake.objects.create(
            patient=patient, state=before.state, answered_by=AnsweredBy.STAFF, typed_by=by.name[:160], language=before.language, wording_sha256=before.wording_sha256, answers=answers,
            extras={"notes": before.extras.get("notes", {}), "amended": {"of": str(before.uuid), "source": source}, "laboratory": kept_lab if laboratory is None else laboratory} | ({words.TOLD: told} if told else {}), pages_done=before.pages_done,
            started_at=at, saved_at=at, submitted_at=at, submission_sha256=_fingerprint(answers),
            reviewed_at=at if before.state == IntakeState.REVIEWED else None, reviewed_by=staff if before.state == IntakeState.REVIEWED else None,
        )  # fmt: skip
        if draft and not begun:  # opened and still empty: what it asks "since" must be these answers, not the ones before
            draft.extras = words.fresh_extras(patient)
            draft.save(update_fields=["extras"])
        _keep_lists(row, at)
        _end_clearances(patient, rules_touched(before.answers, answers), at)
        return _screen(patient, Gate.RECHECK, today, by, at)


def _fingerprint(answers: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()


def another_came(*, patient: Patient, key: str, by: Actor, at: datetime) -> None:
    """Another medicine for the same question, which the answers said already: what was cleared was the one before (SCHEMA 2.2). The rules run again."""
    _end_clearances(patient, rules_touched({}, {key: ""}), at)
    if eligible.latest_answers(patient):
        _screen(patient, Gate.RECHECK, patient.site.today(at), by, at)


def _end_clearances(patient: Patient, rules: set[str], at: datetime) -> None:
    """A clearance was given for another state of the patient: it no longer counts (SCHEMA 2.2)."""
    rows = Clearance.objects.filter(patient=patient, withdrawn_at=None, rule__in=rules)
    rows.update(withdrawn_at=at, withdrawn_reason="the patient has answered otherwise since")


def _keep_wishes(intake: Intake, by: Actor) -> None:
    """How the patient wants to be called, an interpreter, and the language they answered in, from their own hand."""
    patient, notes = intake.patient, intake.extras.get("notes", {})
    spoke = patient.language
    for name, most in (("preferred_name", 150), ("pronouns", 30)):
        if notes.get(name):
            setattr(patient, name, notes[name][:most])
    if notes.get("interpreter_needed"):
        patient.interpreter = notes.get("interpreter", "")[:60] if notes["interpreter_needed"] == "yes" else ""
    if intake.answered_by == AnsweredBy.PATIENT:
        patient.language = intake.language
    patient.search_name = searchable(patient.family_name, patient.given_name, patient.preferred_name)
    patient.save(update_fields=["preferred_name", "pronouns", "interpreter", "language", "search_name"])
    if patient.language != spoke:
        emails.follow_language(patient=patient, by=by)


def _keep_lists(intake: Intake, at: datetime) -> None:
    """Declared allergies and hair medicines become the patient's own lists. An allergy stays though it is not named again,
    and an anaphylaxis once told stays one."""
    patient = intake.patient
    declared = {(entry["substance"], entry.get("name", entry["substance"])): entry for entry in intake.answers.get("allergies") or []}
    there = {(a.substance, same_name(a.name)): a for a in patient.allergies.filter(ended_at=None)}
    for key, entry in declared.items():
        severe, known = bool(entry.get("anaphylaxis", False)), there.get((key[0], same_name(key[1])))
        if known is None:
            Allergy.objects.create(patient=patient, substance=key[0], name=key[1], anaphylaxis=severe, noted_at=at)
        elif severe and not known.anaphylaxis:
            known.anaphylaxis = True
            known.save(update_fields=["anaphylaxis"])
    _keep_medicines(intake, at)


def _keep_medicines(intake: Intake, at: datetime) -> None:
    """Hair medicines as declared: a new one begins a row, one that is no longer named ends. A clinician's own row ends by a clinician."""
    told = intake.answers.get("hair_medicines")
    if told is None:  # not asked, or not known: that ends nothing
        return
    patient, on = intake.patient, intake.patient.site.today(at)
    there = hair_rows(patient)
    for one in sorted(set(told) - there.keys()):
        Medication.objects.create(patient=patient, name=one.replace("_", " "), noted_at=at)
    for row in (row for one, rows in there.items() if one not in told for row in rows if not row.noted_by):
        row.ended_on, row.ended_reason = on, f"no longer in the answers of {on:%-d %B %Y}"
        row.save(update_fields=["ended_on", "ended_reason"])


def _screen(patient: Patient, gate: Gate, as_of: date, by: Actor, at: datetime) -> Screening:
    facts, numbers = eligible.facts(patient, as_of=as_of), eligible.policy()
    result = eligibility(facts, numbers)
    if "errors" in result:
        raise AnswersWrong(result["errors"])
    return Screening.objects.create(
        patient=patient,
        intake=eligible.latest_answers(patient),
        gate=gate,
        as_of=as_of,
        rules_version=stamp(RULES_VERSION, numbers.version),
        input=facts,
        overall=result["overall"],
        triggers=result["triggers"],
        at=at,
        by=by.name[:160],
    )


def screen_patient(*, patient: Patient, gate: Gate, as_of: date, by: Actor, at: datetime) -> Screening:
    """Run the E-rules and keep the exact input, the rule version and the result. Raises AnswersWrong."""
    with audit.write(by=by, action=f"screening.{gate}"):
        return _screen(patient, gate, as_of, by, at)


def review_intake(*, intake: Intake, staff: Staff, by: Actor, at: datetime) -> Intake:
    """A clinician has read the answers; from now on they are frozen."""
    with audit.write(by=by, action="intake.review"):
        locked = Intake.objects.select_for_update().get(pk=intake.pk)
        if locked.state == IntakeState.DRAFT:
            raise Refused("These answers have not been sent yet.")
        locked.state, locked.reviewed_at, locked.reviewed_by = IntakeState.REVIEWED, at, staff
        locked.save(update_fields=["state", "reviewed_at", "reviewed_by"])
    return locked


class WordingChanged(Conflict):
    """The wording is another one than the one that was read."""


def review_wording(*, language: str, sha256: str, staff: Staff, by: Actor, at: datetime) -> WordingReview:
    """A clinician has read the questions of a language, exactly as worded, and stands for them. Raises WordingChanged."""
    if sha256 != words.wording_sha256(language):
        raise WordingChanged("The wording has changed meanwhile. Read it again.")
    with audit.write(by=by, action="wording.review"):
        return words.wording_review(language, sha256) or WordingReview.objects.create(language=language, sha256=sha256, reviewed_by=staff, at=at)


def clear_finding(*, patient: Patient, rule: str, evidence: str, staff: Staff, by: Actor, at: datetime) -> Clearance:
    """A clinician lifts a REVIEW finding, or E06, with evidence; the rules run again. Raises NotLiftable."""
    today = patient.site.today(at)
    with audit.write(by=by, action="clearance.record", reason=evidence[:300]):
        Patient.objects.select_for_update().get(pk=patient.pk)
        triggers = {t["rule"]: t["class"] for t in eligible.eligibility_on(patient, as_of=today).triggers}
        if triggers.get(rule) != "REVIEW" and not (rule == "E06" and triggers.get(rule) == "DEFER"):
            raise NotLiftable("This finding can't be cleared here. It lifts by itself or when the answer changes.")
        clearance = Clearance.objects.create(
            patient=patient, rule=rule, evidence=evidence, cleared_on=today, by=staff, at=at
        )
        _screen(patient, Gate.RECHECK, today, by, at)
    return clearance


def withdraw_clearance(*, patient: Patient, rule: str, reason: str, by: Actor, at: datetime) -> int:
    """A clinician takes back what was cleared for one rule; how many rows that were. The rules run again.

    Raises Refused when nothing stands for this rule.
    """
    with audit.write(by=by, action="clearance.withdraw", reason=reason):
        Patient.objects.select_for_update().get(pk=patient.pk)
        rows = list(Clearance.objects.filter(patient=patient, rule=rule, withdrawn_at=None))
        if not rows:
            raise Refused("Nothing stands cleared for this rule any more.")
        for row in rows:
            row.withdrawn_at, row.withdrawn_reason = at, reason
            row.save(update_fields=["withdrawn_at", "withdrawn_reason"])
        _screen(patient, Gate.RECHECK, patient.site.today(at), by, at)
        return len(rows)


def draft_rescreen(*, patient: Patient, on: date, changed: bool, words: str, by: Actor, at: datetime) -> Rescreen:
    """“Anything changed?” answered by link: a draft until somebody confirms it on the day (SETTLED 2)."""
    with audit.write(by=by, action="rescreen.draft"):
        return Rescreen.objects.create(
            patient=patient, on=on, changed=changed, words=words, answered_by=AnsweredBy.PATIENT, at=at
        )


def record_rescreen(*, patient: Patient, on: date, changed: bool, words: str, by: Actor, at: datetime) -> Rescreen:
    """Asked on arrival, by staff or on a tablet: this is the same-day screen (S01). The rules run again.

    A change that the patient sent by link is confirmed as it stands, so that a clinician looks at it once. A “no” leaves it:
    what was said is not unsaid, and S01 stops the start until a clinician has looked.
    """
    with audit.write(by=by, action="rescreen.record"):
        Patient.objects.select_for_update().get(pk=patient.pk)
        drafts = Rescreen.objects.filter(patient=patient, changed=True, confirmed_at=None, reviewed_at=None)
        row = drafts.filter(words=words).order_by("-at", "-pk").first() if changed else None
        row = row or Rescreen(patient=patient, changed=changed, words=words, answered_by=AnsweredBy.STAFF, at=at)
        row.on, row.confirmed_at, row.confirmed_by = on, at, by.name[:160]
        row.save()
        if eligible.latest_answers(patient):
            _screen(patient, Gate.ARRIVAL, on, by, at)
    return row


def review_rescreen(*, rescreen: Rescreen, by: Actor, at: datetime) -> None:
    """A clinician has looked at what changed (S01: a changed answer is re-evaluated)."""
    with audit.write(by=by, action="rescreen.review"), transaction.atomic():
        rescreen.reviewed_at, rescreen.reviewed_by = at, by.name[:160]
        rescreen.save(update_fields=["reviewed_at", "reviewed_by"])
