"""Writes about the house itself: the first set-up, and the accounts of staff.

SECURITY.md, “Staff account” and “Lost MFA”: never on oneself, never a password for somebody else; what touches an auditor
waits for a second manager. A manager can't act on the own account, so there is always one left. Each act leaves an access
event with who and why, beside the history of the row.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from typing import Any, Self

from allauth.mfa.models import Authenticator
from django.core.validators import validate_email
from django.db.models import Q
from django.utils.translation import gettext as _

from clinic import audit, emails, invitations, sessions
from clinic.audit import Actor, record_access
from clinic.errors import Conflict, Refused
from clinic.models import Clinic, OpeningHours, Site, Staff, StaffInvitation, StaffProposal, Suppression
from clinic.outbox import suppress
from clinic.permissions import require
from clinic.roles import Role, StaffAct


class AlreadySetUp(Refused):
    """There is a clinic already; a second set-up would hide it."""


class NotOnYourself(Refused):
    """Nobody changes the own account: another manager does."""


class NotAManager(Refused):
    """The rights of who acts were taken away meanwhile."""


class AddressTaken(Refused):
    """An account with this address exists."""


class ProposalWaits(Refused):
    """The same act waits for a second manager already."""


class NeedsAnotherManager(Refused):
    """Who proposed an act can't approve it."""


class AlreadyDecided(Conflict):
    """Somebody else was faster."""


class NothingToDo(Refused):
    """The account is in that state already."""


