"""A second person confirms at somebody else's screen: their own e-mail, password and code, without signing in."""

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest

from clinic.audit import Actor, record_access
from clinic.errors import Refused
from clinic.limits import spend
from clinic.models import Staff

_MOST, _SECONDS = 5, 300


class NotConfirmed(Refused):
    """The e-mail, the password or the code is wrong; which one is not said."""


def confirm_identity(request: HttpRequest, *, email: str, password: str, code: str, by: Actor) -> Staff:
    """The active member of staff whose password, and code where they have a second factor, were typed.

    Wrong tries are counted for the person named and for the one at the screen, and logged. Raises NotConfirmed, TooMany.
    """
    spend(f"witness:{email.strip().lower()}", most=_MOST, seconds=_SECONDS)
    spend(f"witness-at:{by.staff_id}", most=_MOST * 2, seconds=_SECONDS)
    found = authenticate(request, email=email.strip(), password=password)
    if not isinstance(found, Staff) or not found.is_active or not _second_factor(found, code):
        record_access(by=by, action="witness.confirm", allowed=False)
        raise NotConfirmed("That e-mail, password or code is not right.", field="password")
    record_access(by=by, action="witness.confirm", subject=f"staff {found.pk}")
    return found


def _second_factor(staff: Staff, code: str) -> bool:
    if not is_mfa_enabled(staff):
        return not settings.MFA_REQUIRED
    row = Authenticator.objects.filter(user=staff, type=Authenticator.Type.TOTP).first()
    return row is not None and TOTP(row).validate_code(code.replace(" ", ""))


