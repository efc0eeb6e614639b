"""Pages on which photos are taken, sent, looked at and compared."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.htmx import fragment_or_page, is_fragment
from clinic.permissions import allow, check_subject, fetch
from clinic.requests import HttpRequest
from patients.models import Patient
from treatments.forms.photos import AnnotationForm, CompareForm, DownloadForm, PhotosForm, TakeForm
from treatments.models import Photo, PhotoUpload, TreatmentSession
from treatments.selectors import photos as selectors
from treatments.services import photos as services
from treatments.views.page import patient_of
from treatments.vocabulary import UploadState
from treatments.words import VIEW_WORDS


@allow(GET="photo:view")
def photos(request: HttpRequest, patient: str) -> HttpResponse:
    """Every day's photos in their six views, and what is still being checked."""
    found = patient_of(request, patient)
    timezone.activate(found.site.tz)
    record_access(by=request.actor, action="photo.list", patient_uuid=found.uuid)
    context = _context(found) | {"days": selectors.photo_days(found), "baseline_days": selectors.baseline_days(found)}
    return fragment_or_page(request, "treatments/_photo_days.html", "treatments/photos.html", context)


@allow(GET="photo:upload")
def take_photos(request: HttpRequest, patient: str) -> HttpResponse:
    """The camera with a ghost of the baseline; or files, one for each view."""
    found = patient_of(request, patient)
    timezone.activate(found.site.tz)
    return _take(request, found, _form(found), _session(found, request.GET))


@allow(POST="photo:upload")
def add_photos(request: HttpRequest, patient: str) -> HttpResponse:
    """Receive the files; what can't be taken is said one by one, the others are kept."""
    found = patient_of(request, patient)
    timezone.activate(found.site.tz)
    session, form = _session(found, request.POST), _form(found, request.POST, request.FILES)
    if not form.is_valid():
        return _take(request, found, form, session, 422)
    arrived, refused = _receive(request, found, session, form)
    words = ngettext("%(n)s photo has arrived and is being checked.", "%(n)s photos have arrived and are being checked.", len(arrived)) % {"n": len(arrived)}
    if refused or is_fragment(request):
        return _take(request, found, _form(found), session, 422 if refused else 200, refused=refused, arrived=words if arrived else "")
    messages.success(request, words)
    return redirect("treatments:photos", patient=found.uuid)


def _receive(
    request: HttpRequest, patient: Patient, session: TreatmentSession | None, form: PhotosForm
) -> tuple[list[PhotoUpload], list[tuple[str, str]]]:
    at = timezone.now()
    arrived, refused = [], []
    for view, file in form.sent():
        sent = services.Sent(file.read(services.MOST_BYTES + 1), view, form.taken_at(at))
        try:
            arrived.append(services.receive_photo(patient=patient, session=session, sent=sent, by=request.actor, at=at))
        except Refused as refusal:
            refused.append((str(VIEW_WORDS[view]), refusal.message))
    return arrived, refused


@allow(GET="photo:view")
def photo_page(request: HttpRequest, photo: str) -> HttpResponse:
    """One photo, whole, with what is drawn over it."""
    return show_photo(request, photo_of(request, photo))


def photo_of(request: HttpRequest, uuid: str) -> Photo:
    """The page's photo, in scope; a POST is checked to be about its patient (R12)."""
    found = fetch(Photo.objects.select_related("patient", "patient__site", "session"), request.actor, uuid=uuid)
    check_subject(request, found.patient.uuid)
    timezone.activate(found.patient.site.tz)
    return found


def show_photo(request: HttpRequest, photo: Photo, status: int = 200, **more: Any) -> HttpResponse:
    """The page of one photo; after a refusal with what was typed."""
    record_access(by=request.actor, action="photo.page", subject=f"photo {photo.pk}", patient_uuid=photo.patient.uuid)
    context = {
        "patient": photo.patient, "tab": "photos", "shown": selectors.shown_photo(photo), "photo": photo, "marks": selectors.marks_of(photo),
        "uses": selectors.use_lines(photo.patient), "annotation_form": AnnotationForm(), "download_form": DownloadForm(), "error_text": "",
    } | more  # fmt: skip
    return render(request, "treatments/photo.html", context, status=status)


@allow(GET="photo:view")
def compare_photos(request: HttpRequest, patient: str) -> HttpResponse:
    """Two days beside each other or under a slider, one view at a time."""
    found = patient_of(request, patient)
    timezone.activate(found.site.tz)
    record_access(by=request.actor, action="photo.compare", patient_uuid=found.uuid)
    days = [day for day in selectors.photo_days(found, doubtful=False) if day.has_views]
    context: dict[str, Any] = {"patient": found, "tab": "photos", "days": days}
    if days:
        form = CompareForm(request.GET, days=[day.on for day in days], baseline=next(iter(selectors.baseline_days(found)), None))
        first, second = form.chosen()
        context |= {"pair": selectors.compared(days, first, second, form.view_or)}
    return render(request, "treatments/compare.html", context)


def _form(patient: Patient, *sent: Any) -> PhotosForm:
    return PhotosForm(*sent, today=patient.site.today(timezone.now()), zone=patient.site.tz)


def _session(patient: Patient, asked: Any) -> TreatmentSession | None:
    """A session of this patient; another's, or none, is none."""
    form = TakeForm(asked)
    return patient.sessions.filter(uuid=form.cleaned_data["session"]).first() if form.is_valid() and form.cleaned_data["session"] else None


def _context(patient: Patient) -> dict[str, Any]:
    uploads = selectors.uploads_of(patient)
    waiting = any(row.state == UploadState.WAITING for row in uploads)
    return {"patient": patient, "tab": "photos", "uploads": uploads, "waiting": waiting, "uses": selectors.photo_uses(patient)}


def _take(request: HttpRequest, patient: Patient, form: PhotosForm, session: TreatmentSession | None, status: int = 200, **more: Any) -> HttpResponse:
    context = _context(patient) | {
        "form": form, "session": session, "views": selectors.views_today(patient, timezone.now()), "shapes": form.file_fields(),
    } | more  # fmt: skip
    return fragment_or_page(request, "treatments/_photos_today.html", "treatments/take_photos.html", context, status=status)
