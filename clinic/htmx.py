"""htmx adds no second truth: the same view and context, a fragment instead of the page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asked for a part of the page (and not for a boosted whole)."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def fragment_or_page(
    request: HttpRequest, fragment: str, page: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render `fragment` for htmx and `page` for everybody else, with the same context."""
    return render(request, fragment if is_fragment(request) else page, context, status=status)
