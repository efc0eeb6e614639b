"""Why a patient's record leaves the house."""

from django import forms
from django.utils.translation import gettext_lazy as _

_REASONS = (
    ("care", _("Another clinic treats the patient")),
    ("opinion", _("A second opinion")),
    ("patient", _("The patient asks for it")),
    ("other", _("Another reason")),
)


class RecordExportForm(forms.Form):
    """Who gets the file, and why."""

    recipient = forms.CharField(
        label=_("Who gets the file?"), max_length=120, help_text=_("For example Dr Ruiz, Northside Clinic."),
        error_messages={"required": _("Say who gets the file.")},
    )  # fmt: skip
    reason = forms.ChoiceField(label=_("Why?"), choices=[("", _("Choose a reason")), *_REASONS], error_messages={"required": _("Choose a reason.")})
    more = forms.CharField(label=_("More about the reason"), max_length=150, required=False)

    def clean(self) -> dict[str, str]:
        """Another reason needs words."""
        cleaned = super().clean() or {}
        if cleaned.get("reason") == "other" and not cleaned.get("more"):
            self.add_error("more", _("Say what the reason is."))
        return cleaned

    def logged(self) -> str:
        """As it stands in the list of who saw the record."""
        found = self.cleaned_data
        return f"{found['reason']} {found['more']}".strip() + f", for {found['recipient']}"
