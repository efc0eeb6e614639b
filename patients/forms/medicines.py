"""A medicine as a clinician notes it, and the end of one."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.forms import clean_spaces
from patients.forms.dates import DateField


class MedicineForm(forms.Form):
    """Name, dose, since when."""

    name = forms.CharField(label=_("Medicine"), max_length=200, help_text=_("For example apixaban, or minoxidil 5% foam"), error_messages={"required": _("Name the medicine.")})
    dose = forms.CharField(label=_("Dose"), max_length=100, required=False, help_text=_("For example 5 mg twice a day"))
    started_on = DateField(label=_("Taken since"), help_text=_("For example 27 3 2025. Leave it empty if nobody knows: it is then not drawn in the results."))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["started_on"]
        assert isinstance(field, DateField)
        field.latest = today

    def clean_name(self) -> str:
        """Without stray blanks."""
        return clean_spaces(self.cleaned_data["name"])

    def clean_dose(self) -> str:
        """Without stray blanks."""
        return clean_spaces(self.cleaned_data["dose"])


class EndMedicineForm(forms.Form):
    """Since when it is not taken, and why."""

    ended_on = DateField(label=_("Not taken since"), help_text=_("For example 27 3 2025"), required=True, error_messages={"required": _("Give the day.")})
    reason = forms.CharField(label=_("Why?"), max_length=300, help_text=_("For example: stopped by the GP. It stays in the record."), error_messages={"required": _("Say why.")})
    in_error = forms.BooleanField(label=_("Noted by mistake: the patient never took it"), required=False)

    def __init__(self, *args: Any, today: date, since: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.since, field = since, self.fields["ended_on"]
        assert isinstance(field, DateField)
        field.latest = today

    def clean_ended_on(self) -> date:
        """Not before it began."""
        day: date = self.cleaned_data["ended_on"]
        if self.since and day < self.since:
            raise ValidationError(_("This day lies before the beginning."))
        return day

    def clean_reason(self) -> str:
        """Without stray blanks."""
        return clean_spaces(self.cleaned_data["reason"])
