"""Mail to staff about their account: the invitation, a new password, and the word that a second factor was reset."""

from datetime import datetime, timedelta
from uuid import uuid4

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from clinic import invitations, mailkit
from clinic.audit import Actor
from clinic.models import Clinic, OutboxMessage, Staff, StaffInvitation
from clinic.outbox import Kind, Mail, Scope, Verdict, kinds, queue

RESET_LIFETIME = timedelta(hours=1)


def register() -> None:
    """Kinds."""
    kinds.register(Kind("staff_invite", _may_invite, _build_invite, urgent=True, scope=Scope.ACCOUNT))
    kinds.register(Kind("staff_password_reset", _may_reset, _build_password_reset, urgent=True, scope=Scope.ACCOUNT))
    kinds.register(Kind("staff_second_factor_reset", _may_tell, _build_reset, urgent=True, scope=Scope.ACCOUNT))


def staff_invite(*, invitation: StaffInvitation, by: Actor, at: datetime) -> OutboxMessage:
    """Queue the invitation. Its link is made only while the mail is rendered."""
    return queue(
        kind="staff_invite", key=f"staff_invite:{invitation.uuid}", recipient=invitation.staff.email, cause_kind="staff_invitation",
        cause_uuid=invitation.uuid, send_after=at, expires_at=invitation.expires_at, by=by, at=at,
    )  # fmt: skip


def password_reset(*, address: str, by: Actor, at: datetime) -> OutboxMessage:
    """Queue the link for a new password, for any address: whether there is an account is asked by the drain.

    So the page does the same work for a known and for an unknown address (R26).
    """
    return queue(
        kind="staff_password_reset", key=f"staff_password:{uuid4()}", recipient=address.lower(), cause_kind="staff",
        send_after=at, expires_at=at + RESET_LIFETIME, by=by, at=at,
    )  # fmt: skip


def second_factor_reset(*, staff: Staff, by: Actor, at: datetime) -> OutboxMessage:
    """Tell the person, so that nobody's second factor goes away unnoticed (R21)."""
    return queue(
        kind="staff_second_factor_reset", key=f"staff_reset:{staff.uuid}:{at.isoformat()}", recipient=staff.email, cause_kind="staff",
        cause_uuid=staff.uuid, send_after=at, by=by, at=at,
    )  # fmt: skip


def _may_invite(row: OutboxMessage, at: datetime) -> Verdict:
    invitation = StaffInvitation.objects.select_related("staff").get(uuid=str(row.cause_uuid))
    if not invitation.is_open(at) or not invitation.staff.is_active:
        return Verdict.cancel("the invitation was used, replaced or has expired")
    return Verdict.go()


def _build_invite(row: OutboxMessage, at: datetime) -> Mail:
    invitation = StaffInvitation.objects.select_related("staff").get(uuid=str(row.cause_uuid))
    context = {
        "clinic": Clinic.objects.first(),
        "staff": invitation.staff,
        "invited_by": invitation.made_by,
        "url": invitations.mint_url(invitation),
        "days": invitations.INVITATION_DAYS,
    }
    return Mail(*mailkit.render("staff_invite", context, row.language))


def _account(address: str) -> Staff | None:
    found = Staff.objects.filter(email__iexact=address, is_active=True).first()
    return found if found is not None and found.has_joined else None


def _may_reset(row: OutboxMessage, at: datetime) -> Verdict:
    return Verdict.go() if _account(row.recipient) else Verdict.skip("no account that has joined has this address")


def _build_password_reset(row: OutboxMessage, at: datetime) -> Mail:
    staff = Staff.objects.get(email__iexact=row.recipient)
    key = {"uidb36": user_pk_to_url_str(staff), "key": default_token_generator.make_token(staff)}
    url = settings.PUBLIC_URL + reverse("account_reset_password_from_key", kwargs=key)
    context = {"clinic": Clinic.objects.first(), "staff": staff, "url": url}
    return Mail(*mailkit.render("staff_password_reset", context, row.language))


def _may_tell(row: OutboxMessage, at: datetime) -> Verdict:
    return Verdict.go()


def _build_reset(row: OutboxMessage, at: datetime) -> Mail:
    context = {"clinic": Clinic.objects.first(), "staff": Staff.objects.get(uuid=str(row.cause_uuid))}
    return Mail(*mailkit.render("staff_second_factor_reset", context, row.language))
