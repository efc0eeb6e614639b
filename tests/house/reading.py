"""What a reader sees or hears of a page, a mail or a calendar file: runs of words with the place they were found at."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from icalendar import Calendar

from clinic.outbox.kinds import Mail

_SHOWN = frozenset({"alt", "title", "placeholder", "aria-label", "aria-description"})
_POINTS = frozenset({"aria-describedby", "aria-labelledby", "for"})
_SILENT = frozenset({"style", "script"})


@dataclass(frozen=True)
class Words:
    """What one page or mail says: where, and each run of text; what is pointed at but not there; a page or mail as it was sent."""

    where: str
    said: list[str]
    missing: list[str] = field(default_factory=list)
    html: str = ""


class _Reader(HTMLParser):
    """Texts and attributes that are seen or read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent = 0
        self.ids: list[str] = []
        self.pointed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.pointed += [one for name, value in attrs if name in _POINTS and value for one in value.split()]
        self.pointed += [value[1:] for name, value in attrs if name == "href" and value and value.startswith("#")]
        self.said += [value for name, value in attrs if name in _SHOWN and value]
        self.said += [v for n, v in attrs if n == "value" and v and tag == "input" and dict(attrs).get("type") == "submit"]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.said.append(" ".join(data.split()))


def of_html(where: str, html: str) -> Words:
    """The words of a page."""
    reader = _Reader()
    reader.feed(html)
    twice = [f"{one} twice" for one in set(reader.ids) if reader.ids.count(one) > 1]
    return Words(where, reader.said, sorted({*reader.pointed} - {*reader.ids}) + twice, html)


def of_mail(where: str, mail: Mail) -> Iterator[Words]:
    """Subject, text part, HTML part, and calendar files."""
    yield Words(f"{where} subject", [mail.subject])
    yield Words(f"{where} text", [line.strip() for line in mail.text.splitlines() if line.strip()])
    yield of_html(f"{where} html", mail.html)
    for name, kind, data in mail.attachments:
        if "calendar" in kind:
            yield of_calendar(f"{where} {name}", data)


def of_calendar(where: str, data: bytes) -> Words:
    """What a calendar program shows."""
    parts = [part for part in Calendar.from_ical(data).walk() if part.name in {"VEVENT", "VALARM"}]
    return Words(where, [str(part[key]) for part in parts for key in ("SUMMARY", "DESCRIPTION") if key in part])
