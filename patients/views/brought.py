"""Records from elsewhere: a file is read, and a clinician decides on each thing that it says."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import acting_staff, allow, check_subject, fetch
from clinic.requests import HttpRequest
from patients import services
from patients.forms import AcceptForm, BundleForm, PutAsideForm
from patients.models import Patient, RecordImport, RecordProposal
from patients.selectors import brought as selectors


def _patient(request: HttpRequest, uuid: str) -> Patient:
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=uuid)
    check_subject(request, found.uuid)
    return found


def _record(request: HttpRequest, patient: Patient, uuid: str) -> RecordImport:
    return fetch(RecordImport.objects.filter(patient=patient).select_related("patient__site", "by"), request.actor, uuid=uuid)


@allow(GET="record:import", POST="record:import")
def brought_records(request: HttpRequest, patient: str) -> HttpResponse:
    """Choose a file; the files of before."""
    found = _patient(request, patient)
    form = BundleForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            made = services.read_record(
                patient=found, content=file.read(services.MOST_BUNDLE_BYTES + 1), source=form.cleaned_data["source"], staff=acting_staff(request.actor),
                by=request.actor, at=timezone.now(),
            )  # fmt: skip
            return redirect("patients:brought_record", patient=found.uuid, brought=made.uuid)
        except services.ReadBefore as before:
            messages.info(request, before.message)
            return redirect("patients:brought_record", patient=found.uuid, brought=before.record.uuid)
        except Refused as refusal:
            form.add_error("file", refusal.message)
    record_access(by=request.actor, action="record.imports", patient_uuid=found.uuid)
    context = {"patient": found, "tab": "overview", "form": form, "records": selectors.imports_of(found)}
    return render(request, "patients/brought_records.html", context, status=422 if form.errors else 200)


@allow(GET="record:import")
def brought_record(request: HttpRequest, patient: str, brought: str) -> HttpResponse:
    """What the file says, beside what stands here."""
    found = _patient(request, patient)
    return _page(request, found, _record(request, found, brought))


def _page(request: HttpRequest, patient: Patient, record: RecordImport, status: int = 200, **problem: Any) -> HttpResponse:
    record_access(by=request.actor, action="record.import.view", subject=f"import {record.pk}", patient_uuid=patient.uuid)
    groups = selectors.proposals_of(record)
    left = sum(one.open for _words, rows in groups for one in rows)
    context = {"patient": patient, "tab": "overview", "record": record, "groups": groups, "left": left, "blocked": selectors.blocked_by_identity(record)} | problem
    return render(request, "patients/brought_record.html", context, status=status)


@allow(POST="record:import")
def accept_proposal(request: HttpRequest, patient: str, brought: str, line: str) -> HttpResponse:
    """Take one over, by the ordinary services; the rules run again where an answer changes."""
    found = _patient(request, patient)
    record = _record(request, found, brought)
    row = fetch(RecordProposal.objects.filter(record=record), request.actor, uuid=line)
    form = AcceptForm(request.POST)
    choice = services.Choice(**form.cleaned_data) if form.is_valid() else services.Choice("?", "?")
    try:
        services.accept_proposal(proposal=row, choice=choice, staff=acting_staff(request.actor), by=request.actor, at=timezone.now())
    except Refused as refusal:
        return _page(request, found, record, refusal.status, wrong=row.pk, wrong_words=refusal.message, kept=choice)
    messages.success(request, _("Taken over. Where an answer changed, the rules have run again."))
    return redirect(f"{reverse('patients:brought_record', args=[found.uuid, record.uuid])}#next")


@allow(POST="record:import")
def put_proposal_aside(request: HttpRequest, patient: str, brought: str, line: str) -> HttpResponse:
    """Read, and not taken over."""
    found = _patient(request, patient)
    record = _record(request, found, brought)
    row = fetch(RecordProposal.objects.filter(record=record), request.actor, uuid=line)
    form = PutAsideForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused(_("The reason has at most 300 characters."))
        services.put_aside(proposal=row, reason=form.cleaned_data["reason"], staff=acting_staff(request.actor), by=request.actor, at=timezone.now())
    except Refused as refusal:
        return _page(request, found, record, refusal.status, wrong=row.pk, wrong_words=refusal.message)
    messages.success(request, _("Put aside. It stays listed below."))
    return redirect(f"{reverse('patients:brought_record', args=[found.uuid, record.uuid])}#next")
