"""Walks the URL map: every pattern of every app, nested or not, with its name, view and mark."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from clinic.accounts import SIGN_IN_PAGES
from clinic.permissions import Mark

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@dataclass(frozen=True)
class Page:
    """One URL pattern. `name` carries its namespace; `mark` is None for allauth's pages and for unguarded views."""

    name: str
    route: str
    view: Any
    mark: Mark | None
    arguments: tuple[str, ...]

    @property
    def is_sign_in(self) -> bool:
        """One of the included pages of allauth, guarded by the list in `clinic.accounts`."""
        return self.name in SIGN_IN_PAGES


def _walk(resolver: URLResolver, namespace: str, route: str) -> Iterator[Page]:
    for entry in resolver.url_patterns:
        here = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, inner, here)
        elif isinstance(entry, URLPattern):
            yield Page(
                name=f"{namespace}{entry.name}" if entry.name else "",
                route=here,
                view=entry.callback,
                mark=getattr(entry.callback, "mark", None),
                arguments=tuple(entry.pattern.regex.groupindex),
            )


def pages() -> list[Page]:
    """Every page of the app, by route."""
    return sorted(_walk(get_resolver(), "", ""), key=lambda page: page.route)


def described(page: Page) -> dict[str, str]:
    """What the frozen table says of a page: method → right, `public` or `link <purpose>`."""
    if page.is_sign_in:
        return {"*": f"sign-in {SIGN_IN_PAGES[page.name]}"}
    if page.mark is None:
        return {"*": "UNGUARDED"}
    words = {"staff": "{}", "public": "public", "link": "link {}"}[page.mark.kind]
    return {m: words.format(right) for m, right in sorted(page.mark.methods.items()) if m != "HEAD"}
