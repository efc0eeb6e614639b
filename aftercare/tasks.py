"""Celery entry points: read the clock, ask a selector who is due, call one service each. Safe to run twice or late."""

import logging
from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from aftercare import emails, selectors, services
from aftercare.states import CallReason
from clinic.audit import Actor

log = logging.getLogger("aftercare")
_MOST = 500
_FREED_LATELY = timedelta(days=2)


@shared_task(name="aftercare.plan_ended_sessions", acks_late=False, max_retries=0)
def plan_ended_sessions() -> int:
    """Plan what ended and has no plan; stop what was entered in error; plan again what had no address. One broken session does not stop the others."""
    at, by = timezone.now(), Actor.of_task("aftercare.plan_ended_sessions")
    emails.refresh_addresses(by=by, at=at)
    for plan in selectors.plans_in_error():
        services.cancel_plan(plan=plan, by=by, at=at)
    planned = 0
    for session_uuid in selectors.sessions_without_plan(at)[:_MOST]:
        try:
            planned += services.plan_aftercare(session_uuid=session_uuid, by=by, at=at) is not None
        except Exception:  # the sweep must reach the other patients; the trace names the session
            log.exception("planning session %s failed", session_uuid)
    for plan in {message.plan_id: message.plan for message in emails.messages_to_plan_again(at)}.values():
        services.plan_unsent_again(plan=plan, by=by, at=at)
    return planned


@shared_task(name="aftercare.remind_missed_check_ins", acks_late=False, max_retries=0)
def remind_missed_check_ins() -> int:
    """Answers that were left without sending go to a person; a reminder after 12 silent hours, a call task after 24, a call at once where no mail could go."""
    at, by = timezone.now(), Actor.of_task("aftercare.remind_missed_check_ins")
    done = _send_what_was_left(by=by, at=at)
    done += sum(services.remind_check_in(check_in=c, by=by, at=at) for c in selectors.check_ins_to_remind(at)[:_MOST])
    for check_in in selectors.check_ins_to_call(at)[:_MOST]:
        done += services.open_call_task(check_in=check_in, reason=CallReason.MISSED, by=by, at=at) is not None
    for check_in in selectors.check_ins_without_mail(at)[:_MOST]:
        done += services.open_call_task(check_in=check_in, reason=CallReason.NO_MAIL, by=by, at=at) is not None
    return done


def _send_what_was_left(*, by: Actor, at: datetime) -> int:
    """Answers that need a person reach one although their last page was never sent. What the rules can't read, the desk asks about."""
    done = 0
    for check_in in selectors.check_ins_left(at, idle=services.IDLE)[:_MOST]:
        try:
            done += services.send_unfinished(check_in=check_in, by=by, at=at) is not None
        except services.AnswersRefused:
            done += services.ask_about_refused(check_in=check_in, by=by, at=at) is not None
        except Exception:  # the sweep must reach the other patients; the trace names the check-in
            log.exception("sending the answers of %s failed", check_in.uuid)
    return done


@shared_task(name="aftercare.watch_response_clocks", acks_late=False, max_retries=0)
def watch_response_clocks() -> int:
    """Concerns whose time ran out are mailed again; invitations held for a hold that is lifted go back into the plan."""
    at, by = timezone.now(), Actor.of_task("aftercare.watch_response_clocks")
    for patient_uuid in selectors.patients_freed_since(at - _FREED_LATELY):
        emails.release_held_invitations(patient_uuid, by=by, at=at)
    due = [concern for concern in selectors.concerns_past_due(at) if services.is_escalation_due(concern, at=at)]
    return sum(services.escalate_concern(concern=concern, by=by, at=at) for concern in due[:_MOST])
