"""Staff pages: the day, booking, one visit, recalls."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import selectors, services
from appointments.forms import CancelForm, FindForm, RecallForm, SlotForm
from appointments.models import Appointment, Room, VisitType
from appointments.rules import AppointmentState
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.models import Site, Staff
from clinic.permissions import acting_staff, allow, check_subject, fetch, level, may, scoped
from clinic.requests import HttpRequest
from clinic.roles import Role
from patients.models import Patient

DAYS_SHOWN = 28


def _site(request: HttpRequest) -> Site:
    sites = scoped(Site.objects.select_related("clinic"), request.actor).order_by("pk")
    site = sites.filter(uuid=request.GET["site"]).first() if request.GET.get("site") else sites.first()
    if site is None:
        raise Refused(_("You have no site yet. Ask a manager."))
    return site


def _day(request: HttpRequest, site: Site) -> date:
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return site.today(timezone.now())


@allow(GET="appointment:view")
def day(request: HttpRequest) -> HttpResponse:
    """One day of a site, by clinician."""
    site = _site(request)
    on = _day(request, site)
    rows = list(selectors.day_of(site, on))
    columns: dict[str, list[Appointment]] = {}
    for row in rows:
        columns.setdefault(row.clinician.display_name, []).append(row)
    record_access(by=request.actor, action="appointment.day")
    context = {
        "site": site, "on": on, "before": on - timedelta(days=1), "after": on + timedelta(days=1),
        "today": site.today(timezone.now()), "columns": sorted(columns.items()), "rows": rows,
        "names_hidden": level(request.actor, "appointment:view") == "limited",
    }  # fmt: skip
    return render(request, "appointments/day.html", context)


def _clinicians(site: Site) -> QuerySet[Staff]:
    return Staff.objects.filter(sites=site, roles__contains=[Role.CLINICIAN.value], is_active=True)


@allow(GET="appointment:book", POST="appointment:book")
def book(request: HttpRequest, patient: str) -> HttpResponse:
    """Choose a time: the follow-up window first, grey days with their reason."""
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=patient)
    check_subject(request, found.uuid)
    at = timezone.now()
    context = _finder(request, found, at)
    if request.method == "POST":
        form = SlotForm(request.POST)
        if form.is_valid():
            try:
                booked = services.book_appointment(
                    patient=found, visit_type=context["visit_type"], wish=_wish(form, found.site), by=request.actor, at=at,
                    early_reason=form.cleaned_data["early_reason"] if may(request.actor, "appointment:early") else "",
                    overlap_reason=form.cleaned_data["overlap_reason"] if may(request.actor, "appointment:overlap") else "",
                    tell=bool(request.POST.get("tell")), form_key=form.cleaned_data["form_key"] or None,
                )  # fmt: skip
                messages.success(request, _("Booked. The confirmation goes in three minutes; until then you can undo."))
                return redirect("appointments:appointment", appointment=booked.uuid)
            except services.SlotTaken as taken:
                return render(request, "appointments/book.html", context | {"form": form, "taken": taken}, status=409)
            except Refused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return render(request, "appointments/book.html", context | {"form": form}, status=422)
    record_access(by=request.actor, action="appointment.find", patient_uuid=found.uuid)
    return render(request, "appointments/book.html", context)


def _wish(form: SlotForm, site: Site) -> services.Wish:
    starts_at, pk = form.cleaned_data["slot"]
    clinician = _clinicians(site).filter(pk=pk).first()
    if clinician is None:
        raise Refused(_("Choose a time from the list."), field="slot")
    return services.Wish(starts_at=starts_at, clinician=clinician)


def _finder(request: HttpRequest, patient: Patient, at: datetime, but: Appointment | None = None) -> dict[str, Any]:
    data = request.POST if request.method == "POST" else request.GET
    visit_type = VisitType.objects.filter(code=data.get("visit_type", "")).first()
    visit_type = but.visit_type if but else visit_type or VisitType.objects.order_by("pk").first()
    if visit_type is None:
        raise Refused(_("There are no visit types yet."))
    clinicians = _clinicians(patient.site)
    clinician = clinicians.filter(pk=data["clinician"]).first() if str(data.get("clinician", "")).isdigit() else None
    today = patient.site.today(at)
    window = selectors.window_for(patient, today)
    first = max(today, window.opens_on) if window and visit_type.needs_screening else today
    with suppress(ValueError):
        first = max(today, date.fromisoformat(data.get("from", "")))
    may_early = may(request.actor, "appointment:early")
    offers = selectors.offers(
        patient=patient, visit_type=visit_type, from_on=first, days=DAYS_SHOWN, at=at, clinician=clinician, may_early=may_early,
        but=but.pk if but else None,
    )  # fmt: skip
    find = FindForm(initial={"visit_type": visit_type.code, "clinician": clinician}, clinicians=clinicians)
    return {
        "patient": patient, "visit_type": visit_type, "clinician": clinician, "window": window, "offers": offers, "find": find,
        "first": first, "later": first + timedelta(days=DAYS_SHOWN), "earlier": max(today, first - timedelta(days=DAYS_SHOWN)),
        "may_early": may_early, "form_key": data.get("form_key") or uuid4().hex, "tab": "appointments", "today": today,
    }  # fmt: skip


def _one(request: HttpRequest, uuid: str) -> Appointment:
    rows = Appointment.objects.select_related("patient", "patient__site", "site", "site__clinic", "visit_type", "clinician", "room", "session")
    found = fetch(rows, request.actor, uuid=uuid)
    check_subject(request, found.patient.uuid)
    return found


@allow(GET="appointment:view")
def appointment(request: HttpRequest, appointment: str) -> HttpResponse:
    """One visit with everything that can be done with it."""
    found = _one(request, appointment)
    record_access(by=request.actor, action="appointment.view", patient_uuid=found.patient.uuid)
    context = {
        "appointment": found, "patient": found.patient, "changes": found.changes.all(), "tab": "appointments",
        "rooms": Room.objects.filter(site=found.site, out_of_service=False), "cancel_form": CancelForm(initial={"tell": True}),
    }  # fmt: skip
    return render(request, "appointments/appointment.html", context)


@allow(POST="appointment:state")
def change(request: HttpRequest, appointment: str, to: str) -> HttpResponse:
    """Confirmed, arrived (with a room), done, missed."""
    found = _one(request, appointment)
    if to not in {"confirmed", "arrived", "done", "missed"}:
        raise Refused(_("There is no such state."))
    room = Room.objects.filter(site=found.site, pk=request.POST["room"]).first() if request.POST.get("room", "").isdigit() else None
    services.change_state(appointment=found, to=AppointmentState(to), room=room, by=request.actor, at=timezone.now())
    messages.success(request, _("Noted. You can undo it."))
    return redirect(_back(request, found))


def _back(request: HttpRequest, found: Appointment) -> str:
    if request.POST.get("back") == "today":
        return reverse("desk:today")
    return reverse("appointments:appointment", kwargs={"appointment": found.uuid})


@allow(POST="appointment:state")
def undo(request: HttpRequest, appointment: str) -> HttpResponse:
    """Back to the state before."""
    found = _one(request, appointment)
    services.undo_change(appointment=found, by=request.actor, at=timezone.now())
    messages.success(request, _("Undone."))
    return redirect(_back(request, found))


@allow(POST="visit:start")
def start(request: HttpRequest, appointment: str) -> HttpResponse:
    """Open the session's record."""
    found = _one(request, appointment)
    operator = acting_staff(request.actor)
    started = services.start_visit(appointment=found, operator=operator, by=request.actor, at=timezone.now())
    started.refresh_from_db()
    assert started.session is not None
    return redirect("treatments:session", session=started.session.uuid)


