"""Every message of aftercare: one function queues it, one builds it from fresh data. Nothing else names the outbox."""

from aftercare.emails.calendar import FILE_NAME, times_file
from aftercare.emails.kinds import HELD_BY_FLAG, register
from aftercare.emails.preview import example_mail, preview_step, step_time
from aftercare.emails.rows import (
    cancel_concern_alerts,
    cancel_messages,
    cancel_reminders,
    queue_concern_alerts,
    queue_handover,
    queue_reminder,
    queue_steps,
    queue_taken_over,
    queue_test,
    refresh_addresses,
    release_held_invitations,
    unsent_reminders,
)
from aftercare.emails.timeline import hold, is_movable, lift_address, preview, release, send_now
from aftercare.emails.unsent import messages_to_plan_again
from clinic.outbox.kinds import Mail

__all__ = [
    "FILE_NAME",
    "HELD_BY_FLAG",
    "Mail",
    "cancel_concern_alerts",
    "cancel_messages",
    "cancel_reminders",
    "example_mail",
    "hold",
    "messages_to_plan_again",
    "is_movable",
    "lift_address",
    "preview",
    "preview_step",
    "queue_concern_alerts",
    "queue_handover",
    "queue_reminder",
    "queue_steps",
    "queue_taken_over",
    "queue_test",
    "refresh_addresses",
    "register",
    "release",
    "release_held_invitations",
    "send_now",
    "step_time",
    "times_file",
    "unsent_reminders",
]
