"""Date of birth in three boxes, as the NHS service manual asks for dates."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

_DAY, _MONTH, _YEAR = _("Type the day as a number, from 1 to 31."), _("Type the month as a number, from 1 to 12."), _("Type the year with four figures.")


def _always(words: Any) -> dict[str, Any]:
    """One sentence, whatever is wrong with a box."""
    return dict.fromkeys(("required", "invalid", "min_value", "max_value"), words)


class BirthDateForm(forms.Form):
    """`birth_on` from day, month and year. Nothing typed is lost."""

    day = forms.IntegerField(label=_("Day"), min_value=1, max_value=31, error_messages=_always(_DAY))
    month = forms.IntegerField(label=_("Month"), min_value=1, max_value=12, error_messages=_always(_MONTH))
    year = forms.IntegerField(label=_("Year"), min_value=1900, max_value=2100, error_messages=_always(_YEAR))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, width in (("day", "2"), ("month", "2"), ("year", "4")):
            self.fields[name].widget = forms.TextInput(
                attrs={"inputmode": "numeric", "maxlength": width, "class": f"form-control date-box date-box-{width}",
                       "autocomplete": f"bday-{name}"}
            )

    def clean(self) -> dict[str, Any]:
        """The three boxes must be a real date."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                cleaned["birth_on"] = date(cleaned["year"], cleaned["month"], cleaned["day"])
            except ValueError:
                self.add_error(None, _("This is not a real date. Type your date of birth, for example 27 3 1985."))
        return cleaned

    def add_wrong(self) -> None:
        """Said for a wrong date; never which part."""
        self.add_error(None, _("That does not match. Check the date and try again. After five tries the link stops working."))
