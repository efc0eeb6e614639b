"""What the form of every check-in page has, and the page with one row of several."""

from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from aftercare.pages import Page, Words

UNSURE = "unsure"
NONE_AND_MORE = _("You ticked something and also said “none of these”. Untick it, or press Continue.")
NOTHING = _("Tick what is true, or press “None of these”.")


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
