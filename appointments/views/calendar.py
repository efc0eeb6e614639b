"""The calendar: a grid for the desk, a list with the same actions beside it, booking into an empty slot, moving by drag."""

import json
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import selectors, services
from appointments.forms import NewVisitForm, SlotForm
from appointments.models import Appointment, Room, VisitType
from appointments.selectors import calendar as shown
from appointments.views.common import (
    clinician_by,
    clinicians,
    day_in,
    reasons_in,
    same_day_words,
    say_booked,
    site_of,
    sites_of,
    visit_of,
    whole_minutes,
)
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.htmx import fragment_or_page, is_fragment
from clinic.models import Site
from clinic.permissions import allow, fetch, level, may
from clinic.requests import HttpRequest
from patients import selectors as people
from patients.models import Patient

_DAYS_LOOKED_AT = 13


@allow(GET="appointment:view")
def day(request: HttpRequest) -> HttpResponse:
    """The calendar. Without JavaScript, on a phone or for a screen reader: the list of the day."""
    site = site_of(request)
    on, by = day_in(request, site), "room" if request.GET.get("by") == "room" else "clinician"
    week = request.GET.get("view") == "week"
    step = timedelta(days=7 if week else 1)
    start = on - timedelta(days=on.weekday()) if week else on
    record_access(by=request.actor, action="appointment.day")
    days, columns = _days(site, start, 7 if week else 1), shown.columns(site, by)
    first, last = shown.shown_hours(site, (row for _day, rows in days for row in rows if row.state not in shown.HIDDEN))
    if by == "room" and any(row.room_id is None and row.state not in shown.HIDDEN for _day, rows in days for row in rows):
        columns.append({"id": "r0", "title": _("No room")})
    context = {
        "site": site, "sites": sites_of(request), "on": on, "before": on - step, "after": on + step, "today": site.today(timezone.now()),
        "by": by, "week": week, "start": start, "end": start + step, "days": days, "quiet": request.GET.get("quiet") == "1",
        "colour": "type" if request.GET.get("colour") == "type" else "state",
        "columns": columns, "first_hour": first, "last_hour": last,
        "names_hidden": level(request.actor, "appointment:view") == "limited", "offset": _offset(site),
        "may_book": may(request.actor, "appointment:book"),
    }  # fmt: skip
    return render(request, "appointments/day.html", context)


