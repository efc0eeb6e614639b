"""Guards. Every view carries a mark: `@allow`, `@public` or `@link_page`. A view without one is refused.

The marks name rows of `clinic.matrix`; the tests read the same table.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed

from clinic import languages
from clinic.audit import Actor, record_access
from clinic.errors import Conflict
from clinic.matrix import MATRIX, level_for
from clinic.models import Staff
from clinic.roles import Role

__all__ = ["MATRIX", "Mark", "Role", "acting_staff", "allow", "check_subject", "fetch", "level", "link_page", "may", "public", "require", "scoped"]

View = Callable[..., HttpResponse]
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Mark:
    """How a view is guarded: kind `staff`, `public` or `link`; the right needed for each method it answers."""

    kind: str
    methods: dict[str, str] = field(default_factory=dict)
    purpose: str = ""


class SubjectMismatch(Conflict):
    """The form was filled for another patient than the page's (R12)."""


def level(actor: Actor, right: str) -> str:
    """`full`, `limited` or `none`. Only staff hold rights; anything unknown is none (R04)."""
    return level_for(actor.roles, right) if actor.kind == "staff" else "none"


def may(actor: Actor, right: str) -> bool:
    """Whether the actor has the right at all (full or limited)."""
    return level(actor, right) != "none"


def require(actor: Actor, right: str) -> None:
    """Raise PermissionDenied unless the actor has the right; the refusal is logged."""
    if not may(actor, right):
        record_access(by=actor, action=right, allowed=False)
        raise PermissionDenied(right)


def _staff_only(request: HttpRequest) -> Actor:
    actor = getattr(request, "actor", None)
    if not isinstance(actor, Actor) or actor.kind != "staff":
        raise PermissionDenied("no actor")
    return actor


def allow(**rights: str) -> Callable[[View], View]:
    """Guard a staff view: `@allow(GET="patient:view", POST="patient:edit")`. Other methods get 405; HEAD is GET."""
    unknown = set(rights.values()) - set(MATRIX)
    if unknown:
        raise ValueError(f"not in the matrix: {sorted(unknown)}")
    needed = dict(rights)
    if "GET" in needed:
        needed["HEAD"] = needed["GET"]

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            actor = _staff_only(request)
            if request.method not in needed:
                return HttpResponseNotAllowed(sorted(rights))
            require(actor, needed[request.method])
            return view(request, *args, **kwargs)

        guarded.mark = Mark("staff", needed)  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(*, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Mark a view that anybody may open. The list of these is frozen in the tests (R02)."""

    def decorate(inner: View) -> View:
        answered = {*methods, "HEAD"} if "GET" in methods else set(methods)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in answered:
                return HttpResponseNotAllowed(sorted(methods))
            return inner(request, *args, **kwargs)

        guarded.mark = Mark("public", dict.fromkeys(answered, ""))  # type: ignore[attr-defined]
        guarded.login_required = False  # type: ignore[attr-defined]
        return guarded

    return decorate


def link_page(purpose: str, *, methods: tuple[str, ...] = ("GET", "POST")) -> Callable[[View], View]:
    """Guard a patient page: it opens only with the cookie of a verified visit of a link with this purpose.

    Sets `request.link` and `request.actor`. GET and HEAD run in a read-only transaction (R27).
    """
    from clinic.links import open_visit, refuse_dead_link, refuse_ended_visit
    from clinic.readonly import read_only

    def decorate(view: View) -> View:
        answered = {*methods, "HEAD"} if "GET" in methods else set(methods)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in answered:
                return HttpResponseNotAllowed(sorted(methods))
            link = open_visit(request, purpose)
            if link is None:
                return refuse_dead_link(request) if request.method in {"GET", "HEAD"} else refuse_ended_visit(request)
            request.link = link  # type: ignore[attr-defined]
            request.actor = Actor.of_link(link, getattr(request, "request_id", ""))  # type: ignore[attr-defined]
            with languages.speaking(languages.of_link(request, link.language), request):
                if request.method in {"GET", "HEAD"}:
                    with read_only():
                        return view(request, *args, **kwargs)
                return view(request, *args, **kwargs)

        guarded.mark = Mark("link", dict.fromkeys(answered, purpose), purpose)  # type: ignore[attr-defined]
        guarded.login_required = False  # type: ignore[attr-defined]
        return guarded

    return decorate


def scoped(rows: QuerySet[M], actor: Actor) -> QuerySet[M]:
    """Only rows of the actor's sites. A model without SITE_PATH, or an actor without sites, sees nothing."""
    path = getattr(rows.model, "SITE_PATH", None)
    if not path or not actor.site_ids:
        return rows.none()
    return rows.filter(**{f"{path}__in": actor.site_ids})


def fetch(source: type[M] | QuerySet[M], actor: Actor, **lookup: Any) -> M:
    """The one object, if it is in the actor's scope; else 404, the same as for one that does not exist (R07)."""
    rows: QuerySet[M] = source if isinstance(source, QuerySet) else source._default_manager.all()
    try:
        return scoped(rows, actor).get(**lookup)
    except (ObjectDoesNotExist, ValueError, ValidationError) as error:  # what is no id is nobody's
        raise Http404 from error


def acting_staff(actor: Actor) -> Staff:
    """The account behind a staff actor."""
    return Staff.objects.get(pk=actor.staff_id or 0)


def check_subject(request: HttpRequest, patient_uuid: UUID) -> None:
    """Refuse a POST whose hidden `subject` is not this page's patient (R12). Raises SubjectMismatch (409)."""
    if request.method == "POST" and request.POST.get("subject") != str(patient_uuid):
        raise SubjectMismatch("This form was filled for another patient. Nothing was saved. Open the page again.")
