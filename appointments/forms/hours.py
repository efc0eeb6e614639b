"""Working time: hours as people write them, absences, closures."""

import re
from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from appointments.forms.visits import WEEKDAYS
from clinic.models import Staff

_DAYS = [(int(value), words) for value, words in WEEKDAYS]
_STRETCH = re.compile(r"(\d{1,2})[:.]?(\d{2})?\s*(?:-|–|to)\s*(\d{1,2})[:.]?(\d{2})?")


class HoursForm(forms.Form):
    """The stretches of one weekday, as people write them: `9:00-12:30, 14-18`. Empty: closed, or not there."""

    staff = forms.ModelChoiceField(Staff.objects.none(), label=_("Whose hours"), required=False, empty_label=_("The site's opening hours"))
    weekday = forms.TypedChoiceField(label=_("Weekday"), choices=_DAYS, coerce=int)
    hours = forms.CharField(label=_("From – to"), required=False, max_length=120, help_text=_("For example 9:00-12:30, 14:00-18:00. Empty means not there."))

    def __init__(self, *args: Any, clinicians: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"auto_id": "hours_%s"} | kwargs))
        self.fields["staff"].queryset = clinicians  # type: ignore[attr-defined]

    def clean_hours(self) -> list[tuple[time, time]]:
        """Pairs of times."""
        found = []
        for part in filter(None, (part.strip() for part in self.cleaned_data["hours"].split(","))):
            match = _STRETCH.fullmatch(part)
            numbers = [int(n or 0) for n in match.groups()] if match else []
            if not numbers or numbers[0] > 23 or numbers[2] > 23 or max(numbers[1], numbers[3]) > 59:
                raise ValidationError(_("“%(part)s” is not a stretch of time. Write it like 9:00-12:30.") % {"part": part})
            found.append((time(numbers[0], numbers[1]), time(numbers[2], numbers[3])))
        return found


def _day_field(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}), error_messages={"required": _("Give a day."), "invalid": _("Give a day.")})


class AbsenceForm(forms.Form):
    """Who is away, from which day to which, both included; with times for a part of a day."""

    staff = forms.ModelChoiceField(Staff.objects.none(), label=_("Who"), empty_label=None)
    starts = _day_field(_("First day"))
    ends = _day_field(_("Last day"))
    from_time = forms.TimeField(label=_("From, if not all day"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    to_time = forms.TimeField(label=_("Until, if not all day"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    reason = forms.CharField(label=_("Reason"), required=False, max_length=120)

    def __init__(self, *args: Any, clinicians: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"auto_id": "absence_%s"} | kwargs))
        self.fields["staff"].queryset = clinicians  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """In order."""
        cleaned = super().clean() or {}
        if cleaned.get("starts") and cleaned.get("ends") and cleaned["ends"] < cleaned["starts"]:
            self.add_error("ends", _("The last day lies before the first."))
        return cleaned


class ClosureForm(forms.Form):
    """A day on which the site is closed."""

    on = _day_field(_("Day"))
    reason = forms.CharField(label=_("Reason"), required=False, max_length=120)
