"""“What we may send you”, behind the link in an invitation."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic import mail_choices
from clinic.permissions import link_page
from clinic.requests import HttpRequest
from patients import services
from patients.forms import PreferencesForm
from patients.models import Patient


@link_page("preferences")
def preferences(request: HttpRequest) -> HttpResponse:
    """GET shows what is chosen now; POST keeps the new choice."""
    patient = Patient.objects.select_related("site", "site__clinic").get(uuid=request.link.patient_uuid)
    now = {
        "mail_mode": patient.mail_mode,
        "invitations": "yes" if mail_choices.wants_invitations(patient.uuid) else "no",
        "language": patient.language,
    }
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial=now)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        services.choose_mail(
            patient=patient, mail_mode=chosen["mail_mode"], invitations=chosen["invitations"] == "yes", language=chosen["language"],
            by=request.actor, at=timezone.now(),
        )  # fmt: skip
        messages.success(request, _("Your choice is saved. You can change it again at any time."))
        return redirect("patients_link:preferences")
    context = {"form": form, "site": patient.site}
    return render(request, "patients/preferences.html", context, status=422 if form.errors else 200)
