"""The file to be brought in, and each of its rows held against the rules of the registration form."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments.rules import MOST_BYTES, date_in, dates_in, yes_or_no
from appointments.services import CheckedRow
from patients.forms import PersonForm

_ORDERS = [("day", gettext_lazy("Day first: 27/03/1985")), ("month", gettext_lazy("Month first: 03/27/1985"))]
_WORDS = {"f": "female", "w": "female", "m": "male", "english": "en", "spanish": "es", "español": "es"}


class ImportForm(forms.Form):
    """A CSV file. Dates with the year first are read in any case."""

    file = forms.FileField(label=gettext_lazy("CSV file"), error_messages={"required": gettext_lazy("Choose a file."), "empty": gettext_lazy("The file is empty.")})
    dates = forms.ChoiceField(label=gettext_lazy("How dates are written"), choices=_ORDERS)

    def clean_file(self) -> Any:
        """Not larger than can be read."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(_("The file is larger than 30 MB. Split it."))
        return file


class ExportForm(forms.Form):
    """Why everybody's data leave the house."""

    reason = forms.CharField(label=gettext_lazy("What for"), max_length=300, error_messages={"required": gettext_lazy("Say what the file is for.")})


def check_row(cells: dict[str, str], today: date, month_first: bool) -> CheckedRow:
    """The row as a person, or every problem with the column it is in."""
    problems: list[tuple[str, str]] = []
    if "too_many" in cells:
        problems.append(("", _("This row has more cells than there are columns. Is a quotation mark missing?")))
    form = PersonForm(_as_typed(cells, month_first, problems), today=today)
    if not form.is_valid():
        problems += [("" if name == "__all__" else name, words) for name, errors in form.errors.as_data().items() for error in errors for words in _in_a_file(form, name, error, cells)]
    sessions, unread = dates_in(cells.get("past_sessions", ""), month_first=month_first)
    problems += [("past_sessions", _("“%(part)s” is not a date.") % {"part": part}) for part in unread]
    problems += [("past_sessions", _("%(day)s lies in the future.") % {"day": day}) for day in sessions if day > today]
    return CheckedRow(None, (), problems) if problems else CheckedRow(form.person(), tuple(sessions), [])


def _in_a_file(form: PersonForm, name: str, error: ValidationError, cells: dict[str, str]) -> list[str]:
    """What the form says, in the words of somebody who mends a cell: which values a column takes, how a date is written."""
    if error.code == "invalid_choice":
        known = ", ".join(value for choice in form[name].subwidgets if (value := str(choice.data["value"] or "")))
        return [_("“%(typed)s” is not known. Write one of: %(known)s.") % {"typed": cells.get(name, ""), "known": known}]
    if error.code == "no_date":
        return [_("“%(typed)s” is not a real date. Write it as 1985-03-27.") % {"typed": cells.get(name, "")}]
    return [str(words) for words in error.messages]


def _as_typed(cells: dict[str, str], month_first: bool, problems: list[tuple[str, str]]) -> dict[str, str]:
    typed = {name: cells.get(name, "") for name in PersonForm.base_fields if name != "birth_on"}
    typed["sex"], typed["language"] = _word(cells, "sex", "unknown"), _word(cells, "language", "en")
    typed["mail_mode"] = _word(cells, "mail_mode", "neutral")
    stop = yes_or_no(cells.get("do_not_contact", ""))
    if stop is None:
        problems.append(("do_not_contact", _("Write yes or no.")))
    typed["do_not_contact"] = "on" if stop else ""
    born = date_in(cells.get("birth_on", ""), month_first=month_first)
    if born:
        typed |= {"birth_on_0": str(born.day), "birth_on_1": str(born.month), "birth_on_2": str(born.year)}
    elif cells.get("birth_on"):
        typed |= {"birth_on_0": cells["birth_on"][:40], "birth_on_1": "", "birth_on_2": ""}
    return typed


def _word(cells: dict[str, str], name: str, default: str) -> str:
    text = cells.get(name, "").strip().casefold()
    return _WORDS.get(text, text) or default
