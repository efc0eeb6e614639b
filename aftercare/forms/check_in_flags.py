"""The page of red flags and temperature, and the pages with several rows to tick (Q4–Q9, Q12, Q14)."""

from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from aftercare import pages
from aftercare.forms.check_in_page import NONE_AND_MORE, NOTHING, UNSURE, PageForm, Row
from aftercare.pages import Words


class FlagsForm(PageForm):
    """Q4–Q9: everything that is true now, “not sure” by group, a temperature, or an explicit “none of these”."""

    flag = forms.MultipleChoiceField(required=False)
    none = forms.CharField(required=False)
    temperature = forms.CharField(required=False, max_length=10)
    unit = forms.ChoiceField(choices=[("C", "°C"), ("F", "°F")], required=False)

    def _build(self) -> None:
        options = [o.value for _name, _title, group in pages.FLAGS for o in group]
        unsure = [f"{name}:{UNSURE}" for name, _title, _group in pages.FLAGS]
        field = self.fields["flag"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(value, value) for value in [*options, *unsure]]

    def groups(self) -> list[tuple[str, Words, list[Row], Row]]:
        """The groups in order: question, heading, its rows, and its “not sure”."""
        chosen = self.chosen()
        found = []
        for name, title, options in pages.FLAGS:
            rows = [Row(o.value, o.words, chosen=o.value in chosen) for o in options]
            blank = f"{name}:{UNSURE}"
            found.append((name, title, rows, Row(blank, _("Not sure"), chosen=blank in chosen)))
        return found

    def _drafted(self) -> set[str]:
        found = set()
        for name, _title, options in pages.FLAGS:
            for option in options:
                key, _colon, value = option.value.partition(":")
                given = self.answers.get(key)
                if given is True or (value and given == value):
                    found.add(option.value)
                elif key in self.answers and given is None:
                    found.add(f"{name}:{UNSURE}")
        return found

    def typed_temperature(self) -> str:
        """The temperature to show again, as it was typed or as it was kept in °C."""
        kept = self.answers.get("temp_c")
        return str(self.data.get("temperature", "")) if self.is_bound else str(number_format(kept) if kept else "")

    def is_fahrenheit(self) -> bool:
        """Whether °F was chosen."""
        return self.is_bound and self.data.get("unit") == "F"

    def clean_temperature(self) -> float | None:
        """In °C with one decimal; 34–43 °C or 93.2–109.4 °F."""
        typed = self.cleaned_data["temperature"].strip().replace(",", ".").rstrip("°CFcf ").strip()
        if not typed:
            return None
        try:
            value = float(typed)
        except ValueError:
            raise forms.ValidationError(_("Type the temperature as a number, such as 37.4.")) from None
        fahrenheit = self.data.get("unit") == "F"
        celsius = round((value - 32) * 5 / 9, 1) if fahrenheit else round(value, 1)
        if not fahrenheit and 93 <= value <= 110:
            raise forms.ValidationError(_("That looks like °F. Choose °F, or type the temperature in °C."))
        if not 34 <= celsius <= 43:
            raise forms.ValidationError(_("Type a body temperature between 34 and 43 °C (93.2 and 109.4 °F)."))
        return celsius

    def clean(self) -> dict[str, Any]:
        """Either something is said, or “none of these” is pressed."""
        cleaned = super().clean() or {}
        said = bool(cleaned.get("flag"))
        if cleaned.get("none") and said:
            self.add_error("flag", forms.ValidationError(NONE_AND_MORE))
        elif not cleaned.get("none") and not said and not self.errors:
            self.add_error("flag", forms.ValidationError(NOTHING))
        return cleaned

    def values(self) -> dict[str, Any]:
        """Every red-flag key: what is ticked, null where “not sure” stands alone, else no (SCHEMA 4.3, T16)."""
        ticked = set(self.cleaned_data["flag"])
        answers: dict[str, Any] = {}
        for name, _title, options in pages.FLAGS:
            blank = f"{name}:{UNSURE}" in ticked
            for option in options:
                key, _colon, value = option.value.partition(":")
                if value:
                    worse = option.value in ticked
                    answers[key] = value if worse else answers.get(key, None if blank else "none")
                else:
                    answers[key] = True if option.value in ticked else (None if blank else False)
        if self.cleaned_data.get("temperature") is not None:
            answers["temp_c"] = self.cleaned_data["temperature"]
        return answers


class ChecksForm(PageForm):
    """Several yes/no keys, or “none of these”, or “not sure”."""

    flag = forms.MultipleChoiceField(required=False)
    none = forms.CharField(required=False)

    def _build(self) -> None:
        field = self.fields["flag"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(option.value, option.words) for option in self.page.options]

    def clean(self) -> dict[str, Any]:
        """Either something is ticked, or a button says none or not sure; never both."""
        cleaned = super().clean() or {}
        said = bool(cleaned.get("flag"))
        if cleaned.get("none") and said:
            self.add_error("flag", forms.ValidationError(NONE_AND_MORE))
        elif not cleaned.get("none") and not said and not self.errors:
            self.add_error("flag", forms.ValidationError(NOTHING))
        return cleaned

    def values(self) -> dict[str, Any]:
        """True or false by key; all null for “not sure”."""
        if self.cleaned_data.get("none") == UNSURE:
            return dict.fromkeys(self.page.keys)
        ticked = set(self.cleaned_data["flag"])
        return {option.value: option.value in ticked for option in self.page.options}


class ChangesForm(ChecksForm):
    """Q14: what has changed, and words about it for a person."""

    health_words = forms.CharField(required=False, max_length=2000)

    def _drafted(self) -> set[str]:
        return set(self.answers.get("health_changes") or ())

    def values(self) -> dict[str, Any]:
        """The list of changes; null for “not sure”."""
        words = self.cleaned_data["health_words"].strip()
        if self.cleaned_data.get("none") == UNSURE:
            return {"health_changes": None, "health_words": words}
        return {
            "health_changes": list(self.cleaned_data["flag"]),
            "health_words": words,
        }
