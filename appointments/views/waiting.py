"""The waiting list: who would come earlier, and what became of each freed time."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import selectors, services
from appointments.forms import WaitingForm
from appointments.models import WaitingListEntry
from appointments.views.common import clinicians, patient_of, site_of
from clinic.audit import record_access
from clinic.permissions import allow, check_subject, fetch
from clinic.requests import HttpRequest


@allow(GET="recall:view")
def waiting_list(request: HttpRequest) -> HttpResponse:
    """The list, longest waiting first; and the freed times of the last week."""
    site = site_of(request)
    record_access(by=request.actor, action="waiting.list")
    context = {"site": site, "rows": selectors.waiting(site), "freed": selectors.freed_slots(site, timezone.now() - timedelta(days=7))}
    return render(request, "appointments/waiting_list.html", context)


@allow(GET="recall:change", POST="recall:change")
def wait(request: HttpRequest, patient: str) -> HttpResponse:
    """Put a patient on the list, or change what they said."""
    found, at = patient_of(request, patient), timezone.now()
    entry = WaitingListEntry.objects.filter(patient=found, ended_at=None).first()
    form = WaitingForm(request.POST or None, patient=found, entry=entry, clinicians=clinicians(found.site), at=at)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        services.join_waiting_list(
            patient=found, visit_type=data["visit_type"], wants=form.wants(), clinician=data["clinician"], gives_up=data["gives_up"],
            by=request.actor, at=at,
        )  # fmt: skip
        messages.success(request, _("On the waiting list."))
        return redirect("appointments:waiting_list")
    record_access(by=request.actor, action="waiting.form", patient_uuid=found.uuid)
    return render(request, "appointments/wait.html", {"patient": found, "form": form, "entry": entry, "tab": "appointments"}, status=422 if form.errors else 200)


@allow(POST="recall:change")
def leave_waiting_list(request: HttpRequest, entry: str) -> HttpResponse:
    """Off the list."""
    found = fetch(WaitingListEntry.objects.select_related("patient"), request.actor, uuid=entry)
    check_subject(request, found.patient.uuid)
    services.leave_waiting_list(entry=found, reason=request.POST.get("reason", "")[:200] or "asked by the patient", by=request.actor, at=timezone.now())
    messages.success(request, _("Off the list."))
    return redirect("appointments:waiting_list")
