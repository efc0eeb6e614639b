"""Answers as people read them, what changed between two intakes, and the exact wording of the questions."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.dates import spoken
from patients.models import Intake, Patient, WordingReview
from patients.questions import PAGES, FollowUp, Page, Question, pages_for
from patients.questions.walk import confirmed, is_confirmable, keys_of
from patients.rules.vocabulary import LEADS
from patients.selectors.eligible import latest_answers, told_on

Line = tuple[Any, Any]
BY_CLINICIAN = "by_clinician"  # in `extras`: keys of the answers that a clinician typed, having put the questions; True in older ones: all of them
TOLD = "told"  # in `extras`: what the patient said, by question, where the lists of medicines and allergies say more


def fresh_extras(patient: Patient) -> dict[str, Any]:
    """What a new draft begins with: for somebody who answered before, the day of that, since when something may have changed.

    An amendment of the clinic lies between and asks the patient nothing: its day would leave a gap that nobody is asked about.
    """
    earlier = latest_answers(patient)
    if earlier is None or earlier.submitted_at is None or not confirmable_pages(patient, earlier):
        return {}
    return {"since": {"intake": str(earlier.uuid), "on": told_on(earlier, patient).isoformat(), "confirmed": []}}


def confirmable_pages(patient: Patient, earlier: Intake) -> list[Page]:
    """Pages that the earlier answers cover, so that “nothing has changed” means something."""
    return [page for page in pages_for(patient.sex) if is_confirmable(page, earlier.answers)]


def earlier_of(intake: Intake) -> Intake | None:
    """The intake that this one confirms in part."""
    since = intake.extras.get("since")
    return Intake.objects.filter(patient_id=intake.patient_id, uuid=since["intake"]).first() if since else None


def with_confirmed(draft: Intake) -> tuple[dict[str, Any], dict[str, Any]]:
    """Answers and extras of a draft, completed with the earlier ones of the pages where nothing has changed."""
    earlier, answers, extras = earlier_of(draft), dict(draft.answers), {k: v for k, v in draft.extras.items() if k != "typed"}
    if earlier is None:
        return answers, extras
    notes, given = dict(extras.get("notes", {})), told_in(earlier)  # as they were said: what stands in a list is added to these answers as to others
    for page in PAGES:
        if page.name in confirmed(draft.extras):
            keys = keys_of(page)  # a detail that was typed before would contradict the earlier answer
            answers = {key: value for key, value in answers.items() if key not in keys} | {key: given[key] for key in keys if key in given}
            notes = {key: value for key, value in earlier.extras.get("notes", {}).items() if _is_note_of(page, key)} | notes
    return answers, _without_asked(extras) | {"notes": notes}


def _without_asked(extras: dict[str, Any]) -> dict[str, Any]:
    """What a clinician typed on a page that is confirmed has given way to the patient's earlier word: nobody asked for that one."""
    keys = {key for page in PAGES if page.name in confirmed(extras) for key in keys_of(page)}
    return {name: [key for key in value if key not in keys] if name == BY_CLINICIAN else value for name, value in extras.items()}


def _is_note_of(page: Page, key: str) -> bool:
    base = key.removesuffix("_words").removesuffix("_unknown").removesuffix("_not")
    return any(base == question.key or base in {f.key for f in question.follow_ups} for question in page.every)


def answers_in_words(intake: Intake, *, for_patient: bool = False) -> list[dict[str, Any]]:
    """Page by page: question, answer as it was offered, details.

    `for_patient`: earlier answers are not shown back, and what was denied is a list of its own (`denied`), not a line.
    """
    pages: list[dict[str, Any]] = []
    for page in PAGES:
        since = intake.extras.get("since", {}).get("on") if page.name in confirmed(intake.extras) else None
        shown = not (since and for_patient)
        denied = _denied(page, intake) if shown else []
        lines = [line for question in page.every if question not in denied for line in lines_of(question, intake)] if shown else []
        words = [row.row for row in denied]
        if words and not for_patient:
            lines.append((_("No to"), "; ".join(map(str, words))))
        if lines or words or since:
            pages.append({"page": page, "title": page.short or page.title, "lines": lines, "denied": words, "since": date.fromisoformat(since) if since else None})
    return pages


def _denied(page: Page, intake: Intake) -> list[Question]:
    """The rows of a page that were asked and denied."""
    denied = [row for row in page.rows if row.kind == "choice" and intake.answers.get(row.key) == row.negative]
    denied += [row for row in page.rows if row.kind in {"procedures", "checks"} and intake.answers.get(row.key) == []]
    if page.name in intake.pages_done:
        asked = intake.extras.get("ticked", {}).get(page.name, [])
        denied += [row for row in page.rows if row.kind == "date" and row.key not in asked and row.key not in intake.answers]
        denied += [row for row in page.rows if row.kind == "allergy" and row.key not in asked and intake.answers.get("allergies") == []]
    return denied


def lines_of(question: Question, intake: Intake) -> list[Line]:
    """One question with its answer and details; nothing when it was not answered."""
    answers, notes = intake.answers, intake.extras.get("notes", {})
    lines = [*_answer(question, answers, notes), *_details(question, answers, notes)]
    if words := notes.get(f"{question.key}_words"):
        lines.append((_("In the patient’s words"), words))
    return lines


