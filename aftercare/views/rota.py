"""The on-call rota, and handing concerns over."""

from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from aftercare import selectors, services
from aftercare.forms import HandOverForm, ShiftForm
from aftercare.models import Concern, OnCallShift
from clinic.audit import Actor, record_access
from clinic.errors import Refused
from clinic.models import Site
from clinic.permissions import allow, check_subject, fetch, level
from clinic.requests import HttpRequest


def _page(request: HttpRequest, *, status: int = 200, bad: dict[Any, Any] | None = None) -> HttpResponse:
    by, at = request.actor, timezone.now()
    bad = bad or {}
    full = level(by, "concern:view") == "full"
    sites = [
        (rota, bad.get(rota.site.pk) or ShiftForm(staff=selectors.clinicians_of(rota.site.pk), zone=rota.site.zone, auto_id=f"site{rota.site.pk}_%s"))
        for rota in selectors.rotas(by, at=at)
    ]
    mine = selectors.claimed_by(by) if full else []
    hand_over = [(concern, bad.get(concern.uuid) or _hand_over_form(concern, by)) for concern in mine]
    context = {"sites": sites, "hand_over": hand_over, "full": full}
    return render(request, "aftercare/rota.html", context, status=status)


def _hand_over_form(concern: Concern, by: Actor, data: Any = None) -> HandOverForm:
    colleagues = [person for person in selectors.clinicians_of(concern.site_id) if person.pk != by.staff_id]
    return HandOverForm(data, staff=colleagues, auto_id=f"concern{concern.pk}_%s")


@allow(GET="rota:view")
def rota(request: HttpRequest) -> HttpResponse:
    """Who is on call now and next, the hours without anybody, and what I have to hand over."""
    record_access(by=request.actor, action="rota.view")
    return _page(request)


@allow(POST="rota:change")
def add_shift(request: HttpRequest, site_uuid: UUID) -> HttpResponse:
    """Put a clinician on call."""
    by = request.actor
    site = fetch(Site.objects.select_related("clinic"), by, uuid=site_uuid)
    form = ShiftForm(request.POST, staff=selectors.clinicians_of(site.pk), zone=site.zone, auto_id=f"site{site.pk}_%s")
    if not form.is_valid():
        return _page(request, status=422, bad={site.pk: form})
    try:
        services.add_shift(site=site, by=by, at=timezone.now(), **form.cleaned_data)
    except Refused as refusal:
        form.add_error(refusal.field or None, refusal.message)
        return _page(request, status=refusal.status, bad={site.pk: form})
    notices.success(request, _("On the rota."))
    return redirect("aftercare:rota")


@allow(POST="rota:change")
def remove_shift(request: HttpRequest, shift_uuid: UUID) -> HttpResponse:
    """Take a shift off; one that runs ends now."""
    by = request.actor
    services.remove_shift(shift=fetch(OnCallShift, by, uuid=shift_uuid), by=by, at=timezone.now())
    notices.success(request, _("Taken off the rota."))
    return redirect("aftercare:rota")


@allow(POST="concern:claim")
def hand_over_concern(request: HttpRequest, concern_uuid: UUID) -> HttpResponse:
    """Give a concern to a named colleague, who has it from now on."""
    by = request.actor
    found = fetch(selectors.concern_for_page(), by, uuid=concern_uuid)
    check_subject(request, found.patient.uuid)
    form = _hand_over_form(found, by, request.POST)
    if not form.is_valid():
        return _page(request, status=422, bad={found.uuid: form})
    try:
        services.hand_over_concern(concern=found, by=by, at=timezone.now(), **form.cleaned_data)
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return _page(request, status=refusal.status, bad={found.uuid: form})
    notices.success(request, _("Handed over. Your colleague has a mail."))
    return redirect("aftercare:rota")
