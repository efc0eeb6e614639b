"""Recalls: who is due, what was tried, invitations in bulk."""

from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments import selectors, services
from appointments.forms import RecallForm
from appointments.models import Recall
from appointments.rules import RecallState
from appointments.views.common import site_of
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import allow, check_subject, fetch, scoped
from clinic.requests import HttpRequest

PAGE = 100
_SHOWN = ("open", "due", "contacted", "booked", "dismissed")


def _filters(request: HttpRequest) -> dict[str, str]:
    show = request.GET.get("show", "open")
    return {"show": show if show in _SHOWN else "open", "overdue": "1" if request.GET.get("overdue") else "", "q": request.GET.get("q", "")[:60]}


@allow(GET="recall:view")
def recalls(request: HttpRequest) -> HttpResponse:
    """Due in the window, or overdue, without a booking. The filters live in the address, so they stay."""
    site, filters = site_of(request), _filters(request)
    today = site.today(timezone.now())
    rows = selectors.recalls(site, today, show=filters["show"], overdue=bool(filters["overdue"]), query=filters["q"])
    counts = selectors.recall_counts(site, today)
    record_access(by=request.actor, action="recall.list")
    shown = [(row, selectors.why_not_invited(row)) for row in rows[:PAGE]]
    tabs = [
        ("open", _("To do"), counts.get("due", 0) + counts.get("contacted", 0)), ("due", _("Not tried yet"), counts.get("due", 0)),
        ("contacted", _("Contacted"), counts.get("contacted", 0)), ("booked", _("Booked"), counts.get("booked", 0)),
        ("dismissed", _("Dismissed"), counts.get("dismissed", 0)),
    ]  # fmt: skip
    context = {"site": site, "rows": shown, "form": RecallForm(), "today": today, "filters": filters, "tabs": tabs, "page": PAGE}
    return render(request, "appointments/recalls.html", context)


def _back(request: HttpRequest) -> HttpResponse:
    query = request.POST.get("back", "")
    return redirect(reverse("appointments:recalls") + (f"?{query}" if query and "/" not in query else ""))


@allow(POST="recall:change")
def note_recall(request: HttpRequest, recall: str) -> HttpResponse:
    """One try to reach a patient, or leaving them out."""
    found = fetch(Recall.objects.select_related("patient"), request.actor, uuid=recall)
    check_subject(request, found.patient.uuid)
    form = RecallForm(request.POST)
    try:
        if request.POST.get("again") and found.state == RecallState.DISMISSED:
            services.reopen_recall(recall=found, by=request.actor, at=timezone.now())
        elif form.is_valid():
            services.note_recall(recall=found, by=request.actor, at=timezone.now(), **form.cleaned_data)
        else:
            raise Refused(_("Choose a channel and a result."))
        messages.success(request, _("Noted."))
    except Refused as refusal:
        messages.error(request, refusal.message)
    return _back(request)


def _uuids(request: HttpRequest) -> list[UUID]:
    found = []
    for value in request.POST.getlist("recall")[:PAGE]:
        with suppress(ValueError):
            found.append(UUID(value))
    return found


@allow(POST="recall:change")
def invite_recalls(request: HttpRequest) -> HttpResponse:
    """The neutral invitation to all that were ticked: first a preview with the count, then the sending (SETTLED 22)."""
    chosen = scoped(Recall.objects.select_related("patient", "site", "site__clinic"), request.actor)
    rows = list(chosen.filter(uuid__in=_uuids(request)).prefetch_related("patient__holds"))
    going = [row for row in rows if not selectors.why_not_invited(row) and row.state in (RecallState.DUE, RecallState.CONTACTED)]
    if "confirm" in request.POST:
        count = services.invite_recalls(recalls=going, by=request.actor, at=timezone.now())
        messages.success(request, ngettext("%(count)d invitation is on its way.", "%(count)d invitations are on their way.", count) % {"count": count})
        return _back(request)
    if not rows:
        messages.error(request, _("Tick the patients first."))
        return _back(request)
    left_out = [(row, selectors.why_not_invited(row)) for row in rows if row not in going]
    return render(request, "appointments/invite_recalls.html", {"going": going, "left_out": left_out, "back": request.POST.get("back", "")})
