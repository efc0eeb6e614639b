"""Writes about a clinic's own rules: a manager proposes, a clinician approves (SETTLED, matrix rows “policy”).

Approving adds a version; nothing is changed in place, so an old decision keeps the version that it was made with.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor, record_access
from clinic.errors import Conflict, Refused
from clinic.models import PolicyProposal, Staff
from clinic.models.policy import PolicyVersion
from clinic.roles import ProposalState
from clinic.rulebook import RuleBook, book


class NumbersWrong(Refused):
    """Some numbers or words can't be used. `faults`: name or rule id → what is wrong."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(_("Some of these can't be used. Each one says why."))
        self.faults = faults


class NothingChanges(Refused):
    """The proposal equals what is in force."""


class ProposalOpen(Conflict):
    """Another proposal for this rule set waits."""


class ProposalClosed(Conflict):
    """Somebody has decided it already."""


class ProposalOutdated(Conflict):
    """A newer version came into force after this was proposed."""


class NeedsAnotherPerson(Refused):
    """Who proposed can't approve."""


def _version_of(rules: RuleBook) -> int:
    newest = rules.newest()
    return newest.version if newest else 0


def propose(
    *, rules: RuleBook, values: dict[str, Any], words: dict[str, str], reason: str, staff: Staff, by: Actor, at: datetime
) -> PolicyProposal:
    """Ask for another version. Raises NumbersWrong, NothingChanges, ProposalOpen."""
    if faults := rules.all_faults(values, words):
        raise NumbersWrong(faults)
    newest = rules.newest()
    if (values, words) == ((newest.values, newest.words) if newest else ({}, {})):
        raise NothingChanges(_("This is what the clinic runs already. Change a number or a wording first."))
    with audit.write(by=by, action="policy.propose", reason=reason[:300]):
        if PolicyProposal.objects.select_for_update().filter(book=rules.code, state=ProposalState.OPEN).exists():
            raise ProposalOpen(_("Another proposal for these rules is waiting. Withdraw it or have it decided first."))
        row = PolicyProposal.objects.create(
            book=rules.code, base_version=_version_of(rules), values=values, words=words, reason=reason, proposed_by=staff, proposed_at=at
        )
    record_access(by=by, action="policy.propose", subject=f"rules {rules.code}", reason=reason[:300])
    return row


def _open(proposal: PolicyProposal) -> PolicyProposal:
    locked = PolicyProposal.objects.select_for_update(of=("self",)).select_related("proposed_by").get(pk=proposal.pk)
    if locked.state != ProposalState.OPEN:
        raise ProposalClosed(_("Somebody has decided this already."))
    return locked


def _decide(row: PolicyProposal, state: ProposalState, reason: str, staff: Staff, at: datetime) -> None:
    row.state, row.decision_reason, row.decided_by, row.decided_at = state, reason, staff, at
    row.save(update_fields=["state", "decision_reason", "decided_by", "decided_at"])


def approve(*, proposal: PolicyProposal, staff: Staff, by: Actor, at: datetime) -> PolicyVersion:
    """Bring it into force as the next version. Raises NeedsAnotherPerson, ProposalClosed, ProposalOutdated, NumbersWrong."""
    with audit.write(by=by, action="policy.approve", reason=proposal.reason[:300]):
        row = _open(proposal)
        rules = book(row.book)
        if row.proposed_by_id == staff.pk:
            raise NeedsAnotherPerson(_("You proposed this. Another clinician must approve it."))
        if row.base_version != _version_of(rules):
            raise ProposalOutdated(_("The rules have changed since this was proposed. It must be proposed again."))
        if faults := rules.all_faults(row.values, row.words):
            raise NumbersWrong(faults)
        made = rules.model._default_manager.create(
            version=row.base_version + 1, values=row.values, words=row.words, reason=row.reason,
            proposed_by=row.proposed_by.display_name, approved_by=staff.display_name, at=at,
        )  # fmt: skip
        _decide(row, ProposalState.APPROVED, "", staff, at)
    record_access(by=by, action="policy.approve", subject=f"rules {row.book} version {made.version}")
    return made


def decline(*, proposal: PolicyProposal, reason: str, staff: Staff, by: Actor, at: datetime) -> None:
    """A clinician says no, and why. Raises ProposalClosed."""
    with audit.write(by=by, action="policy.decline", reason=reason[:300]):
        _decide(_open(proposal), ProposalState.DECLINED, reason, staff, at)


def withdraw(*, proposal: PolicyProposal, staff: Staff, by: Actor, at: datetime) -> None:
    """A manager takes it back. Raises ProposalClosed."""
    with audit.write(by=by, action="policy.withdraw"):
        _decide(_open(proposal), ProposalState.WITHDRAWN, "", staff, at)
