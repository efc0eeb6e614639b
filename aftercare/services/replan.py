"""A clinician has the aftercare planned again by what is known now (SETTLED 1). Without that word nothing changes."""

from collections import Counter
from datetime import datetime

from django.utils.translation import gettext as _

from aftercare import emails
from aftercare.models import Plan, PlannedMessage, Replan
from aftercare.rules.aftercare import Done, what_changed
from aftercare.selectors.instructions import care_policy, done_in
from aftercare.selectors.replan import WAITING, is_running, may_correct, steps_for, told_last
from aftercare.services.locks import lock_patient
from aftercare.services.steps import NOT_FOR_THIS, end_check_ins, made_in_course, write_messages
from aftercare.states import Scope
from clinic import audit, clock
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.models import OutboxMessage
from clinic.permissions import require


class NothingToPlan(Conflict):
    """The aftercare goes by this already: pressed twice, or a colleague was faster."""


class NotRunning(Refused):
    """A later session's aftercare runs now, or the session was a mistake."""


def replan_aftercare(*, plan: Plan, done: Done, reason: str, by: Actor, at: datetime) -> Replan:
    """The plan goes by `done` from now on: steps that this treatment does not get are cancelled, those that it gets are planned.

    What had gone does not go again. Instructions that had gone and would read otherwise are corrected by another occurrence, while
    they are of use; the patient is asked again to confirm. Raises NothingToPlan, NotRunning, Refused without a reason.
    """
    require(by, "aftercare:replan")
    if not reason.strip():
        raise Refused(_("Write a short reason."), field="reason")
    with audit.write(by=by, action="aftercare.replan", reason=reason):
        lock_patient(plan.patient_id)
        behind = ("session__course", "session__entered_in_error", "protocol", "patient", "site")
        locked = Plan.objects.select_for_update(of=("self",)).select_related(*behind).get(pk=plan.pk)
        if not is_running(locked):
            raise NotRunning(_("The aftercare of a later session runs now, or this session was a mistake. Nothing was planned."))
        before = done_in(locked)
        if before == done:
            raise NothingToPlan(_("The aftercare goes by this already."))
        list(OutboxMessage.objects.select_for_update().filter(planned_message__plan=locked, state__in=WAITING).order_by("pk"))
        told = told_last(locked, at=at)
        locked.basis = done.as_json()
        locked.save(update_fields=["basis"])
        _fit_steps(locked, done, by=by, at=at)
        corrected = _correct(locked, told, done, by=by, at=at)
        return Replan.objects.create(
            plan=locked, message=corrected, told=told.as_json(), before=before.as_json(), after=done.as_json(),
            reason=reason.strip()[:200], by=by.name[:160], at=at,
        )  # fmt: skip


def _fit_steps(plan: Plan, done: Done, *, by: Actor, at: datetime) -> None:
    steps = steps_for(plan, done)
    codes = {step.code for step in steps}
    rows = list(plan.messages.select_related("outbox").order_by("occurrence", "pk"))
    dropped = [row for row in rows if row.code not in codes and row.outbox.state in WAITING]
    emails.cancel_messages(dropped, reason=NOT_FOR_THIS, by=by, at=at)
    end_check_ins(plan.check_ins.unanswered().filter(message__in=dropped), reason=NOT_FOR_THIS, by=by, at=at)
    course_key = plan.session.course.uuid
    in_course, course_count = made_in_course(course_key)
    made = {row.code for row in rows if not (row.outbox.state == "cancelled" and row.outbox.reason == NOT_FOR_THIS)}
    count = Counter(row.code for row in rows)
    wanted = [
        (step, course_count[step.code] if step.scope == Scope.COURSE else count[step.code])
        for step in steps
        if step.code not in (in_course if step.scope == Scope.COURSE else made)
    ]
    write_messages(plan, wanted, course_key=course_key, by=by, at=at)


def _correct(plan: Plan, told: Done, done: Done, *, by: Actor, at: datetime) -> PlannedMessage | None:
    """The corrected instructions: another occurrence of the step, so that its key is its own; too late when the first were."""
    went = may_correct(plan, at=at) if what_changed(told, done, care_policy(plan.protocol)) else None
    if went is None:
        return None
    nth = max(plan.messages.filter(code=went.code).values_list("occurrence", flat=True)) + 1
    [row] = emails.queue_steps(plan, [(went.step, at, went.expires_at, nth)], by=by, at=at)
    shown = clock.wall(at, plan.zone)
    plan.read_at = plan.read_link_id = plan.taught_back = None
    plan.save(update_fields=["read_at", "read_link_id", "taught_back"])
    return PlannedMessage.objects.create(
        plan=plan, step=went.step, scope=went.scope, course_key=went.course_key, code=went.code, occurrence=nth, outbox=row,
        send_after=at, expires_at=went.expires_at, local_on=shown.date(), local_time=shown.time(),
    )  # fmt: skip
