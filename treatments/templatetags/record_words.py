"""A signed record in words. What is stored and hashed stays as it was signed: the words are put in its place only where it is shown."""

import re
from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from patients.rules.exchange.codes import SUBSTANCE_WORDS
from patients.selectors import Eligibility
from treatments.templatetags.treatment_words import recorded, severity_words, subject_words
from treatments.vocabulary import Endpoint, Zone
from treatments.words import ENDPOINT_WORDS, KIND_WORDS, PATCH_WORDS, VIEW_WORDS

register = template.Library()
_MONTH = re.compile(r"(\d{4})-(\d{2})")


@register.filter
def at(rows: Any, number: int) -> Any:
    """The row with this number; nothing where there are fewer."""
    return rows[number] if rows and number < len(rows) else None


def _kind(name: str) -> str:
    """`hair_product` → `hair product`; a substance's own name as it is."""
    words = SUBSTANCE_WORDS.get(name.strip().lower().replace(" ", "_"))
    return words.lower() if words else name


@register.filter
def allergens(value: Any) -> str:
    """Names as they are; where only the kind of a substance is known, the kind in words. Missing is said to be missing."""
    return recorded(list(dict.fromkeys(_kind(str(name)) for name in value)) if isinstance(value, list) else value)


@register.filter
def views(value: Any) -> str:
    """The views of a baseline."""
    return recorded([str(VIEW_WORDS.get(str(view), view)) for view in value] if isinstance(value, list) else value)


@register.filter
def cleared(value: Any) -> str:
    """`CAUTION` → the words of the screening."""
    return str(Eligibility(str(value)).words) if value else recorded(None)


@register.filter
def endpoint(value: Any) -> str:
    """What the skin showed; `–` where nothing was noted."""
    text = str(value or "")
    return str(ENDPOINT_WORDS[Endpoint(text)]) if text in set(Endpoint) else text or "–"


@register.filter
def patch(value: Any) -> str:
    """The reading of a patch test."""
    return str(PATCH_WORDS.get(str(value or ""), value or "–"))


@register.filter
def subject(value: Any) -> str:
    """What a finding is about: a zone or a kind of product in words, a product by its name."""
    text = str(value or "")
    return subject_words(text) if text in set(Zone) else str(KIND_WORDS.get(text, text))


@register.filter
def severity(value: Any) -> str:
    """What a severity means; an unknown one as it is."""
    return severity_words(value) or str(value or "")


@register.filter
def reason_for(key: Any) -> str:
    """`S08:vertex` → `S08 Vertex`."""
    rule, _colon, about = str(key).partition(":")
    return f"{rule} {subject(about)}".strip()


@register.filter
def on_day(value: Any) -> str:
    """`2027-03-31` → `31 Mar 2027`; a month alone stays a month; what is no day as it is."""
    text = str(value or "")
    if month := _MONTH.fullmatch(text):
        return date_format(date(int(month[1]), int(month[2]), 1), "M Y")
    try:
        return date_format(date.fromisoformat(text), "j M Y")
    except ValueError:
        return text or "–"


@register.filter
def on_clock(value: Any) -> str:
    """An instant as stored, on the clock of the record's site."""
    try:
        return date_format(timezone.localtime(datetime.fromisoformat(str(value))), "j M Y, H:i")
    except ValueError:
        return str(value or "–")


@register.filter
def hours(value: Any) -> str:
    """When a product went on: in the session, or so many hours after it."""
    if not value:
        return _("in the session")
    return _("%(hours)s h after the needling") % {"hours": f"{float(value):g}"}
