"""PRP as forms."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def _when(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label, required=False, help_text=_("Empty: now"), input_formats=_FORMATS,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip


class DrawForm(forms.Form):
    """Blood was drawn into a labelled tube."""

    drawn_at = _when(_("Drawn at"))
    tube_label = forms.CharField(label=_("On the label"), max_length=60, help_text=_("As written on the tube: name, date of birth or number"))


class UseForm(forms.Form):
    """It was put on the scalp."""

    used_at = _when(_("Used at"))
    volume_ml = forms.DecimalField(label=_("Volume, mL"), min_value=0, max_value=60, decimal_places=1, widget=forms.TextInput(attrs={"inputmode": "decimal"}))

    def clean_volume_ml(self) -> Any:
        """More than nothing (SCHEMA 3.4: 0.1–60)."""
        volume = self.cleaned_data["volume_ml"]
        if volume <= 0:
            raise forms.ValidationError(_("How much was used? At least 0.1 mL."))
        return volume


MATCH = (("yes", _("Yes: name, date of birth and number are this patient's")), ("no", _("No, or not sure")))


class CheckForm(forms.Form):
    """One person's word. Not named `matches`: a field of that name hides the form's own method from htmx and from checkers."""

    is_theirs = forms.ChoiceField(label=_("Is the label this patient's?"), choices=MATCH, widget=forms.RadioSelect, error_messages={"required": _("Read the label, then choose.")})


class WitnessForm(CheckForm):
    """The second person, with their own password, at the chair of the first."""

    email = forms.EmailField(label=_("E-mail of the second person"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    password = forms.CharField(label=_("Their password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"}))
    code = forms.CharField(label=_("Their six-digit code"), required=False, max_length=12, help_text=_("If they use an authenticator app"), widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}))
    field_order = ("is_theirs", "email", "password", "code")
