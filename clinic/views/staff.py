"""The manager's pages about staff. Each act asks for a fresh sign-in first and leaves a reason on the audit trail."""

import csv
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import staff_selectors as selectors
from clinic import staffing
from clinic.accounts import require_fresh
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.models import Site, Staff, StaffProposal
from clinic.permissions import allow, scoped
from clinic.requests import HttpRequest
from clinic.roles import StaffAct
from clinic.staff_forms import ROLE_WORDS, ChangeForm, InviteForm, ReasonForm
from clinic.staffing import Duties

# act → its button, and what is said when it is done
ACTS = {
    StaffAct.INVITE_AGAIN: (gettext_lazy("Send the invitation again"), gettext_lazy("A new invitation is on its way. The earlier one does not open any more.")),
    StaffAct.END_SESSIONS: (gettext_lazy("End all sessions"), gettext_lazy("This person is signed out everywhere.")),
    StaffAct.RESET_MFA: (gettext_lazy("Reset the second factor"), gettext_lazy("The second factor is gone, and this person is signed out everywhere.")),
    StaffAct.DISABLE: (gettext_lazy("Disable the account"), gettext_lazy("The account is disabled, and signed out everywhere.")),
    StaffAct.ENABLE: (gettext_lazy("Enable the account"), gettext_lazy("The account is enabled.")),
}  # fmt: skip
_ACT_WORDS = {StaffAct.CHANGE: gettext_lazy("Change the account")} | {act: words for act, (words, _done) in ACTS.items()}
_WAITS = gettext_lazy("A second manager must approve this. It waits at the top of the list of staff.")


@allow(GET="staff:manage")
def people(request: HttpRequest) -> HttpResponse:
    """Everybody of the manager's sites, and what waits for a second manager."""
    record_access(by=request.actor, action="staff.list")
    context = {
        "people": [(person, _role_words(person.roles)) for person in selectors.people(request.actor)],
        "proposals": [_described(row, request) for row in selectors.open_proposals(request.actor)],
    }
    return render(request, "clinic/staff_list.html", context)


@allow(GET="staff:manage", POST="staff:manage")
def invite(request: HttpRequest) -> HttpResponse:
    """An account for somebody new; they get a link and choose their own password."""
    form = InviteForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        require_fresh(request)
        try:
            invitation = staffing.invite_staff(
                email=form.cleaned_data["email"], duties=form.duties(), by=request.actor, at=timezone.now()
            )
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.message)
        else:
            messages.success(request, _("The invitation is on its way to %(address)s.") % {"address": invitation.staff.email})
            if invitation.staff.proposals.exists():
                messages.warning(request, _("The role of an auditor waits for a second manager."))
            return redirect("staff:person", staff=invitation.staff.uuid)
    return render(request, "clinic/staff_invite.html", {"form": form}, status=422 if form.errors else 200)


