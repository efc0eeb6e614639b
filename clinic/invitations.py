"""Invitations of staff: a mailed way in for one new account, used once. The person sets their own password.

The raw token exists only while a mail is rendered, or on the console of `setup_clinic`; the table holds SHA-256 (R31).
Unknown, expired, revoked and used look the same (R26).
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor, record_access
from clinic.errors import Refused
from clinic.models import Staff, StaffInvitation

INVITATION_DAYS = 7


class InvitationDead(Refused):
    """Unknown, expired, revoked or used: never said which."""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make(*, staff: Staff, by: Actor, at: datetime) -> StaffInvitation:
    """A new invitation; earlier ones of this account stop working. It has no token yet: each mail mints one."""
    with audit.write(by=by, action="staff.invitation"):
        revoke(staff=staff, at=at)
        return StaffInvitation.objects.create(
            staff=staff, made_by=by.name, made_at=at, expires_at=at + timedelta(days=INVITATION_DAYS)
        )


def revoke(*, staff: Staff, at: datetime) -> int:
    """End the open invitations of an account. Call it inside the transaction of its cause."""
    return StaffInvitation.objects.filter(staff=staff, used_at=None, revoked_at=None).update(revoked_at=at)


def mint_url(invitation: StaffInvitation) -> str:
    """An address with a fresh 256-bit token; only its hash is stored."""
    token = secrets.token_urlsafe(32)
    with audit.write(by=Actor.of_task("invitation"), action="staff.invitation_token"):
        row = StaffInvitation.objects.select_for_update().get(pk=invitation.pk)
        row.token_hashes = [*row.token_hashes, _digest(token)]
        row.save(update_fields=["token_hashes"])
    return settings.PUBLIC_URL + reverse("join", kwargs={"token": token})


def find(token: str, *, at: datetime) -> StaffInvitation | None:
    """The open invitation behind a token, of an active account; or None. Reads only."""
    rows = StaffInvitation.objects.select_related("staff").filter(token_hashes__contains=[_digest(token)])
    row = rows.first()
    return row if row is not None and row.is_open(at) and row.staff.is_active else None


def accept(*, invitation: StaffInvitation, password: str, at: datetime) -> Staff:
    """Set the person's own password and use the invitation up. Raises InvitationDead for all but the first."""
    by = Actor.of_invitation(invitation)
    with audit.write(by=by, action="staff.join"):
        row = StaffInvitation.objects.select_for_update().select_related("staff").get(pk=invitation.pk)
        staff = Staff.objects.select_for_update().get(pk=row.staff_id)
        if not row.is_open(at) or not staff.is_active:
            raise InvitationDead(_("This invitation does not open any more."))
        row.used_at = at
        row.save(update_fields=["used_at"])
        staff.set_password(password)
        staff.password_changed_at = at
        staff.save(update_fields=["password", "password_changed_at"])
        record_access(by=by, action="staff.join", subject=f"staff {staff.pk}")
    return staff
