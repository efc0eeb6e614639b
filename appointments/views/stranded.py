"""Visits that do not fit any more: new times proposed, the ticked ones moved in one go, each with its result."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from appointments import selectors, services
from appointments.forms import SlotForm
from appointments.models import Appointment
from appointments.views.common import clinicians, site_of, sites_of
from clinic.audit import record_access
from clinic.models import Site
from clinic.permissions import allow
from clinic.requests import HttpRequest


@allow(GET="appointment:move", POST="appointment:move")
def stranded_visits(request: HttpRequest) -> HttpResponse:
    """Proposals for the first few; after moving, what became of each and who is left."""
    site, at = site_of(request), timezone.now()
    results: list[services.Moved] = []
    tell = request.method != "POST" or bool(request.POST.get("tell"))
    if request.method == "POST":
        results = services.move_stranded(moves=_moves(request, site), by=request.actor, at=at, tell=tell)
    record_access(by=request.actor, action="hours.stranded")
    rows = selectors.stranded(site, at)
    ways = selectors.ways_out(rows, site, at)
    context = {
        "site": site, "sites": sites_of(request), "ways": ways, "more": len(rows) - len(ways), "tell": tell,
        "nothing_ticked": request.method == "POST" and not results, "moved": [row for row in results if not row.problem],
        "not_moved": [row for row in results if row.problem],
    }  # fmt: skip
    return render(request, "appointments/stranded.html", context, status=422 if context["nothing_ticked"] else 200)


def _moves(request: HttpRequest, site: Site) -> list[tuple[Appointment, services.Wish | None]]:
    """The ticked visits of this site with the times chosen for them; ids that are none of its visits are left out."""
    uuids = []
    for value in request.POST.getlist("visit")[: selectors.MOST_AT_ONCE]:
        with suppress(ValueError):
            uuids.append(UUID(value))
    related = ("patient", "patient__site", "site", "site__clinic", "visit_type", "clinician", "room", "device")
    rows = Appointment.objects.filter(site=site, uuid__in=uuids).select_related(*related).order_by("starts_at", "pk")
    return [(row, _wish(request, site, row)) for row in rows]


def _wish(request: HttpRequest, site: Site, visit: Appointment) -> services.Wish | None:
    form = SlotForm(request.POST, prefix=str(visit.uuid))
    if not form.is_valid():
        return None
    chosen: tuple[datetime, int] = form.cleaned_data["slot"]
    clinician = clinicians(site).filter(pk=chosen[1]).first()
    return services.Wish(starts_at=chosen[0], clinician=clinician) if clinician else None