@dataclass(frozen=True)
class Duties:
    """What somebody is here for. `sites` are all sites of the person, also those that the manager does not see."""

    name: str
    title: str
    roles: tuple[str, ...]
    sites: tuple[int, ...]
    operator_role: str = ""
    credential_valid: bool = False
    credential_expires_on: date | None = None

    @classmethod
    def of(cls, staff: Staff) -> Self:
        """As they are now."""
        return cls(
            staff.name, staff.title, tuple(staff.roles), tuple(sorted(staff.sites.values_list("pk", flat=True))),
            staff.operator_role, staff.credential_valid, staff.credential_expires_on,
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """For a proposal that waits."""
        day = self.credential_expires_on
        return asdict(self) | {"credential_expires_on": day.isoformat() if day else None}

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Self:
        """What `as_json` wrote."""
        day = kept["credential_expires_on"]
        shaped = {"roles": tuple(kept["roles"]), "sites": tuple(kept["sites"]), "credential_expires_on": date.fromisoformat(day) if day else None}
        return cls(**kept | shaped)


def set_up_clinic(
    *, name: str, site_name: str, zone: str, phone: str, emergency_number: str, opens: time, closes: time, by: Actor, at: datetime
) -> Site:
    """The clinic, its first site and its hours, Monday to Friday. Raises AlreadySetUp, ValidationError."""
    with audit.write(by=by, action="clinic.set_up"):
        if Clinic.objects.exists():
            raise AlreadySetUp(_("This database has a clinic already. Nothing was changed."))
        clinic = Clinic(name=name)
        clinic.full_clean()
        clinic.save()
        site = Site(clinic=clinic, name=site_name, zone=zone, phone=phone, emergency_number=emergency_number)
        site.full_clean()
        site.save()
        for weekday in range(5):
            hours = OpeningHours(site=site, weekday=weekday, opens=opens, closes=closes)
            hours.full_clean()
            hours.save()
    return site


def invite_staff(*, email: str, duties: Duties, reason: str = "", by: Actor, at: datetime, mail: bool = True) -> StaffInvitation:
    """An account without a password, and a link by which the person sets one. Raises AddressTaken.

    The role of an auditor is left out and proposed to a second manager. With `mail=False` the caller hands the link over.
    """
    with audit.write(by=by, action="staff.invite", reason=reason):
        if Staff.objects.filter(email__iexact=email).exists():
            raise AddressTaken(_("There is an account with this address already."), field="email")
        alone = by.kind == "command" or Role.AUDITOR.value not in duties.roles
        first = duties if alone else replace(duties, roles=tuple(role for role in duties.roles if role != Role.AUDITOR))
        validate_email(email)
        staff = Staff.objects.create_user(email, None, name=duties.name, title=duties.title)
        _write_duties(staff, first)
        record_access(by=by, action="staff.invite", subject=_subject(staff, first), reason=reason)
        if not alone:
            _propose(StaffAct.CHANGE, staff, duties, reason=reason or str(_("invited as an auditor")), by=by, at=at)
        invitation = invitations.make(staff=staff, by=by, at=at)
        if mail:
            emails.staff_invite(invitation=invitation, by=by, at=at)
    return invitation


def act_on(
    *, act: StaffAct, staff: Staff, reason: str, by: Actor, at: datetime, duties: Duties | None = None
) -> StaffProposal | None:
    """One act of a manager on another account. Returns the proposal when a second manager must agree, else None.

    Raises NotOnYourself, NotAManager, NothingToDo, ProposalWaits.
    """
    with audit.write(by=by, action=f"staff.{act}", reason=reason):
        found = _locked(staff.pk, by=by)
        _check_state(act, found)
        if needs_second_manager(act, found, duties):
            return _propose(act, found, duties, reason=reason, by=by, at=at)
        _apply(act, found, duties, reason=reason, by=by, at=at)
    return None


def decide(*, proposal: StaffProposal, approve: bool, by: Actor, at: datetime) -> None:
    """A second manager approves, or any manager refuses. Raises AlreadyDecided, NeedsAnotherManager, NotOnYourself."""
    with audit.write(by=by, action="staff.approve" if approve else "staff.refuse", reason=proposal.reason):
        found = _locked(proposal.staff_id, by=by)
        row = StaffProposal.objects.select_for_update().get(pk=proposal.pk)
        if row.decided_at is not None:
            raise AlreadyDecided(_("This was decided already."))
        if approve and by.staff_id == row.proposed_by_id:
            raise NeedsAnotherManager(_("Another manager must approve what you proposed."))
        row.decided_by_id, row.decided_at, row.approved = by.staff_id, at, approve
        row.save(update_fields=["decided_by", "decided_at", "approved"])
        words = f"proposed by staff {row.proposed_by_id}: {row.reason}"
        if approve:
            act = StaffAct(row.act)
            _check_state(act, found)
            _apply(act, found, Duties.of_json(row.wanted) if row.wanted else None, reason=words, by=by, at=at)
        else:
            record_access(by=by, action="staff.refuse", subject=f"staff {found.pk} {row.act}", reason=words)


def address_works(*, row: Suppression, by: Actor, at: datetime) -> None:
    """Mail arrives at a colleague's address again. Raises Conflict when somebody was faster."""
    require(by, "staff:manage")
    suppress.lift(pk=row.pk, by=by, at=at)


def needs_second_manager(act: StaffAct, staff: Staff, duties: Duties | None = None) -> bool:
    """Whatever touches an auditor, or makes one. Ending sessions and mailing an invitation again are for one manager."""
    if act in {StaffAct.END_SESSIONS, StaffAct.INVITE_AGAIN}:
        return False
    waiting = staff.proposals.filter(decided_at=None, wanted__roles__contains=[Role.AUDITOR.value]).exists()
    return staff.holds(Role.AUDITOR) or waiting or (duties is not None and Role.AUDITOR.value in duties.roles)


def _locked(pk: int, *, by: Actor) -> Staff:
    """The account, locked together with every manager's: two managers can't take each other's rights at once."""
    wanted = Q(pk=pk) | Q(roles__contains=[Role.MANAGER.value])
    rows = {row.pk: row for row in Staff.objects.select_for_update().filter(wanted).order_by("pk")}
    me = rows.get(by.staff_id or 0)
    if me is None or not me.is_active or not me.holds(Role.MANAGER):
        raise NotAManager(_("You are not a manager any more. Nothing was changed."))
    if me.pk == pk:
        raise NotOnYourself(_("You can't do this to your own account. Ask another manager."))
    return rows[pk]


def _check_state(act: StaffAct, staff: Staff) -> None:
    wrong = {
        StaffAct.DISABLE: (not staff.is_active, _("This account is disabled already.")),
        StaffAct.ENABLE: (staff.is_active, _("This account is enabled already.")),
        StaffAct.RESET_MFA: (not Authenticator.objects.filter(user_id=staff.pk).exists(), _("There is no second factor to reset.")),
        StaffAct.INVITE_AGAIN: (staff.has_joined or not staff.is_active, _("This person has a password already, or is disabled.")),
    }.get(act)
    if wrong and wrong[0]:
        raise NothingToDo(wrong[1])


def _propose(act: StaffAct, staff: Staff, duties: Duties | None, *, reason: str, by: Actor, at: datetime) -> StaffProposal:
    if staff.proposals.filter(act=act, decided_at=None).exists():
        raise ProposalWaits(_("The same change waits for a second manager already."))
    record_access(by=by, action="staff.propose", subject=f"staff {staff.pk} {act}", reason=reason)
    return StaffProposal.objects.create(
        staff=staff, act=act, wanted=duties.as_json() if duties else {}, reason=reason, proposed_by_id=by.staff_id or 0, proposed_at=at
    )


def _apply(act: StaffAct, staff: Staff, duties: Duties | None, *, reason: str, by: Actor, at: datetime) -> None:
    subject = _subject(staff, duties)
    if act is StaffAct.CHANGE and duties is not None:
        roles_before = set(staff.roles)
        _write_duties(staff, duties)
        if set(duties.roles) != roles_before:
            sessions.end_all(staff)
    elif act in {StaffAct.DISABLE, StaffAct.ENABLE}:
        staff.is_active = act is StaffAct.ENABLE
        staff.save(update_fields=["is_active"])
        sessions.end_all(staff)
        invitations.revoke(staff=staff, at=at)
    elif act is StaffAct.RESET_MFA:
        Authenticator.objects.filter(user_id=staff.pk).delete()
        sessions.end_all(staff)
        emails.second_factor_reset(staff=staff, by=by, at=at)
    elif act is StaffAct.END_SESSIONS:
        sessions.end_all(staff)
    else:
        emails.staff_invite(invitation=invitations.make(staff=staff, by=by, at=at), by=by, at=at)
    record_access(by=by, action=f"staff.{act}", subject=subject, reason=reason)


def _write_duties(staff: Staff, duties: Duties) -> None:
    staff.name, staff.title, staff.roles = duties.name, duties.title, sorted(duties.roles)
    staff.operator_role, staff.credential_valid = duties.operator_role, duties.credential_valid
    staff.credential_expires_on = duties.credential_expires_on
    staff.full_clean(exclude=["password"])
    staff.save(update_fields=["name", "title", "roles", "operator_role", "credential_valid", "credential_expires_on"])
    staff.sites.set(duties.sites)


def _subject(staff: Staff, duties: Duties | None) -> str:
    if duties is None:
        return f"staff {staff.pk}"
    return f"staff {staff.pk}: {', '.join(sorted(duties.roles)) or 'no role'}; sites {', '.join(map(str, sorted(duties.sites)))}"
