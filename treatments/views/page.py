"""What the session's views share: fetching, the page's context, saving what is on the form."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.errors import Conflict, Refused
from clinic.htmx import is_fragment
from clinic.models import Staff
from clinic.permissions import acting_staff, check_subject, fetch
from clinic.requests import HttpRequest
from patients import selectors as people
from patients.models import Patient
from treatments import selectors, services
from treatments.forms import BaselineForm, BlockForm, PhotoForm, SessionForm, ShortEventForm, salvaged
from treatments.forms.rows import MOST_ROWS
from treatments.models import TreatmentSession
from treatments.rules.vocabulary import Severity, Stage
from treatments.selectors.whose import left_by, of_this_patient
from treatments.vocabulary import SessionState

_STAGES = {SessionState.DRAFT: Stage.START, SessionState.STARTED: Stage.CHECKOUT, SessionState.ENDED: Stage.SIGNOFF}


def staff_of(request: HttpRequest) -> Staff:
    """Who is signed in."""
    return acting_staff(request.actor)


def patient_of(request: HttpRequest, uuid: str) -> Patient:
    """The page's patient, in scope; a POST is checked to be about this one (R12)."""
    found = fetch(Patient.objects.select_related("site", "site__clinic"), request.actor, uuid=uuid)
    check_subject(request, found.uuid)
    return found


def record_of(request: HttpRequest, uuid: str) -> TreatmentSession:
    """The page's session, in scope; times are read and written in its site's zone from here on."""
    rows = TreatmentSession.objects.select_related("patient", "patient__site", "course", "site", "site__clinic", "operator")
    found = fetch(rows, request.actor, uuid=uuid)
    check_subject(request, found.patient.uuid)
    timezone.activate(found.site.tz)
    return found


def again(record: TreatmentSession, part: str = "") -> HttpResponse:
    """Back to the record, at a part of it."""
    return redirect(reverse("treatments:session", args=[record.uuid]) + (f"#{part}" if part else ""))


def form_of(record: TreatmentSession, data: Any = None) -> SessionForm:
    """The record as a form, as stored or as posted."""
    return SessionForm(data, record=record, today=record.site.today(timezone.now()))


def page(request: HttpRequest, record: TreatmentSession, form: SessionForm, status: int = 200, **more: Any) -> HttpResponse:
    """The whole page, or for htmx the part with findings and what is wrong."""
    fragment = is_fragment(request)
    template = "treatments/_findings.html" if fragment else "treatments/session.html"
    own: dict[str, Any] = {
        "swap_oob": fragment, "presets": selectors.presets_of(request.actor.staff_id), "mine": record.operator_id == request.actor.staff_id,
        "left": None if fragment else left_by(record), "handovers": [] if fragment else selectors.handovers(record),
    }
    if record.state == SessionState.ENDED and not fragment:
        own |= {"prp_carried": selectors.prp.carried(record) is not None, "signer": selectors.signer_of(record), "signature_handovers": selectors.signature_handovers(record), "handover_reason": request.POST.get("handover_reason", "")}  # fmt: skip
    return render(request, template, _context(record, form) | own | more, status=status)


def in_error_words() -> str:
    """What a page says that was opened before its record was entered in error."""
    return _("This record was entered in error. Nothing was kept. Open a new session.")


def _context(record: TreatmentSession, form: SessionForm) -> dict[str, Any]:
    at = timezone.now()
    today = record.site.today(at)
    if record.state == SessionState.DRAFT:
        record.planned_start_at = at  # what the rules would say to a start now; not stored
    stage = _STAGES.get(SessionState(record.state), Stage.SIGNOFF)
    found = selectors.evaluate(record, stage)
    last = selectors.last_session(record.patient, before=record.started_at or at)
    checklist = selectors.checklist(record, found if stage == Stage.SIGNOFF else None)
    return {
        **_choices(), "withdrawn": found.withdrawn, "happened": found.happened, "learnt": set(found.learnt.values()), "parts": _parts(record, checklist), "allergies": people.allergies_in_words(record.patient), "allergies_told": people.allergies_told(record.patient), "to_ask": people.allergies_to_ask_in_words(record.patient),
        "most_rows": MOST_ROWS, "record": record, "place": selectors.place_in_course(record), "patient": record.patient, "form": form, "evaluation": found, "tab": "sessions", "version": record.version,
        "reasons": [(f, key, record.reasons.get(key, "")) for f in found.findings for key in [found.words_key(f)]],
        "stops": sum(f.severity in (Severity.BLOCK, Severity.BLOCK_PRODUCT) for f in found.findings),
        "checklist": checklist, "done": sum(gap.done for gap in checklist), "last": last,
        "blocks": list(record.blocks.select_related("device", "cartridge__lot").prefetch_related("zones")),
        "photos": record.patient.photos.filter(of_this_patient(), error_at=None).order_by("view", "-taken_at"), "events": record.adverse_events.all(), "prp": getattr(record, "prp", None),
        "photo_form": PhotoForm(), "uploads": selectors.photos.uploads_of(record.patient), "measurement_form": BaselineForm(), "event_form": ShortEventForm(),
        "block_form": BlockForm(record=record, today=today), "measurements": record.patient.measurements.filter(of_this_patient(), error_at=None).select_related("place")[:6],
        "rescreen": people.rescreen_on(record.patient, record.site.today(record.started_at or at), until=record.started_at), "today": today, "told": people.unreviewed_changes(record.patient) if record.started_at is None else [],
        "unread": people.unread_answers(record.patient) if record.state not in (SessionState.ENDED, SessionState.SIGNED) else None,
        "editable": record.state != SessionState.SIGNED and not hasattr(record, "entered_in_error"),
    }  # fmt: skip


