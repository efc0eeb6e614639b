"""Pages of aftercare: what a patient opens by link, and what staff see of it."""

from aftercare.views.calls import call_task, call_tried
from aftercare.views.check_ins import answer_for, staff_check_in
from aftercare.views.concerns import (
    claim_concern,
    close_concern,
    concern,
    concerns,
    hand_back_concern,
    log_call,
    raise_concern,
    release_holds,
)
from aftercare.views.messages import (
    all_messages,
    hold_message,
    lift_address,
    message,
    messages,
    release_message,
    send_message_now,
)
from aftercare.views.patient import check_in, check_in_done, check_in_page, instructions, results, times
from aftercare.views.protocol import (
    approve_protocol,
    discard_protocol,
    draft_protocol,
    propose_protocol,
    protocol,
    protocol_step,
    protocol_targets,
    protocol_version,
    publish_protocol,
    remove_step,
    reopen_protocol,
    send_back_protocol,
)
from aftercare.views.protocol_preview import preview_step, test_step
from aftercare.views.replan import session_aftercare
from aftercare.views.rota import add_shift, hand_over_concern, remove_shift, rota

__all__ = [
    "add_shift",
    "all_messages",
    "answer_for",
    "approve_protocol",
    "call_task",
    "call_tried",
    "check_in",
    "check_in_done",
    "check_in_page",
    "claim_concern",
    "close_concern",
    "concern",
    "concerns",
    "discard_protocol",
    "draft_protocol",
    "hand_back_concern",
    "hand_over_concern",
    "hold_message",
    "instructions",
    "results",
    "log_call",
    "message",
    "lift_address",
    "messages",
    "preview_step",
    "propose_protocol",
    "protocol",
    "protocol_step",
    "protocol_targets",
    "protocol_version",
    "publish_protocol",
    "raise_concern",
    "release_holds",
    "release_message",
    "remove_shift",
    "remove_step",
    "reopen_protocol",
    "rota",
    "send_back_protocol",
    "send_message_now",
    "session_aftercare",
    "staff_check_in",
    "test_step",
    "times",
]
