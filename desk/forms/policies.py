"""The clinic's own numbers and wording of one rule set, as a form. Shown in the units that people use, kept as the rules take them."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.numbers import Number
from clinic.rulebook import RuleBook

_WORDS = "words-"


def _field(about: Number) -> forms.Field:
    label = f"{about.words} ({about.unit})" if about.unit else about.words
    if about.options:
        options = [(option, option.replace("_", " ")) for option in about.options]
        return forms.MultipleChoiceField(label=label, choices=options, widget=forms.CheckboxSelectMultiple)
    places = 2 if about.scale > 1 else 0 if about.is_whole else 2
    least, most = (Decimal(str(bound / about.scale)) for bound in (about.least, about.most))
    said = {"least": f"{float(least):g}", "most": f"{float(most):g}", "places": places}
    wrong = (_("From %(least)s to %(most)s, at most %(places)s decimals.") if places else _("A whole number from %(least)s to %(most)s.")) % said
    return forms.DecimalField(
        label=label, min_value=least, max_value=most, decimal_places=places, widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value", "max_decimal_places"), wrong),
    )  # fmt: skip


def _shown(about: Number, value: Any) -> Any:
    return list(value) if about.options else about.shown(value)


class PolicyForm(forms.Form):
    """Every number of a rule set, every wording, and why it should change."""

    reason = forms.CharField(
        label=_("Why should this change?"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The clinician who decides reads this. It stays with the version."),
        error_messages={"required": _("Say why. The clinician who decides reads it.")},
    )  # fmt: skip

    def __init__(self, data: Any = None, *, rules: RuleBook, values: dict[str, Any], words: dict[str, str]) -> None:
        super().__init__(data)
        self.rules = rules
        for name, about in rules.numbers.items():
            self.fields[name] = _field(about)
            self.fields[name].initial = _shown(about, values.get(name, about.default))
        for rule, text in rules.templates.items():
            self.fields[_WORDS + rule] = forms.CharField(
                label=_("%(rule)s in words") % {"rule": rule}, max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 2}),
                initial=words.get(rule, text),
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """What the rule set itself finds wrong stands beside its field."""
        cleaned = super().clean() or {}
        if not self.errors:
            for name, fault in self.rules.all_faults(self.values(), self.words()).items():
                self.add_error(name if name in self.fields else _WORDS + name, fault)
        return cleaned

    def values(self) -> dict[str, Any]:
        """Only what differs from the rules as Anagen comes, in the units of the rules."""
        found: dict[str, Any] = {}
        for name, about in self.rules.numbers.items():
            typed = self.cleaned_data[name]
            if about.options:
                value: Any = [option for option in about.options if option in typed]
                differs = tuple(value) != tuple(about.default)
            else:
                scaled = typed * about.scale
                value = int(scaled) if about.is_whole else float(scaled)
                differs = value != about.default
            if differs:
                found[name] = value
        return found

    def words(self) -> dict[str, str]:
        """Only wordings that differ; an emptied one goes back to the words that Anagen comes with."""
        typed = {rule: " ".join(self.cleaned_data[_WORDS + rule].split()) for rule in self.rules.templates}
        return {rule: text for rule, text in typed.items() if text and text != self.rules.templates[rule]}

    def number_rows(self) -> list[dict[str, Any]]:
        """For the page: each number's field with its default and whether it is a proposed default."""
        return [
            {"field": self[name], "default": about.shown(about.default), "unit": about.unit, "proposed": about.proposed, "many": bool(about.options)}
            for name, about in self.rules.numbers.items()
        ]

    def word_rows(self) -> list[Any]:
        """For the page: each wording's field."""
        return [self[_WORDS + rule] for rule in self.rules.templates]
