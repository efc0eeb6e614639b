"""Ending sessions: of somebody whose account changed, and one's own others after a change of password or second factor."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.db.models import F
from django.http import HttpRequest

from clinic.models import Staff


def end_all(staff: Staff) -> None:
    """Every session of the account dies at once: the round no longer matches, and what is stored goes away (R22)."""
    Staff.objects.filter(pk=staff.pk).update(sign_in_round=F("sign_in_round") + 1)
    staff.refresh_from_db(fields=["sign_in_round"])
    for row in UserSession.objects.filter(user=staff):
        row.end()


def end_others(request: HttpRequest, staff: Staff) -> None:
    """All but the one that asks (R21)."""
    end_all(staff)
    request.user = staff
    update_session_auth_hash(request, staff)
    UserSession.objects.create_from_request(request)


def _second_factor_changed(request: HttpRequest, user: Any, **_: Any) -> None:
    end_others(request, Staff.objects.get(pk=user.pk))


def _enrolled(request: HttpRequest, user: Any, authenticator: Authenticator, **_: Any) -> None:
    """The code typed to enrol is used up (R16), and proves the person: the recovery codes follow without a password."""
    if authenticator.type == Authenticator.Type.TOTP:
        TOTP(authenticator).validate_code(request.POST.get("code", ""))
        record_authentication(request, user, method="mfa", type="totp", reauthenticated=True)


def listen() -> None:
    """Called once, when the apps are ready."""
    mfa.authenticator_added.connect(_enrolled, dispatch_uid="clinic.sessions.enrolled")
    for name in ("authenticator_added", "authenticator_removed", "authenticator_reset"):
        getattr(mfa, name).connect(_second_factor_changed, dispatch_uid=f"clinic.sessions.{name}")