@allow(POST="appointment:cancel")
def cancel(request: HttpRequest, appointment: str) -> HttpResponse:
    """Cancel with a reason."""
    found = _one(request, appointment)
    form = CancelForm(request.POST)
    if form.is_valid():
        services.cancel_appointment(appointment=found, by=request.actor, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Cancelled. You can undo it for three minutes before the patient is told."))
    else:
        messages.error(request, _("Give the reason for cancelling."))
    return redirect("appointments:appointment", appointment=found.uuid)


@allow(GET="appointment:move", POST="appointment:move")
def move(request: HttpRequest, appointment: str) -> HttpResponse:
    """Another time or clinician."""
    found = _one(request, appointment)
    at = timezone.now()
    context = _finder(request, found.patient, at, but=found) | {"moving": found}
    if request.method == "POST":
        form = SlotForm(request.POST)
        if form.is_valid():
            try:
                services.move_appointment(
                    appointment=found, wish=_wish(form, found.site), by=request.actor, at=at, tell=bool(request.POST.get("tell")),
                    early_reason=form.cleaned_data["early_reason"] if may(request.actor, "appointment:early") else "",
                )  # fmt: skip
                messages.success(request, _("Moved. The patient is told in three minutes; moving it back sends nothing."))
                return redirect("appointments:appointment", appointment=found.uuid)
            except services.SlotTaken as taken:
                return render(request, "appointments/book.html", context | {"form": form, "taken": taken}, status=409)
            except Refused as refusal:
                form.add_error(None, refusal.message)
        return render(request, "appointments/book.html", context | {"form": form}, status=422)
    return render(request, "appointments/book.html", context)


@allow(GET="appointment:view")
def of_patient(request: HttpRequest, patient: str) -> HttpResponse:
    """All visits of a patient."""
    found = fetch(Patient.objects.select_related("site"), request.actor, uuid=patient)
    record_access(by=request.actor, action="appointment.list", patient_uuid=found.uuid)
    context = {"patient": found, "rows": selectors.of_patient(found), "tab": "appointments"}
    return render(request, "appointments/of_patient.html", context)


@allow(GET="recall:view")
def recalls(request: HttpRequest) -> HttpResponse:
    """Due in the window, or overdue, without a booking."""
    site = _site(request)
    rows = selectors.recalls(site, site.today(timezone.now()))
    record_access(by=request.actor, action="recall.list")
    return render(request, "appointments/recalls.html", {"site": site, "rows": rows, "form": RecallForm()})


@allow(POST="recall:change")
def note_recall(request: HttpRequest, patient: str) -> HttpResponse:
    """One try to reach a patient."""
    found = fetch(Patient.objects.select_related("site"), request.actor, uuid=patient)
    check_subject(request, found.uuid)
    form = RecallForm(request.POST)
    if form.is_valid():
        try:
            services.note_recall(patient=found, by=request.actor, at=timezone.now(), **form.cleaned_data)
            messages.success(request, _("Noted."))
        except Refused as refusal:
            messages.error(request, refusal.message)
    return redirect("appointments:recalls")
