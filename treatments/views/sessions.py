"""The course, and the session record as a page."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Refused
from clinic.htmx import is_fragment
from clinic.permissions import allow
from clinic.requests import HttpRequest
from patients.models import Patient
from treatments import selectors, services
from treatments.forms import CourseEndForm, CourseForm, ExcludedZonesForm, ResponseForm
from treatments.models import Course, TreatmentSession
from treatments.views.page import again, form_of, page, patient_of, record_of, saved, staff_of
from treatments.views.scan import scan
from treatments.views.signed import signed_page
from treatments.vocabulary import Phase, Response, SessionState, Zone
from treatments.words import RESPONSE_WORDS, ZONE_WORDS


@allow(GET="session:read", POST="course:change")
def course(request: HttpRequest, patient: str) -> HttpResponse:
    """Course and sessions; planning a course; stopping one (`do=end`); closed zones and response (`do=zones`, `do=response`)."""
    found = patient_of(request, patient)
    running = selectors.open_course(found)
    through = running is not None and found.pk in selectors.through([found.pk])
    do = request.POST.get("do", "")
    form = CourseForm(request.POST if request.POST and do not in _BESIDE else None, initial={"phase": Phase.MAINTENANCE} if through else None)
    # three of the forms have a reason: each field needs an id of its own for its label
    beside = {name: made(request.POST if do == name else None, initial=_noted(running), auto_id=f"{name}_%s") for name, made in _BESIDE.items()}
    sent = beside.get(do, form)
    if request.method == "POST" and _course_written(request, found, running, sent):
        return redirect("treatments:course", patient=found.uuid)
    record_access(by=request.actor, action="session.list", patient_uuid=found.uuid)
    rows = found.sessions.select_related("operator", "course", "signed_record", "entered_in_error").prefetch_related("blocks__zones")
    context = {
        "patient": found, "form": form, "end_form": beside["end"], "zones_form": beside["zones"], "response_form": beside["response"],
        "notes": selectors.course_notes(running) if running else {}, "closed_zones": [ZONE_WORDS[Zone(zone)] for zone in running.excluded_zones] if running else [],
        "response_words": RESPONSE_WORDS[Response(running.response)] if running else "", "course": running, "through": through, "sessions": rows, "tab": "sessions",
        "last_course": None if running else found.courses.exclude(ended_at=None).first(),
        "window": selectors.next_window(found, today=found.site.today(timezone.now())),
        "events": found.adverse_events.filter(closed_at=None),
    }  # fmt: skip
    return render(request, "treatments/course.html", context, status=422 if sent.errors else 200)


_BESIDE: dict[str, type[Form]] = {"end": CourseEndForm, "zones": ExcludedZonesForm, "response": ResponseForm}


def _noted(course: Course | None) -> dict[str, Any]:
    return {"zones": course.excluded_zones, "response": course.response} if course else {}


def _course_written(request: HttpRequest, patient: Patient, running: Course | None, form: Form) -> bool:
    """Whether a course was planned, stopped or noted on; if not, the form says why."""
    if not form.is_valid():
        return False
    try:
        if isinstance(form, CourseForm):
            services.plan_course(patient=patient, staff=staff_of(request), by=request.actor, at=timezone.now(), **form.cleaned_data)
            words = _("The course is planned.")
        elif running is None:
            raise Refused(_("This course is over already."))
        else:
            words = _noted_on(request, running, form)
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else next(iter(form.fields)), refusal.message)
        return False
    messages.success(request, words)
    return True


def _noted_on(request: HttpRequest, course: Course, form: Form) -> str:
    """Stop it, close zones, or note the response; gives the words of success."""
    told: dict[str, Any] = {"course": course, "by": request.actor, "at": timezone.now(), **form.cleaned_data}
    if isinstance(form, CourseEndForm):
        services.end_course(**told)
        return _("The course is over. Nobody is invited to a further session.")
    if isinstance(form, ExcludedZonesForm):
        closed = services.exclude_zones(**told).excluded_zones
        return _("Closed zones are noted.") if closed else _("All zones are open again.")
    services.note_response(**told)
    return _("The response is noted.")


@allow(POST="session:draft")
def open_session(request: HttpRequest, patient: str) -> HttpResponse:
    """A walk-in session without an appointment."""
    found = patient_of(request, patient)
    try:
        record = services.open_session(patient=found, operator=staff_of(request), by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("treatments:course", patient=found.uuid)
    return again(record)


@allow(GET="session:read", POST="session:draft")
def session(request: HttpRequest, session: str) -> HttpResponse:
    """The record: read it; or save the draft (plainly, or by htmx while typing). Nobody is overwritten."""
    record = record_of(request, session)
    if request.method != "POST":
        record_access(by=request.actor, action="session.view", patient_uuid=record.patient.uuid)
        return signed_page(request, record) if record.state == SessionState.SIGNED else page(request, record, form_of(record))
    return scan(request, record) if request.POST.get("scan", "").strip() else _draft_saved(request, record)


@allow(POST="session:draft")
def autosave(request: HttpRequest, session: str) -> HttpResponse:
    """The draft saves itself. As a background request it does not keep a login alive (R19)."""
    return _draft_saved(request, record_of(request, session))


def _draft_saved(request: HttpRequest, record: TreatmentSession) -> HttpResponse:
    record, answer = saved(request, record, partly=is_fragment(request))
    if answer is not None:
        return answer
    if is_fragment(request):
        return page(request, record, form_of(record))
    messages.success(request, _("Draft saved."))
    # “add another product” is a saving too: the page comes back with one empty row more
    return again(record, "topicals" if request.POST.get("more") else "")
