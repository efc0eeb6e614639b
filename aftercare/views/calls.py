"""The desk's call about a missing check-in: a short script with two results (SETTLED 6)."""

from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from aftercare import services
from aftercare.models import CallTask
from aftercare.states import CallResult
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import allow, check_subject, fetch
from clinic.requests import HttpRequest


def _fetch(request: HttpRequest, task_uuid: UUID) -> CallTask:
    by = request.actor
    return fetch(CallTask.objects.select_related("patient", "site__clinic", "check_in__plan"), by, uuid=task_uuid)


@allow(GET="call_task:view", POST="call_task:done")
def call_task(request: HttpRequest, task_uuid: UUID) -> HttpResponse:
    """Read the script aloud; tap one of the two results."""
    task = _fetch(request, task_uuid)
    by = request.actor
    if request.method != "POST":
        record_access(by=by, action="call_task.view", subject=str(task), patient_uuid=task.patient.uuid)
        return render(request, "aftercare/call_task.html", {"task": task, "patient": task.patient})
    check_subject(request, task.patient.uuid)
    result = request.POST.get("result", "")
    try:
        services.finish_call(task=task, result=result, by=by, at=timezone.now())
    except Refused as refusal:
        context = {"task": task, "patient": task.patient, "error": refusal.message}
        return render(request, "aftercare/call_task.html", context, status=refusal.status)
    if result == CallResult.CLINICIAN_NOW:
        notices.success(request, _("A clinician has been told. Stay on the line or say that they call back now."))
    else:
        notices.success(request, _("Noted. Thank you."))
    return redirect("aftercare:concerns")


@allow(POST="call_task:done")
def call_tried(request: HttpRequest, task_uuid: UUID) -> HttpResponse:
    """Nobody answered the phone: the task stays, the try is noted."""
    task = _fetch(request, task_uuid)
    check_subject(request, task.patient.uuid)
    try:
        services.note_try(task=task, by=request.actor, at=timezone.now())
        notices.success(request, _("The try is noted. Please call again later."))
    except Refused as refusal:
        notices.warning(request, refusal.message)
    return redirect("aftercare:concerns")
