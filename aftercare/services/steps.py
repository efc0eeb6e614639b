"""Writing the steps of a plan: messages, their rows in the outbox, check-ins; and keeping them true to the session's place in its course."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from aftercare import emails
from aftercare.models import CheckIn, Plan, PlannedMessage, ProtocolStep
from aftercare.rules.protocol import ANSWER_DAYS, applies, fits_place
from aftercare.selectors.protocol import condition_of, treatment_of
from aftercare.states import PlanState, Purpose, Scope
from clinic import clock
from clinic.audit import Actor
from clinic.models import OutboxMessage

TOO_LATE = "its time had passed when the session was planned"
OTHER_PLACE = "an earlier or later record of the course was put right: this is for another session"
NOT_FOR_THIS = "planned again: not for this treatment"
_UNSENT = "cancelled"  # state of a row in the outbox


@dataclass(frozen=True)
class When:
    """When a step goes: the instant, the wish it came from, and when it is too late."""

    send_after: datetime
    expires_at: datetime
    local_on: date
    local_time: time


def when_of(step: ProtocolStep, *, ended_at: datetime, zone: str) -> When:
    """The time of a step after a session that ended at `ended_at`; calendar days are those of `zone`."""
    if step.offset_days is None or step.local_time is None:
        send_after = ended_at + timedelta(hours=step.offset_hours)
        shown = clock.wall(send_after, zone)
        wish_on, wish_time = shown.date(), shown.time()
    else:
        wish_on = clock.local_date(ended_at, zone) + timedelta(days=step.offset_days)
        wish_time = step.local_time
        send_after = clock.resolve_local(wish_on, wish_time, zone)
    return When(send_after, send_after + timedelta(hours=step.expires_hours), wish_on, wish_time)


def write_steps(plan: Plan, steps: Iterable[ProtocolStep], *, course_key: UUID, by: Actor, at: datetime) -> None:
    """The steps that this session gets, but for those of its course that are made. Steps whose time has passed are cancelled with that reason."""
    made, before = made_in_course(course_key)
    facts = treatment_of(plan)
    write_messages(
        plan,
        [
            (step, before[step.code] if step.scope == Scope.COURSE else 0)
            for step in steps
            if applies(condition_of(step), facts) and not (step.scope == Scope.COURSE and step.code in made)
        ],
        course_key=course_key, by=by, at=at,
    )  # fmt: skip


def write_messages(plan: Plan, steps: list[tuple[ProtocolStep, int]], *, course_key: UUID, by: Actor, at: datetime) -> None:
    """Steps, each with which occurrence it is, become messages and rows in the outbox; check-ins get their questions. Too late: cancelled."""
    wanted = [(step, when_of(step, ended_at=plan.ended_at, zone=plan.zone), nth) for step, nth in steps]
    rows = emails.queue_steps(plan, [(step, when.send_after, when.expires_at, nth) for step, when, nth in wanted], by=by, at=at)
    messages = PlannedMessage.objects.bulk_create(
        _message(plan, step, when, row, occurrence=nth, course_key=course_key)
        for (step, when, nth), row in zip(wanted, rows, strict=True)
    )
    CheckIn.objects.bulk_create(
        _check_in(plan, message, at=at) for message in messages if message.step and message.step.purpose == Purpose.CHECK_IN
    )
    late = [message for message in messages if message.expires_at <= at]
    if late:
        emails.cancel_messages(late, reason=TOO_LATE, by=by, at=at)


def made_in_course(course_key: UUID) -> tuple[set[str], Counter[str]]:
    """The course steps that need no planning, and how many rows each code has. What ended with a mistaken session never was."""
    rows = PlannedMessage.objects.filter(course_key=course_key).values_list("code", "plan__state", "outbox__state", "outbox__reason")
    found = list(rows)
    made = {code for code, plan, mail, reason in found if mail != _UNSENT or (plan != PlanState.CANCELLED and reason not in (OTHER_PLACE, NOT_FOR_THIS))}
    return made, Counter(code for code, _plan, _mail, _reason in found)


def _message(
    plan: Plan, step: ProtocolStep, when: When, outbox: OutboxMessage, *, occurrence: int, course_key: UUID
) -> PlannedMessage:
    return PlannedMessage(
        plan=plan,
        step=step,
        scope=step.scope,
        course_key=course_key if step.scope == Scope.COURSE else None,
        code=step.code,
        occurrence=occurrence,
        outbox=outbox,
        send_after=when.send_after,
        expires_at=when.expires_at,
        local_on=when.local_on,
        local_time=when.local_time,
    )


def _check_in(plan: Plan, message: PlannedMessage, *, at: datetime) -> CheckIn:
    late = message.expires_at <= at
    return CheckIn(
        plan=plan,
        message=message,
        patient=plan.patient,
        site=plan.site,
        code=message.code,
        asked=message.step.questions if message.step else [],
        opens_at=message.send_after,
        closes_at=max(message.expires_at, message.send_after + timedelta(days=ANSWER_DAYS)),
        cancelled_at=at if late else None,
        cancelled_reason=TOO_LATE if late else "",
    )


def fit_to_place(plan: Plan, *, by: Actor, at: datetime) -> None:
    """After a record was entered in error, or written in late: which session of its course this is may have changed (SETTLED 7).

    What is meant for the first or the last session only, and has not gone, ends where it no longer is that one; where it has become
    that one it is planned. Nothing else of the plan is judged again (SETTLED 1).
    """
    placed = [step for step in plan.protocol.steps.order_by("position", "pk") if step.first_session_only or step.course_end_only]
    if not placed:
        return
    facts, course_key = treatment_of(plan), plan.session.course.uuid
    rows = list(plan.messages.filter(step__in=placed).select_related("step", "outbox"))
    astray = [row for row in rows if row.outbox.state != _UNSENT and not fits_place(condition_of(row.step), facts)]
    emails.cancel_messages(astray, reason=OTHER_PLACE, by=by, at=at)
    end_check_ins(plan.check_ins.unanswered().filter(message__in=astray, message__outbox__state=_UNSENT), reason=OTHER_PLACE, by=by, at=at)
    made, before = made_in_course(course_key)
    there = {row.code for row in rows if row.outbox.state != _UNSENT or row.outbox.reason != OTHER_PLACE}
    own = Counter(row.code for row in rows)
    wanted = [step for step in placed if applies(condition_of(step), facts)]
    of_course = [(step, before[step.code]) for step in wanted if step.scope == Scope.COURSE and step.code not in made]
    of_session = [(step, own[step.code]) for step in wanted if step.scope != Scope.COURSE and step.code not in there]
    write_messages(plan, of_course + (of_session if plan.state == PlanState.ACTIVE else []), course_key=course_key, by=by, at=at)


def end_check_ins(unanswered: Iterable[CheckIn], *, reason: str, by: Actor, at: datetime) -> None:
    """These are not asked any more; reminders that wait are cancelled. Not where a draft waits for a person: it is sent, and then it is answered."""
    found = [check_in for check_in in unanswered if not check_in.draft.get("waits")]
    CheckIn.objects.filter(pk__in=[check_in.pk for check_in in found]).update(cancelled_at=at, cancelled_reason=reason)
    reminded = [check_in for check_in in found if check_in.reminded_at is not None]
    if reminded:
        emails.cancel_reminders(reminded, reason=reason, by=by, at=at)
