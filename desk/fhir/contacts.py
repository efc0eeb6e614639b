"""What was asked of people and what was sent: concerns and calls as Tasks, messages as Communications without their text."""

from aftercare.models import CallTask, Concern
from aftercare.selectors import messages
from aftercare.states import ConcernState, EventKind, Level
from clinic.models import OutboxMessage
from desk.fhir.parts import TERMINOLOGY, Draft, Json, coding
from desk.fhir.people import practitioner

_PRIORITY = {Level.URGENT: "stat", Level.SAME_DAY: "urgent", Level.ROUTINE: "routine", Level.REASSURE: "routine"}
_STATUS = {ConcernState.OPEN: "requested", ConcernState.CLAIMED: "in-progress", ConcernState.CLOSED: "completed"}
_DONE = {"sent": "completed", "failed": "not-done"}
_REQUEST = {"planned": "active", "claimed": "active", "sending": "active", "held": "on-hold", "cancelled": "revoked", "skipped": "revoked"}
_MEDIUM = {"mail": ("EMAILWRIT", "email"), "text": ("SMSWRIT", "SMS message")}


def asked(draft: Draft) -> None:
    """Concerns with their clock and what came of them; calls that the desk was asked to make."""
    for row in Concern.objects.filter(patient=draft.patient).select_related("claimed_by").prefetch_related("events__by_staff").order_by("opened_at", "pk"):
        _concern(draft, row)
    for call in CallTask.objects.filter(patient=draft.patient).select_related("done_by", "check_in").order_by("opened_at", "pk"):
        draft.add(
            "Task", draft.id_of(call), status="completed" if call.done_at else "requested", intent="order", priority="routine", code={"text": "Phone the patient about a check-in"},
            reasonCode={"text": call.get_reason_display()}, owner=practitioner(draft, call.done_by), output=_output(call.get_result_display() if call.result else ""),
            **{"for": draft.subject}, authoredOn=draft.moment(call.opened_at), executionPeriod={"start": draft.moment(call.opened_at), "end": draft.moment(call.done_at)},
        )  # fmt: skip


def _concern(draft: Draft, row: Concern) -> None:
    answers = draft.id_of(row.check_in) if row.check_in_id else ""
    said = [event for event in row.events.all() if event.kind in (EventKind.CALLED, EventKind.NOTED) and event.words]
    draft.add(
        "Task", draft.id_of(row), status=_STATUS[ConcernState(row.state)], intent="order", priority=_PRIORITY[Level(row.level)], code={"text": f"Concern: {row.level}"},
        focus={"reference": f"urn:uuid:{answers}", "type": "QuestionnaireResponse"} if answers in draft.entries else None, owner=practitioner(draft, row.claimed_by),
        **{"for": draft.subject}, authoredOn=draft.moment(row.opened_at), executionPeriod={"start": draft.moment(row.opened_at), "end": draft.moment(row.closed_at)},
        restriction={"period": {"end": draft.moment(row.due_at)}}, output=_output(row.get_outcome_display() if row.outcome else ""),
        note=[{"authorReference": practitioner(draft, event.by_staff), "time": draft.moment(event.at), "text": event.words} for event in said],
    )  # fmt: skip


def _output(words: str) -> list[Json]:
    return [{"type": {"text": "Outcome"}, "valueString": words}] if words else []


def sent(draft: Draft) -> None:
    """Which message went or will go, when and why not; never its text, and no mail between staff."""
    for row in messages.messages_of(draft.patient).exclude(scope__in=messages.NEVER_READ):
        _message(draft, row)


def _message(draft: Draft, row: OutboxMessage) -> None:
    code, word = _MEDIUM[row.channel]
    common = {
        "subject": draft.subject, "recipient": [draft.subject], "category": [{"text": row.scope.capitalize()}],
        "medium": [{"coding": [coding(TERMINOLOGY + "v3-ParticipationMode", code, word)]}],
    }  # fmt: skip
    what, why, key = messages.kind_words(row), {"text": row.reason} if row.reason else None, draft.id_of(row, "message")
    if row.state in _DONE:
        draft.add("Communication", key, status=_DONE[row.state], statusReason=why, topic={"text": what}, sent=draft.moment(row.sent_at), **common)
        return
    draft.add(
        "CommunicationRequest", key, status=_REQUEST[row.state], statusReason=why, reasonCode=[{"text": what}], occurrenceDateTime=draft.moment(row.send_after),
        authoredOn=draft.moment(row.created_at), **common,
    )  # fmt: skip
