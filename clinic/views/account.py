"""Two pages about one's own account: joining by invitation, and the form that was kept while somebody was away."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from clinic import idle, invitations, limits
from clinic.permissions import allow, public
from clinic.readonly import read_only
from clinic.requests import HttpRequest
from clinic.staff_forms import PasswordForm


@sensitive_variables("token", "form")
@sensitive_post_parameters()
@public(methods=("GET", "POST"))
def join(request: HttpRequest, token: str) -> HttpResponse:
    """The way in for new staff: choose a password. Opening the link changes nothing; a dead one never says why (R26)."""
    limits.spend(f"join:{limits.client_ip(request)}", most=30, seconds=60)
    at = timezone.now()
    if request.method != "POST":
        with read_only():
            invitation = invitations.find(token, at=at)
    else:
        invitation = invitations.find(token, at=at)
    if invitation is None:
        return _dead(request)
    form = PasswordForm(invitation.staff, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitations.accept(invitation=invitation, password=form.cleaned_data["new_password1"], at=at)
        except invitations.InvitationDead:
            return _dead(request)
        messages.success(request, _("Your password is set. Sign in with it now."))
        return redirect("account_login")
    context = {"form": form, "staff": invitation.staff}
    return _quiet(render(request, "clinic/staff_join.html", context, status=422 if form.errors else 200))


def _dead(request: HttpRequest) -> HttpResponse:
    return _quiet(render(request, "clinic/staff_join_dead.html", status=404))


def _quiet(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "strict-origin"  # the origin travels, so that the form may be sent; the token does not
    return response


@allow(GET="staff:view_own", POST="staff:view_own")
def kept_form(request: HttpRequest) -> HttpResponse:
    """What was sent while the session was locked: send it now, or throw it away (R18)."""
    if request.method == "POST":
        idle.forget(request)
        messages.success(request, _("The form is thrown away."))
        return redirect("/")
    kept = idle.kept_form(request)
    if kept is None:
        return redirect("/")
    return render(request, "clinic/kept_form.html", {"kept": kept})
