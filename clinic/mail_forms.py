"""How mail leaves: hours, pace, replies and whom to call when closed, as the manager types them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from clinic.models import Site

_NUMBER = RegexValidator(r"\A\+?[ ()-]*(?:\d[ ()-]*){3,}\Z", _("Type one telephone number, with at least three digits."))


def _hour(label: Any, hint: Any = "") -> forms.TimeField:
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "w-auto"})
    return forms.TimeField(label=label, required=False, widget=widget, help_text=hint)


class MailSettingsForm(forms.Form):
    """Empty means no limit."""

    reply_to = forms.EmailField(
        label=_("Mailbox for replies"), required=False, max_length=254,
        help_text=_("A mailbox that somebody reads. Without one, an automatic answer says how to reach a person, and every mail says so."),
    )  # fmt: skip
    send_from = _hour(_("Mail leaves from"), _("In the time of each site. Mail that is urgent, such as an alert to a clinician, goes at any hour."))
    send_until = _hour(_("Mail leaves until"))
    quiet_from = _hour(_("Quiet hours from"), _("Within the hours above, a time without mail."))
    quiet_until = _hour(_("Quiet hours until"))
    daily_cap = forms.IntegerField(
        label=_("Most mails a day"), required=False, min_value=10, max_value=1_000_000,
        help_text=_("What your mail server allows. One in five is kept for care and appointments: invitations stop first."),
    )  # fmt: skip
    domain_per_minute = forms.IntegerField(
        label=_("Most mails a minute to one provider"), required=False, min_value=1, max_value=10_000,
        help_text=_("For example to gmail.com. Large providers turn away what comes too fast."),
    )  # fmt: skip

    mail_details_days = forms.IntegerField(
        label=_("Days until a finished mail loses its address"), required=False, min_value=90, max_value=3650,
        help_text=_("What went, when and why stays for good. Proposed: 365; your own rules may ask for another number. Empty: nothing is removed."),
    )  # fmt: skip

    def __init__(self, *args: Any, sites: Sequence[Site] = (), **kwargs: Any) -> None:
        """One more box a site: whom to call while it is closed."""
        super().__init__(*args, **kwargs)
        self._sites = list(sites)
        for site in self._sites:
            hint = _("Printed in aftercare and check-in mails. Empty: mails name %(number)s alone, for an emergency.")
            self.fields[self._box(site)] = forms.CharField(
                label=_("%(site)s: number to call while it is closed") % {"site": site.name}, required=False, max_length=40,
                initial=site.out_of_hours_phone, help_text=hint % {"number": site.emergency_number}, validators=[_NUMBER],
                widget=forms.TextInput(attrs={"inputmode": "tel"}),
            )  # fmt: skip

    @staticmethod
    def _box(site: Site) -> str:
        return f"closed_{site.uuid.hex}"

    @property
    def closed(self) -> dict[int, str]:
        """Site → its number, once the form is valid."""
        return {site.pk: self.cleaned_data[self._box(site)] for site in self._sites}

    def clean_reply_to(self) -> str:
        """Our SMTP takes plain letters before the @ alone (MESSAGES.md, “Addresses”)."""
        address = str(self.cleaned_data["reply_to"])
        if not address.isascii():
            raise ValidationError(_("Use letters from a to z before the @."))
        return address

    def clean(self) -> dict[str, Any]:
        """Hours come in pairs."""
        found = super().clean() or {}
        for start, end in (("send_from", "send_until"), ("quiet_from", "quiet_until")):
            if start not in self.errors and end not in self.errors and bool(found.get(start)) != bool(found.get(end)):
                self.add_error(end if found.get(start) else start, _("Give both times, or neither."))
            elif found.get(start) is not None and found.get(start) == found.get(end):
                self.add_error(end, _("The two times are the same."))
        return found
