"""A patient has died: the page that says what ends, and the way back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import selectors, services
from appointments.forms.deaths import DeathForm, UndoDeathForm
from appointments.views.common import patient_of
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import allow
from clinic.requests import HttpRequest
from patients import services as people
from patients.models import Patient


@allow(GET="death:record", POST="death:record")
def death(request: HttpRequest, patient: str) -> HttpResponse:
    """What ends is shown first; the day and a tick record it."""
    found, at = patient_of(request, patient), timezone.now()
    form = DeathForm(request.POST or None, today=found.site.today(at))
    if request.method == "POST" and form.is_valid():
        try:
            count = services.record_death(patient=found, on=form.cleaned_data["on"], by=request.actor, at=at)
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
        else:
            messages.success(request, _("The death is recorded. Visits cancelled: %(count)d. Nobody is written to.") % {"count": count})
            return redirect("desk:patient_overview", patient=found.uuid)
    return _page(request, found, form=form)


@allow(POST="death:record")
def undo_death(request: HttpRequest, patient: str) -> HttpResponse:
    """It was recorded by mistake."""
    found = patient_of(request, patient)
    form = UndoDeathForm(request.POST)
    if form.is_valid():
        try:
            people.undo_death(patient=found, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now())
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
        else:
            messages.success(request, _("Taken back. Visits and links do not come back: book and send them anew."))
            return redirect("desk:patient_overview", patient=found.uuid)
    return _page(request, found, undo=form)


def _page(request: HttpRequest, found: Patient, form: DeathForm | None = None, undo: UndoDeathForm | None = None) -> HttpResponse:
    record_access(by=request.actor, action="patient.death_page", patient_uuid=found.uuid)
    at = timezone.now()
    wrong = bool((form and form.is_bound) or undo)
    context = {
        "patient": found, "form": form or DeathForm(today=found.site.today(at)), "undo": undo or UndoDeathForm(),
        "visits": selectors.visits_to_stop(found, at), "waits": selectors.waits_of(found),
    }  # fmt: skip
    return render(request, "appointments/death.html", context, status=422 if wrong else 200)
