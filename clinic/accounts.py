"""Sign-in through django-allauth: sign-up closed, seeds encrypted, a second factor for all staff (R15, R20)."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from clinic import audit
from clinic.audit import Actor
from clinic.seal import seal, unseal

# allauth's pages that are included in the URL map, and who may open them: anybody, staff before they have a second
# factor, or staff with one. A page of allauth that is not here answers 403.
SIGN_IN_PAGES: dict[str, str] = {
    "account_login": "anonymous",
    "account_logout": "enrolling",
    "account_reset_password": "anonymous",
    "account_reset_password_done": "anonymous",
    "account_reset_password_from_key": "anonymous",
    "account_reset_password_from_key_done": "anonymous",
    "account_inactive": "anonymous",
    "account_reauthenticate": "enrolling",
    "account_change_password": "staff",
    "mfa_authenticate": "anonymous",
    "mfa_reauthenticate": "enrolling",
    "mfa_index": "enrolling",
    "mfa_activate_totp": "enrolling",
    "mfa_deactivate_totp": "staff",
    "mfa_view_recovery_codes": "staff",
    "mfa_generate_recovery_codes": "staff",
    "mfa_download_recovery_codes": "staff",
    "usersessions_list": "staff",
}


def needs_second_factor(user: Any) -> bool:
    """Whether this account must enrol before it may see anything (R15)."""
    return bool(settings.MFA_REQUIRED) and not is_mfa_enabled(user)


def require_fresh(request: HttpRequest) -> None:
    """Ask for the password or a code again unless that was done in the last five minutes; the form is kept meanwhile.

    allauth's middleware answers the exception with its page, and runs this request again afterwards.
    """
    raise_if_reauthentication_required(request, app="")


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up: a manager invites."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """A first second factor needs no password again right after the sign-in; everything else does."""
        if app == "allauth.mfa" and not is_mfa_enabled(self.request.user):
            records = get_authentication_records(self.request, self.request.user)
            return not records or time.time() - float(records[-1]["at"]) >= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def set_password(self, user: Any, password: str) -> None:
        """Written with its actor, like everything."""
        with audit.write(by=Actor.of_staff(user), action="staff.password"):
            user.set_password(password)
            user.password_changed_at = timezone.now()
            user.save(update_fields=["password", "password_changed_at"])

    def send_notification_mail(self, template_prefix: str, user: Any, context: Any = None, email: str | None = None) -> None:
        """To the address that the person signs in with (R21)."""
        super().send_notification_mail(template_prefix, user, context, email or user.email)


class StaffMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second-factor seeds are stored under AES-GCM (R20)."""

    def encrypt(self, text: str) -> str:
        """The seed as it is stored."""
        return seal(text, "mfa")

    def decrypt(self, encrypted_text: str) -> str:
        """The seed in plain text."""
        return unseal(encrypted_text, "mfa")
