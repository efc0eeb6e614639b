"""Every read of this room."""

from treatments.rules import Window
from treatments.selectors import photos
from treatments.selectors.checklists import Gap, checklist
from treatments.selectors.courses import (
    done_sessions,
    last_session,
    open_course,
    policy,
    sessions_ended_since,
    window_after,
    window_of,
)
from treatments.selectors.evaluations import Evaluation, evaluate, reason_key
from treatments.selectors.inputs import session_input
from treatments.selectors.settings import ZoneHistory, presets_of, settings_of, zone_histories
from treatments.selectors.stock import devices_at, free_cartridges, inventory, newest_patch_test, why_not

next_window = window_of

__all__ = [
    "Evaluation", "Gap", "Window", "ZoneHistory", "checklist", "devices_at", "done_sessions", "evaluate", "free_cartridges",
    "inventory", "last_session", "newest_patch_test", "next_window", "open_course", "photos", "policy", "presets_of",
    "reason_key", "session_input", "sessions_ended_since", "settings_of", "why_not", "window_after", "window_of",
    "zone_histories",
]  # fmt: skip
