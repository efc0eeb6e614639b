"""A blood test."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.forms.intake.fields import NumberField
from patients.services.laboratory import LaboratoryEntry


class LaboratoryForm(forms.Form):
    """Platelets and haemoglobin with the day of the test; one of them is enough."""

    platelets_10e9_l = NumberField(1, 2000, label=_("Platelets, × 10⁹/L"), required=False, help_text=_("For example 250"))
    hb_g_dl = NumberField(
        3, 25, label=_("Haemoglobin, g/dL"), required=False, help_text=_("For example 13.2"),
        error_messages={"max_value": _("This is not in g/dL. 130 g/L are 13.0 g/dL.")},
    )  # fmt: skip
    tested_on = forms.DateField(
        label=_("Day of the blood test"), widget=forms.DateInput(attrs={"type": "date"}), error_messages={"required": _("When was the blood taken?")},
    )  # fmt: skip

    def __init__(self, data: Any = None, *, today: date | None = None) -> None:
        super().__init__(data)
        if today is not None:
            self.fields["tested_on"].widget.attrs["max"] = today.isoformat()

    def entry(self) -> LaboratoryEntry:
        """What was typed, for the service."""
        data = self.cleaned_data
        return LaboratoryEntry(on=data["tested_on"], platelets_10e9_l=data["platelets_10e9_l"], hb_g_dl=data["hb_g_dl"])
