"""A home plan as a form. What is beyond the rule is not a mistake of typing: the rule says so in its words (S22)."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms import choices
from treatments.services.home import HomeEntry
from treatments.vocabulary import HomeDevice


class HomePlanForm(forms.Form):
    """Device, needle length, interval, and the approval by name."""

    device_type = forms.ChoiceField(label=_("Device"), choices=choices(HomeDevice))
    device_name = forms.CharField(label=_("Make and model"), max_length=120, error_messages={"required": _("Say which device, so that nobody takes another.")})
    length_mm = forms.DecimalField(
        label=_("Needle length, mm"), min_value=Decimal("0.01"), max_value=Decimal(10), decimal_places=2,
        error_messages={"required": _("Give the length of the needles in mm."), "max_decimal_places": _("Two decimals at most, for example 0.50.")},
    )  # fmt: skip
    every_days = forms.IntegerField(
        label=_("Days from one use to the next"), min_value=1, max_value=365, help_text=_("7 is once a week."),
        error_messages={"required": _("Give the days from one use to the next.")},
    )  # fmt: skip
    note = forms.CharField(label=_("What was agreed"), max_length=500, required=False, help_text=_("For example: vertex only, not before a session"))
    approved = forms.BooleanField(label=_("I approve this plan and am named as its approver"), required=False)

    def entry(self) -> HomeEntry:
        """As the service takes it."""
        typed: dict[str, Any] = dict(self.cleaned_data)
        return HomeEntry(length_hundredths=round(typed.pop("length_mm") * 100), **typed)
