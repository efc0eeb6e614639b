"""The questions as patients read them, in each language, and whether a clinician stands for the wording."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic import languages
from clinic.errors import Refused
from clinic.permissions import acting_staff, allow
from clinic.requests import HttpRequest
from patients import services
from patients.selectors import words


@allow(GET="rules:view", POST="intake:review")
def wording(request: HttpRequest, language: str) -> HttpResponse:
    """Read it; a clinician may say so."""
    if not languages.offered(language):
        raise Http404
    if request.method == "POST":
        try:
            staff = acting_staff(request.actor)
            services.review_wording(language=language, sha256=request.POST.get("sha256", ""), staff=staff, by=request.actor, at=timezone.now())
            messages.success(request, _("Noted: you have read this wording."))
        except Refused as refusal:
            messages.error(request, refusal.message)
        return redirect("patients:wording", language=language)
    context = {"language": language, "languages": words.wordings(), "pages": words.wording_to_read(language)}
    return render(request, "patients/wording.html", context)
