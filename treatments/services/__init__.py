"""Every write of this room."""

from treatments.services import events, home, patch, photos, prp, recalls, signing, whose
from treatments.services.chain import broken_records
from treatments.services.course_notes import exclude_zones, note_response
from treatments.services.courses import NoCourse, end_course, open_session, plan_course
from treatments.services.drafts import SessionEntry, ZoneEntry, change_block, save_session
from treatments.services.earlier import note_earlier_sessions
from treatments.services.errors import (
    Blocked,
    CartridgeSpent,
    CartridgeTaken,
    ChangedMeanwhile,
    EndBeforeStart,
    NotOpen,
    NotTakenOver,
    NotUsable,
)
from treatments.services.events import EventEntry, close_adverse_event, record_adverse_event
from treatments.services.handover import take_over_session, take_over_signature
from treatments.services.measurements import (
    AlreadyMarked,
    LookAgain,
    MeasureEntry,
    NotMeasurable,
    mark_measurement_in_error,
    record_measurement,
)
from treatments.services.patch import apply_patch_test, read_patch_test
from treatments.services.right_record import NotReplaceable, write_right_record
from treatments.services.settings import NothingToUndo, apply_preset, copy_last, delete_preset, save_preset, undo_copy
from treatments.services.signing import NotReady, NotYours, add_addendum, mark_entered_in_error, sign_session
from treatments.services.steps import end_session, start_session
from treatments.services.stock import (
    AlreadyThere,
    NotSetAside,
    NotYet,
    UnitGone,
    discard_cartridge,
    note_formula_change,
    quarantine_lot,
    recall_lot,
    recall_product,
    register_device,
    register_lot,
    register_product,
    release_lot,
    retire_device,
    withdraw_product,
)

__all__ = [
    "AlreadyMarked", "AlreadyThere", "Blocked", "CartridgeSpent", "CartridgeTaken", "ChangedMeanwhile",
    "EndBeforeStart", "EventEntry", "LookAgain", "MeasureEntry", "NoCourse", "NotMeasurable", "NotOpen", "NotTakenOver", "NotReady", "NotReplaceable", "NothingToUndo",
    "NotSetAside", "NotUsable", "NotYet", "NotYours", "SessionEntry", "UnitGone", "ZoneEntry", "add_addendum", "apply_patch_test",
    "apply_preset", "broken_records", "change_block", "close_adverse_event", "copy_last", "delete_preset",
    "discard_cartridge", "end_course", "end_session", "events", "exclude_zones", "home", "mark_entered_in_error", "mark_measurement_in_error",
    "note_earlier_sessions", "note_formula_change", "note_response", "open_session", "patch", "photos", "plan_course", "prp", "quarantine_lot",
    "read_patch_test", "recall_lot", "recall_product", "recalls", "record_adverse_event", "record_measurement", "register_device",
    "register_lot", "register_product", "release_lot", "retire_device", "save_preset", "save_session", "sign_session",
    "signing", "start_session", "take_over_session", "take_over_signature", "undo_copy", "whose", "withdraw_product", "write_right_record",
]  # fmt: skip
