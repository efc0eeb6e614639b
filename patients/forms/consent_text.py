"""What a manager writes as consent text, and what a clinician wants changed."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from clinic.forms import form_helper
from patients.models import ConsentDraft

MOST = 20_000


class ConsentTextForm(forms.Form):
    """The whole text by language. Empty lines part the paragraphs; patients see which paragraph is new."""

    def __init__(self, data: Any = None, *, draft: ConsentDraft) -> None:
        super().__init__(data)
        for code, name in settings.LANGUAGES:
            self.fields[f"text_{code}"] = forms.CharField(
                label=_("Text, %(language)s") % {"language": name}, required=code == "en", max_length=MOST, initial=draft.texts.get(code, ""),
                strip=False, widget=forms.Textarea({"rows": 16, "lang": code}), error_messages={"required": _("Write the text in English.")},
            )  # fmt: skip
        self.fields["off_label"] = forms.BooleanField(
            label=_("The text says that use on the scalp is off-label"), required=False, initial=draft.off_label,
            help_text=_("Leave it ticked in the United States. Patients confirm it apart."),
        )  # fmt: skip
        self.fields["covers_prp"] = forms.BooleanField(
            label=_("The text names platelet-rich plasma (PRP), and who signs it consents to PRP too"), required=False, initial=draft.covers_prp,
            help_text=_("Without it no PRP can be planned: the consent would not cover it."),
        )  # fmt: skip
        self.helper = form_helper(None)

    def texts(self) -> dict[str, str]:
        """By language. Only after `is_valid()`."""
        return {code: self.cleaned_data[f"text_{code}"] for code, _name in settings.LANGUAGES}


class TextBackForm(forms.Form):
    """What the clinician wants changed."""

    words = forms.CharField(
        label=_("What should change"), max_length=400, widget=forms.Textarea({"rows": 2}), error_messages={"required": _("Write what should change.")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(None)
