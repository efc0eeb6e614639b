"""How mail leaves the house, for managers."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic import mail_settings
from clinic.mail_forms import MailSettingsForm
from clinic.models import Clinic, Site
from clinic.permissions import allow, scoped
from clinic.requests import HttpRequest


@allow(GET="mail_settings:view", POST="mail_settings:change")
def settings_of_mail(request: HttpRequest) -> HttpResponse:
    """GET shows the settings in force; POST keeps new ones."""
    clinic = Clinic.objects.order_by("pk")[0]
    now = {name: getattr(clinic, name) for name in mail_settings.FIELDS}
    actor = request.actor
    sites = scoped(Site.objects.all(), actor).order_by("name", "pk")
    form = MailSettingsForm(request.POST if request.method == "POST" else None, initial=now, sites=list(sites))
    if request.method == "POST" and form.is_valid():
        try:
            mail_settings.change_mail_settings(values=form.cleaned_data, closed=form.closed, by=actor, at=timezone.now())
        except mail_settings.HoursClosed as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, _("Saved. What waits for other hours is asked again."))
            return redirect("mail_settings")
    return render(request, "clinic/mail_settings.html", {"form": form}, status=422 if form.errors else 200)
