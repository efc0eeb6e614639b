"""A field's value in words, to show two versions of a form side by side."""

import contextlib
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _


def said(bound: forms.BoundField, value: Any) -> str:
    """The value as a person would read it; `–` for nothing. `1,250` and `1.25` read the same."""
    field = bound.field
    if isinstance(field, forms.BooleanField):
        return _("yes") if value and str(value).lower() != "false" else _("no")
    if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
        choices: Any = field.choices
        words = {str(key): str(label) for key, label in choices}
        return words.get(str("" if value is None else value), str(value)) if value not in (None, "") else "–"
    text = str(field.widget.format_value(value) or "").strip()
    with contextlib.suppress(ArithmeticError):
        text = f"{Decimal(text.replace(',', '.')).normalize():f}"
    return text or "–"
