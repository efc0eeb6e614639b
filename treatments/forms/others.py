"""Smaller forms of this room."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms import choices
from treatments.vocabulary import DeviceType, MeasurementKind, Phase, PhotoView, ProductKind


class CourseForm(forms.Form):
    """A planned series."""

    planned_sessions = forms.IntegerField(label=_("Planned sessions"), min_value=1, max_value=100, initial=4)
    phase = forms.ChoiceField(label=_("Phase"), choices=choices(Phase))
    indication = forms.CharField(label=_("Indication"), max_length=120, initial="Androgenetic alopecia")


class EndForm(forms.Form):
    """When it ended; empty means now."""

    ended_at = forms.DateTimeField(label=_("Ended at"), required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


class PhotoForm(forms.Form):
    """One view."""

    view = forms.ChoiceField(label=_("View"), choices=choices(PhotoView))
    photo = forms.FileField(label=_("Photo"), help_text=_("JPEG, PNG or WebP, at most 15 MB."))


class MeasurementForm(forms.Form):
    """A grade, and a density with its site."""

    kind = forms.ChoiceField(label=_("Scale"), choices=[c for c in choices(MeasurementKind) if c[0] != "hair_density"])
    grade = forms.CharField(label=_("Grade"), max_length=12)
    density = forms.DecimalField(label=_("Hair density, hairs/cm²"), min_value=Decimal(0), max_value=Decimal(400), required=False)
    area_cm2 = forms.DecimalField(label=_("Area, cm²"), min_value=Decimal("0.1"), max_value=Decimal(10), required=False, initial=1)
    site_on_scalp = forms.CharField(label=_("Site"), max_length=80, required=False, help_text=_("For example: 12 cm from the glabella, midline"))


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
    units = forms.IntegerField(label=_("Units"), min_value=1, max_value=500, initial=10)


class ProductForm(forms.Form):
    """A topical or an anaesthetic."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=choices(ProductKind))
    lot = forms.CharField(label=_("Lot"), max_length=60, required=False)
    ingredients = forms.CharField(label=_("Ingredients"), required=False, help_text=_("Separated by commas"))
    is_anaesthetic = forms.BooleanField(label=_("It is an anaesthetic"), required=False)
    strength_percent = forms.DecimalField(label=_("Strength, %"), required=False, min_value=Decimal("0.1"), max_value=Decimal(40))
