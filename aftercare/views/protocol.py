"""The protocol in force: what goes when, with which questions; a clinician confirms it."""

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from aftercare import selectors, services
from clinic.errors import Refused
from clinic.permissions import allow


@allow(GET="protocol:view", POST="protocol:approve")
def protocol(request: HttpRequest) -> HttpResponse:
    """Every step of the version in force. POST approves it."""
    found = selectors.protocol_for_page()
    if request.method != "POST" or found is None:
        return render(request, "aftercare/protocol.html", {"protocol": found})
    try:
        services.approve_protocol(protocol=found, by=request.actor, at=timezone.now())  # type: ignore[attr-defined]
        notices.success(request, _("Approved."))
    except Refused as refusal:
        notices.warning(request, refusal.message)
    return redirect("aftercare:protocol")
