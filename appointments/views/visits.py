"""One visit, and everything that can be done with it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import selectors, services
from appointments.forms import CancelForm
from appointments.models import Appointment, Room
from appointments.rules import AppointmentState
from appointments.views.common import patient_of, visit_of
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.htmx import is_fragment
from clinic.permissions import acting_staff, allow
from clinic.requests import HttpRequest
from treatments.services import NoCourse


@allow(GET="appointment:view")
def appointment(request: HttpRequest, appointment: str) -> HttpResponse:
    """One visit with everything that can be done with it."""
    found = visit_of(request, appointment)
    record_access(by=request.actor, action="appointment.view", patient_uuid=found.patient.uuid)
    return _page(request, found, CancelForm(initial={"tell": True}))


def _page(request: HttpRequest, found: Appointment, cancel_form: CancelForm, status: int = 200) -> HttpResponse:
    last = selectors.last_change(found)
    context = {
        "appointment": found, "patient": found.patient, "changes": selectors.change_lines(found), "tab": "appointments",
        "rooms": Room.objects.filter(site=found.site, out_of_service=False), "cancel_form": cancel_form,
        "put_back": selectors.is_put_back(found),
        "undo": last if last and not (found.session_id and last.now in ("in_session", "done")) else None,
    }  # fmt: skip
    return render(request, "appointments/appointment.html", context, status=status)


@allow(GET="appointment:state")
def put_back(request: HttpRequest) -> HttpResponse:
    """Visits whose session was entered in error: somebody says what is true for their patient."""
    record_access(by=request.actor, action="appointment.put_back_list")
    return render(request, "appointments/put_back.html", {"visits": selectors.visits_put_back(request.actor)})


@allow(POST="appointment:state")
def change(request: HttpRequest, appointment: str, to: str) -> HttpResponse:
    """Confirmed, arrived (with a room), done, missed."""
    found = visit_of(request, appointment)
    if to not in {"confirmed", "arrived", "done", "missed"}:
        raise Refused(_("There is no such state."))
    services.change_state(appointment=found, to=AppointmentState(to), room=_room(request, found), by=request.actor, at=timezone.now())
    messages.success(request, _("Noted. You can undo it."))
    return redirect(_back(request, found))


def _room(request: HttpRequest, found: Appointment) -> Room | None:
    chosen = request.POST.get("room", "")
    return Room.objects.filter(site=found.site, out_of_service=False, pk=chosen).first() if chosen.isdecimal() else None


@allow(POST="appointment:state")
def take_to_room(request: HttpRequest, appointment: str) -> HttpResponse:
    """Shown into a room: the booked one, or another that is free."""
    found = visit_of(request, appointment)
    room = _room(request, found)
    if room is None:
        messages.error(request, _("Choose a room."))
        return redirect(_back(request, found))
    try:
        services.take_to_room(appointment=found, room=room, by=request.actor, at=timezone.now())
        messages.success(request, _("%(who)s is in %(room)s.") % {"who": found.patient.short_name, "room": room.name})
    except services.RoomTaken as taken:
        messages.error(request, taken.message)
    return redirect(_back(request, found))


def _back(request: HttpRequest, found: Appointment) -> str:
    if request.POST.get("back") == "today":
        return reverse("desk:today")
    return reverse("appointments:appointment", kwargs={"appointment": found.uuid})


@allow(POST="appointment:state")
def undo(request: HttpRequest, appointment: str) -> HttpResponse:
    """One step back."""
    found = visit_of(request, appointment)
    services.undo_change(appointment=found, by=request.actor, at=timezone.now())
    if is_fragment(request):
        return HttpResponse(status=204)
    messages.success(request, _("Undone."))
    return redirect(_back(request, found))


@allow(POST="visit:start")
def start(request: HttpRequest, appointment: str) -> HttpResponse:
    """Open the session's record; where no course is planned, the page on which that is done."""
    found = visit_of(request, appointment)
    operator = acting_staff(request.actor)
    try:
        started = services.start_visit(appointment=found, operator=operator, by=request.actor, at=timezone.now())
    except NoCourse:
        messages.warning(request, _("Plan the course first: how many sessions, and in which phase. Then start from here or from Today."))
        return redirect("treatments:course", patient=found.patient.uuid)
    except services.SessionOpen as still:
        messages.warning(request, still.message)
        return redirect("treatments:session", session=still.record.uuid)
    started.refresh_from_db()
    assert started.session is not None
    return redirect("treatments:session", session=started.session.uuid)


@allow(POST="appointment:cancel")
def cancel(request: HttpRequest, appointment: str) -> HttpResponse:
    """Cancel with a reason."""
    found = visit_of(request, appointment)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    services.cancel_appointment(appointment=found, by=request.actor, at=timezone.now(), **form.cleaned_data)
    told = form.cleaned_data["tell"]
    messages.success(request, _("Cancelled. You can undo it for three minutes before the patient is told.") if told else _("Cancelled. The patient is not told."))
    return redirect("appointments:appointment", appointment=found.uuid)


@allow(GET="appointment:view")
def of_patient(request: HttpRequest, patient: str) -> HttpResponse:
    """All visits of a patient."""
    found = patient_of(request, patient)
    record_access(by=request.actor, action="appointment.list", patient_uuid=found.uuid)
    context = {"patient": found, "rows": selectors.of_patient(found), "tab": "appointments"}
    return render(request, "appointments/of_patient.html", context)
