"""A patient's record as a file for another system: looked at first, then handed out after a fresh sign-in."""

import hashlib
import logging
from collections import Counter

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.accounts import require_fresh
from clinic.audit import record_access
from clinic.models import Staff
from clinic.permissions import allow, check_subject, fetch
from clinic.requests import HttpRequest
from desk.fhir import NotValid, bundle_of, checked
from desk.forms.records import RecordExportForm
from patients.models import Patient

logger = logging.getLogger(__name__)

# what people call the resources, in the order of the page; several may be one line
WORDS = (
    (gettext_lazy("Patient, staff and places"), ("Patient", "Practitioner", "PractitionerRole", "Organization", "Location")),
    (gettext_lazy("Conditions"), ("Condition",)),
    (gettext_lazy("Allergies"), ("AllergyIntolerance",)),
    (gettext_lazy("Medicines, as told"), ("MedicationStatement",)),
    (gettext_lazy("Answers and check-ins"), ("Questionnaire", "QuestionnaireResponse")),
    (gettext_lazy("Screening results and clearances"), ("DetectedIssue", "Flag", "DocumentReference")),
    (gettext_lazy("Consents"), ("Consent",)),
    (gettext_lazy("Course plans and appointments"), ("CarePlan", "Goal", "Appointment", "Slot", "Schedule")),
    (gettext_lazy("Sessions and treated zones"), ("Procedure", "Specimen")),
    (gettext_lazy("Devices and cartridges"), ("Device",)),
    (gettext_lazy("Medicines and products applied"), ("MedicationAdministration",)),
    (gettext_lazy("Depths, measurements and patch tests"), ("Observation",)),
    (gettext_lazy("Adverse events"), ("AdverseEvent",)),
    (gettext_lazy("Concerns and calls"), ("Task",)),
    (gettext_lazy("Messages: date and state, not the text"), ("Communication", "CommunicationRequest")),
    (gettext_lazy("Signatures and corrections"), ("Provenance", "AuditEvent")),
    (gettext_lazy("Photos: date and view, not the picture"), ("Media",)),
)


@allow(GET="record:export", POST="record:export")
def export_record(request: HttpRequest, patient: str) -> HttpResponse:
    """What would be in the file; and the file itself (FHIR R4, RULES 9)."""
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=patient)
    check_subject(request, found.uuid)
    form = RecordExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        require_fresh(request)
        try:
            return _file(request, found, form)
        except NotValid as problem:
            logger.error("a record could not be exported: %s", problem)
            form.add_error(None, _("The file could not be made, because a check of it failed. Nothing has left. Please tell your support."))
    return _page(request, found, form)


def _page(request: HttpRequest, patient: Patient, form: RecordExportForm) -> HttpResponse:
    record_access(by=request.actor, action="record.look", patient_uuid=patient.uuid)
    amounts = Counter(entry["resource"]["resourceType"] for entry in bundle_of(patient, at=timezone.now())["entry"])
    lines = [(words, sum(amounts[kind] for kind in kinds)) for words, kinds in WORDS]
    context = {"patient": patient, "tab": "overview", "form": form, "lines": [line for line in lines if line[1]]}
    return render(request, "desk/export_record.html", context, status=422 if form.errors else 200)


def _file(request: HttpRequest, patient: Patient, form: RecordExportForm) -> HttpResponse:
    text = checked(bundle_of(patient, at=timezone.now(), by=Staff.objects.filter(pk=request.actor.staff_id or 0).first()))
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    record_access(by=request.actor, action="record.export", subject=f"file {sha256}", patient_uuid=patient.uuid, reason=form.logged())
    answer = HttpResponse(text, content_type="application/fhir+json; fhirVersion=4.0")
    answer["Content-Disposition"] = f'attachment; filename="record-{patient.number}.json"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
