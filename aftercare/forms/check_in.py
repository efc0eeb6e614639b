"""One form per kind of page. They parse and check; `values()` gives the answers of the page for the draft."""

from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from aftercare import pages
from aftercare.pages import Page, Words

UNSURE = "unsure"
MOST_HAIRS = 300
MOST_FILES = 3
_NONE_AND_MORE = _("You ticked something and also said “none of these”. Untick it, or press Continue.")
_NOTHING = _("Tick what is true, or press “None of these”.")


@dataclass(frozen=True)
class Row:
    """One row as the page draws it: what it sends, its words, and whether it was chosen before."""

    value: str
    words: Words
    pictures: str = ""
    picture: str = ""
    chosen: bool = False


class PageForm(forms.Form):
    """What every page's form has: the page it belongs to, and what was answered on it before."""

    def __init__(self, page: Page, data: Any = None, *, answers: dict[str, Any] | None = None) -> None:
        super().__init__(data)
        self.page = page
        self.answers = answers or {}
        self._build()

    def chosen(self) -> set[str]:
        """Values to draw as chosen: what was just sent, or else the unsent draft."""
        if self.is_bound:
            return {*cast(QueryDict, self.data).getlist("flag"), str(self.data.get("value", ""))}
        return self._drafted()

    def _drafted(self) -> set[str]:
        return {option.value for option in self.page.options if self.answers.get(option.value) is True}

    def rows(self) -> list[Row]:
        """The rows of the page."""
        chosen = self.chosen()
        return [Row(o.value, o.words, o.pictures, o.picture, o.value in chosen) for o in self.page.options]

    def text(self, name: str) -> str:
        """A typed text to show again."""
        return str(self.data.get(name, "") if self.is_bound else self.answers.get(name) or "")

    def health_text(self) -> str:
        """The words about a change, to show again."""
        return self.text("health_words")

    def last_text(self) -> str:
        """The free text, to show again."""
        return self.text("free_text")

    def _build(self) -> None:
        """Add the fields that depend on the page."""

    def values(self) -> dict[str, Any]:
        """Answers by key; None is “not sure”. Only after `is_valid()`."""
        raise NotImplementedError


class ChoiceForm(PageForm):
    """One row of several, or “not sure”."""

    def _build(self) -> None:
        options = [(option.value, option.words) for option in self.page.options]
        self.fields["value"] = forms.ChoiceField(
            choices=[*options, (UNSURE, _("Not sure"))],
            error_messages={
                "required": _("Choose one of the rows."),
                "invalid_choice": _("Choose one of the rows."),
            },
        )

    def values(self) -> dict[str, Any]:
        """The one key of the page."""
        chosen = self.cleaned_data["value"]
        key = self.page.keys[0]
        if chosen == UNSURE:
            return {key: None}
        if {option.value for option in self.page.options} == {"yes", "no"}:
            return {key: chosen == "yes"}
        return {key: int(chosen) if self.page.number else chosen}

    def _drafted(self) -> set[str]:
        key = self.page.keys[0]
        if key not in self.answers:
            return set()
        given = self.answers[key]
        if given is None:
            return {UNSURE}
        return {("yes" if given else "no") if isinstance(given, bool) else str(given)}

    def unsure_chosen(self) -> bool:
        """Whether “not sure” was chosen before."""
        return UNSURE in self.chosen()


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
        return str(self.data.get("temperature", "")) if self.is_bound else str(self.answers.get("temp_c") or "")

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
            self.add_error("flag", forms.ValidationError(_NONE_AND_MORE))
        elif not cleaned.get("none") and not said and not self.errors:
            self.add_error("flag", forms.ValidationError(_NOTHING))
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
            self.add_error("flag", forms.ValidationError(_NONE_AND_MORE))
        elif not cleaned.get("none") and not said and not self.errors:
            self.add_error("flag", forms.ValidationError(_NOTHING))
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


class ProductsForm(PageForm):
    """Q13: for each product or habit, when it was for the first time."""

    none = forms.CharField(required=False)

    def _build(self) -> None:
        when = [(value, words) for value, words, _hours in pages.WHEN_USED]
        values = {hours: value for value, _words, hours in reversed(pages.WHEN_USED)}
        used = {item["kind"]: values.get(item["hoursAfter"], "") for item in self.answers.get("products_used") or ()}
        for option in self.page.options:
            self.fields[option.value] = forms.ChoiceField(
                choices=when,
                required=False,
                label=str(option.words),
                initial=used.get(option.value, ""),
                widget=forms.Select({"class": "form-select"}),
            )

    def clean(self) -> dict[str, Any]:
        """A time is chosen somewhere, or a button says none or not sure; never both."""
        cleaned = super().clean() or {}
        said = any(cleaned.get(option.value) for option in self.page.options)
        if cleaned.get("none") and said:
            self.add_error(None, forms.ValidationError(_NONE_AND_MORE))
        elif not cleaned.get("none") and not said and not self.errors:
            self.add_error(
                None,
                forms.ValidationError(_("Choose a time, or press “None of these”.")),
            )
        return cleaned

    def values(self) -> dict[str, Any]:
        """Kind and hours after the session's end; “not sure when” counts as the first day, the strict reading."""
        if self.cleaned_data.get("none") == UNSURE:
            return {"products_used": None}
        hours = {value: number for value, _words, number in pages.WHEN_USED}
        used = [(option.value, self.cleaned_data.get(option.value, "")) for option in self.page.options]
        return {"products_used": [{"kind": kind, "hoursAfter": hours[when]} for kind, when in used if when]}


class WordsForm(PageForm):
    """The last page: free text for a person, photos for those who like, and the 60-second count (RULES section 5)."""

    free_text = forms.CharField(required=False, max_length=4000)
    hair_count = forms.CharField(required=False, max_length=6)

    def typed_count(self) -> str:
        """The count to show again."""
        return self.text("hair_count")

    def clean_hair_count(self) -> int | None:
        """A whole number from 0 to 300."""
        typed = self.cleaned_data["hair_count"].strip()
        if not typed:
            return None
        if not typed.isdecimal() or int(typed) > MOST_HAIRS:
            raise forms.ValidationError(_("Type the number of hairs, from 0 to 300, or leave it empty."))
        return int(typed)

    def values(self) -> dict[str, Any]:
        """The text, without blanks around it, and the count if there is one."""
        count = self.cleaned_data["hair_count"]
        return {"free_text": self.cleaned_data["free_text"].strip()} | ({} if count is None else {"hair_count": count})


_FORMS: dict[str, type[PageForm]] = {
    "choice": ChoiceForm,
    "scale": ChoiceForm,
    "flags": FlagsForm,
    "checks": ChecksForm,
    "changes": ChangesForm,
    "products": ProductsForm,
    "words": WordsForm,
}


def form_for(page: Page, data: Any = None, *, draft: dict[str, Any] | None = None) -> PageForm:
    """The form of a page: bound to what was sent, or showing the draft."""
    return _FORMS[page.kind](page, data, answers=(draft or {}).get("answers", {}))
