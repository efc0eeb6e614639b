"""Booking from a patient: the slot finder, moving, a whole course."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import selectors, services
from appointments.forms import CourseForm, FindForm, SlotForm
from appointments.models import Appointment, VisitType
from appointments.views.common import (
    clinician_by,
    clinicians,
    patient_of,
    reasons_in,
    same_day_words,
    say_booked,
    visit_of,
    wish_in,
)
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import allow, may
from clinic.requests import HttpRequest
from patients.models import Patient

DAYS_SHOWN = 14


@allow(GET="appointment:book", POST="appointment:book")
def book(request: HttpRequest, patient: str) -> HttpResponse:
    """Choose a time: the follow-up window first, grey days with their reason."""
    found, at = patient_of(request, patient), timezone.now()
    context = _finder(request, found, at)
    if request.method == "POST":
        form = SlotForm(request.POST)
        if form.is_valid():
            try:
                booked = services.book_appointment(
                    patient=found, visit_type=context["visit_type"], wish=wish_in(form, found.site), by=request.actor, at=at,
                    tell=bool(request.POST.get("tell")), form_key=form.cleaned_data["form_key"] or None,
                    **reasons_in(request, form.cleaned_data),
                )  # fmt: skip
                say_booked(request, booked)
                return redirect("appointments:appointment", appointment=booked.uuid)
            except services.SlotTaken as taken:
                return render(request, "appointments/book.html", context | {"form": form, "taken": taken}, status=409)
            except Refused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return render(request, "appointments/book.html", context | {"form": form}, status=422)
    record_access(by=request.actor, action="appointment.find", patient_uuid=found.uuid)
    return render(request, "appointments/book.html", context)


def _type_in(data: Any) -> VisitType:
    visit_type = VisitType.objects.filter(code=data.get("visit_type", "")).first() or VisitType.objects.order_by("pk").first()
    if visit_type is None:
        raise Refused(_("There are no visit types yet."))
    return visit_type


def _finder(request: HttpRequest, patient: Patient, at: datetime, but: Appointment | None = None) -> dict[str, Any]:
    data = request.POST if request.method == "POST" else request.GET
    visit_type = but.visit_type if but else _type_in(data)
    choice = clinicians(patient.site)
    clinician = choice.filter(pk=data["clinician"]).first() if str(data.get("clinician", "")).isdecimal() else None
    today = patient.site.today(at)
    window = selectors.window_for(patient, today) if visit_type.needs_screening else None
    first = max(today, window.opens_on) if window else today
    with suppress(ValueError):
        first = max(today, date.fromisoformat(data.get("from") or request.GET.get("from", "")))  # a refused choice stays among the days it was made from
    may_early = may(request.actor, "appointment:early")
    offers = selectors.offers(
        patient=patient, visit_type=visit_type, from_on=first, days=DAYS_SHOWN, at=at, clinician=clinician, may_early=may_early,
        but=but.pk if but else None, minutes=but.minutes if but else None,
    )  # fmt: skip
    slots = [slot for offer in offers for slot in offer.slots]
    reasons = {offer.grey for offer in offers if offer.by_rule}
    return {
        "patient": patient, "visit_type": visit_type, "clinician": clinician, "window": window, "offers": offers,
        "find": FindForm(initial={"visit_type": visit_type.code, "clinician": clinician}, clinicians=choice),
        "first": first, "later": first + timedelta(days=DAYS_SHOWN), "earlier": max(today, first - timedelta(days=DAYS_SHOWN)),
        "may_early": may_early, "form_key": data.get("form_key") or uuid4().hex, "tab": "appointments", "today": today,
        "first_free": slots[:3], "blocked": reasons.pop() if not slots and len(reasons) == 1 else "",
        "any_early": any(offer.word == "early" and offer.slots for offer in offers),
    }  # fmt: skip


@allow(GET="appointment:move", POST="appointment:move")
def move(request: HttpRequest, appointment: str) -> HttpResponse:
    """Another time or clinician."""
    found, at = visit_of(request, appointment), timezone.now()
    context = _finder(request, found.patient, at, but=found) | {"moving": found}
    if request.method == "POST":
        form = SlotForm(request.POST)
        if form.is_valid():
            try:
                tell = bool(request.POST.get("tell"))
                moved = services.move_appointment(
                    appointment=found, wish=wish_in(form, found.site), by=request.actor, at=at, tell=tell, **reasons_in(request, form.cleaned_data)
                )
                told = _("The patient is told in three minutes; moving it back sends nothing.") if tell else _("The patient is not told.")
                messages.success(request, _("Moved. %(told)s") % {"told": told})
                for words in same_day_words(moved):
                    messages.warning(request, words)
                return redirect("appointments:appointment", appointment=found.uuid)
            except services.SlotTaken as taken:
                return render(request, "appointments/book.html", context | {"form": form, "taken": taken}, status=409)
            except Refused as refusal:
                form.add_error(None, refusal.message)
        return render(request, "appointments/book.html", context | {"form": form}, status=422)
    return render(request, "appointments/book.html", context)


@allow(GET="appointment:book", POST="appointment:book")
def course(request: HttpRequest, patient: str) -> HttpResponse:
    """A whole course: first time, number of sessions; a preview; one confirmation for all of them."""
    found, at = patient_of(request, patient), timezone.now()
    visit_type = VisitType.objects.filter(kind="session").order_by("pk").first()
    if visit_type is None:
        raise Refused(_("There are no visit types yet."))
    form = CourseForm(request.POST or None, site=found.site, clinicians=clinicians(found.site))
    context: dict[str, Any] = {"patient": found, "form": form, "tab": "appointments", "form_key": request.POST.get("form_key") or uuid4().hex}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if "confirm" in request.POST:
                answer = _confirm(request, found, visit_type, form, context, at)
                if answer is not None:
                    return answer
            else:
                status = 200
            context["proposals"] = selectors.course_proposals(
                patient=found, visit_type=visit_type, count=form.cleaned_data["count"], first=form.cleaned_data["first"],
                clinician=form.cleaned_data["clinician"], at=at,
            )  # fmt: skip
            context["complete"] = all(row.slot for row in context["proposals"])
            context["without"] = [row for row in context["proposals"] if not row.slot]
            context["blocked"] = context["without"][0].words if context["without"] and all(row.stopped for row in context["without"]) else ""
    return render(request, "appointments/course.html", context, status=status)


def _confirm(
    request: HttpRequest, patient: Patient, visit_type: VisitType, form: CourseForm, context: dict[str, Any], at: datetime
) -> HttpResponse | None:
    """Book what the preview showed, all or nothing; None when something is in the way (it is in the context then)."""
    try:
        chosen = [SlotForm({"slot": value}) for value in request.POST.getlist("slot")]
        if not chosen or not all(slot.is_valid() for slot in chosen):
            raise Refused(_("Look at the preview first."))
        wishes = [
            services.Wish(starts_at=slot.cleaned_data["slot"][0], clinician=clinician_by(patient.site, slot.cleaned_data["slot"][1]))
            for slot in chosen
        ]
        services.book_course(
            patient=patient, visit_type=visit_type, wishes=wishes, by=request.actor, at=at, tell=form.cleaned_data["tell"],
            form_key=context["form_key"],
        )  # fmt: skip
    except services.SlotTaken as taken:
        context["taken"] = taken
        return None
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return None
    messages.success(request, _("%(count)d sessions are booked. The confirmations go in three minutes.") % {"count": len(wishes)})
    return redirect("appointments:of_patient", patient=patient.uuid)