def _answer(question: Question, answers: dict[str, Any], notes: dict[str, Any]) -> list[Line]:
    labels = dict(question.options)
    words = question.words if question.kind in {"choice", "pictures", "text", "checks"} or not question.row else question.row
    if question.kind == "allergy":
        found = [entry for entry in answers.get("allergies") or [] if entry["substance"] == question.value]
        return [(question.row, _allergy(entry, notes.get(question.key, ""))) for entry in found]
    if question.kind == "flag":
        return [(question.into and _("Hair and distress"), _YES_NO.get(answers[question.into], ""))] if question.key.endswith("_daily") and question.into in answers else []
    value = notes.get(question.key) if question.note else answers.get(question.key, notes.get(question.key))
    if question.key not in answers and not value:
        return [(words, _("Date not known"))] if notes.get(f"{question.key}_unknown") else []
    if value is None:
        return [(words, _("Not known"))]
    if isinstance(value, list):
        more = [gettext("I do not know which, or when")] if value and notes.get(f"{question.key}_unknown") else []
        return [(words, ", ".join([*(_entry(entry, labels) for entry in value), *more]) or gettext("None"))]
    if question.kind == "date":
        return [(words, said(value))]
    return [(words, labels.get(value, value))]


_YES_NO = {"yes": _("Yes"), "no": _("No"), "unsure": _("Not sure")}


def _details(question: Question, answers: dict[str, Any], notes: dict[str, Any]) -> list[Line]:
    lines: list[Line] = []
    for asked in question.follow_ups:
        if asked.key in answers or (question.note and notes.get(asked.key)):
            lines.append((asked.words, _detail(asked, answers.get(asked.key, notes.get(asked.key)))))
        elif notes.get(f"{asked.key}_unknown"):
            lines.append((asked.words, _("Date not known")))
    return lines


def _detail(asked: FollowUp, value: Any) -> Any:
    if "date" in asked.kind:
        return said(value)
    if asked.kind == "yn":
        return _YES_NO.get(value, value)
    return number_format(value) if isinstance(value, int | float) else value


def _allergy(entry: dict[str, Any], answer: str) -> str:
    words = [entry["name"]] if entry.get("name") else []
    if answer == "unsure":
        words.append(gettext("not sure"))
    elif entry.get("anaphylaxis"):
        words.append(gettext("severe"))
    return ", ".join(words) or gettext("Yes")


def _entry(entry: Any, labels: dict[str, Any]) -> str:
    if isinstance(entry, dict):
        return f"{labels.get(entry['kind'], entry['kind'])} {said(entry['on'])}"
    return str(labels.get(entry, entry))


def said(value: Any) -> str:
    """A stored date for people."""
    try:
        return spoken(date.fromisoformat(value), "day")
    except (TypeError, ValueError):
        return str(value)


@dataclass(frozen=True)
class Change:
    """One question whose answer is not what it was."""

    question: Any
    before: str
    now: str


def answered(answers: dict[str, Any], lead: str) -> dict[str, Any]:
    """The answer to one question with its details."""
    return {key: value for key, value in answers.items() if LEADS.get(key, key) == lead}


def told_in(intake: Intake) -> dict[str, Any]:
    """The answers as they were said, without what the lists add to them."""
    told: dict[str, dict[str, Any]] = intake.extras.get(TOLD, {})
    kept = {key: value for key, value in intake.answers.items() if LEADS.get(key, key) not in told}
    return kept | {key: value for said in told.values() for key, value in said.items()}


def told_otherwise(intake: Intake) -> list[Change]:
    """Questions where the patient said something else (`before`) than the clinic knows (`now`: lists, records from elsewhere), by which the rules go."""
    if not intake.extras.get(TOLD):
        return []
    return changes_between(Intake(answers=told_in(intake), extras={"notes": intake.extras.get("notes", {})}), intake)


def changes_between(earlier: Intake, now: Intake) -> list[Change]:
    """What a clinician should look at: questions whose answer or details differ, in the order of the pages."""
    found = []
    for page in PAGES:
        for question in page.every:
            then, today = (_said_of(question, intake) for intake in (earlier, now))
            if then != today:
                found.append(Change(question.row or question.words, then or "–", today or "–"))
    return found


def _said_of(question: Question, intake: Intake) -> str:
    return "; ".join(str(answer) for _question, answer in lines_of(question, intake))


def wording(language: str) -> list[str]:
    """Every question, hint, row and answer in a language, in order."""
    found: list[str] = []
    with translation.override(language):
        for page in PAGES:
            found += [str(page.title), str(page.hint)]
            for question in page.every:
                found += [question.key, str(question.words), str(question.row), str(question.hint), *(f"{v}: {words}" for v, words in question.options)]
                found += [f"{f.key}: {f.words} {f.hint}" for f in question.follow_ups]
    return found


def wording_sha256(language: str) -> str:
    """Names the wording exactly: any changed word is another wording."""
    return hashlib.sha256(json.dumps(wording(language), ensure_ascii=False).encode()).hexdigest()


def wording_review(language: str, sha256: str = "") -> WordingReview | None:
    """Who has read this wording and stands for it; None: nobody has."""
    return WordingReview.objects.select_related("reviewed_by").filter(language=language, sha256=sha256 or wording_sha256(language)).first()


def wordings() -> list[dict[str, Any]]:
    """Each language with its present wording and who stands for it."""
    rows = []
    for code, name in settings.LANGUAGES:
        digest = wording_sha256(code)
        rows.append({"code": code, "name": name, "sha256": digest, "review": wording_review(code, digest)})
    return rows


def wording_to_read(language: str) -> list[dict[str, Any]]:
    """The questions of a language as plain words, page by page."""
    with translation.override(language):
        return [
            {"title": str(page.title), "hint": str(page.hint), "questions": [
                {"key": q.key, "row": str(q.row), "words": str(q.words), "options": [str(w) for _v, w in q.options],
                 "details": [f"{f.words} {f.hint}".strip() for f in q.follow_ups]} for q in page.every
            ]} for page in PAGES
        ]  # fmt: skip
