"""What a patient says at month 3 and 6: how the hair is now beside how it was, and how satisfied they are."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_GRADES = [
    ("3", _("Much more hair")), ("2", _("More hair")), ("1", _("A little more hair")), ("0", _("About the same")),
    ("-1", _("A little less hair")), ("-2", _("Less hair")), ("-3", _("Much less hair")),
]  # fmt: skip


_UNSURE = "unsure"
_WRONG = {"invalid_choice": _("Choose one of the rows.")}


def _grade(value: str) -> int | None:
    return None if value == _UNSURE else int(value)


class ResultsForm(forms.Form):
    """Both may be left open, but not both at once. Nothing is chosen beforehand."""

    change = forms.TypedChoiceField(
        label=_("How is your hair now, compared with before your first treatment here?"), help_text=_("Think of photos or of the mirror then."),
        choices=[*_GRADES, (_UNSURE, _("I can't say"))], coerce=_grade, empty_value=None, required=False, widget=forms.RadioSelect, error_messages=_WRONG,
    )  # fmt: skip
    satisfaction = forms.TypedChoiceField(
        label=_("How satisfied are you so far?"), help_text=_("0 is not at all. 10 is completely."),
        choices=[(str(n), str(n)) for n in range(11)], coerce=int, empty_value=None, required=False, widget=forms.RadioSelect, error_messages=_WRONG,
    )  # fmt: skip

    def __init__(self, *args: Any, can_compare: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not can_compare:  # a grade against a baseline that nobody photographed can't be kept (RULES section 5)
            del self.fields["change"]

    def clean(self) -> dict[str, Any]:
        """At least one answer."""
        cleaned = super().clean() or {}
        if not self.errors and cleaned.get("change") is None and cleaned.get("satisfaction") is None:
            raise ValidationError(_("Choose an answer to at least one question."))
        return cleaned
