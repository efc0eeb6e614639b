"""Reads for the manager's pages about staff."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Exists, OuterRef, QuerySet

from clinic.addresses import failing
from clinic.audit import Actor
from clinic.models import OutboxMessage, Staff, StaffInvitation, StaffProposal, Suppression
from clinic.permissions import scoped


@dataclass(frozen=True)
class InvitationState:
    """The newest invitation of somebody who has not joined yet, and what became of its mail."""

    invitation: StaffInvitation
    is_open: bool
    mail_state: str
    mail_reason: str


def people(actor: Actor) -> QuerySet[Staff]:
    """Staff of the actor's sites, those who can sign in first, with `has_mfa`."""
    has_mfa = Exists(Authenticator.objects.filter(user_id=OuterRef("pk"), type=Authenticator.Type.TOTP))
    mine = scoped(Staff.objects.all(), actor).values("pk")
    rows = Staff.objects.filter(pk__in=mine).annotate(has_mfa=has_mfa)
    return rows.prefetch_related("sites").order_by("-is_active", "name", "pk")


def open_proposals(actor: Actor) -> QuerySet[StaffProposal]:
    """What waits for a second manager, oldest first."""
    mine = scoped(Staff.objects.all(), actor).values("pk")
    rows = StaffProposal.objects.filter(staff__in=mine, decided_at=None)
    return rows.select_related("staff", "proposed_by").order_by("proposed_at", "pk")


def invitation_state(staff: Staff, *, at: datetime) -> InvitationState | None:
    """None once the person has a password."""
    newest = staff.invitations.order_by("-made_at", "-pk").first()
    if staff.has_joined or newest is None:
        return None
    mail = OutboxMessage.objects.filter(kind="staff_invite", cause_uuid=newest.uuid).first()
    return InvitationState(newest, newest.is_open(at), mail.state if mail else "", mail.reason if mail else "")


def unreached(actor: Actor) -> list[tuple[Suppression, Staff]]:
    """Colleagues of the actor's sites whom mail does not reach, by the address they have now. Alerts are tried all the same."""
    staff = {one.email.lower(): one for one in Staff.objects.filter(pk__in=scoped(Staff.objects.all(), actor).values("pk"), is_active=True)}
    found = Suppression.objects.filter(lifted_at=None, address__in=staff).exclude(kind="complained")
    return [(row, staff[row.address]) for row in found]


def address_fails(staff: Staff) -> Suppression | None:
    """Why mail does not reach this colleague, if it is known not to."""
    return failing(staff.email)


def session_count(staff: Staff) -> int:
    """How many sessions the person has open."""
    return len(UserSession.objects.purge_and_list(staff))
