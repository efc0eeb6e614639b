"""The page of a patient's medicines: what is taken as far as known, noting one, and ending one."""

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
from patients.forms.medicines import STANDS_FOR, EndMedicineForm, MedicineForm, StandsForForm
from patients.models import Medication, Patient
from patients.rules.taken import meaning_of
from patients.selectors.medicines import is_unknown
from patients.selectors.words import told_otherwise
from patients.vocabulary import StandsFor

_END_ID, _PLACE_ID = "end-{}-%s", "place-{}-%s"  # one form a row


@allow(GET="medicine:edit", POST="medicine:edit")
def medicines(request: HttpRequest, patient: str) -> HttpResponse:
    """The list, what only the answers say, and a form for one more."""
    found = _patient(request, patient)
    if request.method != "POST":
        return _page(request, found)
    if request.POST.get("row"):
        return _place(request, found)
    form = MedicineForm(request.POST, today=found.site.today(timezone.now()))
    if form.is_valid():
        entry = services.MedicineEntry(**form.cleaned_data)
        try:
            whole = services.note_medicine(patient=found, entry=entry, staff=acting_staff(request.actor), by=request.actor, at=timezone.now())
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
        else:
            messages.success(request, " ".join(filter(None, (_("%(name)s is in the list.") % {"name": entry.name}, _as_chosen(entry.stands_for)))))
            if not whole:
                _say_later(request)
            return redirect("patients:medicines", patient=found.uuid)
    return _page(request, found, form=form)


@allow(POST="medicine:edit")
def end_medicine(request: HttpRequest, patient: str, medicine: str) -> HttpResponse:
    """A clinician says since when it is not taken, and why."""
    found = _patient(request, patient)
    row = fetch(Medication.objects.filter(patient=found), request.actor, uuid=medicine)
    form = EndMedicineForm(request.POST, auto_id=_END_ID.format(row.pk), today=found.site.today(timezone.now()), since=row.started_on)
    if not form.is_valid():
        return _page(request, found, ending=row, end_form=form)
    data = form.cleaned_data
    try:
        whole = services.end_medicine(
            medicine=row, on=data["ended_on"], reason=data["reason"], in_error=data["in_error"], staff=acting_staff(request.actor), by=request.actor, at=timezone.now()
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("%(name)s has ended.") % {"name": row.words})
        if not whole:
            messages.warning(request, _("The answers still say that it is taken, and the screening goes by them. Ask the questions again to change that."))
    return redirect("patients:medicines", patient=found.uuid)


def _say_later(request: HttpRequest) -> None:
    messages.warning(request, _("The patient's answers were not changed: there are none yet. It is added once they are sent; look at the screening then."))


def _as_chosen(stands_for: str) -> str:
    """Says whether a rule hears of what no table knows."""
    if not stands_for:
        return ""
    return _("No rule reads it.") if stands_for == StandsFor.NOTHING else _("The screening reads it as: %(kind)s.") % {"kind": STANDS_FOR[StandsFor(stands_for)]}


def _place(request: HttpRequest, found: Patient) -> HttpResponse:
    """A clinician says what a row is whose name no rule knows."""
    row = fetch(Medication.objects.filter(patient=found), request.actor, uuid=request.POST["row"])
    form = StandsForForm(request.POST, auto_id=_PLACE_ID.format(row.pk))
    if not form.is_valid():
        return _page(request, found, placing=row, place_form=form)
    chosen = form.cleaned_data["stands_for"]
    try:
        whole = services.place_medicine(medicine=row, stands_for=chosen, staff=acting_staff(request.actor), by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{row.words}: {_as_chosen(chosen)}")
        if not whole:
            _say_later(request)
    return redirect("patients:medicines", patient=found.uuid)


def _patient(request: HttpRequest, uuid: str) -> Patient:
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=uuid)
    check_subject(request, found.uuid)
    return found


def _page(
    request: HttpRequest, found: Patient, form: MedicineForm | None = None, ending: Medication | None = None, end_form: EndMedicineForm | None = None,
    placing: Medication | None = None, place_form: StandsForForm | None = None,
) -> HttpResponse:
    """What is taken and what ended; a form that was filled wrongly says so beside the field and keeps what was typed."""
    record_access(by=request.actor, action="medicine.view", patient_uuid=found.uuid)
    today = found.site.today(timezone.now())
    taken = selectors.medicines_of(found)
    lines: list[dict[str, Any]] = []
    for line in taken.lines:
        chosen = end_form if ending and line.row and line.row.pk == ending.pk else None
        blank = EndMedicineForm(auto_id=_END_ID.format(line.row.pk), today=today) if line.row else None
        place = None
        if line.row and is_unknown(line.row):
            place = place_form if placing and line.row.pk == placing.pk else StandsForForm(auto_id=_PLACE_ID.format(line.row.pk))
        unread = line.row is not None and meaning_of(line.row.name) is None
        lines.append({"line": line, "row": line.row, "form": chosen or blank, "open": chosen is not None, "place": place, "unread": unread})
    context = {
        "patient": found, "tab": "screening", "form": form or MedicineForm(today=today), "taken": taken, "told_otherwise": told_otherwise(taken.answers) if taken.answers else [],
        "told_on": selectors.told_on(taken.answers, found) if taken.answers else None, "lines": lines, "ending": end_form or place_form,
        "ended": found.medications.exclude(ended_on=None).order_by("-ended_on", "-pk"),
    }  # fmt: skip
    return render(request, "patients/medicines.html", context, status=422 if form or end_form or place_form else 200)
