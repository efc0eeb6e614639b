"""A tablet goes from a member of staff to a patient: the staff session locks, and one patient's page opens in its place.

Nobody comes back from there into the staff app without signing in again (as after 15 idle minutes, R18), whatever address is typed.
Whoever signs in again ends the patient's visit, so half-filled answers aren't left open for the next pair of eyes.
"""

import time

from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from clinic import idle, limits, links
from clinic.models import Link


def hand_over(request: HttpRequest, link: Link, *, url: str) -> HttpResponse:
    """Lock the staff session, open a visit of the link in this browser and go to `url`, a patient page.

    The member of staff vouches for the person, so no date of birth is asked. What the browser kept of staff pages is thrown
    away: the back button asks the server, and the server asks for the password.
    """
    visit, cookie = links.open_in_person(
        link=link, at=timezone.now(), ip_prefix=limits.ip_prefix(request), user_agent=request.headers.get("User-Agent", "")
    )
    request.session["locked_at"] = time.time()
    request.session[idle.HANDED_OVER] = visit.pk
    request.session.pop(STATE_SESSION_KEY, None)
    response = redirect(url)
    response.set_cookie(
        settings.LINK_COOKIE_NAME, cookie, max_age=links.IN_PERSON_MINUTES * 60, secure=settings.HTTPS, httponly=True, samesite="Strict", path="/"
    )
    response["Clear-Site-Data"] = '"cache"'
    return response
