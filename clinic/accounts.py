"""Sign-in through django-allauth: sign-up closed, seeds encrypted, a second factor for all staff (R15, R20)."""

import base64
import os
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.http import HttpRequest

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


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up: a manager invites."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False


class StaffMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second-factor seeds are stored under AES-GCM (R20)."""

    @staticmethod
    def _cipher() -> AESGCM:
        return AESGCM(base64.b64decode(settings.FILE_KEY))

    def encrypt(self, text: str) -> str:
        """The seed as it is stored: nonce and ciphertext, base64."""
        nonce = os.urandom(12)
        return base64.b64encode(nonce + self._cipher().encrypt(nonce, text.encode(), b"mfa")).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The seed in plain text."""
        raw = base64.b64decode(encrypted_text)
        return self._cipher().decrypt(raw[:12], raw[12:], b"mfa").decode()
