"""Pages behind an e-mailed link: one's own appointment, and choosing a time from the follow-up invitation."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import selectors, services
from appointments.forms import SlotForm
from appointments.models import Appointment, Offer, VisitType
from appointments.rules import GRACE_MINUTES, OPEN, may_patient_change
from clinic.clock import local_date
from clinic.errors import Refused
from clinic.models import Staff
from clinic.permissions import link_page
from clinic.requests import HttpRequest
from patients.models import Patient

_ROWS = Appointment.objects.select_related("patient", "patient__site", "site", "site__clinic", "visit_type", "clinician")


def _own(request: HttpRequest) -> Appointment:
    return _ROWS.get(uuid=request.link.subject_uuid)


@link_page("appointment")
def appointment(request: HttpRequest) -> HttpResponse:
    """Confirm, cancel, undo; each a tap. First name only."""
    found, at = _own(request), timezone.now()
    problem = ""
    if request.method == "POST":
        try:
            _act(request.POST.get("do", ""), found, request, at)
            return redirect("appointments_link:appointment")
        except services.MoveNotAllowed:  # a page that stood open while the visit was moved or cancelled
            problem = _("That is not possible any more. Look at what stands here now, or call us.")
        except Refused as refusal:
            problem = refusal.message
    last = selectors.last_change(found)
    own = last is not None and last.by == request.actor.name and at - last.at <= timedelta(minutes=GRACE_MINUTES)
    context = {
        "appointment": found, "site": found.site, "may_change": _may_change(found, at), "problem": problem,
        "open": found.state in OPEN, "undo": last if own and last and (last.what == "moved" or last.now in ("confirmed", "cancelled")) else None,
    }  # fmt: skip
    return render(request, "appointments/link_appointment.html", context, status=422 if problem else 200)


def _may_change(found: Appointment, at: datetime) -> bool:
    return may_patient_change(found.starts_at, at, hours=selectors.booking_rules(found.site).cut_off_hours)


def _act(what: str, found: Appointment, request: HttpRequest, at: datetime) -> None:
    if what == "confirm":
        services.confirm_by_patient(appointment=found, by=request.actor, at=at)
    elif what == "cancel":
        services.cancel_by_patient(appointment=found, by=request.actor, at=at)
    elif what == "undo":
        services.undo_by_patient(appointment=found, by=request.actor, at=at)
    else:
        raise Refused(_("Choose what you want to do."))


@link_page("appointment")
def move(request: HttpRequest) -> HttpResponse:
    """Choose another time until the cut-off."""
    found, at = _own(request), timezone.now()
    if not _may_change(found, at) or found.state not in OPEN:
        return redirect("appointments_link:appointment")
    return _choose(request, found.patient, found.visit_type, at, moving=found)


@link_page("offer")
def offer(request: HttpRequest) -> HttpResponse:
    """A freed time from the waiting list: yes or no. First yes wins."""
    found = Offer.objects.select_related("entry__patient", "entry__gives_up", "slot__site__clinic", "slot__clinician").get(uuid=request.link.subject_uuid)
    at, problem, status = timezone.now(), "", 200
    if request.method == "POST":
        try:
            if request.POST.get("do") == "yes":
                services.take_offer(offer=found, by=request.actor, at=at)
            elif request.POST.get("do") == "no":
                services.decline_offer(offer=found, by=request.actor, at=at)
            else:
                raise Refused(_("Choose what you want to do."))
            return redirect("appointments_link:offer")
        except Refused as refusal:
            problem, status = refusal.message, refusal.status
    over = found.answered_at is None and (found.slot.closed_at is not None or found.expires_at <= at)
    context = {"offer": found, "slot": found.slot, "site": found.slot.site, "problem": problem, "over": over}
    return render(request, "appointments/link_offer.html", context, status=status)


def _choices(found: list[selectors.DayOffer], *, usual: int | None, wanted: str) -> dict[str, Any]:
    """Days with their times, one row a time; `wanted` keeps those of one clinician."""
    people = sorted({(slot.clinician_name, str(slot.clinician_id)) for offer in found for slot in offer.slots})
    chosen = wanted if wanted in {pk for _name, pk in people} else ""
    days = []
    for offer in found:
        slots = [slot for slot in offer.slots if str(slot.clinician_id) == chosen] if chosen else offer.one_a_time(usual)
        if slots:
            days.append({"on": offer.on, "slots": slots})
    return {"offers": days, "people": people if len(people) > 1 else [], "chosen": chosen}


@link_page("choose_time")
def choose_time(request: HttpRequest) -> HttpResponse:
    """The follow-up invitation: a real free time inside the window, without a login."""
    patient = Patient.objects.select_related("site", "site__clinic").get(uuid=request.link.patient_uuid)
    at = timezone.now()
    booked = selectors.coming_session(patient.pk, at)
    if booked is not None:
        return render(request, "appointments/link_chosen.html", {"appointment": booked, "site": patient.site})
    visit_type = VisitType.objects.filter(kind="session").order_by("pk").first()
    if visit_type is None:
        raise Refused(_("Please call us to book."))
    return _choose(request, patient, visit_type, at)


def _why_not(refusal: Refused) -> tuple[dict[str, Any], int]:
    """What the page says of a time that was not taken, and its status. Why the rules close a day is for staff to know (J3)."""
    match refusal:
        case services.SlotTaken():
            return {"taken": refusal}, 409
        case services.NotOffered():
            return {"gone": refusal.message}, 409
        case services.NotEligible() | services.TooEarly():
            return {"problem": _("We can't book this time for you here. Please call us.")}, 422
    return {"problem": refusal.message}, refusal.status


def _choose(request: HttpRequest, patient: Patient, visit_type: VisitType, at: datetime, moving: Appointment | None = None) -> HttpResponse:
    window = selectors.window_for(patient, local_date(at, patient.site.zone))
    context: dict[str, Any] = {"patient": patient, "site": patient.site, "window": window, "moving": moving}
    form, status = SlotForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST" and form.is_valid():
        starts_at, pk = form.cleaned_data["slot"]
        clinician = Staff.objects.filter(pk=pk, sites=patient.site, is_active=True, roles__contains=["clinician"]).first()
        try:
            if clinician is None:
                raise Refused(_("Choose a time from the list."))
            wish = services.Wish(starts_at=starts_at, clinician=clinician)
            if moving:
                services.move_by_patient(appointment=moving, wish=wish, by=request.actor, at=at)
                return redirect("appointments_link:appointment")
            services.book_by_patient(patient=patient, visit_type=visit_type, wish=wish, by=request.actor, at=at, form_key=f"link:{request.link.uuid}")
            return redirect("appointments_link:choose_time")
        except Refused as refusal:
            if moving is None and selectors.coming_session(patient.pk, at) is not None:
                return redirect("appointments_link:choose_time")  # the other press of a double one was first
            more, status = _why_not(refusal)
            context |= more
    elif request.method == "POST":
        context |= {"problem": _("Choose a time.")}
        status = 422
    found = selectors.own_offers(patient=patient, visit_type=visit_type, at=at, moving=moving)
    context |= _choices(found, usual=selectors.usual_clinician(patient), wanted=request.GET.get("with", ""))
    return render(request, "appointments/link_choose.html", context, status=status)
