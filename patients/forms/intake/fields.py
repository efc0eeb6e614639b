"""Fields that the screens share, and what a screen gives back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.forms import clean_spaces
from patients.forms.dates import DateField
from patients.questions import FollowUp, Question
from patients.questions.answers import YES_NO

RANGES: dict[str, tuple[float, float]] = {
    "aspirin_mg_per_day": (1, 4000), "inr": (0.5, 20), "systemic_steroid_mg_per_day": (0.1, 200), "systemic_steroid_weeks": (0, 2000),
    "hba1c_percent": (3, 20), "home_roller_mm": (0.1, 3),
}  # fmt: skip
CHOOSE = _("Choose an answer. “Not sure” is fine.")
CHOOSE_ONE = _("Choose an answer.")
UNSURE_VALUES = frozenset({"unsure", "possible", "undiagnosed"})


@dataclass(frozen=True)
class Saved:
    """What one screen says: `answers` to merge after `drop` went, notes, ticked rows, and screens that must be asked again."""

    answers: dict[str, Any] = field(default_factory=dict)
    drop: set[str] = field(default_factory=set)
    notes: dict[str, Any] = field(default_factory=dict)
    ticked: dict[str, list[str]] = field(default_factory=dict)
    undo: set[str] = field(default_factory=set)
    confirmed: list[str] | None = None


class NumberField(forms.FloatField):
    """A number in a range, with a point or a comma. Cleans to a float."""

    def __init__(self, least: float, most: float, **kwargs: Any) -> None:
        super().__init__(min_value=least, max_value=most, localize=True, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}), **kwargs)
        self.error_messages["invalid"] = _("Type a number, for example 7.2.")

    def to_python(self, value: Any) -> Any:
        """7,2 is 7.2."""
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


class TemperatureField(NumberField):
    """Degrees Celsius, 34 to 43; what can only be Fahrenheit is taken as that."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(34, 43, **kwargs)

    def to_python(self, value: Any) -> Any:
        """100.4 is 38.0."""
        number = super().to_python(value)
        return round((number - 32) / 1.8, 1) if number is not None and 93 <= number <= 110 else number


