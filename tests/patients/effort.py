"""What the intake asks of a patient: screens, taps and words, counted on the pages as they are served."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from tests.patients.walking import HEALTHY, NONE, text_shown

WORDS_A_MINUTE = 200
SECONDS_A_TAP = 1.8
_EMPTY = frozenset({"area", "br", "hr", "img", "input", "link", "meta", "source", "wbr"})
_UNSEEN = frozenset({"script", "style", "option", "noscript", "template", "title"})


class Page(HTMLParser):
    """Words that are seen in the middle of a page, and its controls. Details of an answer nobody gave, and closed parts, are not seen."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.controls: set[tuple[str, str]] = set()
        self.buttons: set[tuple[str, str]] = set()
        self._open: list[tuple[str, bool]] = []
        self._inside = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "input" and found.get("type") != "hidden":
            self.controls.add((found.get("name", ""), found.get("value", "") if found.get("type") in {"radio", "checkbox"} else ""))
        if tag == "button":
            self.buttons.add((found.get("name", ""), found.get("value", "")))
        if tag in _EMPTY:
            return
        closed = any(open_tag == "details" for open_tag, _hidden in self._open) and tag != "summary"
        hidden = tag in _UNSEEN or "hidden" in found or closed or bool({"visually-hidden", "follow-up"} & set(found.get("class", "").split()))
        self._open.append((tag, hidden))
        self._inside += tag == "main"

    def handle_endtag(self, tag: str) -> None:
        while self._open and tag in {open_tag for open_tag, _hidden in self._open}:
            last, _hidden = self._open.pop()
            self._inside -= last == "main"
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._inside and not any(hidden for _tag, hidden in self._open):
            self.words += re.findall(r"[\w’'-]*\w[\w’'-]*", data)


@dataclass
class Effort:
    """Counted so far; `pages` says what each screen cost: words, taps."""

    pages: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def screens(self) -> int:
        return len(self.pages)

    @property
    def words(self) -> int:
        return sum(words for words, _taps in self.pages.values())

    @property
    def taps(self) -> int:
        return sum(taps for _words, taps in self.pages.values())

    @property
    def minutes(self) -> float:
        """Reading every word once, and a moment for each tap."""
        return self.words / WORDS_A_MINUTE + self.taps * SECONDS_A_TAP / 60

    def add(self, name: str, html: str, typed: dict[str, Any]) -> None:
        """One screen: a tap for each thing chosen or typed, and one for the button; a button that is itself the answer is one tap."""
        page = Page(html)
        chosen = [(key, one) for key, values in typed.items() for one in (values if isinstance(values, list) else [values])]
        answered_by_button = [pair for pair in chosen if pair in page.buttons]
        tapped = [(key, one) for key, one in chosen if (key, one) in page.controls or (key, "") in page.controls]
        assert len(tapped) + len(answered_by_button) == len(chosen), (name, chosen, page.controls, page.buttons)
        self.pages[name] = (len(page.words), len(tapped) + 1)


def of_a_healthy_patient(client: Client, path: str, born: Any) -> Effort:
    """From the mail's link to “we have your answers”."""
    effort = Effort()
    landing = {"day": str(born.day), "month": str(born.month), "year": str(born.year)}
    effort.add("date of birth", client.get(path).content.decode(), landing)
    answer = client.post(path, landing, follow=True)
    while True:
        here = answer.request["PATH_INFO"]
        name = here.removeprefix("/l/intake/").strip("/") or "start"
        html = answer.content.decode()
        if name == "done":
            effort.pages[name] = (len(Page(html).words), 0)
            return effort
        if name == "review":
            effort.pages[name] = (len(Page(html).words), 1)
            answer = client.get("/l/intake/consent/")
            continue
        typed = {"off_label_understood": "on", "agree": "on", "signed_name": "Ana Ruiz"} if name == "consent" else HEALTHY.get(name) or NONE
        effort.add(name, html, {key: value for key, value in typed.items() if key != "choice"} if name != "consent" else {key: "" if value == "on" else value for key, value in typed.items()})
        answer = client.post(here, typed | text_shown(client, here), follow=True)
        assert answer.status_code == 200 and answer.request["PATH_INFO"] != here, (name, answer.status_code)
