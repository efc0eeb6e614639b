"""Planning what follows a session, and ending plans. Lock → check → write → history → queue, one transaction each."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from aftercare import emails
from aftercare.models import CheckIn, Plan, PlannedMessage
from aftercare.selectors.instructions import record_of
from aftercare.services.locks import lock_patient
from aftercare.services.protocol import protocol_in_force
from aftercare.services.steps import end_check_ins, fit_to_place, write_steps
from aftercare.states import PlanState, Scope
from clinic import audit
from clinic.audit import Actor
from treatments.models import TreatmentSession

SUPERSEDED = "superseded by the next session"
IN_ERROR = "session entered in error"
_UNSENT = "cancelled"  # state of a row in the outbox


def plan_aftercare(*, session_uuid: UUID, by: Actor, at: datetime) -> Plan | None:
    """The plan of an ended session with its messages and outbox rows; made once, however often it is called.

    A session that has not ended, or was entered in error, has none. Times come from the true end, not from `at`;
    steps whose time has passed are cancelled with that reason (SETTLED 1).
    """
    with audit.write(by=by, action="aftercare.plan"):
        lock_patient(TreatmentSession.objects.values_list("patient_id", flat=True).get(uuid=session_uuid))
        session = (
            TreatmentSession.objects.select_for_update(of=("self",))
            .select_related("patient", "site", "course")
            .get(uuid=session_uuid)
        )
        found = Plan.objects.filter(session=session).first()
        if found is not None or session.ended_at is None or is_in_error(session):
            return found
        plan = _new_plan(session, ended_at=session.ended_at, by=by, at=at)
        _plan_steps(plan, course_key=session.course.uuid, by=by, at=at)
        newest = _supersede(plan, by=by, at=at)
        for later in () if newest == plan else _standing(plan).filter(session__course=session.course_id, session__started_at__gt=session.started_at or session.ended_at):
            fit_to_place(later, by=by, at=at)
        return plan


def is_in_error(session: TreatmentSession) -> bool:
    """Whether the session was marked as entered in error by a later row (SETTLED 7)."""
    return hasattr(session, "entered_in_error")


def _new_plan(session: TreatmentSession, *, ended_at: datetime, by: Actor, at: datetime) -> Plan:
    return Plan.objects.create(
        session=session,
        patient=session.patient,
        site=session.site,
        protocol=protocol_in_force(by=by, at=at),
        ended_at=ended_at,
        zone=session.site.zone,
        planned_at=at,
        basis=record_of(session).as_json(),
    )


def _plan_steps(plan: Plan, *, course_key: UUID, by: Actor, at: datetime) -> None:
    """A session has about eleven steps; they are written together, not one by one."""
    write_steps(plan, plan.protocol.steps.order_by("position", "pk"), course_key=course_key, by=by, at=at)


def _supersede(plan: Plan, *, by: Actor, at: datetime) -> Plan:
    """Of a patient's running plans only that of the latest session keeps its session steps (SETTLED 5). Returns that one."""
    running = list(Plan.objects.running().filter(patient=plan.patient).select_for_update().order_by("ended_at", "pk"))
    for earlier in running[:-1]:
        _end(
            earlier,
            state=PlanState.SUPERSEDED,
            reason=SUPERSEDED,
            only=Scope.SESSION,
            by=by,
            at=at,
        )
    return running[-1]


def cancel_plan(*, plan: Plan, reason: str = IN_ERROR, by: Actor, at: datetime) -> None:
    """Stop everything that a plan still has to send; nothing is deleted (SETTLED 7). Idempotent.

    What it had ended or stood in for goes on: the steps to come of the latest treatment that did take place, and its course's.
    """
    with audit.write(by=by, action="aftercare.cancel_plan", reason=reason):
        lock_patient(plan.patient_id)
        locked = Plan.objects.select_for_update().get(pk=plan.pk)
        if locked.state != PlanState.CANCELLED:
            _end(
                locked,
                state=PlanState.CANCELLED,
                reason=reason,
                only=None,
                by=by,
                at=at,
            )
            _go_on(locked, by=by, at=at)


