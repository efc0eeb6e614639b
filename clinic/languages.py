"""Which language a page speaks. Staff read the clinic's own; patients choose, or their link and their browser say it.

A language is offered when its catalogue stands in `locale/`: adding one needs nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

BASE = "en"


def offered(code: str) -> bool:
    """Whether pages exist in this language."""
    return code in dict(settings.LANGUAGES)


def chosen(request: HttpRequest) -> str:
    """What this visitor chose on this device; empty when nothing was chosen."""
    code = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return code if offered(code) else ""


def wished(request: HttpRequest) -> str:
    """The visitor's choice, else the first language of the browser that we have, else English."""
    if found := chosen(request):
        return found
    for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")[:200]):
        try:
            found = get_supported_language_variant(code)
        except LookupError:
            continue
        if offered(found):
            return found
    return BASE


def of_link(request: HttpRequest, language: str) -> str:
    """The language of a page behind a link: the visitor's choice, else the patient's language."""
    return chosen(request) or (language if offered(language) else BASE)


@contextmanager
def speaking(language: str, request: HttpRequest) -> Iterator[None]:
    """Run the block in a language; `request.LANGUAGE_CODE` says which."""
    before = getattr(request, "LANGUAGE_CODE", "")
    with translation.override(language):
        request.LANGUAGE_CODE = language
        yield
    request.LANGUAGE_CODE = before
