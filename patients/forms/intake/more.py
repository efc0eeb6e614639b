"""The details of what was ticked on a page, on one screen."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from patients.forms.dates import DateField
from patients.forms.intake.fields import CHOOSE, Saved, StepForm, plain
from patients.questions import Page, Question
from patients.questions.model import NEGATIVE
from patients.questions.walk import ticked

_LINES = 3
_UNSURE = "unsure"


class MoreForm(StepForm):
    """One part for each ticked row of `page`."""

    def __init__(self, data: Any, *, page: Page, was_done: bool, answers: dict[str, Any], extras: dict[str, Any], today: date, born: date) -> None:
        super().__init__(data, answers=answers, extras=extras, today=today, born=born)
        self.page, self.asked = page, ticked(page, extras)
        self.guess = _UNSURE not in extras.get("ticked", {}).get(page.name, [])
        for question in self.asked:
            {"checks": self._add_checks, "date": self._add_date, "procedures": self._add_lines}.get(question.kind, self._add_choice)(question)
            for follow_up in question.follow_ups:
                self.add_detail(follow_up)
            if question.kind in {"choice", "checks"} and not any(f.kind == "text" for f in question.follow_ups):
                self.add_text(f"{question.key}_words", _("In your words, if you like"), self.notes.get(f"{question.key}_words"))

    def _add_choice(self, question: Question) -> None:
        stored = self.answers.get(question.key)
        if question.kind == "allergy":
            stored = self.notes.get(question.key)
        values = [value for value, _words in question.options]
        self.add_choice(question.key, question, stored or ("yes" if self.guess and values == ["yes", "no", _UNSURE] else None))

    def _add_checks(self, question: Question) -> None:
        self.fields[question.key] = forms.MultipleChoiceField(
            label=question.words, choices=[*question.options, ("none", _("None of these"))], widget=forms.CheckboxSelectMultiple,
            initial=self.answers.get(question.key), error_messages={"required": CHOOSE},
        )  # fmt: skip

    def _add_date(self, question: Question) -> None:
        self.add_date(question.key, question.words, self.answers.get(question.key), needed=True)
        if not self.guess:
            there = self.notes.get(f"{question.key}_not")
            self.fields[f"{question.key}_not"] = forms.BooleanField(label=_("This is not true of me"), required=False, initial=bool(there))

    def _add_lines(self, question: Question) -> None:
        stored = self.answers.get(question.key) or []
        for line in range(_LINES):
            there = stored[line] if line < len(stored) else {}
            self.fields[f"{question.key}_{line}_kind"] = forms.ChoiceField(
                label=_("Treatment"), choices=[("", _("None")), *question.options], required=False, initial=there.get("kind")
            )
            self.fields[f"{question.key}_{line}_on"] = DateField(label=_("When?"), latest=self.today, initial=there.get("on"))
        known = self.notes.get(f"{question.key}_unknown")
        self.fields[f"{question.key}_unknown"] = forms.BooleanField(label=_("I do not know which, or when"), required=False, initial=bool(known))

    def groups(self) -> Iterator[dict[str, Any]]:
        """For the template."""
        for question in self.asked:
            group: dict[str, Any] = {"question": question, "details": self.details(question)}
            for name in ("words", "unknown", "not"):
                if f"{question.key}_{name}" in self.fields:
                    group[name] = self[f"{question.key}_{name}"]
            if question.kind == "procedures":
                group["lines"] = [(self[f"{question.key}_{n}_kind"], self[f"{question.key}_{n}_on"]) for n in range(_LINES)]
            else:
                group["field"] = self[question.key]
            yield group

    def clean(self) -> dict[str, Any]:
        """What is needed is there."""
        cleaned = super().clean()
        for question in self.asked:
            if question.kind == "date" and not cleaned.get(f"{question.key}_not"):
                self.need_date(question.key)
            elif question.kind == "procedures":
                self._check_lines(question)
            elif question.kind == "checks" and "none" in cleaned.get(question.key, []) and len(cleaned[question.key]) > 1:
                self.add_error(question.key, ValidationError(_("You ticked “None of these” and something else. Tick only what is true.")))
            self.need_details(question)
        return cleaned

    def _check_lines(self, question: Question) -> None:
        lines = [(f"{question.key}_{n}", self.cleaned_data.get(f"{question.key}_{n}_kind"), self.cleaned_data.get(f"{question.key}_{n}_on")) for n in range(_LINES)]
        for name, kind, on in lines:
            if kind and not on and f"{name}_on" not in self.errors and not self.cleaned_data.get(f"{question.key}_unknown"):
                self.add_error(f"{name}_on", ValidationError(_("Give the date of this treatment.")))
            if on and not kind:
                self.add_error(f"{name}_kind", ValidationError(_("Say which treatment it was.")))

    def saved(self) -> Saved:
        """Answers with their details. A no takes its tick away."""
        answers: dict[str, Any] = {}
        notes = self.unknown_dates() | {name: plain(value) or None for name, value in self.cleaned_data.items() if name.endswith(("_words", "_not"))}
        drop = {key for question in self.asked for key in question.keys}
        off: set[str] = set()
        allergies: list[dict[str, Any]] = []
        for question in self.asked:
            value = self._value(question)
            if question.kind == "allergy":
                notes[question.key] = value
                allergies += self._allergy(question, value)
            elif value != "":
                answers[question.key] = value
                answers |= self.given_details(question)
            if value in NEGATIVE or value == "" or (value == [] and question.kind == "checks"):
                off.add(question.key)
        if any(question.kind == "allergy" for question in self.asked):
            answers["allergies"], drop = allergies, drop | {"allergies"}
        left = [key for key in self.extras.get("ticked", {}).get(self.page.name, []) if key not in off]
        kept = [] if left == [_UNSURE] else left
        return Saved(answers, drop, notes, {self.page.name: kept})

    def _value(self, question: Question) -> Any:
        """As the answers hold it; `None` is “asked, not known”, the empty text is “does not apply”."""
        if question.kind == "date":
            return "" if self.cleaned_data.get(f"{question.key}_not") else plain(self.cleaned_data.get(question.key))
        if question.kind == "checks":
            return [value for value in self.cleaned_data[question.key] if value != "none"]
        if question.kind != "procedures":
            return self.cleaned_data[question.key]
        lines = [(self.cleaned_data.get(f"{question.key}_{n}_kind"), self.cleaned_data.get(f"{question.key}_{n}_on")) for n in range(_LINES)]
        given = [{"kind": kind, "on": on.isoformat()} for kind, on in lines if kind and on]
        return given or (None if self.cleaned_data.get(f"{question.key}_unknown") else [])  # what is known stays, whatever else is not (E27)

    def _allergy(self, question: Question, value: str) -> list[dict[str, Any]]:
        """Not sure counts as severe for the rules: somebody must ask (RULES 2, “not sure” is at least REVIEW)."""
        if value in NEGATIVE:
            return []
        name = plain(self.cleaned_data.get(f"allergy_{question.value}_name"))
        entry = {"substance": question.value, "anaphylaxis": value in {"severe", _UNSURE}}
        return [entry | ({"name": name} if name else {})]
