"""The one crispy helper, and vocabularies as form choices."""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_SAVE = _("Save")
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def form_helper(submit: str | Promise | None = _SAVE, *, action: str = "") -> FormHelper:
    """How every form looks: labels above, hints below, errors beside the field, one filled button.

    With `submit=None` the template writes its own buttons and the form tag.
    """
    helper = FormHelper()
    helper.form_method = "post"
    helper.form_action = action
    helper.form_tag = submit is not None
    helper.form_show_errors = True
    helper.error_text_inline = True
    helper.attrs = {"novalidate": ""}
    if submit is not None:
        helper.add_input(Submit("save", submit))
    return helper


def choices(vocabulary: type[StrEnum], labels: Mapping[str, str | Promise] | None = None) -> list[tuple[str, str | Promise]]:
    """`(value, label)` pairs of a vocabulary; the label defaults to the value with spaces."""
    named = labels or {}
    return [(item.value, named.get(item.value, item.value.replace("_", " ").capitalize())) for item in vocabulary]


def clean_spaces(text: str) -> str:
    """Text without control and direction-changing characters, white space folded to single blanks."""
    kept = "".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in text if c not in _DIRECTION)
    return " ".join(kept.split())
