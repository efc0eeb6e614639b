"""Photos: uploaded, cleaned, streamed only to who may see them (R39–R45)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import allow, check_subject, fetch
from clinic.requests import HttpRequest
from treatments import services
from treatments.forms import PhotoForm
from treatments.models import Photo, TreatmentSession
from treatments.services.photos import MOST_BYTES


@allow(POST="photo:upload")
def upload(request: HttpRequest, session: str) -> HttpResponse:
    """One view of the patient."""
    record = fetch(TreatmentSession.objects.select_related("patient"), request.actor, uuid=session)
    check_subject(request, record.patient.uuid)
    form = PhotoForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            raw = form.cleaned_data["photo"].read(MOST_BYTES + 1)
            services.store_photo(patient=record.patient, session=record, view=form.cleaned_data["view"], raw=raw, by=request.actor, at=timezone.now())
            messages.success(request, _("The photo is stored."))
        except Refused as refusal:
            messages.error(request, refusal.message)
    else:
        messages.error(request, _("Choose a view and a photo."))
    return redirect("treatments:session", session=record.uuid)


@allow(GET="photo:view")
def photo(request: HttpRequest, photo: str) -> HttpResponse:
    """The picture itself, never embedded elsewhere."""
    found = fetch(Photo.objects.select_related("patient"), request.actor, uuid=photo)
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Http404
    record_access(by=request.actor, action="photo.view", subject=f"photo {found.pk}", patient_uuid=found.patient.uuid)
    try:
        content = services.opened(found)
    except (Refused, OSError) as error:
        raise Http404 from error
    response = HttpResponse(content, content_type="image/jpeg")
    response["Content-Disposition"] = 'inline; filename="photo.jpg"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "no-store, private"
    return response
