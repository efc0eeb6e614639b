"""Days and times as patients read them. Each language's catalogue says how, under the context “date format”: a new
language needs no code. The letters are those of Django's `date` filter; a backslash makes a letter a word.
"""

from datetime import date, datetime, time

from django.utils.formats import date_format, time_format
from django.utils.translation import pgettext_lazy

FORMATS = {
    "day": pgettext_lazy("date format", "j M Y"),
    "day_time": pgettext_lazy("date format", "j M Y H:i"),
    "long_day": pgettext_lazy("date format", "j F Y"),
    "weekday": pgettext_lazy("date format", "l j F"),
    "weekday_time": pgettext_lazy("date format", "l j F, H:i"),
    "weekday_year_time": pgettext_lazy("date format", "l j F Y, H:i"),
    "short_weekday": pgettext_lazy("date format", "D j M"),
    "short_time": pgettext_lazy("date format", "D j M, H:i"),
    "time": pgettext_lazy("date format", "H:i"),
}


def spoken(value: date | time, form: str) -> str:
    """A day, an instant (in the zone that it carries) or a time of day, in the language that is active now."""
    words = str(FORMATS[form])
    if isinstance(value, time) or (form == "time" and isinstance(value, datetime)):
        return str(time_format(value, words))
    return str(date_format(value, words))
