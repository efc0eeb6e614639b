"""PRP in a session, step by step: planned, drawn, the tube checked by two people, used."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import Actor, record_access
from clinic.errors import Refused
from clinic.permissions import allow, may
from clinic.requests import HttpRequest
from clinic.witness import confirm_identity
from patients import selectors as people
from treatments import selectors, services
from treatments.forms import CheckForm, DrawForm, ReasonForm, UseForm, WitnessForm
from treatments.models import TreatmentSession
from treatments.views.page import record_of, staff_of
from treatments.vocabulary import CheckHow


def _page(request: HttpRequest, record: TreatmentSession, status: int = 200, **more: Any) -> HttpResponse:
    row = getattr(record, "prp", None)
    worst, triggers = selectors.prp.eligibility(record.patient, record.site.today(timezone.now()))
    checks = selectors.prp.checks_that_count(record, row) if row else []
    context = {
        "record": record, "patient": record.patient, "tab": "sessions", "prp": row, "worst": worst, "checks": checks,
        "all_checks": selectors.prp.checks_of(record), "mine": next((c for c in checks if c.by_id == request.actor.staff_id), None),
        "two": len({c.by_id for c in checks if c.matches}) >= 2 and all(c.matches for c in checks),
        "triggers": [t for t in triggers if t["class"] not in ("CLEAR", "CAUTION")], "open": record.state != "signed",
        "carried": selectors.prp.carried(record) is not None, "checks_of_another": selectors.prp.checks_of_another(record),
        "laboratory": people.laboratory_of(record.patient),
        "draw_form": DrawForm(initial={"tube_label": f"{record.patient.name}, {record.patient.birth_on:%d %b %Y}, #{record.patient.number}"}),
        "check_form": CheckForm(auto_id="id_own_%s"), "witness_form": WitnessForm(), "use_form": UseForm(), "reason_form": ReasonForm(),
    }  # fmt: skip
    return render(request, "treatments/prp.html", context | more, status=status)


def _done(request: HttpRequest, record: TreatmentSession, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("treatments:prp", session=record.uuid)


def _step(
    request: HttpRequest, session: str, name: str, form: Any, act: Callable[[TreatmentSession, dict[str, Any]], object], words: str
) -> HttpResponse:
    """One step with its form: done, or the page again with the refusal beside the field."""
    record = record_of(request, session)
    if form.is_valid():
        try:
            act(record, form.cleaned_data)
            return _done(request, record, words)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
    return _page(request, record, 422, **{f"{name}_form": form})


@allow(GET="session:read", POST="session:draft")
def prp(request: HttpRequest, session: str) -> HttpResponse:
    """Where the plasma stands; a POST plans it."""
    record = record_of(request, session)
    if request.method != "POST":
        record_access(by=request.actor, action="prp.view", patient_uuid=record.patient.uuid)
        return _page(request, record)
    try:
        services.prp.plan_prp(record=record, by=request.actor, at=timezone.now())
    except Refused as refusal:
        return _page(request, record, 422, note=refusal.message)
    return _done(request, record, _("PRP is planned in this session."))


@allow(POST="session:draft")
def draw(request: HttpRequest, session: str) -> HttpResponse:
    """Blood was drawn."""
    by, at = request.actor, timezone.now()

    def act(record: TreatmentSession, data: dict[str, Any]) -> object:
        return services.prp.draw_prp(record=record, drawn_at=data["drawn_at"] or at, tube_label=data["tube_label"], by=by, at=at)

    before = selectors.prp.checks_of(record_of(request, session)).exists()
    words = _("Noted. The checks made before do not count any more. Two people check this tube.") if before else _("Noted. Now two people check the tube.")
    return _step(request, session, "draw", DrawForm(request.POST), act, words)


@allow(POST="session:draft")
def check(request: HttpRequest, session: str) -> HttpResponse:
    """The word of the person who is signed in."""
    by, at, staff = request.actor, timezone.now(), staff_of(request)

    def act(record: TreatmentSession, data: dict[str, Any]) -> object:
        return services.prp.check_tube(record=record, staff=staff, matches=data["is_theirs"] == "yes", how=CheckHow.OWN_LOGIN, by=by, at=at)

    return _step(request, session, "check", CheckForm(request.POST, auto_id="id_own_%s"), act, _("Your check is noted."))


@allow(POST="session:draft")
def witness(request: HttpRequest, session: str) -> HttpResponse:
    """The word of a second person, with their own password at this screen."""
    by, at = request.actor, timezone.now()

    def act(record: TreatmentSession, data: dict[str, Any]) -> object:
        staff = confirm_identity(request, email=data["email"], password=data["password"], code=data["code"], by=by)
        if staff.pk == by.staff_id:
            raise Refused(_("That is you. A second person has to check."), field="email")
        second = Actor.of_staff(staff, by.request_id)
        if not may(second, "session:draft") or record.site_id not in second.site_ids:
            raise Refused(_("The second person is not a clinician of this site."), field="email")
        return services.prp.check_tube(record=record, staff=staff, matches=data["is_theirs"] == "yes", how=CheckHow.AT_CHAIR, by=second, at=at)

    return _step(request, session, "witness", WitnessForm(request.POST), act, _("The second check is noted."))


@allow(POST="session:draft")
def use(request: HttpRequest, session: str) -> HttpResponse:
    """It was put on the scalp."""
    by, at = request.actor, timezone.now()

    def act(record: TreatmentSession, data: dict[str, Any]) -> object:
        return services.prp.use_prp(record=record, used_at=data["used_at"] or at, volume_ml=data["volume_ml"], by=by, at=at)

    return _step(request, session, "use", UseForm(request.POST), act, _("The use of PRP is recorded."))


@allow(POST="session:draft")
def give_up(request: HttpRequest, session: str) -> HttpResponse:
    """It was not used."""
    by, at = request.actor, timezone.now()

    def act(record: TreatmentSession, data: dict[str, Any]) -> object:
        return services.prp.give_up_prp(record=record, reason=data["text"], by=by, at=at)

    return _step(request, session, "reason", ReasonForm(request.POST), act, _("Noted: PRP was not used."))
