"""A step's mail looked at before it is in force: with a real patient, with an invented one, or in one's own mailbox."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from aftercare import emails, selectors, services
from aftercare.models import Plan
from aftercare.views.protocol import _fetch, _step
from clinic.audit import Actor, record_access
from clinic.models import Site
from clinic.permissions import allow, fetch, level, may
from clinic.requests import HttpRequest

_LANGUAGES = [code for code, _name in settings.LANGUAGES]


def _may_use_patients(by: Actor) -> bool:
    return may(by, "protocol:propose") or may(by, "protocol:approve")


@allow(GET="protocol:view")
def preview_step(request: HttpRequest, protocol_uuid: UUID, code: str) -> HttpResponse:
    """The mail as text, for a patient of this site or for an invented one. A manager sees no depth and no product."""
    found = _fetch(protocol_uuid)
    step = _step(found, code)
    by, at = request.actor, timezone.now()
    language = request.GET.get("language", "")
    language = language if language in _LANGUAGES else _LANGUAGES[0]
    site = Site.objects.select_related("clinic").filter(pk__in=by.site_ids).order_by("pk").first()
    plan = _chosen_plan(request, by)
    full = level(by, "message:body") == "full"
    if plan is not None:
        record_access(by=by, action="protocol.preview", subject=str(plan), patient_uuid=plan.patient.uuid)
        mail = emails.preview_step(step, plan, language=language, full=full)
    else:
        mail = emails.example_mail(step, site or Site.objects.select_related("clinic")[0], language=language, at=at)
    context = {
        "protocol": found,
        "step": step,
        "mail": mail,
        "language": language,
        "languages": settings.LANGUAGES,
        "plans": selectors.plans_for_preview(by.site_ids) if _may_use_patients(by) else [],
        "plan": plan,
        "full": full,
        "when": selectors.wall_words(emails.step_time(step, plan.ended_at), plan.zone) if plan else "",
    }
    return render(request, "aftercare/protocol_preview.html", context)


def _chosen_plan(request: HttpRequest, by: Actor) -> Plan | None:
    given = request.GET.get("plan", "")
    if not given or not _may_use_patients(by):
        return None
    try:
        wanted = UUID(given)
    except ValueError:
        return None
    return fetch(Plan.objects.select_related("patient", "site__clinic", "session__course"), by, uuid=wanted)


@allow(POST="protocol:view")
def test_step(request: HttpRequest, protocol_uuid: UUID, code: str) -> HttpResponse:
    """Send it to myself, about an invented patient."""
    step = _step(_fetch(protocol_uuid), code)
    language = request.POST.get("language", "")
    language = language if language in _LANGUAGES else _LANGUAGES[0]
    row = services.send_test(step=step, language=language, by=request.actor, at=timezone.now())
    notices.success(request, _("A test is on its way to %(address)s.") % {"address": row.recipient})
    return redirect("aftercare:preview_step", protocol_uuid=protocol_uuid, code=code)
