"""A blood test is entered, or taken back, on the screening page."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.errors import Refused
from clinic.permissions import acting_staff, allow
from clinic.requests import HttpRequest
from patients import services
from patients.forms import LaboratoryForm, ReasonForm
from patients.views.screening import patient_of, screening_again


@allow(POST="measurement:record")
def laboratory(request: HttpRequest, patient: str) -> HttpResponse:
    """Values with the day of the test; or, with `do=back`, away with one test and why."""
    found, at = patient_of(request, patient), timezone.now()
    back, test = request.POST.get("do") == "back", request.POST.get("test", "")
    form = ReasonForm(request.POST, auto_id="back-again-%s") if back else LaboratoryForm(request.POST, today=found.site.today(at))
    bound: dict[str, Any] = {"taking_back": (test, form)} if back else {"laboratory_form": form}
    if not form.is_valid():
        return screening_again(request, found, **bound)
    staff = acting_staff(request.actor)
    try:
        if isinstance(form, LaboratoryForm):
            services.note_laboratory(patient=found, entry=form.entry(), staff=staff, by=request.actor, at=at)
        else:
            services.take_back_laboratory(patient=found, reason=form.cleaned_data["reason"], staff=staff, by=request.actor, at=at, test=test)
    except services.EntryGone as gone:
        messages.error(request, gone.message)
        return redirect("patients:screening", patient=found.uuid)
    except Refused as refusal:
        named = {"on": "tested_on"}.get(refusal.field or "", refusal.field)
        form.add_error(named if named in form.fields else None, refusal.message)
        return screening_again(request, found, **bound)
    messages.success(request, _("This blood test is taken back. What it replaced counts again.") if back else _("The blood values are noted."))
    return redirect("patients:screening", patient=found.uuid)
