"""Concerns: opened by a result, claimed by one clinician, called about, raised, escalated; the holds they set."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from aftercare import emails
from aftercare.models import CheckIn, Concern, ConcernEvent
from aftercare.rules.escalation import SOONEST, repeat_after
from aftercare.selectors.clock import opened_between, response_due
from aftercare.selectors.concerns import is_overdue, may_be_taken_over
from aftercare.selectors.instructions import wall_words
from aftercare.services.locks import lock_patient
from aftercare.states import ConcernState, EventKind, Level, Outcome
from clinic import audit
from clinic.audit import Actor
from clinic.errors import Conflict, Refused
from clinic.permissions import require
from patients.models import Patient
from patients.services import place_hold

CAUSE = "concern"


class TakenByColleague(Conflict):
    """Another clinician claimed it first; the message names them."""


class NotYours(Conflict):
    """Only the clinician who has the concern may do this."""


class AlreadyClosed(Conflict):
    """The concern has an outcome."""


class NotHigher(Refused):
    """A level is only ever raised."""


def blocks_for(level: str, *, hold_next_session: bool) -> frozenset[str]:
    """What a result holds (the table of SETTLED 3)."""
    if level == Level.URGENT:
        return frozenset({"booking", "session", "invitations"})
    if level == Level.SAME_DAY:
        return frozenset({"session", "invitations"})
    return frozenset({"session"}) if hold_next_session else frozenset()


def open_concern(
    *,
    patient: Patient,
    level: Level,
    reasons: list[dict[str, Any]],
    by: Actor,
    at: datetime,
    check_in: CheckIn | None = None,
    hold_next_session: bool = False,
) -> Concern:
    """A concern with its clock, its holds and its mail to the site's clinicians. The caller holds the check-in's lock.

    `hold_next_session`: what came beside the answers holds it; what the answers themselves hold is added.
    """
    response = getattr(check_in, "response", None)
    with audit.write(by=by, action="concern.open"):
        concern = Concern.objects.create(
            patient=patient,
            site=patient.site,
            check_in=check_in,
            level=level,
            reasons=reasons,
            emergency_shown_at=at if response and response.call_emergency and response.on_behalf_by_id is None else None,
            opened_at=at,
            due_at=response_due(
                level,
                opened_at=at,
                site=patient.site,
                plan=check_in.plan if check_in else None,
            ),
        )
        add_event(concern, EventKind.OPENED, by=by, at=at)
        _hold(concern, hold_next_session=hold_next_session or bool(response and response.hold_next_session), by=by, at=at)
        emails.queue_concern_alerts(concern, by=by, at=at)
        return concern


def _hold(concern: Concern, *, hold_next_session: bool, by: Actor, at: datetime) -> None:
    blocks = blocks_for(concern.level, hold_next_session=hold_next_session)
    if blocks:
        with override(settings.LANGUAGE_CODE):  # the patient answers in their own language; the reason is for staff
            reason = _("Check-in: %(level)s") % {"level": concern.level}
        place_hold(
            patient=concern.patient,
            blocks=blocks,
            cause_kind=CAUSE,
            cause_uuid=concern.uuid,
            reason=reason,
            by=by,
            at=at,
        )


def add_event(
    concern: Concern,
    kind: EventKind,
    *,
    by: Actor,
    at: datetime,
    words: str = "",
    outcome: str = "",
    next_try_at: datetime | None = None,
) -> ConcernEvent:
    return ConcernEvent.objects.create(
        concern=concern,
        kind=kind,
        at=at,
        by_staff_id=by.staff_id,
        by_name=by.name[:160],
        words=words,
        outcome=outcome,
        next_try_at=next_try_at,
    )


def _lock(concern: Concern) -> Concern:
    lock_patient(concern.patient_id)
    # No join here: after waiting for the lock PostgreSQL reads this row anew, but not the rows joined to it.
    locked = Concern.objects.select_for_update().get(pk=concern.pk)
    if locked.state == ConcernState.CLOSED:
        raise AlreadyClosed(_("This concern is closed."))
    return locked


def lock_own(concern: Concern, by: Actor) -> Concern:
    locked = _lock(concern)
    if locked.claimed_by_id != by.staff_id:
        raise NotYours(_("Take this concern first: then you can write to it."))
    return locked


def claim_concern(*, concern: Concern, by: Actor, at: datetime) -> Concern:
    """One clinician takes it; claiming twice is harmless. Raises TakenByColleague, AlreadyClosed.

    From a colleague it is taken over once its clock ran out, or when the colleague can't act any more; the log says from whom, and they are mailed.
    """
    require(by, "concern:claim")
    with audit.write(by=by, action="concern.claim"):
        locked = _lock(concern)
        before = locked.claimed_by
        if before is not None and before.pk == by.staff_id:
            return locked
        if before is not None and not may_be_taken_over(locked, at=at):
            raise TakenByColleague(_("%(name)s has taken this already. Nothing for you to do.") % {"name": before.display_name})
        locked.state, locked.claimed_by_id, locked.claimed_at = ConcernState.CLAIMED, by.staff_id, at
        locked.escalations += before is not None
        locked.save(update_fields=["state", "claimed_by", "claimed_at", "escalations"])
        words = _("taken over from %(name)s") % {"name": before.display_name} if before else ""
        add_event(locked, EventKind.CLAIMED, by=by, at=at, words=words)
        if before is not None and before.is_active:
            emails.queue_taken_over(locked, of=before, by=by, at=at)
        return locked


def hand_back_concern(*, concern: Concern, words: str, by: Actor, at: datetime) -> Concern:
    """Its clinician gives it back to the list; all clinicians of the site are mailed again. Raises NotYours."""
    require(by, "concern:claim")
    with audit.write(by=by, action="concern.hand_back", reason=words):
        locked = lock_own(concern, by)
        locked.state, locked.claimed_by, locked.claimed_at = (
            ConcernState.OPEN,
            None,
            None,
        )
        locked.escalations += 1
        locked.save(update_fields=["state", "claimed_by", "claimed_at", "escalations"])
        add_event(locked, EventKind.HANDED_BACK, by=by, at=at, words=words)
        emails.queue_concern_alerts(locked, by=by, at=at)
        return locked


def log_call(
    *,
    concern: Concern,
    words: str,
    reached: bool,
    by: Actor,
    at: datetime,
    next_try_at: datetime | None = None,
) -> ConcernEvent:
    """Write down a call. Reaching the patient stops the clock; reaching nobody needs the next try. Raises NotYours."""
    require(by, "concern:claim")
    if not reached and next_try_at is None:
        raise Refused(_("Say when you will try again."), field="next_try_at")
    if next_try_at is not None and next_try_at <= at:
        raise Refused(_("The next try must be later than now."), field="next_try_at")
    with audit.write(by=by, action="concern.call"):
        locked = lock_own(concern, by)
        if next_try_at is not None and not reached:
            _check_next_try(locked, next_try_at, at=at)
        locked.next_try_at = None if reached else next_try_at
        if reached and locked.answered_at is None:
            locked.answered_at = at
        locked.save(update_fields=["next_try_at", "answered_at"])
        outcome = "" if reached else Outcome.REACHED_NOBODY
        return add_event(
            locked,
            EventKind.CALLED,
            by=by,
            at=at,
            words=words,
            outcome=outcome,
            next_try_at=locked.next_try_at,
        )


def _check_next_try(concern: Concern, next_try_at: datetime, *, at: datetime) -> None:
    """A try that is planned keeps reminders away: no longer than the level's own clock would."""
    plan = concern.check_in.plan if concern.check_in else None
    latest = response_due(concern.level, opened_at=at, site=concern.site, plan=plan)
    if next_try_at > latest:
        words = _("At this level try again by %(latest)s, or hand the concern to a colleague who can.")
        raise Refused(words % {"latest": wall_words(latest, concern.site.zone)}, field="next_try_at")


