"""What is done with photos: marks, entered in error, downloads, consent."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.accounts import require_fresh
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import allow, fetch
from clinic.requests import HttpRequest
from patients.models import Patient
from treatments.forms import TextForm
from treatments.forms.photos import AnnotationForm, DownloadForm, GiveConsentForm, WithdrawConsentForm
from treatments.models import PhotoAnnotation, PhotoUpload
from treatments.selectors import photos as selectors
from treatments.services import photos as services
from treatments.views.page import patient_of
from treatments.views.photo_pages import photo_of, show_photo
from treatments.views.photos import streamed
from treatments.vocabulary import MarkShape, PhotoUse


@allow(POST="photo:annotate")
def annotate_photo(request: HttpRequest, photo: str) -> HttpResponse:
    """Draw a mark; the picture stays as it is."""
    found, form = photo_of(request, photo), AnnotationForm(request.POST)
    if not form.is_valid():
        return show_photo(request, found, 422, annotation_form=form)
    data = dict(form.cleaned_data)
    mark = services.Mark(shape=MarkShape(data.pop("shape")), **data)
    services.annotate_photo(photo=found, mark=mark, by=request.actor, at=timezone.now())
    messages.success(request, _("The mark is kept beside the photo."))
    return redirect("treatments:photo_page", photo=found.uuid)


@allow(POST="photo:annotate")
def remove_annotation(request: HttpRequest, photo: str, annotation: str) -> HttpResponse:
    """Take a mark away."""
    found = photo_of(request, photo)
    mark = fetch(PhotoAnnotation.objects.filter(photo=found), request.actor, uuid=annotation)
    services.remove_annotation(annotation=mark, by=request.actor, at=timezone.now())
    messages.success(request, _("The mark is taken away."))
    return redirect("treatments:photo_page", photo=found.uuid)


@allow(POST="photo:error")
def photo_in_error(request: HttpRequest, photo: str) -> HttpResponse:
    """Wrong patient, wrong view, unusable."""
    found, form = photo_of(request, photo), TextForm(request.POST)
    if not form.is_valid():
        return show_photo(request, found, 422, error_text=_("Give the reason."))
    services.mark_photo_in_error(photo=found, reason=form.cleaned_data["text"], by=request.actor, at=timezone.now())
    messages.success(request, _("Marked as entered in error. It is in no list any more."))
    return redirect("treatments:photos", patient=found.patient.uuid)


@allow(POST="photo:download")
def download_photo(request: HttpRequest, photo: str) -> HttpResponse:
    """Take the whole photo out of the house: freshly signed in, with a purpose that the patient allows, and a reason."""
    found, form = photo_of(request, photo), DownloadForm(request.POST)
    if not form.is_valid():
        return show_photo(request, found, 422, download_form=form)
    require_fresh(request)
    try:
        services.allow_download(photo=found, use=form.level(), reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now())
        return streamed(services.opened(found), f'attachment; filename="photo-{found.pk}.jpg"')
    except OSError as error:
        raise Http404 from error
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return show_photo(request, found, 422, download_form=form)


@allow(POST="photo:upload")
def dismiss_upload(request: HttpRequest, patient: str, upload: str) -> HttpResponse:
    """Somebody has read why a file was refused."""
    found = patient_of(request, patient)
    row = fetch(PhotoUpload.objects.filter(patient=found), request.actor, uuid=upload)
    services.dismiss_upload(upload=row, by=request.actor, at=timezone.now())
    return redirect("treatments:photos", patient=found.uuid)


@allow(GET="consent:record")
def photo_consent(request: HttpRequest, patient: str) -> HttpResponse:
    """Three levels, each given and withdrawn by itself."""
    return _consent_page(request, patient_of(request, patient))


@allow(POST="consent:record")
def give_photo_consent(request: HttpRequest, patient: str, use: str) -> HttpResponse:
    """The patient signs one level."""
    found, level, form = patient_of(request, patient), _level(use), GiveConsentForm(request.POST)
    if not form.is_valid():
        return _consent_page(request, found, level, form)
    data = form.cleaned_data
    try:
        services.give_photo_consent(
            patient=found, use=level, shown_sha256=data["sha256"], signed_name=data["signed_name"], on_paper=data["on_paper"],
            by=request.actor, at=timezone.now(),
        )  # fmt: skip
    except Refused as refusal:
        form.add_error(refusal.field or None, refusal.message)
        return _consent_page(request, found, level, form)
    messages.success(request, _("Signed. It can be withdrawn at any time."))
    return redirect("treatments:photo_consent", patient=found.uuid)


@allow(POST="consent:record")
def withdraw_photo_consent(request: HttpRequest, patient: str, use: str) -> HttpResponse:
    """The patient takes one level back."""
    found, form = patient_of(request, patient), WithdrawConsentForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    services.withdraw_photo_consent(patient=found, use=_level(use), reason=reason, by=request.actor, at=timezone.now())
    messages.success(request, _("Withdrawn. The other levels stay as they are."))
    return redirect("treatments:photo_consent", patient=found.uuid)


def _level(name: str) -> PhotoUse:
    try:
        return PhotoUse(name)
    except ValueError as error:
        raise Http404 from error


def _consent_page(request: HttpRequest, patient: Patient, level: PhotoUse | None = None, form: GiveConsentForm | None = None) -> HttpResponse:
    timezone.activate(patient.site.tz)
    record_access(by=request.actor, action="photo_consent.view", patient_uuid=patient.uuid)
    forms = {use: form if form is not None and use == level else GiveConsentForm(auto_id=f"{use}_%s") for use in PhotoUse}
    lines = [(line, forms[line.use], WithdrawConsentForm(auto_id=f"{line.use}_%s")) for line in selectors.use_lines(patient)]
    context = {"patient": patient, "tab": "photos", "lines": lines, "history": selectors.photo_consent_history(patient)}
    return render(request, "treatments/photo_consent.html", context, status=422 if form else 200)
