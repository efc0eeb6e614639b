"""Missed check-ins: a reminder, then a call by the desk whose script has two results (SETTLED 6)."""

from datetime import datetime

from django.utils.translation import gettext as _

from aftercare import emails
from aftercare.models import CallTask, CheckIn
from aftercare.selectors.check_ins import reminder_until
from aftercare.services.concerns import open_concern
from aftercare.services.locks import lock_patient
from aftercare.states import CallReason, CallResult, Level
from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.permissions import require


class CallDone(Conflict):
    """A colleague has called already, or the patient has answered meanwhile."""


def remind_check_in(*, check_in: CheckIn, by: Actor, at: datetime) -> bool:
    """Queue the one reminder of a check-in that nobody answered, while it is of use. True if this call did it."""
    with audit.write(by=by, action="check_in.remind"):
        behind = ("patient", "plan", "message__step", "message__outbox")
        locked = CheckIn.objects.select_for_update(of=("self",)).select_related(*behind).get(pk=check_in.pk)
        if locked.reminded_at is not None or locked.is_answered or locked.cancelled_at is not None:
            return False
        until = reminder_until(locked)
        if until is not None and until <= at:
            return False
        emails.queue_reminder(locked, until=until, by=by, at=at)
        locked.reminded_at = at
        locked.save(update_fields=["reminded_at"])
        return True


def open_call_task(*, check_in: CheckIn, reason: CallReason, by: Actor, at: datetime) -> CallTask | None:
    """Ask the desk to phone about a check-in; once. None if it has been answered or is no longer wanted."""
    with audit.write(by=by, action="call_task.open"):
        locked = CheckIn.objects.select_for_update(of=("self",)).get(pk=check_in.pk)
        if locked.is_answered or locked.cancelled_at is not None:
            return None
        task, _new = CallTask.objects.get_or_create(
            check_in=locked,
            defaults={
                "patient_id": locked.patient_id,
                "site_id": locked.site_id,
                "reason": reason,
                "opened_at": at,
            },
        )
        return task


def finish_call(*, task: CallTask, result: str, by: Actor, at: datetime) -> CallTask:
    """The desk's script ends: *fine*, or *a clinician calls now*, which opens a SAME_DAY concern. Raises CallDone.

    Answers that come while the desk is on the phone close the task, and say nothing of what the patient says now: the concern is opened all the same, once.
    """
    require(by, "call_task:done")
    if result not in {CallResult.FINE, CallResult.CLINICIAN_NOW}:
        raise Refused(_("Choose one of the two results."), field="result")
    with audit.write(by=by, action="call_task.done", reason=result):
        lock_patient(task.patient_id)
        locked = _lock(task, or_answered=result == CallResult.CLINICIAN_NOW)
        locked.done_at, locked.done_by_id, locked.result = at, by.staff_id, result
        locked.save(update_fields=["done_at", "done_by", "result"])
        if result == CallResult.CLINICIAN_NOW:
            open_concern(
                patient=locked.patient,
                level=Level.SAME_DAY,
                reasons=[{"call": "desk"}],
                by=by,
                at=at,
            )
        return locked


def note_try(*, task: CallTask, by: Actor, at: datetime) -> CallTask:
    """The desk phoned and reached nobody; the task stays open. Raises CallDone."""
    require(by, "call_task:done")
    with audit.write(by=by, action="call_task.try"):
        locked = _lock(task)
        locked.tries += 1
        locked.last_try_at = at
        locked.save(update_fields=["tries", "last_try_at"])
        return locked


def _lock(task: CallTask, *, or_answered: bool = False) -> CallTask:
    locked = CallTask.objects.select_for_update(of=("self",)).select_related("patient__site").get(pk=task.pk)
    answered = locked.result == CallResult.ANSWERED
    if locked.done_at is not None and not (answered and or_answered):
        raise CallDone(_("The answers came meanwhile. Nothing was changed.") if answered else _("This call has been made."))
    return locked
