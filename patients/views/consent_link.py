"""The form behind its own link: what was signed, what is new in it, signing, and taking it back."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language

from clinic.permissions import link_page
from clinic.requests import HttpRequest
from patients import selectors, services
from patients.forms import ConsentForm, WithdrawForm
from patients.models import Patient


@link_page("consent")
def consent(request: HttpRequest) -> HttpResponse:
    """Read; sign when something is new; or take it back, which needs a chosen answer."""
    patient = Patient.objects.select_related("site", "site__clinic").get(uuid=request.link.patient_uuid)
    at, by = timezone.now(), request.actor
    state, text = selectors.consent_state(patient), selectors.text_in_force(get_language() or "en")
    do = request.POST.get("do", "")
    withdraw = WithdrawForm(request.POST if do == "withdraw" else None)
    form = ConsentForm(request.POST if do == "sign" and not state.is_good else None, text=text)
    if do == "withdraw" and state.consent and not state.consent.withdrawn_at and withdraw.is_valid():
        services.withdraw_consent(consent=state.consent, reason=withdraw.cleaned_data["reason"] or "by the patient, by link", by=by, at=at)
        return redirect("patients_link:consent")
    if do == "sign" and text is not None and not state.is_good and form.is_valid():
        services.sign_consent(
            patient=patient, text=text, signed_name=form.cleaned_data["signed_name"], signature_png=form.drawing(), photos=form.cleaned_data["photos"],
            off_label_understood=form.cleaned_data["off_label_understood"], by_its_link=True, by=by, at=at,
        )  # fmt: skip
        return redirect("patients_link:consent")
    context = {
        "patient": patient, "site": patient.site, "state": state, "text": text, "form": form, "withdraw": withdraw,
        "changes": selectors.consent_changes(patient, text) if text else [],
    }  # fmt: skip
    return render(request, "patients/consent_link.html", context, status=422 if form.errors or withdraw.errors else 200)
