"""What is typed in from paper: which paper, of which day."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms import clean_spaces
from patients.forms.dates import DateField
from patients.models import ConsentText


def _day(today: date) -> DateField:
    return DateField(
        label=_("Date on the paper"), help_text=_("The day on which the patient wrote it."), latest=today, required=True,
        error_messages={"required": _("Give the date on the paper.")},
    )  # fmt: skip


class PaperIntakeForm(forms.Form):
    """Of which day the filled-in sheet is."""

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["paper_on"] = _day(today)


class PaperConsentForm(forms.Form):
    """Which version was signed, when, by whom, and what was ticked on it."""

    version = forms.ChoiceField(label=_("Version on the paper"), help_text=_("It is printed below the text."), error_messages={"required": _("Choose the version.")})
    signed_name = forms.CharField(label=_("Signed by"), help_text=_("The name as it is written on the paper."), max_length=300, error_messages={"required": _("Type the name on the paper.")})
    off_label_understood = forms.BooleanField(label=_("Ticked on the paper: understands that this use on the scalp is off-label"), required=False)
    photos = forms.BooleanField(label=_("Ticked on the paper: photos may be taken for the record"), required=False)

    field_order = ("version", "paper_on", "signed_name", "off_label_understood", "photos")

    def __init__(self, *args: Any, today: date, texts: list[ConsentText], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["paper_on"] = _day(today)
        self.order_fields(self.field_order)
        self.texts = {str(text.pk): text for text in texts}
        self.fields["version"].choices = [(key, f"{text.version} ({text.language})") for key, text in self.texts.items()]  # type: ignore[attr-defined]

    def clean_signed_name(self) -> str:
        """Without control and direction marks."""
        return clean_spaces(self.cleaned_data["signed_name"])

    def text(self) -> ConsentText:
        """The chosen wording."""
        return self.texts[self.cleaned_data["version"]]
