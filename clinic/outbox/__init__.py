"""The outbox: a row before it is an act. `emails.py` files are the only ones that name this package."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clinic.outbox.kinds import KINDS, Kind, Mail, Verdict, register
    from clinic.outbox.rows import AlreadyGone, cancel, hold, messages_for, nudge, queue, release, reschedule, send_now
    from clinic.outbox.rows import speak as speak
    from clinic.outbox.states import FINAL, OPEN, Doubt, Scope, State

__all__ = [
    "FINAL", "KINDS", "OPEN", "AlreadyGone", "Doubt", "Kind", "Mail", "Scope", "State", "Verdict", "cancel", "hold", "messages_for",
    "nudge", "queue", "register", "release", "reschedule", "send_now", "speak",
]  # fmt: skip

_HOMES = {
    "kinds": ("Kind", "Mail", "Verdict", "register", "KINDS"),
    "rows": ("AlreadyGone", "cancel", "hold", "messages_for", "nudge", "queue", "release", "reschedule", "send_now", "speak"),
    "states": ("Doubt", "Scope", "State", "OPEN", "FINAL"),
}


def __getattr__(name: str) -> Any:
    """The public names, loaded on first use: the tables of this package import its vocabulary."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"clinic.outbox.{home}"), name)
    raise AttributeError(name)
