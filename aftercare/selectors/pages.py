"""What the staff pages of concerns, calls and messages show: small read models, made once, for the template."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from aftercare import pages
from aftercare.models import CallTask, CheckIn, Concern, ConcernEvent, Protocol
from aftercare.rules import RULES
from aftercare.selectors.answers import AnswersInWords, answers_in_words, findings_of
from aftercare.selectors.check_ins import photos_of, shedding_of
from aftercare.selectors.concerns import (
    earlier_check_ins,
    holds_of,
    may_be_taken_over,
    open_call_tasks,
    open_concerns,
    session_of,
)
from aftercare.selectors.instructions import Instructions, wall_words
from aftercare.selectors.messages import TimelineRow, all_messages, patients_by_uuid, step_words, timeline_row
from aftercare.states import ConcernState, EventKind, Level, Outcome
from aftercare.words import OUTCOME_WORDS
from clinic.audit import Actor
from clinic.permissions import level, may
from patients.models import Hold, Patient
from treatments.models import PhotoUpload, TreatmentSession, ZoneRecord

LEVEL_WORDS = {
    Level.URGENT: ("action", "exclamation-octagon"),
    Level.SAME_DAY: ("warn", "exclamation-triangle"),
    Level.ROUTINE: ("booked", "chat-left-text"),
    Level.REASSURE: ("clear", "check-circle"),
}


@dataclass(frozen=True)
class ConcernRow:
    """A concern on the list."""

    concern: Concern
    patient: Patient
    tone: str
    icon: str
    level_words: str
    due_words: str
    is_overdue: bool
    since_session: str
    taken_by: str


@dataclass(frozen=True)
class CallRow:
    """A call on the desk's list: nothing but who and since when."""

    task: CallTask
    patient: Patient
    what: str
    since: str


@dataclass(frozen=True)
class LogLine:
    """One event of a concern, in words."""

    when: str
    who: str
    what: str
    words: str


@dataclass(frozen=True)
class ConcernDetail:
    """All that a concern's page shows."""

    row: ConcernRow
    answers: AnswersInWords | None
    told: str
    asked_why: list[str]
    holds: list[Hold]
    has_open_hold: bool
    earlier: list[tuple[CheckIn, str, str]]
    session: TreatmentSession | None
    session_ended: str
    settings: list[ZoneRecord]
    photos: list[PhotoUpload]
    shedding: list[tuple[str, str, int | None]]
    log: list[LogLine]
    is_mine: bool
    may_take: bool
    is_closed: bool
    may_release: bool
    next_try: str


def level_words(level_: str) -> str:
    """A level as people read it."""
    names = {
        Level.URGENT: _("Urgent"),
        Level.SAME_DAY: _("Same day"),
        Level.ROUTINE: _("Routine"),
        Level.REASSURE: _("As expected"),
    }
    return names.get(Level(level_), level_)


