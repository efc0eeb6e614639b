"""Pages that look across the rooms. They read; the rooms write."""

from datetime import date, datetime

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import selectors as visits
from appointments import services as screens
from clinic import limits
from clinic.audit import Actor, record_access
from clinic.errors import Refused
from clinic.htmx import fragment_or_page, is_fragment
from clinic.models import Site
from clinic.permissions import allow, fetch, may, public, scoped
from clinic.requests import HttpRequest
from desk import selectors
from patients import selectors as people
from patients.models import Patient

_SCREEN_SECONDS = 400 * 24 * 3600  # the longest that browsers keep a cookie


@allow(GET="rules:view")
def home(request: HttpRequest) -> HttpResponse:
    """The first page of each role."""
    if may(request.actor, "today:view"):
        return redirect("desk:today")
    return redirect("desk:rules")


@allow(GET="today:view")
def today(request: HttpRequest) -> HttpResponse:
    """Who is here, who is next, what is missing?"""
    at = timezone.now()
    sites = scoped(Site.objects.select_related("clinic"), request.actor).order_by("pk")
    site = _site(request, sites)
    on = site.today(at)
    record_access(by=request.actor, action="today.view")
    board = selectors.board(site, on, actor=request.actor, at=at)
    context = {
        "site": site, "sites": list(sites), "on": on, "at": at, "board": board, "names_hidden": not may(request.actor, "patient:edit"),
        "rooms": visits.rooms_of(site),
    }  # fmt: skip
    unsigned = selectors.unsigned_records(request.actor) if may(request.actor, "session:sign") else []
    unsigned = [record for record in unsigned if record.signs == request.actor.staff_id]
    context |= {"unsigned": unsigned[:5], "unsigned_count": len(unsigned)}
    return fragment_or_page(request, "desk/_board.html", "desk/today.html", context)


def _site(request: HttpRequest, sites: QuerySet[Site]) -> Site:
    asked = request.GET.get("site", "")
    site = next((site for site in sites if str(site.uuid) == asked), None) if asked else sites.first()
    if site is None:
        raise Refused(_("You have no site yet. Ask a manager."))
    return site


@allow(GET="appointment:book")
def day_list(request: HttpRequest) -> HttpResponse:
    """A day on paper, before a downtime: who comes when, how to reach them, what is missing, room to write."""
    at = timezone.now()
    site = _site(request, scoped(Site.objects.select_related("clinic"), request.actor).order_by("pk"))
    try:
        on = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        on = site.today(at)
    record_access(by=request.actor, action="day_list.print", subject=f"{on}")
    lines = selectors.coming_lines(site, on, at=at)
    return render(request, "desk/day_list.html", {"site": site, "on": on, "at": at, "lines": lines})


@public(methods=("GET", "POST"))
def wall(request: HttpRequest) -> HttpResponse:
    """The board on a wall screen: read-only, one site, signed in by a code. Any change of it is made elsewhere."""
    at, problem = timezone.now(), ""
    if request.method == "POST":
        limits.spend(f"wall:{limits.client_ip(request)}", most=10, seconds=60)
        try:
            return _paired(screens.pair_screen(code=request.POST.get("code", "")[:40], at=at)[1])
        except screens.CodeWrong as wrong:
            problem = wrong.message
    screen = visits.screen_of(request.COOKIES.get(settings.SCREEN_COOKIE_NAME, ""))
    if screen is None or problem:
        status = 422 if problem else 403 if is_fragment(request) else 200
        return render(request, "desk/wall_sign_in.html", {"problem": problem}, status=status)
    by = Actor(kind="screen", name=f"wall screen {screen.name}")
    if not is_fragment(request):
        record_access(by=by, action="wall.view")
    on = screen.site.today(at)
    context = {"site": screen.site, "screen": screen, "on": on, "at": at, "board": selectors.board(screen.site, on, actor=by, at=at)}
    return fragment_or_page(request, "desk/_wall.html", "desk/wall.html", context)


def _paired(token: str) -> HttpResponse:
    answer = redirect("desk:wall")
    answer.set_cookie(
        settings.SCREEN_COOKIE_NAME, token, max_age=_SCREEN_SECONDS, secure=bool(settings.SESSION_COOKIE_SECURE), httponly=True, samesite="Strict"
    )
    return answer


@allow(GET="search:view")
def search(request: HttpRequest) -> HttpResponse:
    """Find a patient in a second; one hit opens at once."""
    query = request.GET.get("q", "")[:100]
    found = people.found_patients(query, request.actor)
    record_access(by=request.actor, action="patient.search")
    if len(found) == 1 and may(request.actor, "patient:view"):
        return redirect("desk:patient_overview", patient=found[0].uuid)
    return render(request, "desk/search.html", {"query": query, "patients": found, "short": len(query.strip()) < 2})


@allow(GET="patient:view")
def patient_overview(request: HttpRequest, patient: str) -> HttpResponse:
    """May I treat, with what, and what comes next?"""
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=patient)
    record_access(by=request.actor, action="patient.view", patient_uuid=found.uuid)
    at = timezone.now()
    page = selectors.timeline(found, actor=request.actor, at=at, shown=request.GET.get("show", ""), before=_instant(request.GET.get("before", "")))
    if is_fragment(request):
        return render(request, "desk/_timeline.html", {"patient": found, "page": page})
    context = selectors.overview(found, actor=request.actor, at=at)
    return render(request, "desk/patient_overview.html", context | {"page": page, "tab": "overview"})


def _instant(text: str) -> datetime | None:
    """An instant from an address; anything else is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


@allow(GET="screening:view")
def to_look_at(request: HttpRequest) -> HttpResponse:
    """Who waits for a clinician: changes that were told, answers with something to review. The desk sees who, not what."""
    record_access(by=request.actor, action="screening.list")
    context = {"rows": selectors.to_look_at(request.actor, timezone.now()), "clinical": may(request.actor, "intake:review")}
    return render(request, "desk/to_look_at.html", context)


@allow(GET="session:sign")
def unsigned(request: HttpRequest) -> HttpResponse:
    """Sessions that began and have no end; then records that wait for a signature, oldest first: the reader's own, and those whose author can't sign any more, with who signs them."""
    found = selectors.unsigned_records(request.actor)
    own = [record for record in found if record.signs == request.actor.staff_id]
    return render(request, "desk/unsigned.html", {"records": own, "left": [record for record in found if record not in own], "begun": selectors.never_ended(request.actor, timezone.now())})