def _choices() -> dict[str, Any]:
    """What the large buttons offer; any other value can be typed."""
    return {"depth_choices": ("0.50", "0.75", "1.00", "1.25", "1.50"), "pass_choices": (2, 4, 6), "pain_choices": range(11)}


def _parts(record: TreatmentSession, gaps: list[selectors.Gap]) -> list[tuple[str, Any, bool]]:
    """Parts of the page in the order of a visit, and whether each is done."""
    still_open = {gap.part for gap in gaps if not gap.done}
    words = {
        "rescreen": _("Re-screen"), "device": _("Device"), "scalp": _("Scalp"), "topicals": _("Topicals"), "reactions": _("Reactions"),
        "photos": _("Photos"), "aftercare": _("Leaving"),
    }  # fmt: skip
    return [(part, said, part not in still_open and part != "photos") for part, said in words.items()]


def saved(request: HttpRequest, record: TreatmentSession, data: Any = None, *, partly: bool = False, **beside: Any) -> tuple[TreatmentSession, HttpResponse | None]:
    """Save what is on the form (or `data`, what was sent and added to). Gives the record as stored, and the answer to give when it could not be saved.

    With `partly` one wrong box does not keep the rest from being saved: what is right is stored, the answer (422, `X-Draft: partly`)
    names what is not. The page keeps the version it was opened with until a save succeeds, so that nobody is ever overwritten (SETTLED 28).
    """
    form = form_of(record, request.POST if data is None else data)
    note, status, more = "", 422, dict[str, Any](beside)
    right = form if form.is_valid() else salvaged(form, lambda changed: form_of(record, changed)) if partly else None
    if right is not None:
        try:
            stored = services.save_session(record=record, version=right.cleaned_data["version"], entry=right.entry(), by=request.actor, at=timezone.now())
            return stored, None if right is form else _rest_saved(request, stored, form)
        except Conflict as conflict:
            note, status = conflict.message, 409
            more["differences"] = form.differences() if isinstance(conflict, services.ChangedMeanwhile) else []
            if conflict.field in form.fields:
                form.add_error(conflict.field, conflict.message)
    return record, page(request, record, form, status, note=note, version=request.POST.get("version", ""), **more)


def _rest_saved(request: HttpRequest, record: TreatmentSession, form: SessionForm) -> HttpResponse:
    answer = page(request, record, form, 422, partly=True)
    answer["X-Draft"] = "partly"
    return answer


def saved_if_sent(request: HttpRequest, record: TreatmentSession) -> tuple[TreatmentSession, HttpResponse | None]:
    """A step's button sends the whole form along: it is saved before the step is taken."""
    return saved(request, record) if "version" in request.POST else (record, None)


def stopped(request: HttpRequest, record: TreatmentSession, refusal: Refused, *, typed: bool = False, **more: Any) -> HttpResponse:
    """The page again with all that stops the step, in words; nothing typed is lost. `typed`: it was not saved before the step, so the form is as it was sent."""
    lines = []
    if isinstance(refusal, services.Blocked):
        lines = [*refusal.missing, *(f"{f.rule} {f.subject} {f.words}".replace("  ", " ") for f in refusal.findings)]
        lines += [_("A reason is owed: %(rule)s") % {"rule": key.replace(":", " ").replace("_", " ")} for key in refusal.owed]
    record = TreatmentSession.objects.select_related("patient__site", "course", "site__clinic", "operator").get(pk=record.pk)
    status = 409 if isinstance(refusal, Conflict) else 422
    sent = request.POST if typed and "version" in request.POST else None
    if sent is not None:
        more["version"] = sent["version"]
    return page(request, record, form_of(record, sent), status, note=refusal.message, lines=lines, **more)
