"""Patch tests: the clinic's list of what waits to be read, and those of one patient."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import allow, fetch
from clinic.requests import HttpRequest
from patients import selectors as people
from patients.models import Patient
from treatments import selectors, services
from treatments.forms import PatchApplyForm, PatchReadForm, ReasonForm
from treatments.models import PatchTest
from treatments.views.page import patient_of


@allow(GET="patch_test:record")
def patch_list(request: HttpRequest) -> HttpResponse:
    """Which tests wait to be read: between 48 and 96 hours a reading tells most."""
    at = timezone.now()
    record_access(by=request.actor, action="patch_test.work_list")
    return render(request, "treatments/patch_list.html", {"waiting": selectors.patch.waiting(request.actor, at), "at": at})


@allow(GET="session:read", POST="patch_test:record")
def patch_tests(request: HttpRequest, patient: str) -> HttpResponse:
    """All of a patient; applying another."""
    found, at = patient_of(request, patient), timezone.now()
    form = PatchApplyForm(request.POST or None, site=found.site, today=found.site.today(at))
    if request.method == "POST" and form.is_valid():
        services.apply_patch_test(patient=found, by=request.actor, at=at, **form.cleaned_data)
        messages.success(request, _("Applied. It waits to be read from 48 hours on."))
        return redirect("treatments:patch_tests", patient=found.uuid)
    record_access(by=request.actor, action="patch_test.list", patient_uuid=found.uuid)
    return _page(request, found, 422 if form.errors else 200, form=form)


def _page(request: HttpRequest, found: Patient, status: int = 200, **more: Any) -> HttpResponse:
    at = timezone.now()
    context = {
        "patient": found, "tests": selectors.patch.of_patient(found, at), "tab": "sessions", "read_form": PatchReadForm(), "to_ask": people.allergies_to_ask_in_words(found),
        "form": PatchApplyForm(site=found.site, today=found.site.today(at)),
    }  # fmt: skip
    return render(request, "treatments/patch_tests.html", context | more, status=status)


def _test(request: HttpRequest, uuid: str) -> PatchTest:
    found = fetch(PatchTest.objects.select_related("patient__site__clinic", "product"), request.actor, uuid=uuid)
    patient_of(request, str(found.patient.uuid))
    return found


@allow(POST="patch_test:record")
def read_test(request: HttpRequest, test: str) -> HttpResponse:
    """One reading; a later one may follow."""
    row, form, at = _test(request, test), PatchReadForm(request.POST), timezone.now()
    if form.is_valid():
        try:
            services.read_patch_test(test=row, by=request.actor, at=at, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            early = selectors.patch.state_of(row, at) == "early"
            messages.success(request, _("Read before 24 hours: it does not count yet (S13).") if early else _("The reading is noted."))
            return redirect("treatments:patch_tests", patient=row.patient.uuid)
    return _page(request, row.patient, 422, read_form=form, asked=row.pk)


@allow(POST="patch_test:record")
def give_up_test(request: HttpRequest, test: str) -> HttpResponse:
    """Washed off, lost, not wanted."""
    row, form = _test(request, test), ReasonForm(request.POST)
    if form.is_valid():
        services.patch.give_up_patch_test(test=row, reason=form.cleaned_data["text"], by=request.actor, at=timezone.now())
        messages.success(request, _("It is not waited for any more."))
        return redirect("treatments:patch_tests", patient=row.patient.uuid)
    return _page(request, row.patient, 422, give_up_form=form, asked=row.pk)
