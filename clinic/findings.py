"""What a rule says: one finding for each rule that fired. Frozen values, no Django."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RuleText:
    """
    One rule in words: what it is about, what it says, its number, what lifts it, where it comes from, what is asked.

    `proposed` marks a default without a source (`P`) that a clinician must confirm.
    """

    id: str
    title: str
    words: str
    source: str
    threshold: str = ""
    lifts: str = ""
    proposed: bool = False
    question: str = ""


@dataclass(frozen=True)
class Finding:
    """A rule that fired. `subject` names a zone or product where the rule speaks of one."""

    rule: str
    severity: str
    words: str
    source: str
    subject: str = ""
    proposed: bool = False
    lifts: str = ""
