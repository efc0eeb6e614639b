"""The course and the session record."""

import json
from typing import Any

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.errors import Conflict, Refused
from clinic.htmx import is_fragment
from clinic.models import Staff
from clinic.permissions import acting_staff, allow, check_subject, fetch
from clinic.requests import HttpRequest
from patients import selectors as people
from patients.models import Patient
from treatments import selectors, services
from treatments.forms import CourseForm, EndForm, EventForm, MeasurementForm, PhotoForm, SessionForm, TextForm
from treatments.models import AdverseEvent, TreatmentSession
from treatments.rules.vocabulary import Stage
from treatments.vocabulary import MeasurementKind, SessionState

_STAGES = {SessionState.DRAFT: Stage.START, SessionState.STARTED: Stage.CHECKOUT, SessionState.ENDED: Stage.SIGNOFF}


def _staff(request: HttpRequest) -> Staff:
    return acting_staff(request.actor)


def _patient(request: HttpRequest, uuid: str) -> Patient:
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=uuid)
    check_subject(request, found.uuid)
    return found


def _record(request: HttpRequest, uuid: str) -> TreatmentSession:
    rows = TreatmentSession.objects.select_related("patient", "patient__site", "course", "site", "site__clinic", "operator")
    found = fetch(rows, request.actor, uuid=uuid)
    check_subject(request, found.patient.uuid)
    return found


@allow(GET="session:read", POST="course:change")
def course(request: HttpRequest, patient: str) -> HttpResponse:
    """Course and sessions; planning a course."""
    found = _patient(request, patient)
    form = CourseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.plan_course(patient=found, staff=_staff(request), by=request.actor, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("The course is planned."))
        return redirect("treatments:course", patient=found.uuid)
    record_access(by=request.actor, action="session.list", patient_uuid=found.uuid)
    rows = found.sessions.select_related("operator", "course", "signed_record").prefetch_related("blocks__zones")
    context = {
        "patient": found, "form": form, "course": selectors.open_course(found), "sessions": rows, "tab": "sessions",
        "window": selectors.next_window(found, today=found.site.today(timezone.now())),
        "events": found.adverse_events.filter(closed_at=None),
    }  # fmt: skip
    return render(request, "treatments/course.html", context, status=422 if form.errors else 200)


