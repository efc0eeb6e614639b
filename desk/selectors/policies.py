"""Reads about the rules as the clinic runs them: each rule, the versions, what waits for a clinician, what a proposal would change."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from clinic.audit import Actor
from clinic.findings import RuleText
from clinic.models import PolicyProposal
from clinic.models.policy import PolicyVersion
from clinic.permissions import may
from clinic.roles import ProposalState
from clinic.rulebook import Effect, Preview, RuleBook, book, books

MOST_SHOWN = 100


@dataclass(frozen=True)
class Change:
    """One number or wording: what it is about, before, after, and what Anagen comes with."""

    about: str
    before: str
    after: str
    default: str
    judged_by: str = ""


@dataclass(frozen=True)
class Section:
    """One rule set on the page *Clinical rules*."""

    book: RuleBook
    rules: list[RuleText]
    version: PolicyVersion | None
    own: list[Change]
    waiting: PolicyProposal | None
    versions: list[PolicyVersion]


def rules_as_run() -> list[Section]:
    """Every rule as the clinic runs it: words, number, source, and whether it is a proposed default (`P`)."""
    open_ones = {row.book: row for row in PolicyProposal.objects.filter(state=ProposalState.OPEN).select_related("proposed_by")}
    return [_section(rules, open_ones.get(rules.code)) for rules in books()]


def _section(rules: RuleBook, waiting: PolicyProposal | None) -> Section:
    versions = list(rules.model._default_manager.order_by("-version")[:20])
    newest = versions[0] if versions else None
    own = changes(rules, ({}, {}), (newest.values, newest.words)) if newest else []
    return Section(rules, list(rules.texts(rules.policy(newest)).values()), newest, own, waiting, versions)


Content = tuple[Mapping[str, Any], Mapping[str, str]]


def changes(rules: RuleBook, before: Content, after: Content) -> list[Change]:
    """What differs between two contents of a version, in words; in the order of the rule set."""
    found = []
    for name, about in rules.numbers.items():
        old, new = (values.get(name, about.default) for values in (before[0], after[0]))
        if list(old) != list(new) if about.options else old != new:
            was, becomes, default = (f"{about.shown(v)} {about.unit}".strip() for v in (old, new, about.default))
            found.append(Change(about.words, was, becomes, default, str(rules.judged_by.get(name, ""))))
    for rule, text in rules.templates.items():
        old, new = (words.get(rule, text) for words in (before[1], after[1]))
        if old != new:
            found.append(Change(_("%(rule)s in words") % {"rule": rule}, old, new, text, _("no result hangs on it") if rules.judged_by else ""))
    return found


def proposal_page(row: PolicyProposal, at: datetime, *, actor: Actor) -> dict[str, Any]:
    """What would change: numbers and words, and the current patients that it touches; the names only for clinicians, and only at their own sites (R07)."""
    rules = book(row.book)
    base = rules.model._default_manager.filter(version=row.base_version).first()
    before: Content = (base.values, base.words) if base else ({}, {})
    found = _preview(rules, row, base, at) if row.state == ProposalState.OPEN else Preview([], 0)
    newest = rules.newest()
    own = [effect for effect in found.effects if effect.site_id in actor.site_ids] if may(actor, "policy:approve") else []
    shown = own[:MOST_SHOWN]
    return {
        "proposal": row, "book": rules, "changes": changes(rules, before, (row.values, row.words)), "touched": len(found.effects), "preview": found,
        "effects": shown, "named": _named(rules, base, shown), "own_count": len(own), "elsewhere": len(found.effects) - len(own),
        "outdated": row.base_version != (newest.version if newest else 0),
    }  # fmt: skip


def _named(rules: RuleBook, base: PolicyVersion | None, shown: list[Effect]) -> list[RuleText]:
    """The rules whose codes stand in the lines shown, to be called by name once beside them."""
    said = " ".join(f"{effect.before} {effect.after}" for effect in shown)
    return [text for text in rules.texts(rules.policy(base)).values() if re.search(rf"\b{text.id}\b", said)]


def _preview(rules: RuleBook, row: PolicyProposal, base: PolicyVersion | None, at: datetime) -> Preview:
    old, new = rules.policy(base), rules.read(row.values, row.words, row.base_version + 1)
    return rules.preview(old, new, at)


def waiting_proposal(rules: RuleBook) -> PolicyProposal | None:
    """The one that nobody has decided: until then no other can be made."""
    return PolicyProposal.objects.filter(book=rules.code, state=ProposalState.OPEN).first()


def newest_content(rules: RuleBook) -> Content:
    """The numbers and words in force, to start a proposal from."""
    newest = rules.newest()
    return (newest.values, newest.words) if newest else ({}, {})
