"""Forms of the inventory: a box is scanned or typed."""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from clinic.forms import choices, clean_spaces
from clinic.models import Site
from treatments.rules.barcode import Label, read_label
from treatments.vocabulary import DeviceType, ProductKind

_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DeviceForm(forms.Form):
    """A device for the register."""

    name = forms.CharField(label=_("Name"), max_length=120)
    type = forms.ChoiceField(label=_("Type"), choices=choices(DeviceType))
    max_depth_mm = forms.DecimalField(label=_("Labelled maximum depth, mm"), min_value=Decimal("0.01"), max_value=Decimal(10), decimal_places=2)
    udi = forms.CharField(label=_("UDI"), max_length=120, required=False)
    serial = forms.CharField(label=_("Serial number"), max_length=60, required=False)


class _Boxed(forms.Form):
    """What lots and products share: the site, the article number with its check digit, no stray blanks."""

    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"), empty_label=None)
    gtin = forms.CharField(label=_("Article number (GTIN)"), max_length=14, required=False)
    code = forms.CharField(max_length=200, required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, sites: QuerySet[Site], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["site"].queryset = sites  # type: ignore[attr-defined]
        self.fields["site"].initial = sites.first()
        if sites.count() < 2:
            self.fields["site"].widget = forms.HiddenInput()
            self.fields["site"].required = False

    def clean_site(self) -> Site:
        """Who works at one site need not say it."""
        return self.cleaned_data["site"] or self.fields["site"].initial  # type: ignore[no-any-return]

    def clean_gtin(self) -> str:
        """Fourteen digits that fit their check digit, or nothing."""
        typed = self.cleaned_data["gtin"].replace(" ", "")
        if not typed:
            return ""
        label = read_label(typed) if typed.isdecimal() else Label()
        if not label.gtin:
            raise ValidationError(_("An article number has 8 to 14 digits, and the last one must fit. Look at the box again."))
        return label.gtin

    def clean_lot(self) -> str:
        """Without stray blanks."""
        return clean_spaces(self.cleaned_data["lot"])

    @staticmethod
    def typed_with(data: Any, label: Label, **known: Any) -> dict[str, Any]:
        """What was typed so far, with what the label adds; nothing typed is lost."""
        read = {"gtin": label.gtin, "lot": label.lot, "serial": label.serial, "expires_on": label.expires_on, "units": label.units}
        typed = {name: value for name, value in data.items() if value}
        found = typed | {name: value for name, value in (known | read).items() if value}
        if label.expires_on:
            found["month_only"] = label.month_only
        return found


class LotForm(_Boxed):
    """A box of cartridges of one lot."""

    name = forms.CharField(label=_("Name"), max_length=120)
    lot = forms.CharField(label=_("Lot"), max_length=60)
    expires_on = forms.DateField(label=_("Usable through"), widget=_DATE)
    month_only = forms.BooleanField(label=_("Only the month is printed (usable through its last day)"), required=False)
    units = forms.IntegerField(label=_("Units in the box"), min_value=1, max_value=500, initial=10)
    serial = forms.CharField(label=_("Serial number of the box"), max_length=60, required=False)
    another_box = forms.BooleanField(label=_("This is another box of a lot that is in stock already"), required=False)
    field_order = ("site", "name", "gtin", "lot", "expires_on", "month_only", "units", "serial", "another_box", "code")

    def clean(self) -> dict[str, Any]:
        """A printed month is usable through its last day; what has expired does not go into stock."""
        cleaned = super().clean() or {}
        day = cleaned.get("expires_on")
        if day and cleaned.get("month_only"):
            day = cleaned["expires_on"] = day.replace(day=monthrange(day.year, day.month)[1])
        if day and day < self.today:
            self.add_error("expires_on", _("This lot has expired. Expired cartridges don't go into stock."))
        return cleaned


class ProductForm(_Boxed):
    """A topical or an anaesthetic."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=choices(ProductKind))
    lot = forms.CharField(label=_("Lot"), max_length=60, required=False)
    expires_on = forms.DateField(label=_("Usable through"), widget=_DATE, required=False)
    ingredients = forms.CharField(label=_("Ingredients"), required=False, help_text=_("Separated by commas"))
    is_anaesthetic = forms.BooleanField(label=_("It is an anaesthetic"), required=False)
    strength_percent = forms.DecimalField(label=_("Strength, %"), required=False, min_value=Decimal("0.1"), max_value=Decimal(40))
    field_order = ("site", "name", "kind", "gtin", "lot", "expires_on", "ingredients", "is_anaesthetic", "strength_percent", "code")

    def clean(self) -> dict[str, Any]:
        """What has expired does not go into stock."""
        cleaned = super().clean() or {}
        if (day := cleaned.get("expires_on")) and day < self.today:
            self.add_error("expires_on", _("This product has expired. It doesn't go into stock."))
        return cleaned


class ReasonForm(forms.Form):
    """Why something is taken out of use, or back."""

    text = forms.CharField(label=_("Reason"), max_length=200, error_messages={"required": _("Give the reason.")})

    def clean_text(self) -> str:
        """Without stray blanks."""
        return clean_spaces(self.cleaned_data["text"])


class FormulaForm(forms.Form):
    """When the maker changed what is in a product, and where that is known from."""

    on = forms.DateField(label=_("Changed on"), widget=_DATE, error_messages={"required": _("Give the day.")})
    text = forms.CharField(label=_("Where it is known from"), max_length=200, error_messages={"required": _("Say where it is known from.")}, help_text=_("For example: the maker's letter of 3 March"))

    def clean_text(self) -> str:
        """Without stray blanks."""
        return clean_spaces(self.cleaned_data["text"])
