"""Every write of this room."""

from treatments.services import photos
from treatments.services.courses import open_session, plan_course
from treatments.services.drafts import SessionEntry, ZoneEntry, change_block, save_session
from treatments.services.errors import (
    Blocked,
    CartridgeSpent,
    CartridgeTaken,
    ChangedMeanwhile,
    EndBeforeStart,
    NotOpen,
)
from treatments.services.events import close_adverse_event, record_adverse_event
from treatments.services.measurements import (
    AlreadyMarked,
    LookAgain,
    MeasureEntry,
    NotMeasurable,
    mark_measurement_in_error,
    record_measurement,
)
from treatments.services.settings import apply_preset, copy_last, delete_preset, save_preset
from treatments.services.signing import (
    NotReady,
    NotYours,
    add_addendum,
    broken_records,
    mark_entered_in_error,
    sign_session,
)
from treatments.services.steps import end_session, start_session
from treatments.services.stock import (
    AlreadyRead,
    AlreadyThere,
    apply_patch_test,
    quarantine_lot,
    read_patch_test,
    register_device,
    register_lot,
    register_product,
    retire_device,
)

__all__ = [
    "AlreadyMarked", "AlreadyRead", "AlreadyThere", "Blocked", "CartridgeSpent", "CartridgeTaken", "ChangedMeanwhile",
    "EndBeforeStart", "LookAgain", "MeasureEntry", "NotMeasurable", "NotOpen", "NotReady", "NotYours", "SessionEntry",
    "ZoneEntry", "add_addendum", "apply_patch_test", "apply_preset", "broken_records", "change_block", "close_adverse_event",
    "copy_last", "delete_preset", "end_session", "mark_entered_in_error", "mark_measurement_in_error", "open_session", "photos",
    "plan_course", "quarantine_lot", "read_patch_test", "record_adverse_event", "record_measurement", "register_device",
    "register_lot", "register_product", "retire_device", "save_preset", "save_session", "sign_session", "start_session",
]  # fmt: skip
