"""Photos: received, and streamed only to who may see them (R39–R45)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import allow, fetch
from clinic.requests import HttpRequest
from treatments.forms import PhotoForm
from treatments.models import Photo
from treatments.services import photos as services
from treatments.views.page import again, form_of, in_error_words, page, record_of

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store, private",
}


@allow(POST="photo:upload")
def upload(request: HttpRequest, session: str) -> HttpResponse:
    """One view of the patient, from the session's page."""
    record, form = record_of(request, session), PhotoForm(request.POST, request.FILES)
    if hasattr(record, "entered_in_error"):
        return page(request, record, form_of(record), 422, photo_form=form, note=in_error_words())
    if form.is_valid():
        at = timezone.now()
        sent = services.Sent(form.cleaned_data["photo"].read(services.MOST_BYTES + 1), form.cleaned_data["view"], at)
        try:
            services.receive_photo(patient=record.patient, session=record, sent=sent, by=request.actor, at=at)
            messages.success(request, _("The photo has arrived and is being checked."))
            return again(record)
        except Refused as refusal:
            form.add_error("photo", refusal.message)
    return page(request, record, form_of(record), 422, photo_form=form)


@allow(GET="photo:view")
def photo(request: HttpRequest, photo: str, size: str = "whole") -> HttpResponse:
    """The picture itself, never embedded elsewhere (R45)."""
    found = fetch(Photo.objects.select_related("patient"), request.actor, uuid=photo)
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        raise Http404
    record_access(by=request.actor, action="photo.view", subject=f"photo {found.pk}", patient_uuid=found.patient.uuid)
    try:
        return streamed(services.opened(found, small=size == "small"), 'inline; filename="photo.jpg"')
    except (Refused, OSError) as error:
        raise Http404 from error


def streamed(content: bytes, disposition: str) -> HttpResponse:
    """A JPEG that no browser runs, keeps or shows elsewhere."""
    return HttpResponse(content, content_type="image/jpeg", headers=_HEADERS | {"Content-Disposition": disposition})
