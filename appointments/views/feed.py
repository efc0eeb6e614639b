"""The calendar feed: a page to make and revoke it, and the address itself."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from appointments import selectors, services
from clinic import limits
from clinic.audit import record_access
from clinic.permissions import acting_staff, allow, public
from clinic.requests import HttpRequest


@allow(GET="feed:own", POST="feed:own")
def my_feed(request: HttpRequest) -> HttpResponse:
    """Make an address, shown once; or revoke it."""
    staff, at, address = acting_staff(request.actor), timezone.now(), ""
    if request.method == "POST":
        if request.POST.get("do") == "make":
            secret = services.make_feed(staff=staff, by=request.actor, at=at)
            address = settings.PUBLIC_URL.rstrip("/") + reverse("appointments:feed", kwargs={"secret": secret})
        else:
            services.revoke_feed(staff=staff, by=request.actor, at=at)
            return redirect("appointments:my_feed")
    record_access(by=request.actor, action="feed.page")
    return render(request, "appointments/my_feed.html", {"feed": selectors.feed_of(staff), "address": address})


@public()
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar file. Unknown and revoked look the same."""
    limits.spend(f"feed:{limits.client_ip(request)}", most=60, seconds=60)
    owner = selectors.feed_owner(secret)
    if owner is None:
        raise Http404
    answer = HttpResponse(selectors.feed_ics(owner, timezone.now()), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="calendar.ics"'
    return answer
