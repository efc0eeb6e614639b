"""Plain error pages: what happened, what to do, the request's id; never a trace (R68). Patients read theirs in their language."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def _page(request: HttpRequest, code: int, **context: Any) -> HttpResponse:
    """Behind a link nobody is told of roles, and nothing leads to the staff's first page."""
    template = "clinic/link_error.html" if request.path.startswith("/l/") else "clinic/error.html"
    return render(request, template, {"code": code, **context}, status=code)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, the same for what does not exist and for what is out of scope."""
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500. Rendered without the request: what every page may know could be the very thing that broke."""
    return HttpResponse(render_to_string("clinic/error_500.html", {"request_id": getattr(request, "request_id", "")}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that was open too long."""
    return _page(request, 403, stale_form=True)
