"""Typing in from paper: the health questions and the consent, each marked with the date on its paper and who typed it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.errors import Refused
from clinic.permissions import allow, check_subject, fetch
from clinic.requests import HttpRequest
from patients import selectors, services
from patients.forms.paper import PaperConsentForm, PaperIntakeForm
from patients.models import Patient
from patients.views.intake import by_staff


@allow(GET="intake:on_paper", POST="intake:on_paper")
def paper_intake(request: HttpRequest, patient: str) -> HttpResponse:
    """The date on the sheet; then the questions, which go on where they stopped."""
    door = by_staff(request, patient)
    form = PaperIntakeForm(request.POST if request.method == "POST" else None, today=door.today)
    if request.method == "POST" and form.is_valid():
        try:
            services.open_paper_intake(patient=door.patient, paper_on=form.cleaned_data["paper_on"], by=request.actor, at=door.at)
            return redirect("patients:intake", patient=door.patient.uuid)
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
    context = {"patient": door.patient, "form": form, "what": "intake", "tab": "screening"}
    return render(request, "patients/paper.html", context, status=422 if form.errors else 200)


@allow(GET="consent:record", POST="consent:record")
def paper_consent(request: HttpRequest, patient: str) -> HttpResponse:
    """Version, date and name as they stand on the paper."""
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=patient)
    check_subject(request, found.uuid)
    at = timezone.now()
    form = PaperConsentForm(
        request.POST if request.method == "POST" else None, today=found.site.today(at), texts=selectors.consent_texts(found.language),
        initial={"signed_name": found.name},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.record_paper_consent(
                patient=found, text=form.text(), paper_on=data["paper_on"], signed_name=data["signed_name"],
                off_label_understood=data["off_label_understood"], photos=data["photos"], by=request.actor, at=at,
            )  # fmt: skip
            messages.success(request, _("The consent is typed in, marked “on paper”. Keep the paper."))
            return redirect("patients:screening", patient=found.uuid)
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
    context = {"patient": found, "form": form, "what": "consent", "tab": "screening"}
    return render(request, "patients/paper.html", context, status=422 if form.errors else 200)
