"""`{{ appointment.starts_at|spoken:"weekday_time" }}`: days and times as the reader's language writes them."""

from datetime import date, time

from django import template
from django.conf import settings

from clinic import dates

register = template.Library()


@register.simple_tag
def own_names() -> list[tuple[str, str]]:
    """The languages of pages, each by its own name: whoever can't read this page must find theirs."""
    return [(code, str(name)) for code, name in settings.LANGUAGES]


@register.filter(expects_localtime=True)
def spoken(value: date | time | None, form: str) -> str:
    """One of `clinic.dates.FORMATS`; nothing for nothing."""
    return dates.spoken(value, form) if value else ""
