"""Renders a message: `templates/emails/<message>/subject.txt`, `body.txt`, and `body.html` (MJML, through mrml)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import mrml
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils import translation

_FOREIGN = re.compile(r"""(?:src|href|url\()\s*=?\s*["'(]?(https?://[^"')\s>]+)""", re.I)


_LOADS = re.compile(r"<(?:img|link|script|iframe)\b[^>]*>|@import[^;]+;", re.I)


class ForeignAddress(ValueError):
    """The HTML would fetch something from elsewhere."""


_shared: ContextVar[dict[str, Any] | None] = ContextVar("mail_values", default=None)


@contextmanager
def shared(values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Values that every template of the mail built in this block may use, such as the foot's addresses."""
    token = _shared.set(values)
    try:
        yield values
    finally:
        _shared.reset(token)


def _plain(template: str, context: dict[str, Any]) -> str:
    """A text template without HTML escaping: “St John's” stays as it is."""
    engine_template: Any = get_template(template)
    return str(engine_template.template.render(Context(context, autoescape=False)))


def render(message: str, context: dict[str, Any], language: str) -> tuple[str, str, str]:
    """Subject, text part and HTML part in `language`. Raises ForeignAddress if the HTML loads anything by itself."""
    context = {**context, **(_shared.get() or {})}
    with translation.override(language):
        folder = f"emails/{message}"
        subject = " ".join(_plain(f"{folder}/subject.txt", context).split())
        text = _plain(f"{folder}/body.txt", context).strip() + "\n"
        mjml = render_to_string(f"{folder}/body.html", context)
    return subject, text, _html(mjml)


def _html(mjml: str) -> str:
    html = str(mrml.to_html(mjml).content)
    for found in _LOADS.finditer(html):
        if _FOREIGN.search(found.group()) or "@import" in found.group():
            raise ForeignAddress(found.group()[:80])
    return html
