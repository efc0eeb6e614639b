"""Blinded reading: two photos, no name, no date, random order. The address says nothing about the patient either."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.permissions import allow, fetch
from clinic.requests import HttpRequest
from treatments.forms.measurements import ReadingForm
from treatments.models import BlindReading
from treatments.selectors import readings as pairs
from treatments.services import readings as services


@allow(GET="measurement:record")
def readings(request: HttpRequest) -> HttpResponse:
    """How many pairs wait, and how well two readers agree."""
    waiting, done = pairs.reading_counts(request.actor)
    context = {"waiting": waiting, "done": done, "open": pairs.open_reading(request.actor), "agreement": pairs.readers_agree(request.actor)}
    return render(request, "treatments/measure_readings.html", context)


@allow(POST="measurement:record")
def next_reading(request: HttpRequest) -> HttpResponse:
    """Deal the next pair."""
    try:
        found = services.deal_pair(by=request.actor, at=timezone.now())
    except services.NothingToRead as refusal:
        messages.info(request, refusal.message)
        return redirect("treatments:readings")
    return redirect("treatments:reading", reading=found.uuid)


@allow(GET="measurement:record", POST="measurement:record")
def reading(request: HttpRequest, reading: str) -> HttpResponse:
    """The pair, and the seven grades. Only the reader to whom it was dealt sees it."""
    rows = BlindReading.objects.select_related("baseline", "later").filter(reader_id=request.actor.staff_id)
    found = fetch(rows, request.actor, uuid=reading)
    if found.answered_at is not None:
        messages.info(request, _("You have answered this pair already."))
        return redirect("treatments:readings")
    if not pairs.standing_readings().filter(pk=found.pk).exists():
        messages.info(request, _("One of these photos, or its session, has been entered in error. This pair is not read any more."))
        return redirect("treatments:readings")
    if not pairs.may_be_read(found):
        messages.info(request, _("The patient has not agreed to this use of these photos. This pair is not read."))
        return redirect("treatments:readings")
    form = ReadingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        services.answer_reading(reading=found, answer=form.cleaned_data["answer"], by=request.actor, at=timezone.now())
        messages.success(request, _("Kept. Thank you."))
        return redirect("treatments:readings")
    record_access(by=request.actor, action="reading.view", subject=f"reading {found.pk}", patient_uuid=found.patient.uuid)
    left, right = (found.baseline, found.later) if found.baseline_is_left else (found.later, found.baseline)
    context = {"left": left, "right": right, "form": form, "view_words": found.view.replace("_", " ")}
    return render(request, "treatments/measure_reading.html", context, status=422 if form.errors else 200)
