"""Photos: uploaded, cleaned, streamed only to who may see them (R39–R45)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import allow, fetch
from clinic.requests import HttpRequest
from treatments import services
from treatments.forms import PhotoForm
from treatments.models import Photo
from treatments.services.photos import MOST_BYTES
from treatments.views.page import again, form_of, page, record_of


@allow(POST="photo:upload")
def upload(request: HttpRequest, session: str) -> HttpResponse:
    """One view of the patient."""
    record, form = record_of(request, session), PhotoForm(request.POST, request.FILES)
    if form.is_valid():
        raw, view = form.cleaned_data["photo"].read(MOST_BYTES + 1), form.cleaned_data["view"]
        try:
            services.store_photo(patient=record.patient, session=record, view=view, raw=raw, by=request.actor, at=timezone.now())
            messages.success(request, _("The photo is stored."))
            return again(record)
        except services.NotAPhoto as refusal:
            form.add_error("photo", refusal.message)
    return page(request, record, form_of(record), 422, photo_form=form)


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
