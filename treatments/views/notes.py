"""What is noted beside the record: adverse events."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.permissions import allow, fetch
from clinic.requests import HttpRequest
from treatments import services
from treatments.forms import EventForm, TextForm
from treatments.models import AdverseEvent
from treatments.views.page import again, form_of, page, patient_of, record_of


@allow(POST="adverse_event:record")
def event(request: HttpRequest, session: str) -> HttpResponse:
    """Note an adverse event."""
    record, form = record_of(request, session), EventForm(request.POST)
    if not form.is_valid():
        return page(request, record, form_of(record), 422, event_form=form)
    services.record_adverse_event(record=record, zone="", by=request.actor, at=timezone.now(), **form.cleaned_data)
    messages.success(request, _("Noted. It holds the next session until it is closed."))
    return again(record)


@allow(POST="adverse_event:record")
def close_event(request: HttpRequest, patient: str, event: str) -> HttpResponse:
    """Close it with an outcome."""
    found = patient_of(request, patient)
    row = fetch(AdverseEvent.objects.filter(patient=found), request.actor, uuid=event)
    form = TextForm(request.POST)
    if form.is_valid():
        services.close_adverse_event(event=row, outcome=form.cleaned_data["text"], by=request.actor, at=timezone.now())
        messages.success(request, _("Closed; its hold is released."))
    else:
        messages.error(request, _("Give the outcome."))
    return redirect("treatments:course", patient=found.uuid)
