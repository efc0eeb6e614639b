"""A death, and that it was recorded by mistake."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms import clean_spaces
from patients.forms.dates import DateField


class DeathForm(forms.Form):
    """The day, and a tick that this is the right person."""

    on = DateField(label=_("Day of death"), help_text=_("For example 27 3 2025. If only the month is known, take its last day."), required=True, error_messages={"required": _("Give the day.")})
    sure = forms.BooleanField(label=_("This is the right person, and what is listed above ends"), error_messages={"required": _("Tick this once you have made sure.")})

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["on"]
        assert isinstance(field, DateField)
        field.latest = today


class UndoDeathForm(forms.Form):
    """How somebody knows that the patient lives."""

    reason = forms.CharField(label=_("How do you know?"), max_length=300, help_text=_("For example: it was another patient of the same name."), error_messages={"required": _("Say how you know.")})

    def clean_reason(self) -> str:
        """Without stray blanks."""
        return clean_spaces(self.cleaned_data["reason"])
