"""What happens to a record after its signature: second signature, addenda, error, print, PDF."""

import json
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.models import Clinic
from clinic.pdf import PdfMissing, pdf_of, why_no_pdf
from clinic.permissions import allow, may
from clinic.requests import HttpRequest
from treatments import selectors, services
from treatments.forms import TextForm, WhoseForm
from treatments.models import SignedRecord, TreatmentSession
from treatments.selectors.whose import left_by, of_this_patient
from treatments.views.fresh import ask_again
from treatments.views.page import again, form_of, page, record_of, staff_of
from treatments.vocabulary import SessionState


def signed_page(request: HttpRequest, record: TreatmentSession, status: int = 200, **more: Any) -> HttpResponse:
    """Read only, as it was signed."""
    signed = record.signed_record
    context = _content(record) | {
        "left": left_by(record), "tab": "sessions", "form": TextForm(), "form_key": request.POST.get("form_key") or uuid4().hex, "photos": record.photos.filter(of_this_patient(), error_at=None), "pdfs": signed.pdfs.select_related("made_by"),
        "may_cosign": may(request.actor, "session:cosign") and signed.signed_by_id != request.actor.staff_id, "pdf_missing": why_no_pdf(),
    }  # fmt: skip
    return render(request, "treatments/signed.html", context | more, status=status)


def _content(record: TreatmentSession) -> dict[str, Any]:
    """What the page, the print view and the PDF show alike."""
    signed = record.signed_record
    return {
        "record": record, "patient": record.patient, "signed": signed, "content": json.loads(signed.content),
        "addenda": signed.addenda.select_related("by"), "error": getattr(record, "entered_in_error", None),
        "second": getattr(signed, "cosignature", None), "events": record.adverse_events.all(),
    }  # fmt: skip


def _signed(request: HttpRequest, session: str) -> tuple[TreatmentSession, SignedRecord]:
    record = record_of(request, session)
    if record.state != SessionState.SIGNED:
        raise Refused(_("This record is not signed yet."))
    return record, record.signed_record


@allow(POST="session:cosign")
def cosign(request: HttpRequest, session: str) -> HttpResponse:
    """The second clinician's signature, freshly signed in."""
    record, signed = _signed(request, session)
    if (answer := ask_again(request, reverse("treatments:session", args=[record.uuid]))) is not None:
        return answer
    try:
        services.signing.cosign_record(record=signed, staff=staff_of(request), by=request.actor, at=timezone.now())
    except Refused as refusal:
        return signed_page(request, record, 422, note=refusal.message)
    messages.success(request, _("Signed as the second clinician."))
    return again(record)


@allow(GET="session:cosign")
def second_signatures(request: HttpRequest) -> HttpResponse:
    """Records of others that wait for a second signature, oldest first."""
    rows = selectors.signed.waiting_for_second(request.actor)
    return render(request, "treatments/second_signatures.html", {"records": rows, "mine": selectors.signed.own_waiting(request.actor)})


@allow(GET="clinic:signing", POST="clinic:signing")
def cosign_setting(request: HttpRequest) -> HttpResponse:
    """Whether records need a second clinician."""
    clinic = get_object_or_404(Clinic.objects.filter(sites__in=request.actor.site_ids).distinct())
    if request.method == "POST":
        asked = request.POST.get("asked")
        if asked not in {"yes", "no"}:
            return render(request, "treatments/cosign_setting.html", {"clinic": clinic, "wrong": True}, status=422)
        services.signing.ask_for_second_signature(clinic=clinic, asked=asked == "yes", by=request.actor)
        messages.success(request, _("Saved. Records signed from now on follow it."))
        return redirect("treatments:cosign_setting")
    return render(request, "treatments/cosign_setting.html", {"clinic": clinic})


@allow(POST="session:addendum")
def addendum(request: HttpRequest, session: str) -> HttpResponse:
    """A dated correction."""
    record, signed = _signed(request, session)
    form = TextForm(request.POST)
    if not form.is_valid():
        return signed_page(request, record, 422, asked="addendum")
    text, key = form.cleaned_data["text"], form.cleaned_data["form_key"]
    services.add_addendum(record=signed, text=text, staff=staff_of(request), by=request.actor, at=timezone.now(), form_key=key)
    messages.success(request, _("The addendum is signed."))
    return again(record)


@allow(POST="session:addendum")
def entered_in_error(request: HttpRequest, session: str) -> HttpResponse:
    """Recorded by mistake, or for the wrong patient."""
    record, form = record_of(request, session), TextForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["text"]
        services.mark_entered_in_error(record=record, reason=reason, staff=staff_of(request), by=request.actor, at=timezone.now())
        messages.success(request, _("Marked as entered in error. Its aftercare is cancelled."))
        return again(record)
    if record.state == SessionState.SIGNED:
        return signed_page(request, record, 422, asked="entered_in_error")
    return page(request, record, form_of(record), 422, note=_("Give the reason."))


@allow(POST="photo:error")
def say_whose(request: HttpRequest, session: str) -> HttpResponse:
    """The photos and measurements of a mistaken record are this patient’s, or another person’s."""
    record, form = record_of(request, session), WhoseForm(request.POST)
    if not form.is_valid():
        more = {"asked": "whose", "whose_form": form}
        return signed_page(request, record, 422, **more) if record.state == SessionState.SIGNED else page(request, record, form_of(record), 422, **more)
    theirs = form.cleaned_data["whose"] == "theirs"
    n = services.whose.say_whose(record=record, theirs=theirs, reason=form.cleaned_data["text"], by=request.actor, at=timezone.now())
    if not n:
        messages.info(request, _("Nothing of this record is in doubt any more."))
    elif theirs:
        messages.success(request, _("They count as this patient’s."))
    else:
        messages.success(request, _("Marked as entered in error. They are in no list and no chart any more."))
    return again(record)


@allow(GET="session:read")
def record_print(request: HttpRequest, session: str) -> HttpResponse:
    """Made to be printed: the same sheet as the PDF. Before the signature there is nothing to print."""
    record = record_of(request, session)
    if record.state != SessionState.SIGNED:
        messages.info(request, _("This record is not signed yet."))
        return again(record)
    record_access(by=request.actor, action="session.print", patient_uuid=record.patient.uuid)
    return render(request, "treatments/record_print.html", _sheet(request, record) | {"pdf_missing": why_no_pdf()})


def _sheet(request: HttpRequest, record: TreatmentSession) -> dict[str, Any]:
    return _content(record) | {"printed_at": timezone.now(), "printed_by": request.actor.name}


@allow(POST="session:read")
def record_pdf(request: HttpRequest, session: str) -> HttpResponse:
    """The sheet as PDF; its SHA-256 is kept for ever. Without pango: the print view, which says why."""
    record, signed = _signed(request, session)
    try:
        pdf = pdf_of(render_to_string("treatments/record_print.html", _sheet(request, record) | {"for_pdf": True}))
    except PdfMissing:
        return redirect("treatments:record_print", session=record.uuid)
    row = services.signing.note_pdf(record=signed, pdf=pdf, staff=staff_of(request), by=request.actor, at=timezone.now())
    record_access(by=request.actor, action="session.pdf", subject=f"pdf {row.pk}", patient_uuid=record.patient.uuid)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="session-{record.number}-{record.patient.number}.pdf"'
    response["Cache-Control"] = "no-store, private"
    return response
