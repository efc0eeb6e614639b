"""The page of needling at home: what is allowed, who approved it, and S22 while typing."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.htmx import is_fragment
from clinic.permissions import allow
from clinic.requests import HttpRequest
from patients import selectors as people
from patients.models import Patient
from treatments import selectors, services
from treatments.forms import HomePlanForm, ReasonForm
from treatments.views.page import patient_of, staff_of


@allow(GET="session:read", POST="course:change")
def home_plan(request: HttpRequest, patient: str) -> HttpResponse:
    """What runs and what ran; recording another. For htmx, while typing: what the rule says, and nothing is kept."""
    found, at = patient_of(request, patient), timezone.now()
    if request.method != "POST":
        record_access(by=request.actor, action="home_plan.view", patient_uuid=found.uuid)
        return _page(request, found)
    form = HomePlanForm(request.POST)
    if is_fragment(request):
        return render(request, "treatments/_home_findings.html", _said(request, found, form))
    if form.is_valid():
        try:
            services.home.record_home_plan(patient=found, entry=form.entry(), staff=staff_of(request), by=request.actor, at=at)
        except services.home.HomeBlocked as refusal:
            return _page(request, found, 422, form=form, note=refusal.message, **_said(request, found, form))
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The home plan is recorded."))
            return redirect("treatments:home_plan", patient=found.uuid)
    return _page(request, found, 422, form=form)


@allow(POST="course:change")
def end_home_plan(request: HttpRequest, patient: str) -> HttpResponse:
    """It ends with a reason."""
    found, form = patient_of(request, patient), ReasonForm(request.POST)
    if form.is_valid():
        try:
            services.home.end_home_plan(patient=found, reason=form.cleaned_data["text"], by=request.actor, at=timezone.now())
        except Refused as refusal:
            form.add_error("text", refusal.message)
        else:
            messages.success(request, _("The home plan has ended."))
            return redirect("treatments:home_plan", patient=found.uuid)
    return _page(request, found, 422, end_form=form)


def _said(request: HttpRequest, found: Patient, form: HomePlanForm) -> dict[str, Any]:
    """The rule about what is typed so far; silent while something is missing."""
    if not form.is_valid():
        return {"findings": []}
    entry, at = form.entry(), timezone.now()
    able = selectors.home.may_approve(staff_of(request), found, at)
    given = selectors.home.home_input(found, length_hundredths=entry.length_hundredths, every_days=entry.every_days, approved=entry.approved and able, at=at)
    return {"findings": selectors.home.judge(given)[1], "cannot_approve": entry.approved and not able}


def _page(request: HttpRequest, found: Patient, status: int = 200, **more: Any) -> HttpResponse:
    running, numbers = selectors.home.running(found), selectors.policy()
    context = {
        "patient": found, "tab": "sessions", "running": running, "ended": selectors.home.ended(found), "form": HomePlanForm(), "end_form": ReasonForm(),
        "running_findings": selectors.home.said_then(running) if running else [],
        "most_mm": f"{numbers.home_most_depth / 100:.2f}", "roller_days": people.policy().roller_days,
    }  # fmt: skip
    return render(request, "treatments/home_plan.html", context | more, status=status)
