"""A page: questions that are asked at once, and rows to tick with an explicit “none of these”."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from patients.forms.intake.fields import Saved, StepForm, plain
from patients.questions import Page, Question

NONE, UNSURE = "none", "unsure"
ROWS = "rows"


class PageForm(StepForm):
    """`page` with what the draft holds of it; `was_done` says whether it was answered before."""

    def __init__(self, data: Any, *, page: Page, was_done: bool, answers: dict[str, Any], extras: dict[str, Any], today: date, born: date) -> None:
        super().__init__(data, answers=answers, extras=extras, today=today, born=born)
        self.page, self.was_done = page, was_done
        self.before: list[str] = extras.get("ticked", {}).get(page.name, [])
        for question in page.questions:
            self._add(question)
        if page.rows:
            self._add_rows()

    def _add(self, question: Question) -> None:
        stored = self.notes.get(question.key) if question.note else self.answers.get(question.key)
        if question.kind == "text":
            self.add_text(question.key, question.words, stored, rows=0 if question.note and question.key != "hope" else 3)
        else:
            self.add_choice(question.key, question, stored or self.notes.get(question.key))
        for follow_up in question.follow_ups:
            self.add_detail(follow_up)

    def _add_rows(self) -> None:
        choices = [*((row.key, row.row) for row in self.page.rows), (UNSURE, _("Not sure")), (NONE, _("None of these"))]
        self.fields[ROWS] = forms.MultipleChoiceField(
            label=self.page.title, choices=choices, widget=forms.CheckboxSelectMultiple, required=True,
            initial=(self.before or [NONE]) if self.was_done else [],
            error_messages={"required": _("Tick what is true, or press “None of these”.")},
        )  # fmt: skip

    def groups(self) -> Iterator[dict[str, Any]]:
        """For the template."""
        for question in self.page.questions:
            yield {"question": question, "field": self[question.key], "details": self.details(question)}
        if self.page.rows:
            options = list(self[ROWS])
            yield {"rows": options[:-2], "unsure": options[-2], "field": self[ROWS], "title": self.page.title, "said_none": self.was_done and not self.is_bound and not self.before}

    def clean(self) -> dict[str, Any]:
        """“None of these” stands alone."""
        cleaned = super().clean()
        chosen = cleaned.get(ROWS, [])
        if NONE in chosen and len(chosen) > 1:
            self.add_error(ROWS, ValidationError(_("You ticked something and pressed “None of these”. Press “Continue” to keep the ticks, or take them away first.")))
        for question in self.page.questions:
            self.need_details(question)
        return cleaned

    def saved(self) -> Saved:
        """Rows that are not ticked are answered with no; ticked ones wait for their details."""
        answers: dict[str, Any] = {}
        notes = self.unknown_dates()
        drop = {key for question in self.page.every if not question.note for key in question.keys}
        for question in self.page.questions:
            self._direct(question, answers, notes)
        if not self.page.rows:
            return Saved(answers, drop, notes)
        chosen = self.cleaned_data[ROWS]
        asked = [row.key for row in self.page.rows if UNSURE in chosen or row.key in chosen]
        for row in self.page.rows:
            answers |= self._kept(row) if row.key in asked else _negative(row)
        answers |= self._flags(chosen)
        if any(row.kind == "allergy" for row in self.page.rows):
            drop.add("allergies")
            substances = {row.value for row in self.page.rows if row.key in asked}
            answers["allergies"] = [entry for entry in self.answers.get("allergies") or [] if entry["substance"] in substances]
        listed = [UNSURE, *asked] if UNSURE in chosen else asked
        fresh = set(asked) - set(self.before) or UNSURE in chosen
        return Saved(answers, drop, notes, {self.page.name: listed}, {f"{self.page.name}-more"} if fresh else set())

    def _direct(self, question: Question, answers: dict[str, Any], notes: dict[str, Any]) -> None:
        value = plain(self.cleaned_data.get(question.key))
        if question.note:
            notes[question.key] = value or None
            notes |= {f.key: plain(self.cleaned_data.get(f.key)) or None for f in question.follow_ups}
            return
        if question.kind == "pictures":
            notes[question.key] = UNSURE if value == UNSURE else None
        if value and not (question.kind == "pictures" and value == UNSURE):
            answers[question.key] = value
        answers |= self.given_details(question)

    def _kept(self, row: Question) -> dict[str, Any]:
        """What was answered of this row before, as long as it was not a no."""
        there = {key: self.answers[key] for key in row.keys if key in self.answers}
        return there if there.get(row.key) not in ("no", "none", "never", [], None) and row.kind not in {"allergy", "flag"} else {}

    def _flags(self, chosen: list[str]) -> dict[str, Any]:
        flags = [row for row in self.page.rows if row.kind == "flag"]
        if not flags:
            return {}
        some = any(row.key in chosen for row in flags)
        return {flags[0].into: "yes" if some else "unsure" if UNSURE in chosen else "no"}


def _negative(row: Question) -> dict[str, Any]:
    if row.kind in {"procedures", "checks"}:
        return {row.key: []}
    return {row.key: row.negative} if row.kind == "choice" else {}
