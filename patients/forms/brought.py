"""A file from elsewhere, and what is made of its proposals."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class BundleForm(forms.Form):
    """A bundle and where it is from."""

    source = forms.CharField(label=_("Who sent it?"), max_length=200, help_text=_("For example Dr Ruiz, Northside Clinic."), error_messages={"required": _("Say who sent the file.")})
    file = forms.FileField(
        label=_("File"), help_text=_("FHIR R4 bundle (JSON), at most 5 MB."), widget=forms.FileInput(attrs={"accept": ".json,application/json,application/fhir+json"}),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
    )  # fmt: skip


class AcceptForm(forms.Form):
    """Which answer, or which kind of allergy; the service knows which are possible."""

    answer = forms.CharField(max_length=40, required=False)
    substance = forms.CharField(max_length=30, required=False)
    anaphylaxis = forms.CharField(max_length=10, required=False)


class PutAsideForm(forms.Form):
    """A reason is welcome."""

    reason = forms.CharField(max_length=300, required=False)

    def clean_reason(self) -> Any:
        """Without spaces around it."""
        return self.cleaned_data["reason"].strip()
