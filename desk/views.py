"""Pages that look across the rooms. They read; the rooms write."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.htmx import fragment_or_page
from clinic.models import Site
from clinic.permissions import allow, fetch, may, scoped
from clinic.requests import HttpRequest
from desk import selectors
from patients import selectors as people
from patients.models import Patient


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
    asked = request.GET.get("site", "")
    site = next((site for site in sites if str(site.uuid) == asked), None) if asked else sites.first()
    if site is None:
        raise Refused(_("You have no site yet. Ask a manager."))
    on = site.today(at)
    record_access(by=request.actor, action="today.view")
    board = selectors.board(site, on, actor=request.actor, at=at)
    context = {"site": site, "on": on, "at": at, "board": board, "names_hidden": not may(request.actor, "patient:edit")}
    return fragment_or_page(request, "desk/_board.html", "desk/today.html", context)


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
    context = selectors.overview(found, actor=request.actor, at=timezone.now())
    return render(request, "desk/patient_overview.html", context | {"tab": "overview"})


@allow(GET="session:sign")
def unsigned(request: HttpRequest) -> HttpResponse:
    """Own records that wait for a signature, oldest first."""
    return render(request, "desk/unsigned.html", {"records": selectors.unsigned_records(request.actor)})