def _go_on(cancelled: Plan, *, by: Actor, at: datetime) -> None:
    standing = list(_standing(cancelled))
    if standing and standing[-1].state == PlanState.SUPERSEDED:
        _resume(standing[-1], by=by, at=at)
    course_id = cancelled.session.course_id
    first = next((plan for plan in standing if plan.session.course_id == course_id), None)
    if first is not None:
        steps = first.protocol.steps.filter(scope=Scope.COURSE).order_by("position", "pk")
        write_steps(first, steps, course_key=first.session.course.uuid, by=by, at=at)
    for plan in standing:
        if plan.session.course_id == course_id:
            fit_to_place(plan, by=by, at=at)


def _standing(besides: Plan) -> QuerySet[Plan]:
    """The patient's other plans of treatments that did take place, in their order; locked."""
    rows = Plan.objects.filter(patient_id=besides.patient_id, session__entered_in_error__isnull=True).exclude(pk=besides.pk)
    rows = rows.exclude(state=PlanState.CANCELLED).select_related("session__course", "protocol", "patient", "site")
    return rows.select_for_update(of=("self",)).order_by("ended_at", "pk")


def _resume(plan: Plan, *, by: Actor, at: datetime) -> None:
    """A plan whose successor was a mistake runs again: what was cancelled for it and is not too late is planned anew."""
    plan.state, plan.state_reason = PlanState.ACTIVE, ""
    plan.save(update_fields=["state", "state_reason"])
    rows = plan.messages.filter(scope=Scope.SESSION).select_related("step", "outbox").order_by("occurrence")
    latest = {message.code: message for message in rows}
    ended = [
        message
        for message in sorted(latest.values(), key=lambda message: (message.send_after, message.pk))
        if message.outbox.state == _UNSENT and message.outbox.reason == SUPERSEDED and message.expires_at > at
    ]
    again = plan_again(plan, ended, by=by, at=at)
    asked = Q(message__in=again) | ~Q(message__outbox__state=_UNSENT)  # where no mail may go the desk phones instead
    stopped = plan.check_ins.filter(asked, cancelled_reason=SUPERSEDED, response=None, closes_at__gt=at)
    wanted = list(stopped)
    CheckIn.objects.filter(pk__in=[check_in.pk for check_in in wanted]).update(cancelled_at=None, cancelled_reason="")
    unsent = emails.unsent_reminders(check_in for check_in in wanted if check_in.reminded_at is not None)
    CheckIn.objects.filter(uuid__in=unsent).update(reminded_at=None)  # the sweep reminds again, while that is of use


def plan_again(plan: Plan, ended: Sequence[PlannedMessage], *, reason: str = "", by: Actor, at: datetime) -> list[PlannedMessage]:
    """Messages that ended unsent, each as the next occurrence of its step with the same times; their check-ins go with them."""
    steps = [(message.step, message.send_after, message.expires_at, message.occurrence + 1) for message in ended]
    queued = emails.queue_steps(plan, steps, reason=reason, by=by, at=at)
    again = PlannedMessage.objects.bulk_create(
        PlannedMessage(
            plan=plan, step=message.step, scope=message.scope, course_key=message.course_key, code=message.code, occurrence=message.occurrence + 1,
            outbox=row, send_after=message.send_after, expires_at=message.expires_at, local_on=message.local_on, local_time=message.local_time,
        )
        for message, row in zip(ended, queued, strict=True)
    )  # fmt: skip
    for before, message in zip(ended, again, strict=True):
        CheckIn.objects.filter(message=before).update(message=message)
    return again


def _end(
    plan: Plan,
    *,
    state: PlanState,
    reason: str,
    only: Scope | None,
    by: Actor,
    at: datetime,
) -> None:
    plan.state, plan.state_reason = state, reason
    plan.save(update_fields=["state", "state_reason"])
    emails.cancel_messages(plan.messages.filter(scope=only) if only else plan.messages.all(), reason=reason, by=by, at=at)
    asked = plan.check_ins.unanswered()
    end_check_ins(asked.filter(message__scope=only) if only else asked, reason=reason, by=by, at=at)


def note_read(*, plan: Plan, taught_back: bool | None, by: Actor, at: datetime) -> Plan:
    """The patient says that the instructions were read; the first time counts. `taught_back`: the question was right."""
    with audit.write(by=by, action="aftercare.read"):
        locked = Plan.objects.select_for_update().get(pk=plan.pk)
        if locked.read_at is None:
            locked.read_at, locked.read_link_id = at, by.link_id
        if taught_back is not None:
            locked.taught_back = taught_back
        locked.save(update_fields=["read_at", "read_link_id", "taught_back"])
        return locked
