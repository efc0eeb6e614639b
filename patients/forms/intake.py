"""One page of the intake as a form, built from the questions. Cleans into SCHEMA answers; never saves."""

import base64
import binascii
from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.forms import clean_spaces
from patients.forms.dates import DateField
from patients.questions import FollowUp, Page, Question

_YN = [("no", _("No")), ("yes", _("Yes")), ("unsure", _("Not sure"))]
_ROWS = 3
_RANGES: dict[str, tuple[float, float]] = {
    "aspirin_mg_per_day": (1, 4000),
    "inr": (0.5, 20),
    "systemic_steroid_mg_per_day": (0.1, 200),
    "systemic_steroid_weeks": (0, 2000),
    "hba1c_percent": (3, 20),
    "home_roller_mm": (0.1, 3),
}


class IntakePageForm(forms.Form):
    """`answers` are the stored ones; `today` bounds dates. After `is_valid()`: `given` to merge and `dropped` keys."""

    def __init__(self, data: Any = None, *, page: Page, answers: dict[str, Any], today: date, born: date) -> None:
        super().__init__(data)
        self.page, self.answers, self.today, self.born = page, answers, today, born
        for question in page.questions:
            self._add(question)

    def _add(self, question: Question) -> None:
        stored = self.answers.get(question.key)
        if question.kind == "choice":
            self.fields[question.key] = forms.ChoiceField(
                label=question.words, help_text=question.hint, choices=question.options, widget=forms.RadioSelect,
                initial=stored, required=question.required,
                error_messages={"required": _("Choose an answer. “Not sure” is fine where it is offered.")},
            )  # fmt: skip
        elif question.kind == "checks":
            self.fields[question.key] = forms.MultipleChoiceField(
                label=question.words, help_text=question.hint, choices=question.options, required=False,
                widget=forms.CheckboxSelectMultiple, initial=stored,
            )  # fmt: skip
        elif question.kind == "date":
            self.fields[question.key] = DateField(label=question.words, latest=self.today, initial=stored)
        elif question.kind == "text":
            self.fields[question.key] = forms.CharField(
                label=question.words, required=False, max_length=500, initial=stored, widget=forms.Textarea(attrs={"rows": 4})
            )
        else:
            self._add_rows(question, stored or [])
        for follow_up in question.follow_ups:
            self.fields[follow_up.key] = self._detail(follow_up)

    def _detail(self, follow_up: FollowUp) -> forms.Field:
        common: dict[str, Any] = {"label": follow_up.words, "help_text": follow_up.hint, "required": False}
        common["initial"] = self.answers.get(follow_up.key)
        if follow_up.kind in {"date", "date_any"}:
            return DateField(latest=None if follow_up.kind == "date_any" else self.today, **common)
        if follow_up.kind == "number":
            least, most = _RANGES[follow_up.key]
            return forms.FloatField(min_value=least, max_value=most, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **common)
        if follow_up.kind == "yn":
            return forms.ChoiceField(choices=_YN, widget=forms.RadioSelect, **common)
        return forms.CharField(max_length=500, **common)

    def _add_rows(self, question: Question, stored: list[dict[str, Any]]) -> None:
        for row in range(_ROWS):
            there = stored[row] if row < len(stored) else {}
            what = [("", _("None")), *question.options]
            lead = "substance" if question.kind == "allergies" else "kind"
            self.fields[f"{question.key}_{row}_{lead}"] = forms.ChoiceField(
                label=question.words, choices=what, required=False, initial=there.get(lead)
            )
            if question.kind == "allergies":
                self.fields[f"{question.key}_{row}_name"] = forms.CharField(
                    label=_("Its name"), required=False, max_length=200, initial=there.get("name")
                )
                self.fields[f"{question.key}_{row}_anaphylaxis"] = forms.BooleanField(
                    label=_("It was a severe reaction (trouble breathing, collapse)"), required=False, initial=there.get("anaphylaxis")
                )
            else:
                self.fields[f"{question.key}_{row}_on"] = DateField(label=_("When?"), latest=self.today, initial=there.get("on"))

    def groups(self) -> Iterator[dict[str, Any]]:
        """For the template: each question with its bound field, follow-ups, or rows."""
        for question in self.page.questions:
            group: dict[str, Any] = {"question": question, "follow_ups": [(f, self[f.key]) for f in question.follow_ups]}
            if question.kind in {"allergies", "procedures"}:
                names = ("substance", "name", "anaphylaxis") if question.kind == "allergies" else ("kind", "on")
                group["rows"] = [[self[f"{question.key}_{row}_{name}"] for name in names] for row in range(_ROWS)]
            else:
                group["field"] = self[question.key]
            yield group

    def clean(self) -> dict[str, Any]:
        """Dates before birth are refused; a row of procedures needs its date."""
        cleaned = super().clean() or {}
        for name, value in list(cleaned.items()):
            if isinstance(value, date) and value < self.born:
                self.add_error(name, ValidationError(_("This date lies before your date of birth.")))
        for row in range(_ROWS):
            key = f"other_scalp_procedures_{row}"
            if cleaned.get(f"{key}_kind") and not cleaned.get(f"{key}_on") and f"{key}_on" not in self.errors:
                self.add_error(f"{key}_on", ValidationError(_("Give the date of this treatment.")))
        return cleaned

    @property
    def dropped(self) -> set[str]:
        """Every key of this page: what is given now replaces all of it."""
        return {q.key for q in self.page.questions} | {f.key for q in self.page.questions for f in q.follow_ups}

    @property
    def given(self) -> dict[str, Any]:
        """SCHEMA answers of this page. A follow-up counts only where its lead's answer asks for it."""
        found: dict[str, Any] = {}
        for question in self.page.questions:
            value = self._value(question)
            if value not in (None, "", []) or (question.kind in {"checks", "allergies", "procedures"} and value):
                found[question.key] = value
            for follow_up in question.follow_ups:
                detail = self.cleaned_data.get(follow_up.key)
                if self.cleaned_data.get(question.key) in follow_up.when and detail not in (None, ""):
                    found[follow_up.key] = detail.isoformat() if isinstance(detail, date) else detail
        return found

    def _value(self, question: Question) -> Any:
        if question.kind == "allergies":
            return [entry for row in range(_ROWS) if (entry := self._allergy(row))]
        if question.kind == "procedures":
            return [entry for row in range(_ROWS) if (entry := self._procedure(row))]
        value = self.cleaned_data.get(question.key)
        if isinstance(value, date):
            return value.isoformat()
        return clean_spaces(value) if question.kind == "text" and value else value

    def _allergy(self, row: int) -> dict[str, Any]:
        data = {name: self.cleaned_data.get(f"allergies_{row}_{name}") for name in ("substance", "name", "anaphylaxis")}
        if not data["substance"]:
            return {}
        entry = {"substance": data["substance"], "anaphylaxis": bool(data["anaphylaxis"])}
        return entry | ({"name": clean_spaces(str(data["name"]))} if clean_spaces(str(data["name"] or "")) else {})

    def _procedure(self, row: int) -> dict[str, Any]:
        kind, on = (self.cleaned_data.get(f"other_scalp_procedures_{row}_{name}") for name in ("kind", "on"))
        return {"kind": kind, "on": on.isoformat()} if kind and on else {}