class StepForm(forms.Form):
    """One screen. `answers` and `extras` are the draft's; `today` and `born` bound its dates."""

    def __init__(self, data: Any, *, answers: dict[str, Any], extras: dict[str, Any], today: date, born: date) -> None:
        super().__init__(data, use_required_attribute=False)
        self.answers, self.extras, self.today, self.born = answers, extras, today, born
        self.notes: dict[str, Any] = extras.get("notes", {})
        self.label_suffix = ""

    def forgive(self) -> "StepForm":
        """Show what was typed before the page was left, without calling it wrong."""
        self._errors = forms.utils.ErrorDict()
        return self

    def names(self) -> set[str]:
        """Names that its inputs post."""
        found = set()
        for name, made in self.fields.items():
            several = isinstance(made.widget, forms.MultiWidget)
            found |= {f"{name}_{index}" for index in range(3)} if several else {name}
        return found

    def groups(self) -> Iterator[dict[str, Any]]:
        """What the template shows, part by part."""
        raise NotImplementedError

    def saved(self) -> Saved:
        """What a valid screen says."""
        raise NotImplementedError

    def add_choice(self, name: str, question: Question, initial: Any) -> None:
        """Radios."""
        self.fields[name] = forms.ChoiceField(
            label=question.words, choices=question.options, widget=forms.RadioSelect, initial=initial, required=question.required,
            error_messages={"required": CHOOSE if UNSURE_VALUES & {value for value, _words in question.options} else CHOOSE_ONE},
        )  # fmt: skip

    def add_text(self, name: str, words: Any, initial: Any, *, rows: int = 0) -> None:
        """Some words, 500 characters at most."""
        widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
        self.fields[name] = forms.CharField(label=words, required=False, max_length=500, initial=initial, widget=widget)
        self.fields[name].widget.attrs.pop("maxlength", None)

    def add_date(self, name: str, words: Any, initial: Any, *, needed: bool, ahead: bool = False) -> None:
        """Three boxes; a needed one may be answered with “I do not know the date”."""
        self.fields[name] = DateField(label=words, latest=None if ahead else self.today, initial=initial)
        if needed:
            known = self.notes.get(f"{name}_unknown")
            self.fields[f"{name}_unknown"] = forms.BooleanField(label=_("I do not know the date"), required=False, initial=bool(known))

    def add_detail(self, follow_up: FollowUp) -> None:
        """The field of a follow-up."""
        initial = self.answers.get(follow_up.key, self.notes.get(follow_up.key))
        if "date" in follow_up.kind:
            self.add_date(follow_up.key, follow_up.words, initial, needed=follow_up.needed, ahead=follow_up.kind == "date_any")
        elif follow_up.kind == "number":
            self.fields[follow_up.key] = NumberField(*RANGES[follow_up.key], label=follow_up.words, required=False, initial=initial)
        elif follow_up.kind == "temperature":
            self.fields[follow_up.key] = TemperatureField(label=follow_up.words, required=False, initial=initial)
        elif follow_up.kind == "yn":
            self.fields[follow_up.key] = forms.ChoiceField(label=follow_up.words, choices=YES_NO, widget=forms.RadioSelect, required=False, initial=initial)
        else:
            self.add_text(follow_up.key, follow_up.words, initial)

    def details(self, question: Question) -> list[dict[str, Any]]:
        """For the template: each follow-up with its bound fields."""
        return [
            {"asked": f, "field": self[f.key], "unknown": self[f"{f.key}_unknown"] if f"{f.key}_unknown" in self.fields else None} for f in question.follow_ups
        ]

    def clean(self) -> dict[str, Any]:
        """No date lies before the birth; a needed one is given, or said to be unknown."""
        cleaned = super().clean() or {}
        for name, value in list(cleaned.items()):
            if isinstance(value, date) and value < self.born:
                self.add_error(name, ValidationError(_("This date lies before your date of birth.")))
        return cleaned

    def need_date(self, name: str) -> None:
        """An error unless the date is there or unknown."""
        if name not in self.errors and not self.cleaned_data.get(name) and not self.cleaned_data.get(f"{name}_unknown"):
            self.add_error(name, ValidationError(_("Give the date, or tick “I do not know the date”.")))

    def need_details(self, question: Question) -> None:
        """The needed follow-ups of what was answered."""
        for follow_up in question.follow_ups:
            if follow_up.needed and self.cleaned_data.get(question.key) in follow_up.when:
                if "date" in follow_up.kind:
                    self.need_date(follow_up.key)
                elif not self.cleaned_data.get(follow_up.key):
                    self.add_error(follow_up.key, ValidationError(_("Write this in a few words.")))

    def given_details(self, question: Question) -> dict[str, Any]:
        """Cleaned details whose lead asks for them; unknown dates as notes."""
        found: dict[str, Any] = {}
        for follow_up in question.follow_ups:
            if self.cleaned_data.get(question.key) in follow_up.when:
                value = plain(self.cleaned_data.get(follow_up.key))
                if value not in (None, ""):
                    found[follow_up.key] = value
        return found

    def unknown_dates(self) -> dict[str, Any]:
        """Which dates the patient does not know; a known one takes its note away."""
        names = [name for name in self.fields if name.endswith("_unknown")]
        return {name: True if self.cleaned_data.get(name) and not self.cleaned_data.get(name.removesuffix("_unknown")) else None for name in names}

    def error_links(self) -> Iterator[dict[str, Any]]:
        """For the summary: the id of the first input, the label, the words."""
        for name, errors in self.errors.items():
            bound = self[name]
            several = isinstance(bound.field.widget, (forms.RadioSelect, forms.CheckboxSelectMultiple, forms.MultiWidget))
            for error in errors:
                yield {"id": f"{bound.auto_id}_0" if several else bound.auto_id, "label": bound.label, "words": error}


def plain(value: Any) -> Any:
    """As the answers hold it."""
    if isinstance(value, date):
        return value.isoformat()
    return clean_spaces(value) if isinstance(value, str) else value
