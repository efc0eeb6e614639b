"""Staff pages about screening: findings, clearance, holds, consent, “anything changed?”."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import acting_staff, allow, check_subject, fetch, may
from clinic.requests import HttpRequest
from patients import selectors, services
from patients.forms import ClearanceForm, ConsentForm, LaboratoryForm, ReasonForm, RescreenForm, WithdrawClearanceForm
from patients.models import Hold, Intake, Patient, Rescreen, Screening
from patients.selectors.screening import decision_page, screening_page


def patient_of(request: HttpRequest, uuid: str) -> Patient:
    """The page's patient, in scope; a POST is checked to be about this one (R12)."""
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=uuid)
    check_subject(request, found.uuid)
    return found


@allow(GET="screening:view")
def screening(request: HttpRequest, patient: str) -> HttpResponse:
    """The result with every reason for a clinician; for the front desk only what it means for booking."""
    return screening_again(request, patient_of(request, patient))


def screening_again(request: HttpRequest, found: Patient, **bound: Any) -> HttpResponse:
    """The page; with a form that was filled wrongly it says so beside the field and keeps what was typed."""
    today, newest = found.site.today(timezone.now()), selectors.latest_answers(found)
    record_access(by=request.actor, action="screening.view", patient_uuid=found.uuid)
    context = {
        "patient": found,
        "today": today,
        "desk_word": selectors.desk_word(found, as_of=today),
        "holds": selectors.open_holds(found),
        "consent": selectors.consent_state(found),
        "rescreen": selectors.rescreen_on(found, today),
        "sent": selectors.amendments(newest)[-1] if newest else None,  # as they were given, whatever the clinic amended since
        "tab": "screening",
    }
    if may(request.actor, "screening:view_reasons"):
        page = screening_page(found, today)
        again, form = bound.get("taking_back", ("", None))
        tests = [
            {"test": test, "open": form is not None and test.name == again, "form": form if form and test.name == again else ReasonForm(auto_id=f"back-{number}-%s")}
            for number, test in enumerate(page["laboratory_tests"])
        ]
        context |= page | {"laboratory_form": LaboratoryForm(today=today), "laboratory_tests": tests}
    return render(request, "patients/screening.html", context | bound, status=422 if bound else 200)


@allow(POST="clearance:record")
def clear(request: HttpRequest, patient: str) -> HttpResponse:
    """A clinician lifts one REVIEW finding, with evidence."""
    found = patient_of(request, patient)
    form = ClearanceForm(request.POST)
    if not form.is_valid():
        return screening_again(request, found, clearance_form=form)
    try:
        staff = acting_staff(request.actor)
        services.clear_finding(patient=found, staff=staff, by=request.actor, at=timezone.now(), **form.cleaned_data)
        days = selectors.policy().clearance_valid_days
        messages.success(request, _("Cleared for %(days)s days, or until the patient answers otherwise.") % {"days": days})
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("patients:screening", patient=found.uuid)


@allow(GET="screening:view_reasons")
def decision(request: HttpRequest, patient: str, decision: str) -> HttpResponse:
    """One decision as it was made: result, findings, clearances counted, answers, version."""
    found = patient_of(request, patient)
    row = fetch(Screening.objects.filter(patient=found).select_related("intake"), request.actor, uuid=decision)
    record_access(by=request.actor, action="screening.view", patient_uuid=found.uuid)
    return render(request, "patients/decision.html", {"patient": found, "tab": "screening"} | decision_page(row))


@allow(POST="clearance:record")
def withdraw(request: HttpRequest, patient: str) -> HttpResponse:
    """A clinician takes a clearance back, with a reason; its finding counts again."""
    found = patient_of(request, patient)
    form = WithdrawClearanceForm(request.POST)
    if not form.is_valid():
        return screening_again(request, found, withdraw_form=form)
    try:
        services.withdraw_clearance(patient=found, by=request.actor, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("The clearance of %(rule)s is withdrawn. The finding counts again.") % {"rule": form.cleaned_data["rule"]})
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("patients:screening", patient=found.uuid)


@allow(POST="intake:review")
def review(request: HttpRequest, patient: str, intake: str) -> HttpResponse:
    """The clinician has read these answers."""
    found = patient_of(request, patient)
    row = fetch(Intake.objects.filter(patient=found), request.actor, uuid=intake)
    staff = acting_staff(request.actor)
    services.review_intake(intake=row, staff=staff, by=request.actor, at=timezone.now())
    messages.success(request, _("Marked as read. The answers are frozen now."))
    return redirect("patients:screening", patient=found.uuid)


