"""The aftercare of one session beside its record, and a clinician's word that it is planned again."""

from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from aftercare import selectors, services
from aftercare.forms import CorrectedForm, ReplanForm
from aftercare.models import Plan
from aftercare.rules.aftercare import Done
from clinic.audit import record_access
from clinic.errors import Conflict, Refused
from clinic.htmx import is_fragment
from clinic.permissions import allow, check_subject, fetch
from clinic.requests import HttpRequest
from treatments.models import TreatmentSession


@allow(GET="aftercare:replan", POST="aftercare:replan")
def session_aftercare(request: HttpRequest, session: UUID) -> HttpResponse:
    """What the aftercare goes by beside what the record says now. POST: it is planned again. As a fragment: a line where they differ."""
    record = fetch(TreatmentSession.objects.select_related("patient__site"), request.actor, uuid=session)
    check_subject(request, record.patient.uuid)
    plan = selectors.plan_of_session(record.uuid)
    if is_fragment(request):
        waits = plan is not None and plan in selectors.plans_to_decide(record.patient)
        return render(request, "aftercare/_replan_note.html", {"plans": [plan] if waits else []})
    if plan is None:
        raise Http404
    if request.method != "POST":
        record_access(by=request.actor, action="aftercare.plan", subject=f"plan {plan.pk}", patient_uuid=record.patient.uuid)
        return _page(request, plan, None)
    form = CorrectedForm(request.POST, site=plan.site) if selectors.has_addendum(plan) else ReplanForm(request.POST)
    return _planned(request, plan, form) if form.is_valid() else _page(request, plan, form, status=422)


def _planned(request: HttpRequest, plan: Plan, form: ReplanForm) -> HttpResponse:
    in_words = isinstance(form, CorrectedForm)
    done = form.done() if isinstance(form, CorrectedForm) else selectors.record_of(plan.session)
    looked_at = form.cleaned_data["seen"] == (selectors.state_of(plan) if in_words else selectors.digest_of(done))
    if not looked_at and not (in_words and done == selectors.done_in(plan)):  # pressed twice is no other state
        return _page(request, plan, form, status=409, note=_("The record was changed meanwhile. Please look again: this is how it is now."))
    try:
        row = services.replan_aftercare(plan=plan, done=done, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now())
    except Conflict as conflict:
        notices.info(request, conflict.message)
    except Refused as refusal:
        return _page(request, plan, form, status=422, note=refusal.message)
    else:
        notices.success(request, _("Planned again. A corrected mail goes out now.") if row.message_id else _("Planned again. No corrected mail goes."))
    return redirect("aftercare:session_aftercare", session=plan.session.uuid)


def _page(request: HttpRequest, plan: Plan, form: ReplanForm | None, *, status: int = 200, note: str = "") -> HttpResponse:
    at, in_words = timezone.now(), selectors.has_addendum(plan)
    known = _looked_at(plan, form, in_words)
    found = selectors.difference(plan, known, now=selectors.instructions_of(plan, at=at, done=known), at=at)
    seen = selectors.state_of(plan) if in_words else found.digest
    starting = {"seen": seen, **(CorrectedForm.starting(known, plan.site) if in_words else {})}
    context: dict[str, Any] = {
        "plan": plan, "patient": plan.patient, "tab": "messages", "found": found, "seen": seen, "in_words": in_words, "is_running": selectors.is_running(plan),
        "form": form or (CorrectedForm(initial=starting, site=plan.site) if in_words else ReplanForm(initial=starting)), "history": selectors.replan_history(plan),
        "note": note,
    }  # fmt: skip
    return render(request, "aftercare/session_aftercare.html", context, status=status)


def _looked_at(plan: Plan, form: ReplanForm | None, in_words: bool) -> Done:
    """What the page sets beside the plan: what was typed; after an addendum that was planned by, the plan's own; else the record."""
    if isinstance(form, CorrectedForm) and form.is_valid():
        return form.done()
    decided = in_words and plan.replans.exists()
    return selectors.done_in(plan) if decided else selectors.record_of(plan.session)
