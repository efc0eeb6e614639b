"""Vocabulary values in words for people."""

from django import template
from django.utils.translation import gettext as _

from treatments.vocabulary import Zone
from treatments.words import SEVERITY_WORDS, VIEW_WORDS, ZONE_WORDS

register = template.Library()


@register.filter
def plain(value: object) -> str:
    """`mild_erythema` → `mild erythema`."""
    return str(value or "").replace("_", " ")


@register.filter
def subject_words(value: object) -> str:
    """A finding's subject: a zone in words, a product's name as it is."""
    text = str(value or "")
    return str(ZONE_WORDS[Zone(text)]) if text in set(Zone) else text


@register.filter
def severity_words(value: object) -> str:
    """What a severity means for the person at the chair."""
    return str(SEVERITY_WORDS.get(str(value), ""))


@register.filter
def view_words(value: object) -> str:
    """`temporal_left` → `Left temporal`; no view is a patient's own picture."""
    return str(VIEW_WORDS.get(str(value)) or _("Sent by the patient"))


@register.filter
def recorded(value: object) -> str:
    """Yes, no, a list or a text as a signed record holds it; what it does not hold is said to be missing, never “no” or “none”."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, list):
        return ", ".join(str(item).replace("_", " ") for item in value) or str(_("none"))
    return str(value) if value not in (None, "") else str(_("not recorded"))
