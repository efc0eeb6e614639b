"""Every read of this room."""

from treatments.rules import Window
from treatments.selectors import home, patch, photos, prp, readings, signed
from treatments.selectors.checklists import Gap, checklist, events_that_were
from treatments.selectors.course_notes import RESPONSE_NOTED, ZONES_NOTED, CourseNote, course_notes
from treatments.selectors.courses import (
    done_sessions,
    last_day,
    last_needling,
    last_session,
    open_course,
    place_in_course,
    place_of_begun,
    policy,
    policy_of,
    session_days,
    sessions_ended_since,
    through,
    through_courses,
    window_after,
    window_of,
)
from treatments.selectors.evaluations import Evaluation, evaluate, reason_key
from treatments.selectors.handovers import (
    TAKE_OVER,
    Handover,
    Signer,
    handovers,
    signature_handovers,
    signer_of,
    with_signer,
)
from treatments.selectors.inputs import session_input
from treatments.selectors.recall import (
    Received,
    Thing,
    about,
    all_calls,
    at_own_site,
    calls_waiting,
    contacts_of,
    elsewhere,
    of_recall,
    recalled_things,
    received,
    units_of,
    who_received,
)
from treatments.selectors.scanned import scanned
from treatments.selectors.settings import (
    LastSettings,
    ZoneHistory,
    presets_of,
    settings_of,
    settings_to_copy,
    zone_histories,
    zones_before_change,
)
from treatments.selectors.stock import (
    Shelf,
    Stock,
    devices_at,
    formula_days,
    free_cartridges,
    inventory,
    known_name,
    lot_shelf,
    lots_with_counts,
    newest_patch_test,
    product_state,
    same_lot,
    usable_products,
    why_not,
    without_lot,
)

next_window = window_of

__all__ = [
    "RESPONSE_NOTED", "TAKE_OVER", "ZONES_NOTED", "CourseNote", "Evaluation", "Gap", "Handover", "LastSettings", "Received", "Shelf", "Signer", "Stock", "Thing", "Window", "ZoneHistory", "about", "all_calls", "at_own_site", "calls_waiting", "checklist", "contacts_of", "course_notes",
    "devices_at", "done_sessions", "elsewhere", "evaluate", "events_that_were", "formula_days", "free_cartridges", "handovers", "home", "inventory", "known_name", "last_day",
    "last_needling", "last_session", "lot_shelf", "lots_with_counts", "newest_patch_test", "next_window", "of_recall", "open_course", "patch",
    "photos", "place_in_course", "place_of_begun", "policy", "policy_of", "presets_of", "product_state", "prp", "readings", "reason_key", "recalled_things", "received", "same_lot", "scanned",
    "session_days", "session_input", "sessions_ended_since", "settings_of", "settings_to_copy", "signature_handovers", "signed", "signer_of", "through", "through_courses", "units_of", "usable_products",
    "who_received", "why_not", "window_after", "window_of", "with_signer", "without_lot", "zone_histories", "zones_before_change",
]  # fmt: skip
