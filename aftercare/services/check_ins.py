"""Saving and submitting a check-in: page by page, once, triaged by the rules; what needs a person opens a concern."""

import hashlib
import json
import logging
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from aftercare import pages
from aftercare.models import CheckIn, CheckInResponse
from aftercare.rules import RULES_VERSION, checkin
from aftercare.selectors.check_ins import photos_of
from aftercare.selectors.instructions import was_told_minoxidil_early
from aftercare.selectors.rulebook import policy
from aftercare.services.concerns import open_concern
from aftercare.services.locks import lock_patient
from aftercare.services.measures import keep_measures
from aftercare.states import CallResult, Level
from clinic import audit, links
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.models import Link
from clinic.permissions import require
from clinic.rulebook import stamp
from patients.selectors import facts

log = logging.getLogger("aftercare.check_ins")
UNREADABLE = "unreadable"
_MOST_WORDS = 500
_SKIN_TYPES = frozenset({"I", "II", "III", "IV", "V", "VI"})


class AlreadySubmitted(Conflict):
    """The answers are in; nothing was sent twice (R30)."""


class NotWanted(Conflict):
    """A later session has begun, or the session was a mistake: this check-in is no longer asked."""


class PagesMissing(Refused):
    """Some pages have no answer yet; `field` is the first of them."""


class AnswersRefused(Refused):
    """The rules could not read the answers; nothing was stored. `errors` is for whoever mends it, `message` for the person who tried."""

    def __init__(self, errors: list[dict[str, str]], *, phone: str) -> None:
        super().__init__(_("We could not read your answers. What you typed is kept. Please call us now: %(phone)s.") % {"phone": phone})
        self.errors = errors


def lock_unanswered(check_in: CheckIn) -> CheckIn:
    """The check-in, locked after its patient. Raises AlreadySubmitted, NotWanted."""
    lock_patient(check_in.patient_id)
    locked = (
        CheckIn.objects.select_for_update(of=("self",))
        .select_related("plan__site", "plan__session", "patient__site", "site")
        .get(pk=check_in.pk)
    )
    if CheckInResponse.objects.filter(check_in=locked).exists():
        raise AlreadySubmitted(_("We have your answers already. Nothing was sent twice."))
    if locked.cancelled_at is not None:
        raise NotWanted(_("These questions are no longer needed."))
    return locked


def save_page(*, check_in: CheckIn, page: str, values: dict[str, Any], by: Actor, at: datetime) -> CheckIn:
    """Keep the answers of one page in the draft, and what the rules say of the answers so far. Raises AlreadySubmitted, NotWanted."""
    with audit.write(by=by, action="check_in.save"):
        locked = lock_unanswered(check_in)
        locked.draft = pages.with_page(locked.draft, page, values)
        locked.draft.pop("refused", None)  # there is something new for the rules to read
        found = _level_so_far(locked, at=at)
        waits = found != Level.REASSURE or _says_more(locked) or pages.first_missing(locked.asked, locked.draft) is None
        locked.draft |= {"level": found, "waits": waits, "staff": by.staff_id, "link": by.link_id}
        locked.draft_saved_at = at
        locked.save(update_fields=["draft", "draft_saved_at"])
        return locked


def keep_page(
    *, check_in: CheckIn, page: str, values: dict[str, Any], by: Actor, at: datetime, link: Link
) -> tuple[CheckIn, CheckInResponse | None]:
    """Keep a page that the patient sends; a red flag in it ends the questions and is sent at once, in the same transaction.

    Whoever ticks “trouble breathing” is told whom to call on the next page, and a clinician knows of it, even when the
    patient leaves there. Raises AlreadySubmitted, NotWanted, AnswersRefused.
    """
    with audit.write(by=by, action="check_in.save"):
        saved = save_page(check_in=check_in, page=page, values=values, by=by, at=at)
        if saved.draft["level"] != Level.URGENT:
            return saved, None
        return saved, submit_check_in(check_in=saved, by=by, at=at, link=link)


def submit_check_in(*, check_in: CheckIn, by: Actor, at: datetime, link: Link | None = None) -> CheckInResponse:
    """Turn the draft into the answer: once, consuming the link, with triage, concern, holds and mail.

    With pages missing only what is URGENT already goes in, as an answer to the questions so far.
    Raises AlreadySubmitted, NotWanted, PagesMissing, AnswersRefused.
    """
    with audit.write(by=by, action="check_in.submit"):
        locked, asked = lock_unanswered(check_in), check_in.asked
        missing = pages.first_missing(locked.asked, locked.draft)
        if missing is not None:
            asked = pages.asked_so_far(locked.asked, locked.draft)
            if _level_so_far(locked, at=at) != Level.URGENT:
                raise PagesMissing(_("One page has no answer yet."), field=missing)
        if link is not None and not links.consume(link=link, by=by, at=at):
            raise AlreadySubmitted(_("We have your answers already. Nothing was sent twice."))
        response = store(locked, asked, asked, link_id=by.link_id, staff_id=by.staff_id, answered_at=at)
        keep_measures(response, by=by)
        close_call_task(locked, by=by, at=at)
        bring_to_a_person(locked, response, by=by, at=at)
        return response


