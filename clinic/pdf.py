"""A page as PDF, through WeasyPrint. Only the app's own static files are read; nothing is fetched from elsewhere (SETTLED 30)."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils._os import safe_join
from django.utils.translation import gettext as _

_BASE = "anagen:///"


class PdfMissing(Exception):
    """This machine can't make PDFs; the message says why."""


class Foreign(ValueError):
    """The page asked for something that is not a static file of the app."""


def _local_path(url: str) -> Path:
    """The file behind a static address. Raises Foreign for anything else, whatever its scheme."""
    parts = urlsplit(url)
    static = urlsplit(settings.STATIC_URL).path
    if parts.scheme != "anagen" or parts.netloc or not parts.path.startswith(static):
        raise Foreign(url[:80])
    name = unquote(parts.path.removeprefix(static))
    found = finders.find(name)
    collected = Path(safe_join(settings.STATIC_ROOT, name))  # in production names carry a hash, and only the collected file has it
    if isinstance(found, str):
        return Path(found)
    if collected.is_file():
        return collected
    raise Foreign(url[:80])


def pdf_of(html: str) -> bytes:
    """The PDF. WeasyPrint is loaded here and not before: without pango this raises PdfMissing, and the rest of the app runs."""
    try:
        import weasyprint
        from weasyprint.urls import URLFetcher, URLFetcherResponse
    except (ImportError, OSError) as error:
        raise PdfMissing(_("PDFs need the pango library, which this machine does not have.")) from error

    class OwnFiles(URLFetcher):  # type: ignore[misc]
        """Static files of the app, nothing else."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            """One file, or Foreign."""
            return URLFetcherResponse(url, _local_path(url).read_bytes())

    return bytes(weasyprint.HTML(string=html, base_url=_BASE, url_fetcher=OwnFiles()).write_pdf())


def why_no_pdf() -> str:
    """Why this machine can't make PDFs, for the page that would offer one; empty where it can."""
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError):
        return _("PDFs need the pango library, which this machine does not have.")
    return ""
