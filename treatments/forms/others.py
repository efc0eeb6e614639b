"""Smaller forms of this room."""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms import choices, clean_spaces
from treatments import selectors
from treatments.forms.session import CartridgeField
from treatments.models import Device, TreatmentSession
from treatments.vocabulary import DeviceType, Phase, ProductKind


class CourseForm(forms.Form):
    """A planned series."""

    planned_sessions = forms.IntegerField(label=_("Planned sessions"), min_value=1, max_value=100, initial=4)
    phase = forms.ChoiceField(label=_("Phase"), choices=choices(Phase))
    indication = forms.CharField(label=_("Indication"), max_length=120, initial="Androgenetic alopecia")


class EndForm(forms.Form):
    """When it ended; empty means now."""

    ended_at = forms.DateTimeField(label=_("Ended at"), required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


class BlockForm(forms.Form):
    """Another device or cartridge in mid-session."""

    new_device = forms.ModelChoiceField(Device.objects.none(), label=_("Device"), empty_label=_("Choose"))
    new_cartridge = CartridgeField()
    new_seal_intact = forms.BooleanField(label=_("Seal was intact"), required=False)

    def __init__(self, data: Any = None, *, record: TreatmentSession, today: date) -> None:
        super().__init__(data)
        self.fields["new_device"].queryset = selectors.devices_at(record.site)  # type: ignore[attr-defined]
        self.fields["new_cartridge"].queryset = selectors.free_cartridges(record.site, today)  # type: ignore[attr-defined]
        self.fields["new_cartridge"].site, self.fields["new_cartridge"].day = record.site, today  # type: ignore[attr-defined]


class EventForm(forms.Form):
    """An adverse event."""

    what = forms.CharField(label=_("What happened"), max_length=200)
    grade = forms.IntegerField(label=_("CTCAE grade"), min_value=1, max_value=5, initial=1)
    serious = forms.BooleanField(label=_("Serious"), required=False)


class TextForm(forms.Form):
    """An addendum, a reason, an outcome."""

    text = forms.CharField(max_length=4000, error_messages={"required": _("Write something.")})


class DeviceForm(forms.Form):
    """A device for the register."""

    name = forms.CharField(label=_("Name"), max_length=120)
    type = forms.ChoiceField(label=_("Type"), choices=choices(DeviceType))
    max_depth_mm = forms.DecimalField(label=_("Labelled maximum depth, mm"), min_value=Decimal("0.01"), max_value=Decimal(10), decimal_places=2)
    udi = forms.CharField(label=_("UDI"), max_length=120, required=False)
    serial = forms.CharField(label=_("Serial number"), max_length=60, required=False)


class LotForm(forms.Form):
    """A lot of cartridges."""

    name = forms.CharField(label=_("Name"), max_length=120)
    lot = forms.CharField(label=_("Lot"), max_length=60)
    expires_on = forms.DateField(label=_("Usable through"), widget=forms.DateInput(attrs={"type": "date"}))
    month_only = forms.BooleanField(label=_("Only the month is printed (usable through its last day)"), required=False)
    units = forms.IntegerField(label=_("Units"), min_value=1, max_value=500, initial=10)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_lot(self) -> str:
        """Without stray blanks."""
        return clean_spaces(self.cleaned_data["lot"])

    def clean(self) -> dict[str, Any]:
        """A printed month is usable through its last day; what has expired does not go into stock."""
        cleaned = super().clean() or {}
        day = cleaned.get("expires_on")
        if day and cleaned.get("month_only"):
            day = cleaned["expires_on"] = day.replace(day=monthrange(day.year, day.month)[1])
        if day and day < self.today:
            self.add_error("expires_on", _("This lot has expired. Expired cartridges don't go into stock."))
        return cleaned


class ProductForm(forms.Form):
    """A topical or an anaesthetic."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=choices(ProductKind))
    lot = forms.CharField(label=_("Lot"), max_length=60, required=False)
    ingredients = forms.CharField(label=_("Ingredients"), required=False, help_text=_("Separated by commas"))
    is_anaesthetic = forms.BooleanField(label=_("It is an anaesthetic"), required=False)
    strength_percent = forms.DecimalField(label=_("Strength, %"), required=False, min_value=Decimal("0.1"), max_value=Decimal(40))
