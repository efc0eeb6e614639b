"""Somebody stepped away: after 15 minutes the session is locked until the same person signs in again (R18).

What was sent meanwhile is not lost: a form is kept, sealed, in the session, and offered again afterwards. Background
requests neither extend a session nor unlock it (R19). Twelve hours end it for good.
"""

import json
import re
import time
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from clinic import links
from clinic.seal import seal, unseal

LOCKED_PAGES = {"account_reauthenticate", "mfa_reauthenticate", "account_logout"}
MOST_CHARACTERS = 500_000
_BACKGROUND = re.compile(r"^/(healthz|readyz|treatments/sessions/[0-9a-f-]{36}/autosave/|treatments/photos/[0-9a-f-]{36}/small/)$")
HANDED_OVER = "handed_over"
_FORM = "kept_form"


@dataclass(frozen=True)
class KeptForm:
    """What somebody sent while the session was locked. Files are not kept."""

    path: str
    fields: list[tuple[str, str]]
    had_files: bool


def too_old(request: HttpRequest) -> bool:
    """Whether the session began more than twelve hours ago."""
    now = int(time.time())
    return bool(now - request.session.setdefault("began_at", now) > settings.ABSOLUTE_SECONDS)


def is_locked(request: HttpRequest) -> bool:
    """Whether the person must sign in again; notes that they were here, unless it is locked or a background request."""
    now, session = int(time.time()), request.session
    seen = session.get("seen_at", now)
    if "locked_at" not in session and now - seen > settings.IDLE_SECONDS:
        session["locked_at"] = now
        session.pop(STATE_SESSION_KEY, None)  # an act that waited for a password does not run hours later
    if "locked_at" in session:
        if not _signed_in_again(request, since=session["locked_at"]):
            return True
        del session["locked_at"]
        if HANDED_OVER in session:
            links.end_visit(session.pop(HANDED_OVER), at=timezone.now())
        session["seen_at"] = now
    if (not _is_background(request) and now - seen >= 20) or "seen_at" not in session:
        session["seen_at"] = now
    return False


def _is_background(request: HttpRequest) -> bool:
    """Polls say so; pages that save themselves, and pictures that load as they are scrolled to, need not be asked."""
    return request.headers.get("X-Background") == "1" or bool(_BACKGROUND.match(request.path))


def _signed_in_again(request: HttpRequest, *, since: int) -> bool:
    records = get_authentication_records(request, request.user)
    return any(record.get("reauthenticated") and record["at"] >= since for record in records)


def ask_again(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the password or a code, and from there back to where the person was."""
    here = request.get_full_path()
    if request.headers.get("HX-Request"):
        here = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
    if request.method == "POST":
        here = reverse("kept_form") if _keep(request) else "/"
    url = f"{reverse('account_reauthenticate')}?{urlencode({'next': here if request.method in {'GET', 'HEAD', 'POST'} else '/'})}"
    if not request.headers.get("HX-Request"):
        return redirect(url)
    response = HttpResponse(status=401)
    if not _is_background(request):
        response["HX-Redirect"] = url
    return response


def _keep(request: HttpRequest) -> bool:
    fields = [(name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"]
    text = json.dumps({"path": request.get_full_path(), "fields": fields, "had_files": bool(request.FILES)})
    if len(text) > MOST_CHARACTERS:
        return False
    request.session[_FORM] = seal(text, _FORM)
    return True


def kept_form(request: HttpRequest) -> KeptForm | None:
    """The form that waits, if there is one."""
    sealed = request.session.get(_FORM)
    if not sealed:
        return None
    kept = json.loads(unseal(sealed, _FORM))
    return KeptForm(kept["path"], [(name, value) for name, value in kept["fields"]], kept["had_files"])


def forget(request: HttpRequest) -> None:
    """It was sent, or thrown away."""
    request.session.pop(_FORM, None)


def forget_when_sent(request: HttpRequest) -> None:
    """A form for the same address was sent by the signed-in person: the kept one has done its work."""
    if request.method == "POST" and _FORM in request.session:
        kept = kept_form(request)
        if kept and kept.path == request.get_full_path():
            forget(request)