def answer_for_patient(*, check_in: CheckIn, by: Actor, at: datetime) -> CheckInResponse:
    """A clinician answers on the patient's behalf, on the phone; the row says so (SETTLED 6)."""
    require(by, "checkin:answer_for")
    with audit.write(by=by, action="check_in.answer_for"):
        response = submit_check_in(check_in=check_in, by=by, at=at)
        links.revoke(by=by, at=at, reason="answered on the phone", subject_uuid=check_in.uuid)
        return response


def judged(check_in: CheckIn, draft: dict[str, Any], *, at: datetime) -> dict[str, Any]:
    """What the rules say of the pages of a draft (SCHEMA 4.4); `{}` where there is nothing to judge, `errors` where they could not read it."""
    asked = pages.asked_so_far(check_in.asked, draft)
    answers = pages.answers_of(asked, draft)
    if not answers or not any(name.startswith("Q") for name in asked):
        return {}
    return checkin(_rule_input(check_in, asked, answers, at=at), policy())


def _level_so_far(check_in: CheckIn, *, at: datetime) -> str:
    """What the rules say of the pages kept so far; UNREADABLE where they could not read them."""
    result = judged(check_in, check_in.draft, at=at)
    return str(result.get("triage", UNREADABLE)) if result else Level.REASSURE


def _says_more(check_in: CheckIn) -> bool:
    """Whether there is something for a person beside what the rules read: “not sure”, or words."""
    answers = pages.answers_of(check_in.asked, check_in.draft)
    return bool(pages.unsure_questions(answers) or answers.get("free_text"))


def _rule_input(check_in: CheckIn, asked: list[str], answers: dict[str, Any], *, at: datetime) -> dict[str, Any]:
    known = facts(check_in.patient, as_of=check_in.site.today(at))
    context: dict[str, Any] = {"asked": [name for name in asked if name.startswith("Q")]}
    skin = (known.get("answers") or {}).get("fitzpatrick")
    if skin in _SKIN_TYPES:
        context["fitzpatrick"] = skin
    if was_told_minoxidil_early(check_in.plan, at=at):
        context["minoxidilEarlyAllowed"] = True
    return {
        "sessionEnd": check_in.plan.ended_at.isoformat(),
        "answeredAt": at.isoformat(),
        "answers": _for_the_rules(answers),
        "context": context,
    }


def _for_the_rules(answers: dict[str, Any]) -> dict[str, Any]:
    """No rule reads the words, and their key holds 500 characters: a longer text must not keep a red flag from a person.

    The answer itself keeps every word.
    """
    words = str(answers.get("free_text") or "").strip()[:_MOST_WORDS].strip()
    return answers | {"free_text": words} if words else answers


def store(
    check_in: CheckIn, asked: list[str], put: list[str], *, link_id: int | None, staff_id: int | None, answered_at: datetime
) -> CheckInResponse:
    """The answer, with what the rules make of it. Raises AnswersRefused.

    `asked`: the questions that have an answer. `put`: what the rules are told was asked, which includes red flags without one.
    """
    answers = pages.answers_of(asked, check_in.draft)
    rule_input = _rule_input(check_in, put, answers, at=answered_at)
    numbers = policy()
    result = checkin(rule_input, numbers)
    if "errors" in result:
        # which keys, never what was said: a message of the rules may repeat an answer
        log.error("check-in %s: the rules could not read %s", check_in.uuid, ", ".join(sorted({error["path"] for error in result["errors"]})))
        raise AnswersRefused(result["errors"], phone=check_in.site.phone)
    exact = json.dumps(rule_input, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return CheckInResponse.objects.create(
        check_in=check_in,
        answered_at=answered_at,
        session_end=check_in.plan.ended_at,
        answers=answers,
        asked=asked,
        satisfaction=pages.satisfaction_of(check_in.draft),
        hair_count=pages.hair_count_of(check_in.draft),
        sha256=hashlib.sha256(exact.encode()).hexdigest(),
        rule_input=rule_input,
        rules_version=stamp(RULES_VERSION, numbers.version),
        triage=result["triage"],
        rules=result["rules"],
        call_emergency=result["callEmergency"],
        hold_next_session=result["holdNextSession"],
        link_id=link_id,
        on_behalf_by_id=staff_id,
    )


def bring_to_a_person(check_in: CheckIn, response: CheckInResponse, *, by: Actor, at: datetime) -> None:
    """URGENT, SAME_DAY and ROUTINE open a concern; so do “not sure” on Q1–Q3, free text and photos, which never lower."""
    reasons: list[dict[str, Any]] = [dict(rule) for rule in response.rules]
    reasons += [{"not_sure": question} for question in pages.unsure_questions(response.answers)]
    if str(response.answers.get("free_text") or "").strip():
        reasons.append({"free_text": True})
    if sent := photos_of(check_in):
        reasons.append({"photos": len(sent)})
    if not reasons and response.triage == Level.REASSURE:
        return
    if response.left_early:
        reasons.append({"unfinished": True})
    level = Level.ROUTINE if response.triage == Level.REASSURE else Level(response.triage)
    open_concern(
        patient=check_in.patient,
        level=level,
        reasons=reasons,
        by=by,
        at=at,
        check_in=check_in,
    )


def close_call_task(check_in: CheckIn, *, by: Actor, at: datetime) -> None:
    """Nobody needs to phone about a check-in that has an answer."""
    task = getattr(check_in, "call_task", None)
    if task is not None and task.done_at is None:
        task.done_at, task.result, task.done_by_id = (
            at,
            CallResult.ANSWERED,
            by.staff_id,
        )
        task.save(update_fields=["done_at", "result", "done_by"])
