"""`{{ appointment.starts_at|spoken:"weekday_time" }}`: days and times as the reader's language writes them."""

from datetime import date, time

from django import template

from clinic import dates

register = template.Library()


@register.filter(expects_localtime=True)
def spoken(value: date | time | None, form: str) -> str:
    """One of `clinic.dates.FORMATS`; nothing for nothing."""
    return dates.spoken(value, form) if value else ""
