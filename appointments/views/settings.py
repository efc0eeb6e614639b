"""Booking settings: kinds of visit with their reminders, rooms, the site's numbers, wall screens."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments import selectors, services
from appointments.forms import BookingRulesForm, RoomForm, ScreenForm, VisitTypeForm
from appointments.models import VisitType, WallScreen
from appointments.views.common import site_of, sites_of
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.models import Site
from clinic.permissions import allow, fetch, may
from clinic.requests import HttpRequest


@allow(GET="working_hours:view")
def booking_settings(request: HttpRequest) -> HttpResponse:
    """How this site books, on one page."""
    record_access(by=request.actor, action="booking.settings")
    return _page(request, site_of(request))


def _page(request: HttpRequest, site: Site, status: int = 200, typed: VisitTypeForm | None = None, typed_pk: int = 0, **more: Any) -> HttpResponse:
    kinds = [(kind, typed if typed and kind.pk == typed_pk else VisitTypeForm(visit_type=kind)) for kind in selectors.visit_types()]
    context = {
        "site": site, "sites": sites_of(request), "kinds": kinds, "rooms": selectors.rooms_of(site), "screens": selectors.screens(site),
        "rules_form": BookingRulesForm(rules=selectors.booking_rules(site)), "room_form": RoomForm(auto_id="room_%s"),
        "screen_form": ScreenForm(auto_id="screen_%s"), "may_change": may(request.actor, "booking:settings"),
        "may_screens": may(request.actor, "screen:manage"), "at": timezone.now(), "code": "", "open_kind": typed_pk,
    }  # fmt: skip
    return render(request, "appointments/booking_settings.html", context | more, status=status)


def _again(site: Site) -> HttpResponse:
    return redirect(f"{reverse('appointments:booking_settings')}?site={site.uuid}")


@allow(POST="booking:settings")
def change_visit_type(request: HttpRequest) -> HttpResponse:
    """Length, limits, reminders of one kind of visit. Kinds belong to the whole clinic, not to a site."""
    site, found = site_of(request), get_object_or_404(VisitType, code=request.POST.get("visit_type", ""))
    form = VisitTypeForm(request.POST, visit_type=found)
    if not form.is_valid():
        return _page(request, site, 422, typed=form, typed_pk=found.pk)
    services.change_visit_type(visit_type=found, data=form.visit_type_data(), by=request.actor)
    messages.success(request, _("Changed. Visits that are booked keep what they have."))
    return _again(site)


@allow(POST="booking:settings")
def set_booking_rules(request: HttpRequest) -> HttpResponse:
    """Cut-off, and how freed times are offered."""
    site = site_of(request)
    form = BookingRulesForm(request.POST, rules=selectors.booking_rules(site))
    if not form.is_valid():
        return _page(request, site, 422, rules_form=form)
    services.set_booking_rules(site=site, by=request.actor, **form.cleaned_data)
    messages.success(request, _("Changed."))
    return _again(site)


@allow(POST="booking:settings")
def add_room(request: HttpRequest) -> HttpResponse:
    """One more room."""
    site, form = site_of(request), RoomForm(request.POST, auto_id="room_%s")
    try:
        if form.is_valid():
            services.add_room(site=site, name=form.cleaned_data["name"], by=request.actor)
            messages.success(request, _("The room is added."))
            return _again(site)
    except Refused as refusal:
        form.add_error("name", refusal.message)
    return _page(request, site, 422, room_form=form)


@allow(POST="screen:manage")
def make_screen(request: HttpRequest) -> HttpResponse:
    """One more wall screen; its code is shown once."""
    site, form = site_of(request), ScreenForm(request.POST, auto_id="screen_%s")
    if not form.is_valid():
        return _page(request, site, 422, screen_form=form)
    _screen, code = services.make_screen(site=site, by=request.actor, at=timezone.now(), **form.cleaned_data)
    return _page(request, site, code=code)


@allow(POST="screen:manage")
def revoke_screen(request: HttpRequest, screen: str) -> HttpResponse:
    """Dark at its next refresh."""
    found = fetch(WallScreen.objects.select_related("site"), request.actor, uuid=screen)
    services.revoke_screen(screen=found, by=request.actor, at=timezone.now())
    messages.success(request, _("The screen is signed out."))
    return _again(found.site)
