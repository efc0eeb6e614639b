"""The intake on a clinic tablet: staff hand it over, the patient answers, the staff app stays locked behind it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from clinic.audit import record_access
from clinic.handover import hand_over as hand_the_browser_over
from clinic.permissions import allow, check_subject, fetch, link_page, may
from clinic.requests import HttpRequest
from patients import services
from patients.models import Patient


@allow(POST="intake:on_paper")
def hand_over(request: HttpRequest, patient: str) -> HttpResponse:
    """Lock this session and open the patient's own questions."""
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=patient)
    check_subject(request, found.uuid)
    reads_answers = may(request.actor, "intake:view")
    link = services.hand_over_intake(patient=found, reads_answers=reads_answers, by=request.actor, at=timezone.now())
    record_access(by=request.actor, action="intake.hand_over", patient_uuid=found.uuid)
    return hand_the_browser_over(request, link, url=reverse("patients_link:intake_start"))


@link_page("intake", methods=("GET",))
def start(request: HttpRequest) -> HttpResponse:
    """Whom the questions are for, by first name, before anything else is shown."""
    patient = Patient.objects.select_related("site").get(uuid=request.link.patient_uuid)
    return render(request, "patients/intake_start.html", {"patient": patient, "site": patient.site})