class ConsentForm(forms.Form):
    """The signature under the exact text."""

    off_label_understood = forms.BooleanField(
        label=_("I understand that this use of the device on the scalp is off-label."),
        error_messages={"required": _("Tick this if you understand it. If not, please call us.")},
    )
    agree = forms.BooleanField(
        label=_("I have read the text above and I agree to the treatment."),
        error_messages={"required": _("Tick this to agree. If you do not agree, close the page and call us.")},
    )
    photos = forms.BooleanField(label=_("Photos may be taken for my record."), required=False)
    signed_name = forms.CharField(
        label=_("Type your full name to sign"), max_length=300, error_messages={"required": _("Type your full name to sign.")}
    )
    signature = forms.CharField(widget=forms.HiddenInput, required=False, max_length=270_000)

    def clean_signed_name(self) -> str:
        """Without control and direction marks."""
        return clean_spaces(self.cleaned_data["signed_name"])

    def drawing(self) -> bytes:
        """The drawn signature as PNG; empty when none was drawn, or when it is no picture."""
        head, _comma, body = self.cleaned_data["signature"].partition(",")
        if head != "data:image/png;base64":
            return b""
        try:
            raw = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            return b""
        return raw if raw.startswith(b"\x89PNG") else b""


class RescreenForm(forms.Form):
    """“Anything changed since you answered?”"""

    changed = forms.TypedChoiceField(
        label=_("Has anything changed since you answered the health questions?"),
        help_text=_("A new medicine, illness, pregnancy, or anything on your scalp."),
        choices=[("no", _("No, nothing has changed")), ("yes", _("Yes"))],
        widget=forms.RadioSelect,
        coerce=lambda value: value == "yes",
        error_messages={"required": _("Choose an answer.")},
    )
    words = forms.CharField(label=_("What has changed?"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def clean(self) -> dict[str, Any]:
        """A change needs words."""
        cleaned = super().clean() or {}
        if cleaned.get("changed") is True and not clean_spaces(cleaned.get("words", "")):
            self.add_error("words", _("Say in a few words what has changed."))
        return cleaned


class ReasonForm(forms.Form):
    """A reason in words."""

    reason = forms.CharField(label=_("Reason"), max_length=300, error_messages={"required": _("Give a reason.")})


class ClearanceForm(forms.Form):
    """Evidence for lifting one finding."""

    rule = forms.CharField(widget=forms.HiddenInput)
    evidence = forms.CharField(
        label=_("Evidence"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write what this clearance rests on.")},
    )  # fmt: skip
