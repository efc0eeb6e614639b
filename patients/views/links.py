"""A patient's links: see what became of each, unlock, revoke, send again (SECURITY.md, R37, R38). The address itself is never shown."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic import links as house
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.models import Link
from clinic.permissions import allow, check_subject, fetch
from clinic.requests import HttpRequest
from patients import selectors, services
from patients.forms.links import UnlockForm
from patients.models import Patient


def _patient(request: HttpRequest, patient: str) -> Patient:
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=patient)
    check_subject(request, found.uuid)
    return found


def _link(request: HttpRequest, found: Patient, link: str) -> Link:
    return fetch(Link.objects.select_related("site").filter(patient_uuid=found.uuid), request.actor, uuid=link)


def _page(request: HttpRequest, found: Patient, **more: Any) -> HttpResponse:
    record_access(by=request.actor, action="link.list", patient_uuid=found.uuid)
    context = {"patient": found, "rows": selectors.link_lines(found, timezone.now()), "tab": "messages"}
    return render(request, "patients/links.html", context | more, status=422 if more else 200)


@allow(GET="link:view")
def links(request: HttpRequest, patient: str) -> HttpResponse:
    """Every link of the patient: for what, since when, first opened, locked, ended."""
    return _page(request, _patient(request, patient))


@allow(GET="link:view")
def locked_links(request: HttpRequest) -> HttpResponse:
    """Links that somebody tried with five wrong dates of birth: phone the patient."""
    record_access(by=request.actor, action="link.locked")
    return render(request, "patients/locked_links.html", {"rows": selectors.locked_links(request.actor, timezone.now())})


@allow(POST="link:unlock")
def unlock_link(request: HttpRequest, patient: str, link: str) -> HttpResponse:
    """Five tries more, after the patient has proved who they are."""
    found = _patient(request, patient)
    row, form = _link(request, found, link), UnlockForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form=form, wrong=row.pk)
    try:
        house.unlock(link=row, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now())
        messages.success(request, _("The link opens again. The patient can use the mail that they have."))
    except Refused as refusal:
        messages.warning(request, refusal.message)
    return redirect("patients:links", patient=found.uuid)


@allow(POST="link:revoke")
def revoke_link(request: HttpRequest, patient: str, link: str) -> HttpResponse:
    """It stops at once, also for who has it open."""
    found = _patient(request, patient)
    row = _link(request, found, link)
    if house.revoke(pk=row.pk, by=request.actor, at=timezone.now(), reason=_("by staff")):
        messages.success(request, _("The link does not open any more."))
    else:
        messages.warning(request, _("This link had ended already."))
    return redirect("patients:links", patient=found.uuid)


@allow(POST="link:resend")
def send_link(request: HttpRequest, patient: str, link: str) -> HttpResponse:
    """A new one by mail; the old one stops."""
    found = _patient(request, patient)
    try:
        services.send_link_again(link=_link(request, found, link), patient=found, by=request.actor, at=timezone.now())
        messages.success(request, _("A new link is on its way. The old one does not open any more."))
    except Refused as refusal:
        messages.warning(request, refusal.message)
    return redirect("patients:links", patient=found.uuid)