@allow(POST="hold:release")
def release_hold(request: HttpRequest, patient: str, hold: str) -> HttpResponse:
    """A clinician releases a hold, with a reason."""
    found = patient_of(request, patient)
    row = fetch(Hold.objects.filter(patient=found), request.actor, uuid=hold)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return screening_again(request, found, hold_form=form, wrong_hold=row.pk)
    services.release_hold(hold=row, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now())
    messages.success(request, _("The hold is released."))
    return redirect("patients:screening", patient=found.uuid)


@allow(GET="rescreen:record", POST="rescreen:record")
def rescreen(request: HttpRequest, patient: str) -> HttpResponse:
    """“Anything changed since you answered?”, asked on arrival (S01)."""
    found = patient_of(request, patient)
    at = timezone.now()
    today = found.site.today(at)
    draft = selectors.rescreen_draft(found, today)
    initial = {"changed": "yes" if draft.changed else "no"} if draft else {}
    if draft and may(request.actor, "intake:view"):
        initial["words"] = draft.words
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None and draft and draft.changed and not data.get("words", "").strip():
        data["words"] = draft.words  # what the patient wrote stays, though the desk does not read it
    form = RescreenForm(data, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.record_rescreen(
            patient=found, on=today, changed=form.cleaned_data["changed"], words=form.cleaned_data["words"],
            by=request.actor, at=at,
        )  # fmt: skip
        words = _("Noted. A clinician must look at what changed.") if form.cleaned_data["changed"] else _("Noted for today.")
        messages.success(request, words)
        return redirect("desk:patient_overview", patient=found.uuid)
    context = {"form": form, "patient": found, "draft": draft}
    return render(request, "patients/rescreen.html", context, status=422 if form.errors else 200)


@allow(POST="intake:review")
def review_rescreen(request: HttpRequest, patient: str, rescreen: str) -> HttpResponse:
    """A clinician has looked at what changed."""
    found = patient_of(request, patient)
    row = fetch(Rescreen.objects.filter(patient=found), request.actor, uuid=rescreen)
    services.review_rescreen(rescreen=row, by=request.actor, at=timezone.now())
    messages.success(request, _("The change is marked as looked at."))
    return redirect("patients:screening", patient=found.uuid)


@allow(GET="consent:record", POST="consent:record")
def consent(request: HttpRequest, patient: str) -> HttpResponse:
    """Consent on a tablet, under the text in force."""
    found = patient_of(request, patient)
    text = selectors.text_in_force(found.language)
    if text is None:
        raise Refused(_("There is no consent text yet. A manager publishes one."))
    form = ConsentForm(request.POST or None, text=text)
    if request.method == "POST" and form.is_valid():
        services.sign_consent(
            patient=found, text=text, signed_name=form.cleaned_data["signed_name"], signature_png=form.drawing(), photos=form.cleaned_data["photos"],
            off_label_understood=form.cleaned_data["off_label_understood"],
            by=request.actor, at=timezone.now(),
        )  # fmt: skip
        messages.success(request, _("Consent is signed."))
        return redirect("desk:patient_overview", patient=found.uuid)
    context = {"form": form, "patient": found, "text": text, "changes": selectors.consent_changes(found, text), "state": selectors.consent_state(found)}
    return render(request, "patients/consent.html", context, status=422 if form.errors else 200)


@allow(POST="consent:record")
def withdraw_consent(request: HttpRequest, patient: str) -> HttpResponse:
    """The patient takes the consent back, at the desk or by phone."""
    found = patient_of(request, patient)
    state, form = selectors.consent_state(found), ReasonForm(request.POST)
    if state.consent is None or state.consent.withdrawn_at or not form.is_valid():
        messages.error(request, _("Say how the patient told you."))
    else:
        services.withdraw_consent(consent=state.consent, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now())
        messages.success(request, _("The consent is withdrawn. No session can start until the patient signs again."))
    return redirect("patients:screening", patient=found.uuid)


@allow(POST="link:resend")
def ask_consent(request: HttpRequest, patient: str) -> HttpResponse:
    """Send the form by mail: to read, to sign, or to take back."""
    found = patient_of(request, patient)
    services.ask_consent(patient=found, by=request.actor, at=timezone.now())
    words = _("There is no way to mail this patient. Ask at the desk.") if found.no_mail_because else _("The form is on its way.")
    messages.success(request, words)
    return redirect("patients:screening", patient=found.uuid)
