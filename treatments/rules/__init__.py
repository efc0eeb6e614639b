"""S-rules: may this session start, go on, be closed? Pure."""

from treatments.rules.policy import DEFAULT, SessionPolicy
from treatments.rules.session import session
from treatments.rules.texts import RULES, findings_for, texts_for
from treatments.rules.vocabulary import RANK, RULES_VERSION, Severity, Stage
from treatments.rules.window import Window, next_window

__all__ = [
    "DEFAULT", "RANK", "RULES", "RULES_VERSION", "SessionPolicy", "Severity", "Stage", "Window", "findings_for",
    "next_window", "session", "texts_for",
]  # fmt: skip
