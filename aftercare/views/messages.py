"""“Why did, or didn't, this message go?” on a patient, one message, and the list of the whole clinic."""

from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from aftercare import selectors, services
from aftercare.forms import ReasonForm
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.models import OutboxMessage
from clinic.permissions import allow, check_subject, fetch, may
from clinic.requests import HttpRequest
from clinic.staff_selectors import unreached as unreached_staff
from patients.models import Patient


@allow(GET="message:states")
def messages(request: HttpRequest, patient_uuid: UUID) -> HttpResponse:
    """A patient's messages past and to come, each with its state and reason."""
    by, at = request.actor, timezone.now()
    found = fetch(Patient.objects.select_related("site"), by, uuid=patient_uuid)
    record_access(by=by, action="message.timeline", subject=str(found), patient_uuid=found.uuid)
    context = {
        "patient": found,
        "rows": selectors.message_timeline(found, actor=by, now=at),
        "tab": "messages",
        "plans": selectors.plans_to_decide(found) if may(by, "aftercare:replan") else [],
    }
    return render(request, "aftercare/messages.html", context)


@allow(GET="message:states")
def all_messages(request: HttpRequest) -> HttpResponse:
    """Messages of the whole clinic: what went and what goes next; by state and words."""
    by, at = request.actor, timezone.now()
    state = request.GET.get("state", "")
    page = int(request.GET.get("page", "1")) if request.GET.get("page", "1").isdecimal() else 1
    words = request.GET.get("q", "")[:100]
    rows, more = selectors.message_list(by, state=state, words=words, page=max(1, min(page, 2000)), now=at)
    record_access(by=by, action="message.list")
    context = {
        "rows": rows, "more": more, "page": page, "state": state, "states": selectors.STATE_FILTERS, "words": words,
        "health": selectors.mail_health(at), "unreached": selectors.unreached(by) if may(by, "message:lift") else [], "now": at,
        "colleagues": unreached_staff(by) if may(by, "staff:manage") else [],
    }  # fmt: skip
    return render(request, "aftercare/all_messages.html", context)


@allow(POST="message:lift")
def lift_address(request: HttpRequest, patient_uuid: UUID) -> HttpResponse:
    """Mail goes to this patient's address again."""
    by = request.actor
    patient = fetch(Patient.objects.select_related("site"), by, uuid=patient_uuid)
    check_subject(request, patient.uuid)
    number = request.POST.get("address", "")
    try:
        services.lift_address(pk=int(number) if number.isdecimal() else 0, patient=patient, by=by, at=timezone.now())
        notices.success(request, _("Mail goes to this address again."))
    except Refused as refusal:
        notices.warning(request, refusal.message)
    return redirect("aftercare:all_messages")


def _fetch(request: HttpRequest, message_uuid: UUID) -> tuple[OutboxMessage, Patient]:
    """The message, if its patient is in the actor's scope; mail without a patient has no page."""
    row = OutboxMessage.objects.filter(uuid=message_uuid).first()
    if row is None or row.patient_uuid is None:
        raise Http404
    return row, fetch(Patient.objects.select_related("site"), request.actor, uuid=row.patient_uuid)


def _page(
    request: HttpRequest, row: OutboxMessage, patient: Patient, *, status: int = 200, **more: Any
) -> HttpResponse:
    by, at = request.actor, timezone.now()
    line = selectors.timeline_row(row, actor=by, zone=patient.site.zone, now=at)
    context = {
        "row": line,
        "patient": patient,
        "tab": "messages",
        "zone": patient.site.zone,
        "mail": services.preview_message(row=row, by=by, at=at) if line.may_read and not row.thinned_at else None,
        "form": ReasonForm(),
        **more,
    }
    return render(request, "aftercare/message.html", context, status=status)


@allow(GET="message:body")
def message(request: HttpRequest, message_uuid: UUID) -> HttpResponse:
    """One message as it will be, and every move it made. The desk sees the text of the neutral ones alone."""
    row, patient = _fetch(request, message_uuid)
    by = request.actor
    record_access(by=by, action="message.view", subject=f"message {row.pk}", patient_uuid=patient.uuid)
    return _page(request, row, patient)


@allow(POST="message:hold")
def hold_message(request: HttpRequest, message_uuid: UUID) -> HttpResponse:
    """Keep it back, with a reason."""
    row, patient = _fetch(request, message_uuid)
    check_subject(request, patient.uuid)
    form = ReasonForm(request.POST)
    if not selectors.may_act(request.actor, "message:hold", row):
        raise PermissionDenied("message:hold")
    if not form.is_valid():
        return _page(request, row, patient, status=422, form=form)
    try:
        services.hold_message(row=row, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now())
        notices.success(request, _("It is held until somebody releases it."))
    except Refused as refusal:
        notices.warning(request, refusal.message)
    return redirect("aftercare:messages", patient_uuid=patient.uuid)


@allow(POST="message:release")
def release_message(request: HttpRequest, message_uuid: UUID) -> HttpResponse:
    """Back into the plan; consent and holds are asked again before it leaves."""
    row, patient = _fetch(request, message_uuid)
    check_subject(request, patient.uuid)
    try:
        services.release_message(row=row, reason=str(_("released by a person")), by=request.actor, at=timezone.now())
        notices.success(request, _("It is back in the plan."))
    except Refused as refusal:
        notices.warning(request, refusal.message)
    return redirect("aftercare:messages", patient_uuid=patient.uuid)


@allow(POST="message:send_now")
def send_message_now(request: HttpRequest, message_uuid: UUID) -> HttpResponse:
    """Bring it forward to this minute."""
    row, patient = _fetch(request, message_uuid)
    check_subject(request, patient.uuid)
    try:
        services.send_message_now(row=row, by=request.actor, at=timezone.now())
        notices.success(request, _("It goes out now, if nothing speaks against it."))
    except Refused as refusal:
        notices.warning(request, refusal.message)
    return redirect("aftercare:messages", patient_uuid=patient.uuid)
