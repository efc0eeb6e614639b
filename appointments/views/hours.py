"""Working time: who works when, who is away, when the site is closed, and whom a change strands."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from appointments import selectors, services
from appointments.forms import AbsenceForm, ClosureForm, HoursForm
from appointments.models import Absence, Room
from appointments.views.common import clinicians, site_of, sites_of
from clinic.audit import record_access
from clinic.clock import resolve_local
from clinic.errors import Refused
from clinic.models import Closure, Site, Staff
from clinic.permissions import allow, fetch, level
from clinic.requests import HttpRequest


def _own_only(request: HttpRequest) -> bool:
    """A clinician changes their own time; desk and manager everybody's."""
    return level(request.actor, "working_hours:change") == "limited"


@allow(GET="working_hours:view")
def working_time(request: HttpRequest) -> HttpResponse:
    """Everything on one page, with the visits that do not fit any more on top."""
    site = site_of(request)
    record_access(by=request.actor, action="hours.view")
    return _page(request, site)


def _page(request: HttpRequest, site: Site, status: int = 200, **forms: Any) -> HttpResponse:
    at = timezone.now()
    context = {
        "site": site, "sites": sites_of(request), "weeks": selectors.weeks(site), "weekdays": [WEEKDAYS[day] for day in range(7)],
        "absences": [(row, row.whole_days(site.tz)) for row in selectors.coming_absences(site, at)], "closures": selectors.coming_closures(site, site.today(at)),
        "rooms": selectors.rooms_of(site), "stranded": selectors.stranded(site, at), "own_only": _own_only(request),
        "may_change": level(request.actor, "working_hours:change") != "none", "own_id": request.actor.staff_id,
        "hours_form": HoursForm(clinicians=clinicians(site)), "absence_form": AbsenceForm(clinicians=clinicians(site)), "closure_form": ClosureForm(auto_id="closure_%s"),
    }  # fmt: skip
    return render(request, "appointments/working_time.html", context | forms, status=status)


def _again(site: Site) -> HttpResponse:
    return redirect(f"{reverse('appointments:working_time')}?site={site.uuid}")


def _may_touch(request: HttpRequest, person: Staff | None) -> None:
    if _own_only(request) and (person is None or person.pk != request.actor.staff_id):
        raise Refused(_("You may change your own hours only. The desk changes others."))


@allow(POST="working_hours:change")
def set_hours(request: HttpRequest) -> HttpResponse:
    """The stretches of one weekday, of a clinician or of the site."""
    site = site_of(request)
    form = HoursForm(request.POST, clinicians=clinicians(site))
    if not form.is_valid():
        return _page(request, site, 422, hours_form=form)
    person, weekday, spans = form.cleaned_data["staff"], form.cleaned_data["weekday"], form.cleaned_data["hours"]
    try:
        _may_touch(request, person)
        if person is None:
            services.set_opening_hours(site=site, weekday=weekday, spans=spans, by=request.actor)
        else:
            services.set_working_hours(staff=person, site=site, weekday=weekday, spans=spans, by=request.actor)
    except Refused as refusal:
        form.add_error(refusal.field or None, refusal.message)
        return _page(request, site, 422, hours_form=form)
    messages.success(request, _("The hours are changed."))
    return _again(site)


@allow(POST="working_hours:change")
def add_absence(request: HttpRequest) -> HttpResponse:
    """Away from one day to another, both included, or between two times."""
    site = site_of(request)
    form = AbsenceForm(request.POST, clinicians=clinicians(site))
    if not form.is_valid():
        return _page(request, site, 422, absence_form=form)
    data = form.cleaned_data
    starts_at, ends_at = _instants(site, data)
    try:
        _may_touch(request, data["staff"])
        services.add_absence(staff=data["staff"], starts_at=starts_at, ends_at=ends_at, reason=data["reason"], by=request.actor)
    except Refused as refusal:
        form.add_error(refusal.field or None, refusal.message)
        return _page(request, site, 422, absence_form=form)
    messages.success(request, _("The absence is noted."))
    return _again(site)


def _instants(site: Site, data: dict[str, Any]) -> tuple[datetime, datetime]:
    """Whole days unless times were given; on the site's clock."""
    starts_at = resolve_local(data["starts"], data["from_time"] or time(0), site.zone)
    if data["to_time"]:
        return starts_at, resolve_local(data["ends"], data["to_time"], site.zone)
    return starts_at, resolve_local(data["ends"] + timedelta(days=1), time(0), site.zone)


@allow(POST="working_hours:change")
def remove_absence(request: HttpRequest, absence: int) -> HttpResponse:
    """Back."""
    site = site_of(request)
    found = fetch(Absence.objects.filter(staff__sites=site).select_related("staff"), request.actor, pk=absence)
    _may_touch(request, found.staff)
    services.remove_absence(absence=found, by=request.actor)
    messages.success(request, _("The absence is removed."))
    return _again(site)


@allow(POST="working_hours:change")
def close_site(request: HttpRequest) -> HttpResponse:
    """A day on which nobody works here."""
    site, form = site_of(request), ClosureForm(request.POST, auto_id="closure_%s")
    if not form.is_valid():
        return _page(request, site, 422, closure_form=form)
    _may_touch(request, None)
    services.close_site(site=site, on=form.cleaned_data["on"], reason=form.cleaned_data["reason"], by=request.actor)
    messages.success(request, _("The site is closed on that day."))
    return _again(site)


@allow(POST="working_hours:change")
def reopen_site(request: HttpRequest, closure: int) -> HttpResponse:
    """Open after all."""
    found = fetch(Closure.objects.select_related("site"), request.actor, pk=closure)
    _may_touch(request, None)
    services.reopen_site(closure=found, by=request.actor)
    messages.success(request, _("Open again."))
    return _again(found.site)


@allow(POST="working_hours:change")
def set_room(request: HttpRequest, room: int) -> HttpResponse:
    """Out of use, or back."""
    found = fetch(Room.objects.select_related("site"), request.actor, pk=room)
    _may_touch(request, None)
    services.set_room(room=found, out_of_service=request.POST.get("out") == "1", by=request.actor)
    messages.success(request, _("Noted."))
    return _again(found.site)
