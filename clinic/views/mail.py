"""Doors for mail programs and providers: the one-click stop of an invitation, and events of delivery."""

import json

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from clinic import limits, links, mail_choices, mail_events
from clinic.models import Link
from clinic.permissions import public
from clinic.readonly import read_only

_PURPOSE = "preferences"


@csrf_exempt
@sensitive_variables("token")
@public(methods=("GET", "POST"))
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks and changes nothing; POST stops invitations, from a mail program too (RFC 8058). Twice is as once."""
    at = timezone.now()
    limits.spend(f"unsubscribe:{limits.client_ip(request)}", most=120, seconds=60)
    if request.method != "POST":
        with read_only():
            return _page(request, links.find(token, at=at, even_locked=True), stopped=False)
    link = links.find(token, at=at, even_locked=True)  # no date of birth is asked here, so wrong ones shut nothing
    if link is not None and link.purpose == _PURPOSE:
        mail_choices.unsubscribe(link=link, at=at)
    return _page(request, link, stopped=True)


def _page(request: HttpRequest, link: Link | None, *, stopped: bool) -> HttpResponse:
    if link is None or link.purpose != _PURPOSE:
        return links.refuse_dead_link(request)
    context = {"site": link.site, "stopped": stopped or not mail_choices.wants_invitations(link.patient_uuid)}
    return render(request, "clinic/unsubscribe.html", context)


@csrf_exempt
@public(methods=("POST",))
def mail_provider_events(request: HttpRequest, provider: str) -> HttpResponse:
    """Events of a provider that is set up and signs what it sends. Anything else is refused and changes nothing."""
    if provider not in settings.MAIL_EVENTS or not mail_events.has_secret(provider):
        raise Http404
    limits.spend(f"mail-events:{limits.client_ip(request)}", most=6000, seconds=60)
    try:
        return mail_events.hear(request, provider)
    except SuspiciousOperation:  # a wrong signature: said shortly, not as a page
        return HttpResponse("refused", status=403, content_type="text/plain")
    except (json.JSONDecodeError, UnicodeDecodeError):
        return HttpResponse("not understood", status=400, content_type="text/plain")
