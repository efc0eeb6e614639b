"""An allergy as a clinician notes it, and why one ends."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.forms import clean_spaces
from patients.rules.exchange.codes import SUBSTANCE_WORDS
from patients.rules.vocabulary import SUBSTANCES
from patients.vocabulary import AllergyEnd

END_WORDS: dict[str, Any] = {
    AllergyEnd.REFUTED: _("Looked into: the patient does not react to it"),
    AllergyEnd.IN_ERROR: _("Noted by mistake"),
    AllergyEnd.RESOLVED: _("Over: the patient no longer reacts to it"),
}


class AllergyForm(forms.Form):
    """Kind, name, reaction, severity (SCHEMA 2.4)."""

    substance = forms.ChoiceField(label=_("Kind"), choices=[(one, SUBSTANCE_WORDS[one]) for one in SUBSTANCES])
    name = forms.CharField(
        label=_("Name of the substance"), max_length=200, error_messages={"required": _("Name the substance. Without a name no product is stopped.")},
        help_text=_("As it stands among the ingredients, for example chlorhexidine"),
    )  # fmt: skip
    reaction = forms.CharField(label=_("What it did"), max_length=200, required=False, help_text=_("For example: itching rash for two days"))
    anaphylaxis = forms.BooleanField(label=_("It was anaphylaxis"), required=False)

    def clean_name(self) -> str:
        """Without stray blanks; the kind's own word is no name, except where the kind is a substance."""
        return clean_spaces(self.cleaned_data["name"])

    def clean_reaction(self) -> str:
        """Without stray blanks."""
        return clean_spaces(self.cleaned_data["reaction"])

    def clean(self) -> dict[str, Any]:
        """“Antiseptic” says nothing that a label could be compared with."""
        found = super().clean() or {}
        kind, name = found.get("substance", ""), found.get("name", "")
        if name and kind not in {"latex", "minoxidil", "propylene_glycol"} and name.casefold() in {kind.replace("_", " "), kind, str(SUBSTANCE_WORDS.get(kind, "")).casefold()}:
            self.add_error("name", ValidationError(_("That is the kind. Name the substance itself.")))
        return found


class EndAllergyForm(forms.Form):
    """Why it counts no longer."""

    because = forms.ChoiceField(
        label=_("What is it?"), choices=list(END_WORDS.items()), widget=forms.RadioSelect, error_messages={"required": _("Choose what it is.")}
    )
    reason = forms.CharField(
        label=_("How do you know?"), max_length=300, help_text=_("For example: patch test read negative on 3 March. It stays in the record."),
        error_messages={"required": _("Say how you know. Products are let through because of it.")},
    )  # fmt: skip

    def clean_reason(self) -> str:
        """Without stray blanks."""
        return clean_spaces(self.cleaned_data["reason"])
