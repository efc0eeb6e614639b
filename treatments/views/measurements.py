"""Measuring: the patient's results, one form a measure, and what is noted at the chair."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.permissions import allow, fetch
from clinic.requests import HttpRequest
from patients.models import Patient
from treatments import services
from treatments.forms import BaselineForm, ErrorForm, measure_form
from treatments.forms.measurements import MeasureForm
from treatments.measure_words import KIND_WORDS
from treatments.models import Measurement, TreatmentSession
from treatments.rules.measures import SPECS
from treatments.selectors import measurements as rows
from treatments.selectors import results
from treatments.views.page import again, form_of, in_error_words, page, patient_of, record_of
from treatments.vocabulary import MeasurementKind


@allow(POST="measurement:record")
def measure(request: HttpRequest, session: str) -> HttpResponse:
    """Baseline grade and density, at the chair: both or neither."""
    record, form = record_of(request, session), BaselineForm(request.POST)
    if hasattr(record, "entered_in_error"):  # a tab that was open before: what it says would count for nobody
        return page(request, record, form_of(record), 422, measurement_form=form, note=in_error_words())
    if form.is_valid() and _kept(request, record, form):
        messages.success(request, _("Recorded."))
        return again(record)
    return page(request, record, form_of(record), 422, measurement_form=form)


def _kept(request: HttpRequest, record: TreatmentSession, form: BaselineForm) -> bool:
    """Both rows are kept, or the form says why not."""
    with transaction.atomic():
        for field, entry in form.entries():
            try:
                services.record_measurement(patient=record.patient, session=record, entry=entry, by=request.actor, at=timezone.now())
            except services.NotMeasurable as refusal:
                for name, words in refusal.errors.items():
                    form.add_error(name if name in form.fields else field, words)
            except services.LookAgain as refusal:
                form.add_error(field, refusal.message + " " + _("Use the page of results to confirm it."))
        if form.errors:
            transaction.set_rollback(True)
    return not form.errors


@allow(GET="measurement:view")
def measurements(request: HttpRequest, patient: str) -> HttpResponse:
    """What was measured over time: charts, the same numbers as tables, what else happened."""
    found = patient_of(request, patient)
    timezone.activate(found.site.tz)
    record_access(by=request.actor, action="measurement.view", patient_uuid=found.uuid)
    found_results = results.results_of(found, at=timezone.now())
    context = {
        "patient": found, "results": found_results, "tab": "results", "kinds": kinds_for(found.sex), "mistakes": rows.mistakes(found), "doubtful": rows.doubtful(found),
        "today": found.site.today(timezone.now()),
    }  # fmt: skip
    return render(request, "treatments/measurements.html", context)


def kinds_for(sex: str) -> list[tuple[str, Any]]:
    """Measures that can be recorded for this patient, in words."""
    return [(kind.value, KIND_WORDS[kind]) for kind, spec in SPECS.items() if not spec.sex or sex not in ("male", "female") or sex == spec.sex]


@allow(GET="measurement:record", POST="measurement:record")
def add(request: HttpRequest, patient: str, kind: str) -> HttpResponse:
    """One measure, by its own form; what is unusual is asked again before it is kept."""
    found = patient_of(request, patient)
    if kind not in SPECS:
        raise Http404
    timezone.activate(found.site.tz)
    measure, at = MeasurementKind(kind), timezone.now()
    places = list(found.measurement_sites.order_by("-made_at").values_list("label", flat=True))
    if request.method != "POST":
        form = measure_form(kind=measure, places=places, at=at, form_key=uuid4().hex, baseline=rows.baseline_of(found, measure))
        return _add_page(request, found, form)
    form = measure_form(request.POST, kind=measure, places=places, at=at)
    if form.is_valid() and _recorded(request, found, form):
        _say(request, found, measure)
        return redirect("treatments:measurements", patient=found.uuid)
    return _add_page(request, found, form, 422)


def _say(request: HttpRequest, patient: Patient, kind: MeasurementKind) -> None:
    """That it is kept; and whether it can be compared with the baseline."""
    differs = rows.newest_differs(patient, kind)
    if differs:
        messages.warning(request, _("Recorded, and flagged: %(what)s. It begins a line of its own.") % {"what": ", ".join(differs)})
    else:
        messages.success(request, _("Recorded."))


def _recorded(request: HttpRequest, patient: Patient, form: MeasureForm) -> bool:
    try:
        services.record_measurement(patient=patient, entry=form.entry(), by=request.actor, at=timezone.now(), confirmed=form.cleaned_data["confirmed"])
    except services.NotMeasurable as refusal:
        for name, words in refusal.errors.items():
            form.add_error(name if name in form.fields else None, words)
        return False
    except services.LookAgain as refusal:
        form.ask_again()
        for words in refusal.doubts:
            form.add_error("confirmed", words)
        return False
    return True


def _add_page(request: HttpRequest, patient: Patient, form: MeasureForm, status: int = 200) -> HttpResponse:
    context = {"patient": patient, "form": form, "spec": form.spec, "title": KIND_WORDS[form.spec.kind], "tab": "results"}
    return render(request, "treatments/measure.html", context, status=status)


@allow(POST="measurement:record")
def measurement_error(request: HttpRequest, patient: str, measurement: str) -> HttpResponse:
    """Mark one as a mistake; it stays readable and leaves the charts."""
    found, form = patient_of(request, patient), ErrorForm(request.POST)
    row = fetch(Measurement.objects.filter(patient=found), request.actor, uuid=measurement)
    if form.is_valid():
        services.mark_measurement_in_error(measurement=row, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now())
        messages.success(request, _("Marked as a mistake. It is no longer in any chart."))
    else:
        messages.error(request, _("Say what was wrong. Nothing was changed."))
    return redirect("treatments:measurements", patient=found.uuid)
