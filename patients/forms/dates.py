"""A date in three boxes."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class DateBoxes(forms.MultiWidget):
    """Day, month, year; each with its own label in the template."""

    template_name = "patients/_date_boxes.html"

    def __init__(self) -> None:
        sizes = (("2", _("Day")), ("2", _("Month")), ("4", _("Year")))
        super().__init__(
            [
                forms.TextInput(attrs={"inputmode": "numeric", "maxlength": n, "class": f"form-control date-box date-box-{n}", "aria-label": word})
                for n, word in sizes
            ]
        )

    def decompress(self, value: Any) -> list[Any]:
        """A stored date as three texts."""
        if isinstance(value, str) and value:
            value = date.fromisoformat(value)
        return [value.day, value.month, value.year] if isinstance(value, date) else [None, None, None]


class DateField(forms.MultiValueField):
    """`date` from three boxes; not after `latest`, not before 1900."""

    def __init__(self, *, latest: date | None = None, required: bool = False, **kwargs: Any) -> None:
        boxes = [forms.CharField(required=False) for _index in range(3)]
        super().__init__(boxes, widget=DateBoxes(), required=required, require_all_fields=False, **kwargs)
        self.latest = latest

    def compress(self, values: list[str]) -> date | None:
        """Raises ValidationError for what is no date."""
        texts = [(value or "").strip() for value in values or ["", "", ""]]
        if not any(texts):
            return None
        try:
            day, month, year = (int(text) for text in texts)
            found = date(year, month, day)
        except ValueError:
            raise ValidationError(_("This is not a real date. For example: 27 3 2025."), code="no_date") from None
        if self.latest and found > self.latest:
            raise ValidationError(_("This date lies in the future."))
        if found.year < 1900 or found.year > 2100:
            raise ValidationError(_("Type the year with four figures."))
        return found