def _offset(site: Site) -> int:
    """Minutes east of Greenwich now: the *now* line is right where the reader's clock says the same as the site's."""
    away = timezone.now().astimezone(site.tz).utcoffset()
    return int((away or timedelta(0)).total_seconds() // 60)


def _days(site: Site, first: date, count: int) -> list[tuple[date, list[Appointment]]]:
    rows = list(selectors.days_of(site, first, first + timedelta(days=count)))
    days = [first + timedelta(days=n) for n in range(count)]
    return [(day, [row for row in rows if row.starts_at.astimezone(site.tz).date() == day]) for day in days]


@allow(GET="appointment:view")
def events(request: HttpRequest) -> HttpResponse:
    """The days that the grid shows, as JSON; never more than two weeks."""
    site = site_of(request)
    by = "room" if request.GET.get("by") == "room" else "clinician"
    today = site.today(timezone.now())
    try:
        first = date.fromisoformat(request.GET.get("start", today.isoformat())[:10])
        last = date.fromisoformat(request.GET.get("end", (first + timedelta(days=1)).isoformat())[:10])
    except ValueError:
        return JsonResponse({"message": _("Say which days.")}, status=400)
    last = min(last, first + timedelta(days=shown.MOST_DAYS_SHOWN))
    names_hidden = level(request.actor, "appointment:view") == "limited"
    editable = may(request.actor, "appointment:move")
    rows = [shown.event_of(row, by=by, names_hidden=names_hidden, editable=editable) for row in shown.visits(site, first, last)]
    return JsonResponse(rows + shown.closed_events(site, first, last, by), safe=False)


@allow(POST="appointment:move")
def drag(request: HttpRequest, appointment: str) -> HttpResponse:
    """A visit was dragged or stretched: new start, length and column. Answers in JSON, with words for people."""
    found, at = visit_of(request, appointment), timezone.now()
    try:
        wish = _wish_of_drag(request, found)
        moved = services.move_appointment(
            appointment=found, wish=wish, by=request.actor, at=at, tell=request.POST.get("tell") == "1", **reasons_in(request, request.POST.dict())
        )
    except services.SlotTaken as taken:
        words = [slot.starts_at.astimezone(found.site.tz).strftime("%a %H:%M ") + slot.clinician_name for slot in taken.nearest]
        return JsonResponse({"message": taken.message, "winner": taken.winner, "nearest": words, "overlap": may(request.actor, "appointment:overlap")}, status=409)
    except services.TooEarly as early:
        return JsonResponse({"message": early.message, "reason": may(request.actor, "appointment:early")}, status=422)
    except Refused as refusal:
        return JsonResponse({"message": refusal.message}, status=422)
    return JsonResponse({"message": " ".join([_("Moved. The mail waits three minutes."), *same_day_words(moved)]), "visit": str(moved.uuid)})


def _wish_of_drag(request: HttpRequest, found: Appointment) -> services.Wish:
    site, column = found.site, request.POST.get("column", "")
    try:
        starts_at, ends_at = (shown.local_instant(request.POST[name], site) for name in ("starts", "ends"))
    except (KeyError, ValueError):
        raise Refused(_("This time can't be read.")) from None
    room, clinician = found.room, found.clinician
    if column.startswith("c") and column[1:].isdecimal():
        clinician = clinician_by(site, int(column[1:]))
    elif column.startswith("r") and column[1:].isdecimal():
        room = Room.objects.filter(site=site, pk=column[1:], out_of_service=False).first() or room
    minutes = whole_minutes(starts_at, ends_at)
    if not 5 <= minutes <= 8 * 60:
        raise Refused(_("A visit lasts from five minutes to eight hours."))
    keep = room if column.startswith("r") else None
    return services.Wish(starts_at=starts_at, clinician=clinician, room=keep, minutes=minutes)


@allow(GET="appointment:book", POST="appointment:book")
def new(request: HttpRequest) -> HttpResponse:
    """A click on an empty slot: find or register the patient, choose the visit, book. A page, or a dialogue's content."""
    site, at = site_of(request), timezone.now()
    initial = {"starts": request.GET.get("starts", "")[:16], "clinician": request.GET.get("clinician", "").removeprefix("c")}
    if request.method == "GET" and not initial["starts"]:
        initial |= _first_free(site, day_in(request, site), at)
    form = NewVisitForm(_typed(request, site), initial=initial, site=site, clinicians=clinicians(site), today=site.today(at))
    context: dict[str, Any] = {"site": site, "form": form, "form_key": request.POST.get("form_key") or uuid4().hex}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                booked = _book_new(request, form, site, context, at)
                if booked is not None:
                    return _done(request, booked)
            except services.SlotTaken as taken:
                context["taken"], status = taken, 409
            except Refused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
    context["found"] = _found(request, form)
    return fragment_or_page(request, "appointments/_new.html", "appointments/new.html", context, status=status)


def _typed(request: HttpRequest, site: Site) -> QueryDict | None:
    """What was typed. A press on one of the nearest free times puts its start and clinician in the place of those."""
    if not request.POST:
        return None
    typed, chosen = request.POST.copy(), SlotForm(request.POST)
    if chosen.is_valid():
        starts_at, clinician = chosen.cleaned_data["slot"]
        typed["starts"], typed["clinician"] = f"{starts_at.astimezone(site.tz):%Y-%m-%dT%H:%M}", str(clinician)
    return typed


def _first_free(site: Site, on: date, at: datetime) -> dict[str, Any]:
    """What the form proposes when no slot was clicked: the first free time on the shown day or soon after, and with whom. Nothing when all is full."""
    visit_type = VisitType.objects.first()
    if visit_type is None:
        return {}
    first = max(on, site.today(at))
    slots = selectors.free_slots(site=site, visit_type=visit_type, from_on=first, to_on=first + timedelta(days=_DAYS_LOOKED_AT), at=at)
    if not slots:
        return {}
    return {"starts": f"{slots[0].starts_at.astimezone(site.tz):%Y-%m-%dT%H:%M}", "clinician": slots[0].clinician_id}


def _found(request: HttpRequest, form: NewVisitForm) -> list[Patient]:
    query = form.data.get("query", "") if form.is_bound else ""
    return people.found_patients(query, request.actor, limit=6) if len(query.strip()) >= 2 else []


def _book_new(request: HttpRequest, form: NewVisitForm, site: Site, context: dict[str, Any], at: datetime) -> Appointment | None:
    data = form.cleaned_data
    known = fetch(Patient.objects.select_related("site"), request.actor, uuid=data["patient"]) if data["patient"] else None
    if known is None:
        person = form.person()
        candidates = people.duplicate_candidates(
            given_name=person.given_name, family_name=person.family_name, birth_on=person.birth_on, phone=person.phone,
            email=person.email, actor=request.actor,
        )  # fmt: skip
        if candidates and not request.POST.get("anyway"):
            context["candidates"] = candidates
            return None
    return services.book_new(
        patient=known, person=None if known else form.person(), site=site, visit_type=data["visit_type"],
        wish=services.Wish(starts_at=data["starts"], clinician=data["clinician"]), by=request.actor, at=at, tell=data["tell"],
        form_key=context["form_key"], **reasons_in(request, data),
    )  # fmt: skip


def _done(request: HttpRequest, booked: Appointment) -> HttpResponse:
    if is_fragment(request):
        answer = HttpResponse(status=204)
        words = " ".join([_("Booked. The mail waits three minutes."), *same_day_words(booked)])
        answer["HX-Trigger"] = json.dumps({"visit-booked": {"message": words, "visit": str(booked.uuid), "subject": str(booked.patient.uuid)}})
        return answer
    say_booked(request, booked)
    return redirect("appointments:appointment", appointment=booked.uuid)


@allow(GET="appointment:book")
def find_patient(request: HttpRequest) -> HttpResponse:
    """Names while they are typed, for the booking dialogue."""
    query = request.GET.get("query", "")[:100]
    found = people.found_patients(query, request.actor, limit=6) if len(query.strip()) >= 2 else []
    record_access(by=request.actor, action="patient.search")
    return render(request, "appointments/_found.html", {"found": found, "query": query})
