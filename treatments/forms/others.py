"""Smaller forms of this room."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms import choices, clean_spaces
from treatments import selectors
from treatments.forms.session import CartridgeField
from treatments.models import Device, TreatmentSession
from treatments.vocabulary import Phase, Response, Zone
from treatments.words import RESPONSE_WORDS, ZONE_WORDS


class CourseForm(forms.Form):
    """A planned series."""

    planned_sessions = forms.IntegerField(label=_("Planned sessions"), min_value=1, max_value=100, initial=4)
    phase = forms.ChoiceField(label=_("Phase"), choices=choices(Phase))
    indication = forms.CharField(label=_("Indication"), max_length=120, initial="Androgenetic alopecia")


class CourseEndForm(forms.Form):
    """Why no further session is planned."""

    reason = forms.CharField(
        label=_("Why it ends here"), max_length=200, error_messages={"required": _("Say why the course ends here.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


class ExcludedZonesForm(forms.Form):
    """Zones that stay closed for this patient (S24); none ticked opens them all again."""

    zones = forms.MultipleChoiceField(
        label=_("Closed zones"), required=False, choices=choices(Zone, {key.value: words for key, words in ZONE_WORDS.items()}),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Why"), max_length=200, error_messages={"required": _("Say why.")}, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("For example: mole to be looked at, tattoo, scar"),
    )  # fmt: skip


class ResponseForm(forms.Form):
    """Whether the treatment works, as the clinician judges it (S12)."""

    response = forms.ChoiceField(label=_("Response so far"), choices=choices(Response, {key.value: words for key, words in RESPONSE_WORDS.items()}), widget=forms.RadioSelect)
    words = forms.CharField(label=_("How you judged it"), required=False, max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class EndForm(forms.Form):
    """When it ended; empty means now."""

    ended_at = forms.DateTimeField(label=_("Ended at"), required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


class BlockForm(forms.Form):
    """Another device or cartridge in mid-session."""

    new_device = forms.ModelChoiceField(Device.objects.none(), label=_("Device"), empty_label=_("Choose"))
    new_cartridge = CartridgeField()
    new_seal_intact = forms.BooleanField(label=_("Seal was intact"), required=False)

    def __init__(self, data: Any = None, *, record: TreatmentSession, today: date, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["new_device"].queryset = selectors.devices_at(record.site)  # type: ignore[attr-defined]
        self.fields["new_cartridge"].queryset = selectors.free_cartridges(record.site, today)  # type: ignore[attr-defined]
        self.fields["new_cartridge"].site, self.fields["new_cartridge"].day = record.site, today  # type: ignore[attr-defined]


class RightRecordForm(forms.Form):
    """Who was treated, by two identifiers that must agree, and how it is known."""

    number = forms.IntegerField(
        label=_("Number of the patient who was treated"), min_value=1, max_value=2_000_000_000, error_messages={"required": _("Type the patient's number.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    birth_on = forms.DateField(
        label=_("Their date of birth"), widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
        error_messages={"required": _("Type the date of birth.")},
    )  # fmt: skip
    reason = forms.CharField(
        label=_("How it is known"), max_length=500, help_text=_("For example who noticed it and when. It is signed with the record; don't name another patient here."),
        error_messages={"required": _("Say how it is known whose treatment this was.")}, widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def clean_reason(self) -> str:
        """One line."""
        return clean_spaces(self.cleaned_data["reason"])


class WhoseForm(forms.Form):
    """Whose the photos and measurements of a mistaken record are, and how that is known."""

    whose = forms.ChoiceField(choices=[("theirs", "theirs"), ("others", "others")], error_messages={"required": _("Choose one of the two."), "invalid_choice": _("Choose one of the two.")})
    text = forms.CharField(max_length=300, error_messages={"required": _("Say how it is known.")})


class TextForm(forms.Form):
    """An addendum, a reason, an outcome."""

    text = forms.CharField(max_length=4000, error_messages={"required": _("Write something.")})
    form_key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
