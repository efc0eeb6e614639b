"""The page of a patient's allergies: what is known by name, what is not, and noting one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import acting_staff, allow, check_subject, fetch
from clinic.requests import HttpRequest
from patients import selectors, services
from patients.forms.allergies import AllergyForm
from patients.models import Patient
from patients.rules.exchange.codes import SUBSTANCE_WORDS


@allow(GET="allergy:edit", POST="allergy:edit")
def allergies(request: HttpRequest, patient: str) -> HttpResponse:
    """Each with its reaction and since when it is known; those that ended stay readable."""
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=patient)
    check_subject(request, found.uuid)
    to_ask = selectors.allergies_to_ask(found)
    form = AllergyForm(request.POST if request.method == "POST" else None, initial={"substance": to_ask[0].replace(" ", "_") if to_ask else ""})
    if request.method == "POST" and form.is_valid():
        entry = services.AllergyEntry(**form.cleaned_data)
        try:
            whole = services.note_allergy(patient=found, entry=entry, staff=acting_staff(request.actor), by=request.actor, at=timezone.now())
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
        else:
            messages.success(request, _("%(name)s is noted. Products with it are stopped from now on.") % {"name": entry.name})
            if not whole:
                messages.warning(request, _("The patient's answers were not changed: there are none yet, or they are being given now. Look at the screening once they are sent."))
            return redirect("patients:allergies", patient=found.uuid)
    record_access(by=request.actor, action="allergy.view", patient_uuid=found.uuid)
    rows = [(row, SUBSTANCE_WORDS.get(row.substance, row.substance)) for row in found.allergies.order_by("-noted_at", "-pk")]
    context = {
        "patient": found, "form": form, "tab": "screening", "to_ask": [SUBSTANCE_WORDS[kind.replace(" ", "_")].lower() for kind in to_ask],
        "known": [one for one in rows if one[0].ended_at is None], "ended": [one for one in rows if one[0].ended_at],
    }  # fmt: skip
    return render(request, "patients/allergies.html", context, status=422 if form.errors else 200)