def raise_concern(*, concern: Concern, level: str, words: str, by: Actor, at: datetime) -> Concern:
    """A clinician who read the words or saw a picture makes it more urgent; nothing makes it less (RULES section 4).

    The clock starts again, the holds widen, the site's clinicians are mailed. Raises NotHigher.
    """
    require(by, "concern:claim")
    if not words.strip():
        raise Refused(_("Write what made it more urgent."), field="words")
    with audit.write(by=by, action="concern.raise", reason=level):
        locked = _lock(concern)
        if not is_higher(level, locked.level):
            raise NotHigher(_("Choose a level above the present one. A level is never lowered."), field="level")
        return raise_locked(locked, level, words=words, by=by, at=at)


def is_higher(level: str, than: str) -> bool:
    """Whether a level asks for a person sooner than another one."""
    ladder = list(Level)
    return level in ladder and ladder.index(Level(level)) < ladder.index(Level(than))


def raise_locked(concern: Concern, level: str, *, words: str, by: Actor, at: datetime) -> Concern:
    """A concern that is locked, on a higher level: by a clinician who read it, or by answers that its patient sent later."""
    concern.level, concern.due_at = level, response_due(level, opened_at=at, site=concern.site)
    concern.escalations += 1
    concern.escalated_at = concern.answered_at = concern.next_try_at = None
    concern.save(update_fields=["level", "due_at", "escalations", "escalated_at", "answered_at", "next_try_at"])
    add_event(concern, EventKind.RAISED, by=by, at=at, words=words)
    _hold(concern, hold_next_session=False, by=by, at=at)
    emails.queue_concern_alerts(concern, raised=True, by=by, at=at)
    return concern


def escalate_concern(*, concern: Concern, by: Actor, at: datetime) -> bool:
    """The clock has run out: mark it, and mail the site's clinicians again. True if it did; idempotent per interval."""
    with audit.write(by=by, action="concern.escalate"):
        locked = Concern.objects.select_for_update(of=("self",)).get(pk=concern.pk)
        if not is_escalation_due(locked, at=at):
            return False
        locked.escalations += 1
        locked.escalated_at = at
        locked.save(update_fields=["escalations", "escalated_at"])
        add_event(locked, EventKind.OVERDUE, by=by, at=at)
        emails.queue_concern_alerts(locked, by=by, at=at)
        return True


def is_escalation_due(concern: Concern, *, at: datetime) -> bool:
    """Whether nobody answered in time, and the last reminder is long enough ago (a try that is planned counts).

    Reminders come less often with time and never stop; whoever opens the site is reminded too, however late the last one went.
    """
    if not is_overdue(concern, at=at):
        return False
    last = concern.escalated_at
    if last is None or last + repeat_after(Level(concern.level), due_at=concern.due_at, last_at=last) <= at:
        return True
    return last + SOONEST <= at and opened_between(concern.site, last, at)
