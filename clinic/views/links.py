"""The two steps before every patient page: a neutral landing, and the date of birth (SECURITY.md)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from clinic import languages, limits, links
from clinic.link_forms import BirthDateForm
from clinic.models import Link
from clinic.permissions import public
from clinic.readonly import read_only


@sensitive_variables("token")
@sensitive_post_parameters()
@public(methods=("GET", "POST"))
def landing(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a neutral page with the date-of-birth form and changes nothing; POST opens the visit."""
    at = timezone.now()
    limits.spend(f"link:{limits.client_ip(request)}", most=30, seconds=60)
    if request.method != "POST":
        with read_only():
            return _page(request, links.find(token, at=at), BirthDateForm())
    if "language" in request.POST:
        return _read_in(request, request.path)
    link = links.find(token, at=at)
    form = BirthDateForm(request.POST)
    if link is None or not form.is_valid():
        return _page(request, link, form)
    try:
        cookie = links.verify_birth_date(
            link=link,
            typed=form.cleaned_data["birth_on"],
            at=at,
            ip_prefix=limits.ip_prefix(request),
            user_agent=request.headers.get("User-Agent", ""),
        )
    except links.LinkDead:
        form.add_wrong()
        link.refresh_from_db()
        return _page(request, link if links.is_alive(link, at) else None, form)
    response = redirect(links.PURPOSES[link.purpose].target_url(link))
    response.set_cookie(
        settings.LINK_COOKIE_NAME,
        cookie,
        max_age=links.VISIT_MINUTES * 60,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
        path="/",
    )
    return response


def _page(request: HttpRequest, link: Link | None, form: BirthDateForm) -> HttpResponse:
    if link is None:
        return links.refuse_dead_link(request)
    purpose = links.PURPOSES[link.purpose]
    context = {"site": link.site, "words": purpose.words, "form": form}
    with languages.speaking(languages.of_link(request, link.language), request):
        return render(request, "clinic/link_landing.html", context, status=422 if form.errors else 200)


@public(methods=("POST",))
def language(request: HttpRequest) -> HttpResponse:
    """Read on in another language, behind the date of birth; the landing page takes the same choice itself."""
    following = request.POST.get("next", "")
    if not following.startswith("/l/") or not url_has_allowed_host_and_scheme(following, allowed_hosts=None):
        return HttpResponseBadRequest()
    return _read_in(request, following)


def _read_in(request: HttpRequest, following: str) -> HttpResponse:
    """Kept in this browser until it is closed; nothing is stored with us."""
    code = request.POST.get("language", "")
    if not languages.offered(code):
        return HttpResponseBadRequest()
    response = redirect(following)
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, secure=settings.HTTPS, httponly=True, samesite="Lax", path="/")
    return response


@public(methods=("POST",))
def finish(request: HttpRequest) -> HttpResponse:
    """Leave a shared computer: the visit's cookie and what the browser kept go away."""
    response = render(request, "clinic/link_finished.html")
    response.delete_cookie(settings.LINK_COOKIE_NAME, samesite="Strict")
    response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    response["Clear-Site-Data"] = '"cache","cookies","storage"'
    return response
