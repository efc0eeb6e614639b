"""The page of a patient's allergies: what is known by name, what is not, noting one, and ending one that is wrong or over."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import acting_staff, allow, check_subject, fetch
from clinic.requests import HttpRequest
from patients import selectors, services
from patients.forms.allergies import END_WORDS, AllergyForm, EndAllergyForm
from patients.models import Allergy, Patient
from patients.rules.exchange.codes import SUBSTANCE_WORDS
from patients.rules.exchange.reading import metal_in
from patients.rules.reacts import METAL
from patients.vocabulary import AllergyEnd

_END_ID = "end-{}-%s"  # one form a row


@allow(GET="allergy:edit", POST="allergy:edit")
def allergies(request: HttpRequest, patient: str) -> HttpResponse:
    """Each with its reaction and since when it is known; those that ended stay readable."""
    found = _patient(request, patient)
    if request.method != "POST":
        return _page(request, found)
    form = AllergyForm(request.POST)
    if form.is_valid():
        entry = services.AllergyEntry(**form.cleaned_data)
        try:
            whole = services.note_allergy(patient=found, entry=entry, staff=acting_staff(request.actor), by=request.actor, at=timezone.now())
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
        else:
            messages.success(request, _("%(name)s is noted. Products with it are stopped from now on.") % {"name": entry.name})
            if not whole:
                messages.warning(request, _("The patient's answers were not changed: there are none yet. It is added once they are sent; look at the screening then."))
            return redirect("patients:allergies", patient=found.uuid)
    return _page(request, found, form=form)


@allow(POST="allergy:edit")
def end_allergy(request: HttpRequest, patient: str, allergy: str) -> HttpResponse:
    """A clinician says that one is wrong or over, and how they know."""
    found = _patient(request, patient)
    row = fetch(Allergy.objects.filter(patient=found), request.actor, uuid=allergy)
    form = EndAllergyForm(request.POST, auto_id=_END_ID.format(row.pk))
    if not form.is_valid():
        return _page(request, found, ending=row, end_form=form)
    because = AllergyEnd(form.cleaned_data["because"])
    try:
        again = services.end_allergy(
            allergy=row, because=because, reason=form.cleaned_data["reason"], staff=acting_staff(request.actor), by=request.actor, at=timezone.now()
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("%(name)s has ended. It stops no product from now on.") % {"name": row.words})
        told = selectors.latest_answers(found)
        if metal_in(row.name) and told and told.answers.get(METAL) not in (None, "none"):
            messages.warning(request, _("The answers still name a metal, and the screening goes by them. Ask the questions again to change that."))
        if again:
            messages.warning(request, _("What the patient told stands again: %(kind)s, without a name.") % {"kind": again.words})
    return redirect("patients:allergies", patient=found.uuid)


def _patient(request: HttpRequest, uuid: str) -> Patient:
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=uuid)
    check_subject(request, found.uuid)
    return found


def _page(request: HttpRequest, found: Patient, form: AllergyForm | None = None, ending: Allergy | None = None, end_form: EndAllergyForm | None = None) -> HttpResponse:
    """What is known, what ended; with a form that was filled wrongly it says so beside the field and keeps what was typed."""
    record_access(by=request.actor, action="allergy.view", patient_uuid=found.uuid)
    to_ask = selectors.allergies_to_ask(found)
    known, ended = _lists(found, ending, end_form)
    asked, metals = selectors.allergies_told(found)
    context = {
        "patient": found, "tab": "screening", "form": form or AllergyForm(initial={"substance": to_ask[0] if to_ask else ""}), "to_ask": selectors.allergies_to_ask_in_words(found),
        "known": known, "ended": ended, "ending": end_form, "asked": asked, "metals": metals,
    }  # fmt: skip
    return render(request, "patients/allergies.html", context, status=422 if form or end_form else 200)


def _lists(found: Patient, ending: Allergy | None, end_form: EndAllergyForm | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    known, ended = [], []
    for row in found.allergies.select_related("replaced_by").order_by("-noted_at", "-pk"):
        shown: dict[str, Any] = {"row": row, "kind": SUBSTANCE_WORDS.get(row.substance, row.substance)}
        if row.ended_at is None:
            chosen = end_form if ending and row.pk == ending.pk else None
            known.append(shown | {"form": chosen or EndAllergyForm(auto_id=_END_ID.format(row.pk)), "open": chosen is not None})
        else:
            because = END_WORDS.get(row.ended_because, "") if row.ended_because != AllergyEnd.REPLACED else ""
            ended.append(shown | {"because": because})
    ended.sort(key=lambda one: one["row"].ended_at, reverse=True)
    return known, ended
