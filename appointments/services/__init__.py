"""Every write of this room."""

from appointments.services.booking import (
    book_appointment,
    book_course,
    book_new,
    cancel_appointment,
    move_appointment,
    take_offer,
)
from appointments.services.by_patient import (
    book_by_patient,
    cancel_by_patient,
    confirm_by_patient,
    move_by_patient,
    undo_by_patient,
)
from appointments.services.common import (
    MoveNotAllowed,
    NotEligible,
    NotOffered,
    RoomTaken,
    SlotTaken,
    TooEarly,
    TooLate,
    Wish,
)
from appointments.services.deaths import record_death
from appointments.services.feeds import make_feed, revoke_feed
from appointments.services.hours import (
    add_absence,
    close_site,
    remove_absence,
    reopen_site,
    set_opening_hours,
    set_room,
    set_working_hours,
)
from appointments.services.imports import (
    CheckedRow,
    confirm_import,
    continue_import,
    decide_doubles,
    discard_import,
    forget_imports,
    start_import,
)
from appointments.services.recalls import invite_recalls, note_recall, open_recalls, reopen_recall
from appointments.services.screens import CodeWrong, make_screen, pair_screen, revoke_screen
from appointments.services.settings import VisitTypeData, add_room, change_visit_type, set_booking_rules
from appointments.services.states import SessionOpen, change_state, start_visit, sweep_states, take_to_room, undo_change
from appointments.services.stranded import Moved, move_stranded
from appointments.services.waiting import (
    OfferGone,
    decline_offer,
    join_waiting_list,
    leave_waiting_list,
    offer_freed_slots,
)

__all__ = [
    "CheckedRow", "CodeWrong", "MoveNotAllowed", "Moved", "NotEligible", "NotOffered", "OfferGone", "RoomTaken", "SessionOpen", "SlotTaken", "TooEarly", "TooLate", "VisitTypeData", "Wish", "add_absence", "add_room", "record_death", "book_appointment", "book_by_patient", "book_course", "book_new",
    "cancel_appointment", "cancel_by_patient", "change_state", "change_visit_type", "close_site", "confirm_by_patient", "confirm_import", "continue_import", "decide_doubles", "discard_import", "forget_imports", "start_import", "decline_offer", "invite_recalls",
    "join_waiting_list", "leave_waiting_list", "make_feed", "make_screen", "move_appointment", "move_by_patient", "move_stranded", "note_recall", "offer_freed_slots", "open_recalls", "pair_screen",
    "remove_absence", "reopen_recall", "reopen_site", "revoke_feed", "revoke_screen", "set_booking_rules", "set_opening_hours", "set_room", "set_working_hours", "start_visit", "sweep_states", "take_offer", "take_to_room", "undo_by_patient", "undo_change",
]  # fmt: skip
