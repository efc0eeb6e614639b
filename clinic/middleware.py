"""Small middlewares: who asks, quiet headers, and a guard that refuses any view without a mark."""

import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control

from clinic import idle, languages
from clinic.audit import Actor
from clinic.errors import Refused

Answer = Callable[[HttpRequest], HttpResponse]


def request_identity(get_response: Answer) -> Answer:
    """Give each request an id that error pages show and history keeps. The zone that a page was shown in ends with it: a thread serves many sites."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined]
        try:
            response = get_response(request)
        finally:
            timezone.deactivate()
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response

    return middleware


def quiet_headers(get_response: Answer) -> Answer:
    """Nothing dynamic is cached (R61); nothing is embedded elsewhere; patient pages send no referrer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not request.path.startswith(f"/{settings.STATIC_URL.strip('/')}/"):
            patch_cache_control(response, no_store=True, private=True)
            response["X-Robots-Tag"] = "noindex, nofollow"
        if request.path.startswith("/l/"):
            response["Referrer-Policy"] = "strict-origin"
        return response

    return middleware


def page_language(get_response: Answer) -> Answer:
    """Patients read in the language that they or their link chose; staff in the clinic's own, whatever the browser asks for."""

    def middleware(request: HttpRequest) -> HttpResponse:
        patient = request.path.startswith("/l/")
        with languages.speaking(languages.wished(request) if patient else settings.LANGUAGE_CODE, request):
            return get_response(request)

    return middleware


def staff_identity(get_response: Answer) -> Answer:
    """Set `request.actor` from the signed-in account as it is now (R14). Patient pages never read it (R38).

    A locked session has no actor: only the page that asks for the password again opens (R18).
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request.actor, request.locked = None, False  # type: ignore[attr-defined]
        if not request.path.startswith("/l/") and request.user.is_authenticated:
            if not request.user.is_active or idle.too_old(request):
                logout(request)
            elif idle.is_locked(request):
                request.locked = True  # type: ignore[attr-defined]
            else:
                request.actor = Actor.of_staff(request.user, request.request_id)  # type: ignore[attr-defined]
        response = get_response(request)
        if request.method == "POST" and request.resolver_match and request.resolver_match.view_name == "account_logout":
            response["Clear-Site-Data"] = '"cache","cookies","storage"'  # R62
        return response

    return middleware


class ViewGuard:
    """Default deny: a view without a mark answers 403; a staff view asks for sign-in and a second factor first (R15)."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Look at the mark before anything else runs."""
        from clinic.accounts import SIGN_IN_PAGES, needs_second_factor

        match = request.resolver_match
        name = match.view_name if match else ""
        if name in SIGN_IN_PAGES:
            return self._sign_in_page(request, name)
        mark = getattr(view, "mark", None)
        if mark is None:
            raise PermissionDenied("a view without a mark")
        if mark.kind in {"public", "link"}:
            return None
        if getattr(request, "actor", None) is None:
            return self._to_sign_in(request)
        if needs_second_factor(request.user):
            return redirect("mfa_activate_totp")
        idle.forget_when_sent(request)
        return None

    @staticmethod
    def _sign_in_page(request: HttpRequest, name: str) -> HttpResponse | None:
        from clinic.accounts import SIGN_IN_PAGES, needs_second_factor

        kind = SIGN_IN_PAGES[name]
        if kind == "anonymous" or (getattr(request, "locked", False) and name in idle.LOCKED_PAGES):
            return None
        if getattr(request, "actor", None) is None:
            return ViewGuard._to_sign_in(request)
        if kind == "staff" and needs_second_factor(request.user):
            return redirect("mfa_activate_totp")
        return None

    @staticmethod
    def _to_sign_in(request: HttpRequest) -> HttpResponse:
        from django.contrib.auth.views import redirect_to_login

        if getattr(request, "locked", False):
            return idle.ask_again(request)
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=401)
            response["HX-Refresh"] = "true" if request.method == "GET" else "false"
            return response
        return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Named refusals that no view turned into words beside a field, with the status of their kind."""
        if isinstance(error, Refused):
            template = "clinic/link_error.html" if request.path.startswith("/l/") else "clinic/refused.html"
            return render(request, template, {"message": error.message}, status=error.status)
        return None
