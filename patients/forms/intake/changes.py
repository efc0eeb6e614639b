"""The first screen of somebody who returns: what has changed since then?"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from patients.forms.intake.fields import Saved, StepForm
from patients.questions import Page

NONE, UNSURE = "none", "unsure"


class ChangesForm(StepForm):
    """`pages` are those that an earlier intake answers. What is ticked is asked again; earlier answers are never shown."""

    def __init__(self, data: Any, *, pages: list[Page], was_done: bool, answers: dict[str, Any], extras: dict[str, Any], today: date, born: date) -> None:
        super().__init__(data, answers=answers, extras=extras, today=today, born=born)
        self.pages = pages
        kept = extras.get("since", {}).get("confirmed", [])
        changed = [page.name for page in pages if page.name not in kept]
        choices = [*((page.name, page.short) for page in pages), (UNSURE, _("Not sure: ask me everything")), (NONE, _("Nothing has changed"))]
        self.fields["rows"] = forms.MultipleChoiceField(
            label=_("What has changed?"), choices=choices, widget=forms.CheckboxSelectMultiple, initial=(changed or [NONE]) if was_done else [],
            error_messages={"required": _("Tick what has changed, or press “Nothing has changed”.")},
        )  # fmt: skip

    def groups(self) -> Iterator[dict[str, Any]]:
        """For the template."""
        options = list(self["rows"])
        yield {"rows": options[:-2], "unsure": options[-2], "field": self["rows"]}

    def clean(self) -> dict[str, Any]:
        """“None” stands alone."""
        cleaned = super().clean()
        chosen = cleaned.get("rows", [])
        if NONE in chosen and len(chosen) > 1:
            self.add_error("rows", ValidationError(_("You ticked something and pressed “Nothing has changed”. Press “Continue” to keep the ticks, or take them away first.")))
        return cleaned

    def saved(self) -> Saved:
        """Pages that stay as they were."""
        chosen = self.cleaned_data["rows"]
        kept = [] if UNSURE in chosen else [page.name for page in self.pages if page.name not in chosen]
        return Saved(confirmed=kept)
