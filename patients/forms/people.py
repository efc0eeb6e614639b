"""Registering and changing a person."""

from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

from clinic.forms import choices, clean_spaces
from patients.forms.dates import DateField
from patients.services import PersonData
from patients.vocabulary import MailMode, Sex

_MODES = {
    MailMode.FULL.value: _("Full: mails carry the aftercare instructions"),
    MailMode.NEUTRAL.value: _("Neutral: mails only say that something is waiting"),
    MailMode.NONE.value: _("No e-mail: the desk phones"),
}


class PersonForm(forms.Form):
    """Names, date of birth, ways to reach the person. `birth_on` may not lie after `today`."""

    form_key = forms.CharField(widget=forms.HiddenInput, required=False)
    given_name = forms.CharField(label=_("Given name"), max_length=150, required=False)
    family_name = forms.CharField(label=_("Family name"), max_length=150, required=False)
    birth_on = DateField(label=_("Date of birth"), help_text=_("For example 27 3 1985"), required=True, error_messages={"required": _("Give the date of birth.")})
    sex = forms.ChoiceField(label=_("Recorded sex"), choices=choices(Sex), initial=Sex.UNKNOWN)
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    preferred_name = forms.CharField(label=_("Preferred name"), max_length=150, required=False)
    pronouns = forms.CharField(label=_("Pronouns"), max_length=30, required=False)
    language = forms.ChoiceField(label=_("Language of mails"), choices=lambda: settings.LANGUAGES)
    mail_mode = forms.ChoiceField(label=_("E-mail consent"), choices=choices(MailMode, _MODES))
    interpreter = forms.CharField(label=_("Interpreter needed for"), max_length=60, required=False)
    do_not_contact = forms.BooleanField(label=_("Do not contact"), required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["birth_on"]
        assert isinstance(field, DateField)
        field.latest = today
        self.fields["form_key"].initial = uuid4().hex
        for name in ("given_name", "family_name", "preferred_name", "pronouns", "interpreter", "phone", "email"):
            self.fields[name].widget.attrs.pop("maxlength", None)

    def clean_given_name(self) -> str:
        """Without control and direction marks."""
        return clean_spaces(self.cleaned_data["given_name"])

    def clean_family_name(self) -> str:
        """Without control and direction marks."""
        return clean_spaces(self.cleaned_data["family_name"])

    def clean_preferred_name(self) -> str:
        """Without control and direction marks."""
        return clean_spaces(self.cleaned_data["preferred_name"])

    def clean_email(self) -> str:
        """One address with a domain; letters outside ASCII before the @ are refused in words."""
        address = clean_spaces(self.cleaned_data["email"]).replace(" ", "")
        if not address:
            return ""
        local, at_sign, domain = address.rpartition("@")
        if not at_sign or "." not in domain:
            raise ValidationError(_("An address has a name, an @ and a domain, such as ana@example.org."))
        if not local.isascii():
            raise ValidationError(_("Letters with accents before the @ can't be mailed. Ask for another address."))
        EmailValidator(_("This is not a mail address."))(address)
        return address

    def clean_phone(self) -> str:
        """Seven digits at least."""
        phone = clean_spaces(self.cleaned_data["phone"])
        if phone and sum(c.isdigit() for c in phone) < 7:
            raise ValidationError(_("A phone number has at least seven digits."))
        return phone

    def clean(self) -> dict[str, Any]:
        """One of the names at least."""
        cleaned = super().clean() or {}
        if not cleaned.get("given_name") and not cleaned.get("family_name") and "given_name" not in self.errors:
            self.add_error("family_name", _("Type a given name or a family name."))
        return cleaned

    def person(self) -> PersonData:
        """What was typed, cleaned."""
        return PersonData(**{k: v for k, v in self.cleaned_data.items() if k != "form_key"})
