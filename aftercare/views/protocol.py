"""The protocol: what is in force, its versions, and the pages on which a new one is written, looked at and published."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from aftercare import selectors, services
from aftercare.forms import SendBackForm, StepForm, TargetsForm
from aftercare.models import Protocol, ProtocolStep
from aftercare.rules.wording import PLACEHOLDERS
from aftercare.states import ProtocolState
from clinic.errors import Refused
from clinic.permissions import allow
from clinic.requests import HttpRequest

Act = Callable[..., Any]


@allow(GET="protocol:view", POST="protocol:approve")
def protocol(request: HttpRequest) -> HttpResponse:
    """Every step of the version in force, the one in work, and those before. POST approves the one in force."""
    found = selectors.protocol_for_page()
    if request.method == "POST" and found is not None:
        read = request.POST.get("sha256", "")
        return _do(request, found, services.approve_protocol, _("Approved."), to="aftercare:protocol", sha256=read)
    context = {
        "protocol": found,
        "sha256": selectors.protocol_hash(found) if found else "",
        "rows": selectors.step_rows(found) if found else [],
        "in_work": selectors.in_work(),
        "versions": selectors.versions(),
    }
    return render(request, "aftercare/protocol.html", context)


@allow(POST="protocol:propose")
def draft_protocol(request: HttpRequest) -> HttpResponse:
    """Start a new version from the one in force."""
    try:
        draft = services.start_draft(by=request.actor, at=timezone.now())
    except Refused as refusal:
        notices.warning(request, refusal.message)
        return redirect("aftercare:protocol")
    return redirect("aftercare:protocol_version", protocol_uuid=draft.uuid)


def _fetch(protocol_uuid: UUID) -> Protocol:
    found = Protocol.objects.select_related("approved_by", "proposed_by").filter(uuid=protocol_uuid).first()
    if found is None:
        raise Http404
    return found


def _step(found: Protocol, code: str) -> ProtocolStep:
    step = found.steps.filter(code=code).first()
    if step is None:
        raise Http404
    return step


def _page(request: HttpRequest, found: Protocol, *, status: int = 200, **forms: Any) -> HttpResponse:
    in_work = found.state in {ProtocolState.DRAFT, ProtocolState.PROPOSED, ProtocolState.APPROVED}
    problems = services.problems_of(found) if in_work else []
    names = ("urgent_minutes", "same_day_hours", "routine_working_days", "deep_from_mm", "note")
    context = {
        "protocol": found,
        "sha256": selectors.protocol_hash(found),
        "rows": selectors.step_rows(found, problems),
        "removed": selectors.removed_steps(found),
        "problems": problems,
        "whole": [selectors.problem_words(problem) for problem in problems if not problem.step],
        "targets_form": TargetsForm(initial={name: getattr(found, name) for name in names}),
        "send_back_form": SendBackForm(),
        **forms,
    }
    return render(request, "aftercare/protocol_version.html", context, status=status)


@allow(GET="protocol:view")
def protocol_version(request: HttpRequest, protocol_uuid: UUID) -> HttpResponse:
    """One version: its steps, what is new, what is still wrong, and the next act."""
    return _page(request, _fetch(protocol_uuid))


@allow(GET="protocol:propose", POST="protocol:propose")
def protocol_step(request: HttpRequest, protocol_uuid: UUID, code: str) -> HttpResponse:
    """Change a step of a draft; `new` adds one."""
    found = _fetch(protocol_uuid)
    step = None if code == "new" else _step(found, code)
    if found.state != ProtocolState.DRAFT:
        return redirect("aftercare:protocol_version", protocol_uuid=found.uuid)
    form = StepForm(request.POST or None, step=step)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            services.save_step(protocol=found, code=code, values=form.values(), by=request.actor)
            notices.success(request, _("Saved in the draft."))
            return redirect("aftercare:protocol_version", protocol_uuid=found.uuid)
    context = {"protocol": found, "step": step, "form": form, "names": PLACEHOLDERS}
    return render(request, "aftercare/protocol_step.html", context, status=status)


@allow(POST="protocol:propose")
def remove_step(request: HttpRequest, protocol_uuid: UUID, code: str) -> HttpResponse:
    """Take a step out of a draft."""
    found = _fetch(protocol_uuid)
    _step(found, code)
    try:
        services.remove_step(protocol=found, code=code, by=request.actor)
        notices.success(request, _("Taken out of the draft. The version in force keeps it."))
    except Refused as refusal:
        notices.warning(request, refusal.message)
    return redirect("aftercare:protocol_version", protocol_uuid=found.uuid)


@allow(POST="protocol:propose")
def protocol_targets(request: HttpRequest, protocol_uuid: UUID) -> HttpResponse:
    """Response targets and the note of a draft."""
    found = _fetch(protocol_uuid)
    form = TargetsForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=422, targets_form=form)
    try:
        services.save_targets(protocol=found, values=form.values(), by=request.actor)
        notices.success(request, _("Saved in the draft."))
    except Refused as refusal:
        notices.warning(request, refusal.message)
    return redirect("aftercare:protocol_version", protocol_uuid=found.uuid)


def _do(request: HttpRequest, found: Protocol, act: Act, done: str, *, to: str = "", **more: Any) -> HttpResponse:
    try:
        act(protocol=found, by=request.actor, at=timezone.now(), **more)
        notices.success(request, done)
    except (services.NotReady, services.NotAsRead) as refusal:
        notices.warning(request, refusal.message)
        return _page(request, _fetch(found.uuid), status=refusal.status)
    except Refused as refusal:
        notices.warning(request, refusal.message)
    return redirect(to) if to else redirect("aftercare:protocol_version", protocol_uuid=found.uuid)


@allow(POST="protocol:propose")
def propose_protocol(request: HttpRequest, protocol_uuid: UUID) -> HttpResponse:
    """Ask a clinician to look; what is still wrong is listed instead."""
    return _do(request, _fetch(protocol_uuid), services.propose_protocol, _("A clinician can look at it now."))


@allow(POST="protocol:approve")
def approve_protocol(request: HttpRequest, protocol_uuid: UUID) -> HttpResponse:
    """A clinician approves the proposed version."""
    done, read = _("Approved. A manager can publish it now."), request.POST.get("sha256", "")
    return _do(request, _fetch(protocol_uuid), services.approve_protocol, done, sha256=read)


@allow(POST="protocol:approve")
def send_back_protocol(request: HttpRequest, protocol_uuid: UUID) -> HttpResponse:
    """A clinician wants something changed."""
    found, form = _fetch(protocol_uuid), SendBackForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=422, send_back_form=form)
    return _do(request, found, services.send_back_protocol, _("Sent back with your words."), words=form.cleaned_data["words"])


@allow(POST="protocol:propose")
def reopen_protocol(request: HttpRequest, protocol_uuid: UUID) -> HttpResponse:
    """Back into work."""
    return _do(request, _fetch(protocol_uuid), services.reopen_protocol, _("It is a draft again. An approval is void."))


@allow(POST="protocol:propose")
def publish_protocol(request: HttpRequest, protocol_uuid: UUID) -> HttpResponse:
    """Put an approved version in force."""
    done = _("In force. Sessions that end from now on follow it. Plans that run keep their version.")
    return _do(request, _fetch(protocol_uuid), services.publish_protocol, done)


@allow(POST="protocol:propose")
def discard_protocol(request: HttpRequest, protocol_uuid: UUID) -> HttpResponse:
    """Give it up."""
    done = _("Discarded. The version in force is unchanged.")
    return _do(request, _fetch(protocol_uuid), services.discard_protocol, done, to="aftercare:protocol")
