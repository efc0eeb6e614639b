"""One form per kind of page. They parse and check; `values()` gives the answers of the page for the draft."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aftercare import pages
from aftercare.forms.check_in_flags import ChangesForm, ChecksForm, FlagsForm
from aftercare.forms.check_in_page import NONE_AND_MORE, UNSURE, ChoiceForm, PageForm
from aftercare.pages import Page

MOST_HAIRS = 300
MOST_FILES = 3


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
            self.add_error(None, forms.ValidationError(NONE_AND_MORE))
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
