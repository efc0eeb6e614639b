"""Concerns: the list, one concern, and what its clinician does with it."""

from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from aftercare import selectors, services
from aftercare.forms import CallForm, CloseForm, HandBackForm, RaiseForm, ReasonForm
from aftercare.models import Concern
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import allow, check_subject, fetch, level
from clinic.requests import HttpRequest


@allow(GET="concern:count")
def concerns(request: HttpRequest) -> HttpResponse:
    """Who must be answered, by when. The desk sees the count, whom a clinician will call, and its own calls."""
    by, at = request.actor, timezone.now()
    full = level(by, "concern:view") == "full"
    record_access(by=by, action="concern.list")
    context = {
        "count": selectors.concern_count(by),
        "rows": selectors.concern_rows(by, at=at) if full else [],
        "desk_rows": [] if full else selectors.desk_concerns(by),
        "closed": selectors.closed_concerns(by, limit=20) if full else [],
        "calls": selectors.call_rows(by),
        "full": full,
        "on_call": selectors.on_call_names(by, at=at),
    }
    return render(request, "aftercare/concerns.html", context)


def _fetch(request: HttpRequest, concern_uuid: UUID) -> Concern:
    by = request.actor
    found = fetch(selectors.concern_for_page(), by, uuid=concern_uuid)
    if level(by, "concern:view") != "full":
        raise PermissionDenied("concern:view")
    return found


def _page(request: HttpRequest, found: Concern, *, status: int = 200, **forms: Any) -> HttpResponse:
    zone = found.site.zone
    context = {
        "concern": found,
        "patient": found.patient,
        "detail": selectors.concern_detail(found, by=request.actor, at=timezone.now()),
        "call_form": CallForm(zone=zone),
        "close_form": CloseForm(zone=zone, told_at=selectors.told_at(found)),
        "hand_back_form": HandBackForm(),
        "raise_form": RaiseForm(),
        "reason_form": ReasonForm(),
        **forms,
    }
    return render(request, "aftercare/concern.html", context, status=status)


def _for_the_desk(request: HttpRequest, concern_uuid: UUID) -> HttpResponse:
    """Whom a clinician will call, and nothing else: no level, no answer, no reason."""
    by = request.actor
    found = fetch(Concern.objects.select_related("patient", "claimed_by"), by, uuid=concern_uuid)
    record_access(by=by, action="concern.view_limited", subject="concern", patient_uuid=found.patient.uuid)
    context = {"patient": found.patient, "taken_by": found.claimed_by.display_name if found.claimed_by else ""}
    return render(request, "aftercare/concern_limited.html", context)


@allow(GET="concern:view")
def concern(request: HttpRequest, concern_uuid: UUID) -> HttpResponse:
    """Whom do I call, and by when: the answers, what was said, the holds, the log, the outcome."""
    if level(request.actor, "concern:view") != "full":
        return _for_the_desk(request, concern_uuid)
    found = _fetch(request, concern_uuid)
    record_access(by=request.actor, action="concern.view", subject=str(found), patient_uuid=found.patient.uuid)
    return _page(request, found)


@allow(POST="concern:claim")
def claim_concern(request: HttpRequest, concern_uuid: UUID) -> HttpResponse:
    """I take this. A colleague who was faster is named, kindly."""
    found = _fetch(request, concern_uuid)
    check_subject(request, found.patient.uuid)
    try:
        services.claim_concern(concern=found, by=request.actor, at=timezone.now())
        notices.success(request, _("It is yours. Please call."))
    except Refused as refusal:
        notices.warning(request, refusal.message)
    return redirect("aftercare:concern", concern_uuid=found.uuid)


@allow(POST="concern:claim")
def log_call(request: HttpRequest, concern_uuid: UUID) -> HttpResponse:
    """Write down a call: reached or not, what was said, the next try."""
    found = _fetch(request, concern_uuid)
    check_subject(request, found.patient.uuid)
    form = CallForm(request.POST, zone=found.site.zone)
    if not form.is_valid():
        return _page(request, found, status=422, call_form=form)
    try:
        services.log_call(
            concern=found,
            words=form.cleaned_data["words"],
            reached=form.cleaned_data["reached"] == "yes",
            next_try_at=form.cleaned_data["next_try_at"],
            by=request.actor,
            at=timezone.now(),
        )
    except Refused as refusal:
        form.add_error(refusal.field or None, refusal.message)
        return _page(request, found, status=refusal.status, call_form=form)
    return redirect("aftercare:concern", concern_uuid=found.uuid)


@allow(POST="concern:claim")
def hand_back_concern(request: HttpRequest, concern_uuid: UUID) -> HttpResponse:
    """Give it back to the list; the others are mailed again."""
    found = _fetch(request, concern_uuid)
    check_subject(request, found.patient.uuid)
    form = HandBackForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=422, hand_back_form=form)
    try:
        words = form.cleaned_data["words"]
        services.hand_back_concern(concern=found, words=words, by=request.actor, at=timezone.now())
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return _page(request, found, status=refusal.status, hand_back_form=form)
    notices.success(request, _("It is back on the list. The clinicians of this site are mailed again."))
    return redirect("aftercare:concerns")


@allow(POST="concern:close")
def close_concern(request: HttpRequest, concern_uuid: UUID) -> HttpResponse:
    """Close with an outcome."""
    found = _fetch(request, concern_uuid)
    check_subject(request, found.patient.uuid)
    form = CloseForm(request.POST, zone=found.site.zone, told_at=selectors.told_at(found))
    if not form.is_valid():
        return _page(request, found, status=422, close_form=form)
    try:
        data = form.cleaned_data
        services.close_concern(
            concern=found,
            outcome=data["outcome"],
            words=data["words"],
            keep_holds=data["keep_holds"],
            event=services.EventNoted(**form.event()),
            by=request.actor,
            at=timezone.now(),
        )
    except Refused as refusal:
        form.add_error(refusal.field or None, refusal.message)
        return _page(request, found, status=refusal.status, close_form=form)
    notices.success(request, _("Closed."))
    return redirect("aftercare:concerns")


@allow(POST="concern:claim")
def raise_concern(request: HttpRequest, concern_uuid: UUID) -> HttpResponse:
    """Make it more urgent; never less."""
    found = _fetch(request, concern_uuid)
    check_subject(request, found.patient.uuid)
    form = RaiseForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=422, raise_form=form)
    try:
        services.raise_concern(concern=found, by=request.actor, at=timezone.now(), **form.cleaned_data)
    except Refused as refusal:
        form.add_error(refusal.field or None, refusal.message)
        return _page(request, found, status=refusal.status, raise_form=form)
    return redirect("aftercare:concern", concern_uuid=found.uuid)


@allow(POST="hold:release")
def release_holds(request: HttpRequest, concern_uuid: UUID) -> HttpResponse:
    """Lift what the concern holds, with a reason; it may stay open."""
    found = _fetch(request, concern_uuid)
    check_subject(request, found.patient.uuid)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=422, reason_form=form)
    services.release_concern_holds(
        concern=found, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now()
    )
    notices.success(request, _("The hold is lifted."))
    return redirect("aftercare:concern", concern_uuid=found.uuid)
