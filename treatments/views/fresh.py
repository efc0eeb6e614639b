"""A signature needs a fresh sign-in: the password or a code typed within the last minutes."""

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from clinic.requests import HttpRequest


def ask_again(request: HttpRequest, back: str) -> HttpResponse | None:
    """The page that asks for the password, leading back to `back`; None when it was typed just now."""
    if not settings.SIGN_NEEDS_FRESH_LOGIN or did_recently_reauthenticate(request):
        return None
    messages.info(request, _("Type your password again, then sign."))
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}")
