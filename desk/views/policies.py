"""Clinical rules as the clinic runs them: a manager proposes other numbers or words, a clinician decides."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic import policies, rulebook
from clinic.audit import record_access
from clinic.errors import Refused
from clinic.models import PolicyProposal
from clinic.permissions import acting_staff, allow
from clinic.requests import HttpRequest
from desk.forms.policies import PolicyForm
from desk.selectors import policies as selectors
from patients.forms import ReasonForm


@allow(GET="rules:view")
def rules(request: HttpRequest) -> HttpResponse:
    """Each rule as the clinic runs it, with its source and whether it is a proposed default."""
    return render(request, "desk/rules.html", {"sections": selectors.rules_as_run()})


def _book(code: str) -> rulebook.RuleBook:
    try:
        return rulebook.book(code)
    except KeyError as error:
        raise Http404 from error


def _proposal(uuid: str) -> PolicyProposal:
    row = PolicyProposal.objects.select_related("proposed_by", "decided_by").filter(uuid=uuid).first()
    if row is None:
        raise Http404
    return row


@allow(GET="policy:propose", POST="policy:propose")
def propose_policy(request: HttpRequest, book: str) -> HttpResponse:
    """A manager asks for other numbers or words."""
    rules = _book(book)
    values, words = selectors.newest_content(rules)
    form = PolicyForm(request.POST or None, rules=rules, values=dict(values), words=dict(words))
    refused = ""
    if request.method == "POST" and form.is_valid():
        try:
            made = policies.propose(
                rules=rules, values=form.values(), words=form.words(), reason=form.cleaned_data["reason"],
                staff=acting_staff(request.actor), by=request.actor, at=timezone.now(),
            )  # fmt: skip
            messages.success(request, _("Proposed. It comes into force when a clinician approves it."))
            return redirect("desk:policy_proposal", policy=made.uuid)
        except Refused as refusal:
            refused = refusal.message
    context = {"book": rules, "form": form, "refused": refused, "waiting": selectors.waiting_proposal(rules)}
    return render(request, "desk/policy_propose.html", context, status=422 if form.errors or refused else 200)


def _page(request: HttpRequest, row: PolicyProposal, form: ReasonForm | None = None) -> HttpResponse:
    context: dict[str, Any] = selectors.proposal_page(row, timezone.now(), actor=request.actor)
    for effect in context["effects"]:
        record_access(by=request.actor, action="policy.preview", patient_uuid=effect.patient_uuid)
    own = row.proposed_by_id == request.actor.staff_id
    context |= {"form": form or ReasonForm(), "own": own}
    return render(request, "desk/policy_proposal.html", context, status=422 if form and form.errors else 200)


@allow(GET="policy:view")
def policy_proposal(request: HttpRequest, policy: str) -> HttpResponse:
    """What would change, and for whom."""
    return _page(request, _proposal(policy))


@allow(POST="policy:approve")
def approve_policy(request: HttpRequest, policy: str) -> HttpResponse:
    """A clinician brings it into force."""
    row = _proposal(policy)
    try:
        made = policies.approve(proposal=row, staff=acting_staff(request.actor), by=request.actor, at=timezone.now())
        messages.success(request, _("Version %(number)s is in force. Earlier decisions keep theirs.") % {"number": made.version})
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("desk:policy_proposal", policy=row.uuid)
    return redirect("desk:rules")


@allow(POST="policy:approve")
def decline_policy(request: HttpRequest, policy: str) -> HttpResponse:
    """A clinician says no, with a reason."""
    row, form = _proposal(policy), ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form)
    try:
        policies.decline(
            proposal=row, reason=form.cleaned_data["reason"], staff=acting_staff(request.actor), by=request.actor, at=timezone.now()
        )
        messages.success(request, _("Declined. Nothing changes."))
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("desk:policy_proposal", policy=row.uuid)


@allow(POST="policy:propose")
def withdraw_policy(request: HttpRequest, policy: str) -> HttpResponse:
    """A manager takes a proposal back."""
    row = _proposal(policy)
    try:
        policies.withdraw(proposal=row, staff=acting_staff(request.actor), by=request.actor, at=timezone.now())
        messages.success(request, _("Taken back. Nothing changes."))
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("desk:policy_proposal", policy=row.uuid)
