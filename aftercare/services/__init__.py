"""Every write of aftercare. Keyword-only, `by=` who, `at=` when, one transaction each."""

from aftercare.services.calls import (
    CallDone,
    finish_call,
    note_try,
    open_call_task,
    remind_check_in,
)
from aftercare.services.check_ins import (
    AlreadySubmitted,
    AnswersRefused,
    NotWanted,
    PagesMissing,
    answer_for_patient,
    save_page,
    submit_check_in,
)
from aftercare.services.concerns import (
    AlreadyClosed,
    NotYours,
    OutcomeMissing,
    TakenByColleague,
    blocks_for,
    claim_concern,
    close_concern,
    escalate_concern,
    hand_back_concern,
    log_call,
    open_concern,
    release_concern_holds,
)
from aftercare.services.messages import hold_message, preview_message, release_message, send_message_now
from aftercare.services.plans import cancel_plan, note_read, plan_aftercare, when_of
from aftercare.services.protocol import (
    AlreadyApproved,
    approve_protocol,
    ensure_default_protocol,
    protocol_in_force,
)

__all__ = [
    "AlreadyApproved",
    "AlreadyClosed",
    "AlreadySubmitted",
    "AnswersRefused",
    "CallDone",
    "NotWanted",
    "NotYours",
    "OutcomeMissing",
    "PagesMissing",
    "TakenByColleague",
    "answer_for_patient",
    "approve_protocol",
    "blocks_for",
    "cancel_plan",
    "claim_concern",
    "close_concern",
    "ensure_default_protocol",
    "escalate_concern",
    "finish_call",
    "hand_back_concern",
    "hold_message",
    "log_call",
    "note_read",
    "note_try",
    "open_call_task",
    "open_concern",
    "plan_aftercare",
    "preview_message",
    "protocol_in_force",
    "release_concern_holds",
    "release_message",
    "remind_check_in",
    "save_page",
    "send_message_now",
    "submit_check_in",
    "when_of",
]