@allow(POST="session:draft")
def open_session(request: HttpRequest, patient: str) -> HttpResponse:
    """A walk-in session without an appointment."""
    found = _patient(request, patient)
    try:
        record = services.open_session(patient=found, operator=_staff(request), by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("treatments:course", patient=found.uuid)
    return redirect("treatments:session", session=record.uuid)


def _context(request: HttpRequest, record: TreatmentSession, form: SessionForm) -> dict[str, Any]:
    stage = _STAGES.get(SessionState(record.state), Stage.SIGNOFF)
    found = selectors.evaluate(record, stage)
    last = selectors.last_session(record.patient, before=record.started_at or timezone.now())
    return {
        "record": record, "patient": record.patient, "form": form, "evaluation": found, "tab": "sessions",
        "reasons": [(f, selectors.reason_key(f.rule, f.subject)) for f in found.findings],
        "checklist": selectors.checklist(record), "last": last, "last_settings": selectors.settings_of(last) if last else [],
        "photos": record.patient.photos.filter(error_at=None).order_by("view", "-taken_at"), "events": record.adverse_events.all(),
        "photo_form": PhotoForm(), "measurement_form": MeasurementForm(), "event_form": EventForm(),
        "measurements": record.patient.measurements.all()[:6], "rescreen": people.rescreen_on(record.patient, record.site.today(timezone.now())),
        "editable": record.state != SessionState.SIGNED and not hasattr(record, "entered_in_error"),
    }  # fmt: skip


@allow(GET="session:read", POST="session:draft")
def session(request: HttpRequest, session: str) -> HttpResponse:
    """The record: read it; or save the draft (plainly, or by htmx while typing). Nobody is overwritten."""
    record = _record(request, session)
    timezone.activate(record.site.tz)
    today = record.site.today(timezone.now())
    if request.method != "POST":
        record_access(by=request.actor, action="session.view", patient_uuid=record.patient.uuid)
        if record.state == SessionState.SIGNED:
            return _signed(request, record)
        return render(request, "treatments/session.html", _context(request, record, SessionForm(record=record, today=today)))
    form = SessionForm(request.POST, record=record, today=today)
    status, note = 422, ""
    if form.is_valid():
        try:
            record = services.save_session(
                record=record, version=form.cleaned_data["version"], entry=form.entry(), by=request.actor, at=timezone.now()
            )
            status = 200
        except Conflict as conflict:
            status, note = 409, conflict.message
    context = _context(request, record, form) | {"note": note, "saved": status == 200}
    if is_fragment(request):
        return render(request, "treatments/_findings.html", context, status=status)
    if status == 200:
        messages.success(request, _("Draft saved."))
        return redirect("treatments:session", session=record.uuid)
    return render(request, "treatments/session.html", context, status=status)


def _signed(request: HttpRequest, record: TreatmentSession) -> HttpResponse:
    signed = record.signed_record
    context = {
        "record": record, "patient": record.patient, "signed": signed, "content": json.loads(signed.content), "tab": "sessions",
        "addenda": signed.addenda.select_related("by"), "error": getattr(record, "entered_in_error", None), "form": TextForm(),
        "photos": record.photos.filter(error_at=None),
    }  # fmt: skip
    return render(request, "treatments/signed.html", context)


def _again(record: TreatmentSession) -> HttpResponse:
    return redirect("treatments:session", session=record.uuid)


def _tell(request: HttpRequest, refusal: Refused) -> None:
    """All that stops a step, in words."""
    lines = [refusal.message]
    if isinstance(refusal, services.Blocked):
        lines += [*refusal.missing, *(f"{f.rule} {f.words}" for f in refusal.findings), *(f"A reason is owed: {key}" for key in refusal.owed)]
    messages.error(request, " · ".join(lines))


@allow(POST="session:draft")
def copy_last(request: HttpRequest, session: str) -> HttpResponse:
    """Settings of the last session; never cartridge, photos, events or signature."""
    record = _record(request, session)
    try:
        services.copy_last(record=record, version=int(request.POST.get("version") or record.version), by=request.actor, at=timezone.now())
        messages.success(request, _("Settings copied. Choose a new cartridge and check each zone."))
    except (Refused, ValueError) as error:
        messages.error(request, str(error))
    return _again(record)


@allow(POST="session:draft")
def start(request: HttpRequest, session: str) -> HttpResponse:
    """The needle may touch the skin."""
    record = _record(request, session)
    try:
        services.start_session(record=record, by=request.actor, at=timezone.now())
        messages.success(request, _("Started."))
    except Refused as refusal:
        _tell(request, refusal)
    return _again(record)


@allow(POST="session:draft")
def end(request: HttpRequest, session: str) -> HttpResponse:
    """Check-out."""
    record = _record(request, session)
    timezone.activate(record.site.tz)
    form = EndForm(request.POST)
    at = timezone.now()
    try:
        if not form.is_valid():
            raise Refused(_("The end is not a time. Use day and time, or leave it empty for now."))
        services.end_session(record=record, ended_at=form.cleaned_data["ended_at"] or at, by=request.actor, at=at)
        messages.success(request, _("Ended. The aftercare is planned now."))
    except Refused as refusal:
        _tell(request, refusal)
    return _again(record)


@allow(POST="session:sign")
def sign(request: HttpRequest, session: str) -> HttpResponse:
    """Sign & lock, by the operator, freshly signed in."""
    record = _record(request, session)
    if settings.SIGN_NEEDS_FRESH_LOGIN and not did_recently_reauthenticate(request):
        messages.info(request, _("Type your password again, then sign."))
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': reverse('treatments:session', args=[record.uuid])})}")
    try:
        services.sign_session(record=record, signer=_staff(request), by=request.actor, at=timezone.now())
        messages.success(request, _("Signed and locked."))
    except Refused as refusal:
        _tell(request, refusal)
    return _again(record)


@allow(POST="session:addendum")
def addendum(request: HttpRequest, session: str) -> HttpResponse:
    """A dated correction."""
    record = _record(request, session)
    form = TextForm(request.POST)
    if form.is_valid() and record.state == SessionState.SIGNED:
        services.add_addendum(record=record.signed_record, text=form.cleaned_data["text"], staff=_staff(request), by=request.actor, at=timezone.now())
        messages.success(request, _("The addendum is signed."))
    else:
        messages.error(request, _("Write what you want to add."))
    return _again(record)


@allow(POST="session:addendum")
def entered_in_error(request: HttpRequest, session: str) -> HttpResponse:
    """Recorded by mistake, or for the wrong patient."""
    record = _record(request, session)
    form = TextForm(request.POST)
    if form.is_valid():
        services.mark_entered_in_error(record=record, reason=form.cleaned_data["text"], staff=_staff(request), by=request.actor, at=timezone.now())
        messages.success(request, _("Marked as entered in error. Its aftercare is cancelled."))
    else:
        messages.error(request, _("Give the reason."))
    return _again(record)


@allow(POST="adverse_event:record")
def event(request: HttpRequest, session: str) -> HttpResponse:
    """Note an adverse event."""
    record = _record(request, session)
    form = EventForm(request.POST)
    if form.is_valid():
        services.record_adverse_event(record=record, zone="", by=request.actor, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Noted. It holds the next session until it is closed."))
    else:
        messages.error(request, _("Say what happened, with a grade from 1 to 5."))
    return _again(record)


@allow(POST="adverse_event:record")
def close_event(request: HttpRequest, patient: str, event: str) -> HttpResponse:
    """Close it with an outcome."""
    found = _patient(request, patient)
    row = fetch(AdverseEvent.objects.filter(patient=found), request.actor, uuid=event)
    form = TextForm(request.POST)
    if form.is_valid():
        services.close_adverse_event(event=row, outcome=form.cleaned_data["text"], by=request.actor, at=timezone.now())
        messages.success(request, _("Closed; its hold is released."))
    else:
        messages.error(request, _("Give the outcome."))
    return redirect("treatments:course", patient=found.uuid)


@allow(POST="measurement:record")
def measure(request: HttpRequest, session: str) -> HttpResponse:
    """Baseline grade and density."""
    record = _record(request, session)
    form = MeasurementForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        common: dict[str, Any] = {"patient": record.patient, "session": record, "by": request.actor, "at": timezone.now()}
        services.record_measurement(kind=data["kind"], grade=data["grade"], **common)
        if data["density"] is not None:
            services.record_measurement(
                kind=MeasurementKind.HAIR_DENSITY, value=data["density"], unit="{hairs}/cm2", area_cm2=data["area_cm2"],
                site_on_scalp=data["site_on_scalp"] or "not named", **common,
            )  # fmt: skip
        messages.success(request, _("Recorded."))
    else:
        messages.error(request, " ".join(str(e) for errors in form.errors.values() for e in errors))
    return _again(record)