def span_words(span: timedelta) -> str:
    """A length of time: “18 min”, “3 h”, “2 days”."""
    minutes = int(abs(span).total_seconds() // 60)
    if minutes < 90:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 48 * 60:
        return _("%(n)s h") % {"n": minutes // 60}
    return _("%(n)s days") % {"n": minutes // (24 * 60)}


def due_words(concern: Concern, *, at: datetime) -> str:
    """“answer due in 18 min”, “overdue by 2 h”, “answered”, “closed”."""
    if concern.state == ConcernState.CLOSED:
        return _("closed")
    if concern.next_try_at is not None:
        return _("next try %(when)s") % {"when": wall_words(concern.next_try_at, concern.site.zone)}
    if concern.answered_at is not None:
        return _("patient reached, outcome missing")
    left = concern.due_at - at
    words = _("overdue by %(span)s") if left <= timedelta(0) else _("answer due in %(span)s")
    return words % {"span": span_words(left)}


def _since_session(concern: Concern) -> str:
    if concern.check_in is None:
        return ""
    session = concern.check_in.plan.session
    days = (concern.opened_at - concern.check_in.plan.ended_at).days
    return _("day %(days)s after session %(number)s") % {"days": days, "number": session.number}


def concern_row(concern: Concern, *, at: datetime) -> ConcernRow:
    """A concern as its line on the list."""
    tone, icon = LEVEL_WORDS[Level(concern.level)]
    waiting = concern.state != ConcernState.CLOSED and concern.answered_at is None
    return ConcernRow(
        concern=concern,
        patient=concern.patient,
        tone=tone,
        icon=icon,
        level_words=level_words(concern.level),
        due_words=due_words(concern, at=at),
        is_overdue=waiting and concern.due_at <= at,
        since_session=_since_session(concern),
        taken_by=concern.claimed_by.display_name if concern.claimed_by else "",
    )


def concern_rows(actor: Actor, *, at: datetime) -> list[ConcernRow]:
    """The list of unfinished concerns for a clinician."""
    return [concern_row(concern, at=at) for concern in open_concerns(actor)]


def call_rows(actor: Actor) -> list[CallRow]:
    """Calls to make, for those who may see them."""
    if not may(actor, "call_task:view"):
        return []
    return [
        CallRow(task, task.patient, step_words(task.check_in.code), wall_words(task.opened_at, task.site.zone))
        for task in open_call_tasks(actor)[:100]
    ]


def concern_detail(concern: Concern, *, by: Actor, at: datetime) -> ConcernDetail:
    """Everything about one concern; the caller has checked the right to it."""
    check_in, zone = concern.check_in, concern.site.zone
    holds, session = holds_of(concern), session_of(concern)
    is_open = any(hold.released_at is None for hold in holds)
    return ConcernDetail(
        row=concern_row(concern, at=at),
        answers=answers_in_words(check_in) if check_in else None,
        told=_told(concern),
        asked_why=_reasons(concern),
        holds=holds,
        has_open_hold=is_open,
        earlier=[
            (found, step_words(found.code), level_words(found.response.triage)) for found in earlier_check_ins(concern)
        ],
        session=session,
        session_ended=wall_words(session.ended_at, zone) if session and session.ended_at else "",
        settings=_settings(session),
        photos=photos_of(check_in) if check_in else [],
        shedding=shedding_in_words(concern.patient) if check_in and "Q11" in check_in.asked else [],
        log=[_log_line(event, zone) for event in concern.events.all()],
        is_mine=concern.claimed_by_id == by.staff_id and concern.state == ConcernState.CLAIMED,
        may_take=concern.claimed_by is None or (concern.claimed_by_id != by.staff_id and may_be_taken_over(concern, at=at)),
        is_closed=concern.state == ConcernState.CLOSED,
        may_release=is_open and level(by, "hold:release") == "full",
        next_try=wall_words(concern.next_try_at, zone) if concern.next_try_at else "",
    )


def _settings(session: TreatmentSession | None) -> list[ZoneRecord]:
    if session is None:
        return []
    rows = ZoneRecord.objects.filter(block__session=session).select_related("block__device")
    return list(rows.order_by("block__position", "zone", "pk"))


def shedding_in_words(patient: Patient) -> list[tuple[str, str, int | None]]:
    """Shedding over the check-ins, oldest first: the step, the answer in words, the 60-second count."""
    options = {option.value: str(option.words) for option in pages.BY_NAME["shedding"].options}
    return [(step_words(row.code), options.get(value, _("Not sure")), count) for row, value, count in shedding_of(patient)]


def _told(concern: Concern) -> str:
    """What a page said to the patient: by the judgement of the answers, not by the level as somebody raised it, and only where a page was shown."""
    response = getattr(concern.check_in, "response", None)
    if concern.emergency_shown_at is not None:
        when = wall_words(concern.emergency_shown_at, concern.site.zone)
        return _("The emergency number was shown at %(when)s.") % {"when": when}
    if any("later" in reason for reason in concern.reasons):
        return _("Other answers came later. The page said that they were not added, and that a clinician was told.")
    if response is None:
        return ""
    if response.on_behalf_by_id is not None:
        return _("The answers were given on the phone, so no answer page was shown.")
    if any("unfinished" in reason for reason in concern.reasons):
        return _("The patient left before the answer page, and may not know that you will call.")
    words = {
        Level.URGENT: _("The answer page asked for a call at once."),
        Level.SAME_DAY: _("The answer page said that a clinician will look today."),
        Level.ROUTINE: _("The answer page said that it is not urgent and that you will get back."),
    }
    judged = Level(response.triage)
    return words[Level.ROUTINE if judged == Level.REASSURE else judged]  # something for a person, and no rule that fired: it opens as ROUTINE


def _reasons(concern: Concern) -> list[str]:
    """Why there is a concern, apart from the rules of its answers: what came later, “not sure”, free text, a call by the desk."""
    words = []
    response = getattr(concern.check_in, "response", None)
    shown = {row["rule"] for row in response.rules} if response is not None else set()
    is_later = any("later" in reason for reason in concern.reasons)
    for reason in concern.reasons:
        if is_later and reason.get("rule") in RULES and reason["rule"] not in shown:  # of answers that came later: those beside it know nothing of it
            words.append(_("Sent later: %(words)s (%(rule)s)") % {"words": RULES[reason["rule"]].words, "rule": reason["rule"]})
        elif "not_sure" in reason:
            words.append(_("“Not sure” at %(question)s") % {"question": reason["not_sure"]})
        elif "unfinished" in reason:
            words.append(_("The patient left before the last question. This is what was answered until then."))
        elif "photos" in reason:
            words.append(_("Photos were sent: please look at them"))
        elif "later" in reason:
            words.append(_("Other answers came after these and were not added to them: please read them in the log"))
        elif "free_text" in reason:
            words.append(_("Something was written: please read it"))
        elif "call" in reason:
            words.append(_("The desk phoned; the patient needs a clinician now"))
    return words


def _log_line(event: ConcernEvent, zone: str) -> LogLine:
    names = {
        EventKind.OPENED: _("opened"),
        EventKind.CLAIMED: _("taken"),
        EventKind.HANDED_BACK: _("handed back"),
        EventKind.HANDED_OVER: _("handed over"),
        EventKind.CALLED: _("called, reached"),
        EventKind.NOTED: _("note"),
        EventKind.RAISED: _("made more urgent"),
        EventKind.OVERDUE: _("overdue: clinicians mailed again"),
        EventKind.CLOSED: _("closed"),
        EventKind.HOLD_RELEASED: _("hold lifted"),
    }
    what = names[EventKind(event.kind)]
    if event.outcome == Outcome.REACHED_NOBODY:
        when = wall_words(event.next_try_at, zone) if event.next_try_at else ""
        what = _("called, reached nobody; next try %(when)s") % {"when": when}
    elif event.outcome:
        what = f"{what}: {OUTCOME_WORDS[Outcome(event.outcome)]}"
    return LogLine(wall_words(event.at, zone), event.by_name, what, event.words)


def message_list(
    actor: Actor, *, state: str, words: str = "", page: int, now: datetime
) -> tuple[list[tuple[TimelineRow, Patient]], bool]:
    """The clinic-wide list: each message with its patient."""
    rows, more = all_messages(actor, state=state, words=words, page=page, now=now)
    patients = patients_by_uuid(rows)
    found = [(row, patients[row.patient_uuid]) for row in rows if row.patient_uuid in patients]
    return [(timeline_row(r, actor=actor, zone=p.site.zone, now=now), p) for r, p in found], more


STATE_FILTERS = ("planned", "held", "sent", "skipped", "failed", "cancelled")


def protocol_for_page() -> Protocol | None:
    """The protocol in force with its steps."""
    return Protocol.objects.in_force().select_related("approved_by").prefetch_related("steps").first()


def teach_back(known: Instructions) -> list[tuple[str, str]]:
    """The one question under the instructions, by their own times: value and words of its rows; `right` is the right one."""
    when = known.wash_shown
    return [
        ("wrong", _("This evening")),
        ("right", _("From %(when)s") % {"when": when}),
        ("late", _("Only after a week")),
    ]


__all__ = [
    "LEVEL_WORDS",
    "STATE_FILTERS",
    "CallRow",
    "ConcernDetail",
    "ConcernRow",
    "call_rows",
    "concern_detail",
    "concern_rows",
    "findings_of",
    "level_words",
    "message_list",
    "protocol_for_page",
    "teach_back",
]
