"""The end of a concern: closed with an outcome, an adverse event recorded in the same act, holds lifted."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from aftercare import emails
from aftercare.models import Concern
from aftercare.selectors.concerns import session_of, told_at
from aftercare.services.concerns import CAUSE, add_event, lock_own
from aftercare.states import ConcernState, EventKind, Outcome
from aftercare.words import OUTCOME_WORDS
from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.permissions import require
from patients.models import Hold
from patients.services import release_hold
from treatments.models import AdverseEvent
from treatments.services import EventEntry, record_adverse_event


class OutcomeMissing(Refused):
    """A concern closes only with an outcome and words."""


@dataclass(frozen=True)
class EventNoted:
    """What a clinician says of an adverse event while closing: words, CTCAE grade, seriousness (RULES section 7), and when it began.

    Without a time it is when the patient told of it; the moment of closing says nothing about the onset.
    """

    what: str
    grade: int = 1
    serious: bool = False
    onset_at: datetime | None = None


def _record_event(concern: Concern, event: EventNoted, *, by: Actor, at: datetime) -> AdverseEvent:
    record = session_of(concern)
    if record is None:
        raise OutcomeMissing(_("There is no session that the event belongs to. Choose another outcome."), field="outcome")
    require(by, "adverse_event:record")
    if event.onset_at is not None and event.onset_at > at:
        raise OutcomeMissing(_("The beginning of the event lies in the future."), field="event_onset_at")
    entry = EventEntry(what=event.what.strip(), onset_at=event.onset_at or told_at(concern), grade=event.grade, serious=event.serious)
    return record_adverse_event(patient=record.patient, record=record, entry=entry, by=by, at=at)


def close_concern(
    *,
    concern: Concern,
    outcome: str,
    words: str,
    by: Actor,
    at: datetime,
    keep_holds: bool = False,
    event: EventNoted | None = None,
) -> Concern:
    """Close with an outcome; the holds it set are lifted unless they are kept. Raises NotYours, OutcomeMissing.

    With the outcome *adverse event* the event is recorded in the same act, and holds the next session itself.
    """
    require(by, "concern:close")
    _check_outcome(outcome, words, event)
    with audit.write(by=by, action="concern.close", reason=outcome):
        locked = lock_own(concern, by)
        if outcome == Outcome.ADVERSE_EVENT and event is not None:
            locked.adverse_event = _record_event(locked, event, by=by, at=at)
        _mark_closed(locked, outcome, by=by, at=at)
        add_event(locked, EventKind.CLOSED, by=by, at=at, words=words, outcome=outcome)
        emails.cancel_concern_alerts(locked, by=by, at=at)
        if not keep_holds:
            _lift(locked, reason=_("Concern closed: %(outcome)s") % {"outcome": OUTCOME_WORDS[Outcome(outcome)]}, by=by, at=at)
        return locked


def _check_outcome(outcome: str, words: str, event: EventNoted | None) -> None:
    """An outcome of the list, words, and what the adverse event is when it is one."""
    if outcome not in set(Outcome) - {Outcome.REACHED_NOBODY}:
        raise OutcomeMissing(_("Choose what came of it. If you reached nobody, log the call instead."), field="outcome")
    if not words.strip():
        raise OutcomeMissing(_("Write what you found and what you advised."), field="words")
    if outcome == Outcome.ADVERSE_EVENT and (event is None or not event.what.strip()):
        raise OutcomeMissing(_("Write what the adverse event is."), field="event_what")


def _mark_closed(concern: Concern, outcome: str, *, by: Actor, at: datetime) -> None:
    """Closing is an answer too: the clock stops, and nobody tries again."""
    concern.state, concern.outcome, concern.closed_at = ConcernState.CLOSED, outcome, at
    concern.closed_by_id, concern.answered_at, concern.next_try_at = by.staff_id, concern.answered_at or at, None
    concern.save(update_fields=["state", "outcome", "closed_at", "closed_by", "answered_at", "next_try_at", "adverse_event"])


def release_concern_holds(*, concern: Concern, reason: str, by: Actor, at: datetime) -> int:
    """Lift the holds that a concern set, with a reason, whether or not it is closed. Returns how many."""
    require(by, "hold:release")
    if not reason.strip():
        raise Refused(_("Write why the hold is lifted."), field="reason")
    with audit.write(by=by, action="concern.release_holds", reason=reason):
        locked = Concern.objects.select_for_update(of=("self",)).get(pk=concern.pk)
        return _lift(locked, reason=reason, by=by, at=at)


def _lift(concern: Concern, *, reason: str, by: Actor, at: datetime) -> int:
    holds = list(Hold.objects.filter(cause_kind=CAUSE, cause_uuid=concern.uuid, released_at__isnull=True))
    for hold in holds:
        release_hold(hold=hold, reason=reason, by=by, at=at)
    if holds:
        add_event(concern, EventKind.HOLD_RELEASED, by=by, at=at, words=reason)
        emails.release_held_invitations(concern.patient.uuid, by=by, at=at)
    return len(holds)