@allow(GET="staff:manage", POST="staff:manage")
def person(request: HttpRequest, staff: str) -> HttpResponse:
    """One account: what it may do, whether it is safe, and what a manager can do about it."""
    found = _person(request, staff)
    form = ChangeForm(request.POST or None, actor=request.actor, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        require_fresh(request)
        elsewhere = set(found.sites.exclude(pk__in=request.actor.site_ids).values_list("pk", flat=True))
        done = _("Saved. New roles and sites count from the next click.")
        if _acted(request, StaffAct.CHANGE, found, form, done, duties=form.duties(also_at=elsewhere)):
            return redirect("staff:person", staff=found.uuid)
    return _person_page(request, found, form=form)


@allow(POST="staff:manage")
def act(request: HttpRequest, staff: str, act: StaffAct) -> HttpResponse:
    """Disable, enable, reset the second factor, end sessions, invite again: each with its reason."""
    found = _person(request, staff)
    form = ReasonForm(request.POST, auto_id=f"id_{act}_%s")
    if form.is_valid():
        require_fresh(request)
        if _acted(request, act, found, form, str(ACTS[act][1])):
            return redirect("staff:person", staff=found.uuid)
    return _person_page(request, found, failed={act: form})


@allow(POST="staff:manage")
def address_works(request: HttpRequest, staff: str) -> HttpResponse:
    """Mail arrives at this person's address again: the alarm ends. A second tap changes nothing."""
    found = _person(request, staff)
    if (row := selectors.address_fails(found)) is not None:
        staffing.address_works(row=row, by=request.actor, at=timezone.now())
        messages.success(request, _("Mail counts as arriving at this address again."))
    return redirect("staff:person", staff=found.uuid)


@allow(POST="staff:manage")
def decide(request: HttpRequest, proposal: str) -> HttpResponse:
    """The second manager's word."""
    row = selectors.open_proposals(request.actor).filter(uuid=proposal).first()
    if row is None:
        raise Http404
    approve = request.POST.get("decision") == "approve"
    if not approve and request.POST.get("decision") != "refuse":
        raise Refused(_("Choose: approve or refuse."))
    require_fresh(request)
    staffing.decide(proposal=row, approve=approve, by=request.actor, at=timezone.now())
    messages.success(request, _("Approved and done.") if approve else _("Refused. Nothing was changed."))
    return redirect("staff:people")


@allow(GET="staff:manage")
def access_review(request: HttpRequest) -> HttpResponse:
    """Who has access, as CSV: for the regular review (R24)."""
    record_access(by=request.actor, action="staff.access_review")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="access-review.csv"'
    rows = csv.writer(response)
    rows.writerow(["name", "e-mail", "roles", "sites", "second factor", "last sign-in", "active"])
    one: Any  # with the annotation of `people`
    for one in selectors.people(request.actor):
        rows.writerow([_cell(value) for value in (
            one.display_name, one.email, " ".join(sorted(one.roles)), "; ".join(site.name for site in one.sites.all()),
            "yes" if one.has_mfa else "no", one.last_login.isoformat(timespec="minutes") if one.last_login else "never",
            "yes" if one.is_active else "no",
        )])  # fmt: skip
    return response


def _cell(value: str) -> str:
    """A spreadsheet runs what begins like a formula; a quote in front makes it text (R53)."""
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _person(request: HttpRequest, uuid: str) -> Any:
    found = selectors.people(request.actor).filter(uuid=uuid).first()
    if found is None:
        raise Http404
    return found


def _acted(request: HttpRequest, what: StaffAct, found: Staff, form: ReasonForm, done: str, duties: Duties | None = None) -> bool:
    try:
        waits = staffing.act_on(
            act=what, staff=found, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now(), duties=duties
        )
    except Refused as refusal:
        form.add_error(refusal.field or None, refusal.message)
        return False
    messages.add_message(request, messages.WARNING if waits else messages.SUCCESS, str(_WAITS) if waits else done)
    return True


def _initial(found: Staff) -> dict[str, object]:
    names = ("name", "title", "roles", "operator_role", "credential_valid", "credential_expires_on")
    return {name: getattr(found, name) for name in names} | {"sites": list(found.sites.all())}


def _person_page(
    request: HttpRequest, found: Any, *, form: ChangeForm | None = None, failed: dict[StaffAct, ReasonForm] | None = None
) -> HttpResponse:
    failed, at = failed or {}, timezone.now()
    invitation = selectors.invitation_state(found, at=at)
    offered = [StaffAct.END_SESSIONS, StaffAct.DISABLE] if found.is_active else [StaffAct.ENABLE]
    offered += [StaffAct.RESET_MFA] if found.has_mfa else []
    offered += [StaffAct.INVITE_AGAIN] if invitation and found.is_active else []
    forms = [(what, words, failed.get(what) or ReasonForm(auto_id=f"id_{what}_%s")) for what, (words, _done) in ACTS.items() if what in offered or what in failed]
    own = found.pk == request.actor.staff_id
    context = {
        "person": found,
        "role_words": _role_words(found.roles),
        "form": form or ChangeForm(actor=request.actor, initial=_initial(found)),
        "acts": [] if own else forms,
        "own": own,
        "invitation": invitation,
        "unreached": selectors.address_fails(found),
        "session_count": selectors.session_count(found),
        "proposals": [_described(row, request) for row in selectors.open_proposals(request.actor).filter(staff=found)],
        "needs_second": staffing.needs_second_manager(StaffAct.DISABLE, found),
    }
    record_access(by=request.actor, action="staff.view", subject=f"staff {found.pk}")
    wrong = bool(failed) or bool(form and form.errors)
    return render(request, "clinic/staff_person.html", context, status=422 if wrong else 200)


def _role_words(roles: list[str]) -> str:
    return ", ".join(str(ROLE_WORDS.get(role, role)) for role in roles) or _("none yet")


def _described(row: StaffProposal, request: HttpRequest) -> dict[str, object]:
    wanted = Duties.of_json(row.wanted) if row.wanted else None
    names = scoped(Site.objects.all(), request.actor).filter(pk__in=wanted.sites) if wanted else ()
    return {
        "row": row,
        "words": _ACT_WORDS[StaffAct(row.act)],
        "roles": _role_words(list(wanted.roles)) if wanted else "",
        "sites": ", ".join(site.name for site in names),
        "mine": row.proposed_by_id == request.actor.staff_id or row.staff_id == request.actor.staff_id,
    }
