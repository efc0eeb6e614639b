"""The consent text of the clinic: read, write, put into force."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.errors import Refused
from clinic.permissions import allow
from clinic.requests import HttpRequest
from patients import services
from patients.forms.consent_text import ConsentTextForm, TextBackForm
from patients.models import ConsentDraft
from patients.selectors import texts_to_sign as texts


@allow(GET="consent_text:view")
def consent_texts(request: HttpRequest) -> HttpResponse:
    """What is in force, what is in work, and every earlier version with its exact words."""
    return render(request, "patients/consent_texts.html", {"rows": texts.text_rows(), "draft": texts.draft_in_work()})


@allow(POST="consent_text:propose")
def start_consent_text(request: HttpRequest) -> HttpResponse:
    """Begin a new version with the words in force."""
    try:
        draft = services.start_consent_text(by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.warning(request, refusal.message)
        return redirect("patients:consent_texts")
    return redirect("patients:consent_draft", draft=draft.uuid)


def _page(request: HttpRequest, draft: ConsentDraft, *, status: int = 200, **forms: Any) -> HttpResponse:
    context = {
        "draft": draft, "languages": texts.draft_languages(draft), "sha256": services.text_hash(draft),
        "form": ConsentTextForm(draft=draft), "back_form": TextBackForm(), **forms,
    }  # fmt: skip
    return render(request, "patients/consent_draft.html", context, status=status)


@allow(GET="consent_text:view", POST="consent_text:propose")
def consent_draft(request: HttpRequest, draft: UUID) -> HttpResponse:
    """A text in work: what differs, and for the one who writes it the words themselves."""
    found = get_object_or_404(ConsentDraft.objects.select_related("written_by", "approved_by"), uuid=draft)
    if request.method != "POST":
        return _page(request, found)
    form = ConsentTextForm(request.POST, draft=found)
    if not form.is_valid():
        return _page(request, found, status=422, form=form)
    try:
        marks = {name: form.cleaned_data[name] for name in ("off_label", "covers_prp")}
        services.save_consent_text(draft=found, texts=form.texts(), **marks, by=request.actor, at=timezone.now())
        messages.success(request, _("Saved. What patients sign has not changed."))
    except Refused as refusal:
        messages.warning(request, refusal.message)
        return _page(request, found, status=refusal.status, form=form)
    return redirect("patients:consent_draft", draft=found.uuid)


def _do(request: HttpRequest, draft: UUID, act: Callable[..., Any], done: str, **more: Any) -> HttpResponse:
    found = get_object_or_404(ConsentDraft, uuid=draft)
    try:
        act(draft=found, by=request.actor, at=timezone.now(), **more)
        messages.success(request, done)
    except Refused as refusal:
        messages.warning(request, refusal.message)
    return redirect("patients:consent_draft", draft=found.uuid)


@allow(POST="consent_text:propose")
def propose_consent_text(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Ask a clinician."""
    return _do(request, draft, services.propose_consent_text, _("A clinician can read it now."))


@allow(POST="consent_text:propose")
def discard_consent_text(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Give it up."""
    return _do(request, draft, services.discard_consent_text, _("Discarded. The text in force stays."))


@allow(POST="consent_text:approve")
def approve_consent_text(request: HttpRequest, draft: UUID) -> HttpResponse:
    """The clinician has read exactly this text."""
    words = _("In force. Patients who signed an earlier text are shown what is new and sign again before their next session.")
    return _do(request, draft, services.approve_consent_text, words, sha256=request.POST.get("sha256", ""))


@allow(POST="consent_text:approve")
def send_back_consent_text(request: HttpRequest, draft: UUID) -> HttpResponse:
    """With words."""
    form = TextBackForm(request.POST)
    if not form.is_valid():
        found = get_object_or_404(ConsentDraft.objects.select_related("written_by", "approved_by"), uuid=draft)
        return _page(request, found, status=422, back_form=form)
    return _do(request, draft, services.send_back_consent_text, _("Sent back."), words=form.cleaned_data["words"])
