"""Adverse events: a patient's list, one event from its onset to its end, a draft report to print."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import record_access
from clinic.clock import local_date
from clinic.errors import Refused
from clinic.permissions import allow, fetch
from clinic.requests import HttpRequest
from treatments import services
from treatments.forms import CloseForm, EventForm, ReasonForm, ShortEventForm
from treatments.forms.events import CAUSE_WORDS, EXPECTED_WORDS, OUTCOME_WORDS, SERIOUS_WORDS
from treatments.models import AdverseEvent, TreatmentSession
from treatments.rules.events import GRADES, KNOWN, EventFacts, hints
from treatments.views.page import again, form_of, page, patient_of, record_of
from treatments.vocabulary import Zone
from treatments.words import ZONE_WORDS


@allow(POST="adverse_event:record")
def event(request: HttpRequest, session: str) -> HttpResponse:
    """Note an adverse event beside the record."""
    record, form, at = record_of(request, session), ShortEventForm(request.POST), timezone.now()
    if not form.is_valid():
        return page(request, record, form_of(record), 422, event_form=form)
    services.record_adverse_event(patient=record.patient, record=record, entry=form.entry(at), by=request.actor, at=at, form_key=form.cleaned_data["form_key"])
    messages.success(request, _("Noted. It holds the next session until it is closed."))
    return again(record)


@allow(GET="adverse_event:view", POST="adverse_event:record")
def events(request: HttpRequest, patient: str) -> HttpResponse:
    """All of a patient; noting one that came up after a session."""
    found, at = patient_of(request, patient), timezone.now()
    timezone.activate(found.site.tz)
    sessions = found.sessions.exclude(started_at=None).order_by("-started_at")
    form = EventForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        record = next((row for row in sessions if str(row.uuid) == request.POST.get("session")), None)
        try:
            row = services.record_adverse_event(patient=found, record=record, entry=form.entry(at), by=request.actor, at=at, form_key=form.cleaned_data["form_key"])
            messages.success(request, _("Noted. It holds the next session until it is closed."))
            return redirect("treatments:event_page", event=row.uuid)
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
    record_access(by=request.actor, action="adverse_event.list", patient_uuid=found.uuid)
    context = {
        "patient": found, "tab": "sessions", "events": found.adverse_events.select_related("session"), "form": form, "sessions": sessions[:6],
        "known": KNOWN, "asked": request.POST.get("session") or (str(sessions[0].uuid) if sessions else ""),
    }  # fmt: skip
    return render(request, "treatments/events.html", context, status=422 if form.errors else 200)


def _event(request: HttpRequest, uuid: str) -> AdverseEvent:
    rows = AdverseEvent.objects.select_related("patient__site__clinic", "session__operator", "session__site")
    found = fetch(rows, request.actor, uuid=uuid)
    patient_of(request, str(found.patient.uuid))
    timezone.activate(found.patient.site.tz)
    return found


def _page(request: HttpRequest, row: AdverseEvent, status: int = 200, **more: Any) -> HttpResponse:
    facts = EventFacts(row.what, row.grade, row.serious, tuple(row.seriousness), row.expectedness, _days(row))
    context = {
        "event": row, "patient": row.patient, "tab": "sessions", "form": EventForm(initial=EventForm.stored(row)), "close_form": CloseForm(),
        "reason_form": ReasonForm(), "hints": hints(facts), "known": KNOWN, **_words(row),
    }  # fmt: skip
    return render(request, "treatments/event.html", context | more, status=status)


def _days(row: AdverseEvent) -> int:
    today = row.patient.site.today(timezone.now())
    return ((row.ended_on or today) - local_date(row.onset_at, row.patient.site.zone)).days


def _words(row: AdverseEvent) -> dict[str, Any]:
    """The event's vocabulary in words for people."""
    return {
        "grade_words": GRADES[row.grade], "cause_words": CAUSE_WORDS.get(row.causality, row.causality),
        "expected_words": EXPECTED_WORDS.get(row.expectedness, ""), "outcome_words": OUTCOME_WORDS.get(row.outcome_kind, ""),
        "zone_words": ZONE_WORDS[Zone(row.zone)] if row.zone else "", "serious_words": [SERIOUS_WORDS.get(code, code) for code in row.seriousness],
    }  # fmt: skip


@allow(GET="adverse_event:view", POST="adverse_event:record")
def event_page(request: HttpRequest, event: str) -> HttpResponse:
    """One event; what is known by now is corrected while it is open."""
    row = _event(request, event)
    if request.method != "POST":
        record_access(by=request.actor, action="adverse_event.view", subject=f"event {row.pk}", patient_uuid=row.patient.uuid)
        return _page(request, row)
    form, at = EventForm(request.POST), timezone.now()
    if form.is_valid():
        try:
            services.events.change_adverse_event(event=row, entry=form.entry(row.onset_at), by=request.actor, at=at)
            messages.success(request, _("Saved."))
            return redirect("treatments:event_page", event=row.uuid)
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
    return _page(request, row, 422, form=form)


@allow(POST="adverse_event:record")
def close_event(request: HttpRequest, event: str) -> HttpResponse:
    """Close it with an outcome and, where it is over, the day."""
    row, form = _event(request, event), CloseForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            services.close_adverse_event(
                event=row, kind=data["kind"], outcome=data["text"], ended_on=data["ended_on"], by=request.actor, at=timezone.now()
            )
            messages.success(request, _("Closed; its hold is released."))
            return redirect("treatments:event_page", event=row.uuid)
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
    return _page(request, row, 422, close_form=form)


@allow(POST="adverse_event:record")
def reopen_event(request: HttpRequest, event: str) -> HttpResponse:
    """Closed too early."""
    row, form = _event(request, event), ReasonForm(request.POST)
    if form.is_valid():
        try:
            services.events.reopen_adverse_event(event=row, reason=form.cleaned_data["text"], by=request.actor, at=timezone.now())
            messages.success(request, _("Open again. It holds the next session."))
            return redirect("treatments:event_page", event=row.uuid)
        except Refused as refusal:
            form.add_error("text", refusal.message)
    return _page(request, row, 422, reason_form=form, asked="reopen_event")


@allow(GET="adverse_event:view")
def event_report(request: HttpRequest, event: str) -> HttpResponse:
    """A draft report to print. Whether there is a duty to report is for a person to judge."""
    row = _event(request, event)
    record_access(by=request.actor, action="adverse_event.report", subject=f"event {row.pk}", patient_uuid=row.patient.uuid)
    patient, today = row.patient, row.patient.site.today(timezone.now())
    regulator = request.GET.get("to") == "regulator"
    context = {
        "event": row, "patient": patient, "age": patient.age_on(local_date(row.onset_at, patient.site.zone)), "regulator": regulator, "today": today,
        "record": row.session, "blocks": _blocks(row.session), "site": patient.site, **_words(row),
        "products": row.session.product_uses.select_related("product") if row.session else [], "numbing": getattr(row.session, "anaesthetic", None),
    }  # fmt: skip
    return render(request, "treatments/event_report.html", context)


def _blocks(session: TreatmentSession | None) -> list[Any]:
    return list(session.blocks.select_related("device", "cartridge__lot").prefetch_related("zones")) if session else []
