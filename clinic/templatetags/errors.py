"""How an error reads in the box at the top of a form."""

from django import template
from django.forms.boundfield import BoundField

register = template.Library()


@register.filter
def in_summary(error: str, field: BoundField) -> str:
    """The error with the field's label before it, unless the label is a sentence or says the same.

    Beside the field the error stands alone; in the box above, “This field is required.” would name nothing.
    """
    label = str(field.label).strip()
    if label[-1:] in {"", ".", "?", "…"} or label.rstrip(".") in error:
        return error
    return f"{label}: {error}"
