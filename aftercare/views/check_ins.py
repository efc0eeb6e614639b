"""A check-in as staff see it, and a clinician answering it on the phone for the patient."""

from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from aftercare import pages, selectors, services
from aftercare.forms import PageForm, form_for
from aftercare.models import CheckIn
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.permissions import allow, check_subject, fetch, level
from clinic.requests import HttpRequest


def _fetch(request: HttpRequest, check_in_uuid: UUID) -> CheckIn:
    rows = CheckIn.objects.select_related(
        "patient", "site__clinic", "plan__session", "plan__site", "response", "concern", "message__outbox"
    )
    return fetch(rows, request.actor, uuid=check_in_uuid)


@allow(GET="checkin:view")
def staff_check_in(request: HttpRequest, check_in_uuid: UUID) -> HttpResponse:
    """The answers and their findings; the desk sees whether it was answered, and whether an alert went."""
    by = request.actor
    found = _fetch(request, check_in_uuid)
    record_access(by=by, action="check_in.view", subject=str(found), patient_uuid=found.patient.uuid)
    full = level(by, "checkin:view") == "full"
    context = {
        "check_in": found,
        "patient": found.patient,
        "title": selectors.step_words(found.code),
        "answered": found.is_answered,
        "alert_sent": hasattr(found, "concern"),
        "detail": selectors.answers_in_words(found) if full and found.is_answered else None,
        "photos": selectors.photos_of(found) if full else [],
        "shedding": selectors.shedding_in_words(found.patient) if full else [],
        "first_page": pages.first_missing(found.asked, found.draft) or "words",
        "full": full,
    }
    return render(request, "aftercare/staff_check_in.html", context)


@allow(GET="checkin:answer_for", POST="checkin:answer_for")
def answer_for(request: HttpRequest, check_in_uuid: UUID, page: str) -> HttpResponse:
    """The patient's pages, filled by a clinician on the phone; the answer is marked so."""
    found = _fetch(request, check_in_uuid)
    shown = pages.page_to_show(found.asked, found.draft, page)
    if found.is_answered or found.cancelled_at is not None or shown is None:
        if request.method == "POST":
            notices.warning(request, _("This page was not kept: the answers are in already, or are not wanted any more. Write what you heard into the concern."))
        return redirect("aftercare:staff_check_in", check_in_uuid=found.uuid)
    if request.method != "POST":
        return _page(request, found, form_for(shown, draft=found.draft))
    check_subject(request, found.patient.uuid)
    form = form_for(shown, request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    return _keep(request, found, form)


def _keep(request: HttpRequest, found: CheckIn, form: PageForm) -> HttpResponse:
    by, at = request.actor, timezone.now()
    try:
        saved = services.save_page(check_in=found, page=form.page.name, values=form.values(), by=by, at=at)
        if form.page.kind == "words":
            services.answer_for_patient(check_in=saved, by=by, at=at)
            notices.success(request, _("The answers are in, marked as given to you on the phone."))
            return redirect("aftercare:staff_check_in", check_in_uuid=found.uuid)
        following = pages.next_page(saved.asked, saved.draft, form.page.name)
    except services.PagesMissing as missing:
        following = missing.field
    except Refused as refusal:
        notices.warning(request, refusal.message)
        return redirect("aftercare:staff_check_in", check_in_uuid=found.uuid)
    return redirect("aftercare:answer_for", check_in_uuid=found.uuid, page=following)


def _page(request: HttpRequest, found: CheckIn, form: PageForm, *, status: int = 200) -> HttpResponse:
    place, of = pages.progress(found.asked, found.draft, form.page.name)
    context = {
        "check_in": found,
        "patient": found.patient,
        "page": form.page,
        "form": form,
        "place": place,
        "of": of,
        "before": pages.page_before(found.asked, found.draft, form.page.name),
    }
    return render(request, "aftercare/answer_for.html", context, status=status)
