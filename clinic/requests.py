"""A request as our guards leave it: who asks, and through which link."""

from typing import TYPE_CHECKING

from django.http import HttpRequest as DjangoRequest

if TYPE_CHECKING:
    from clinic.audit import Actor
    from clinic.models import Link

    class HttpRequest(DjangoRequest):
        """`actor` is set before any guarded view runs; `link` on patient pages; `request_id` always."""

        actor: Actor
        link: Link
        request_id: str
else:
    HttpRequest = DjangoRequest

__all__ = ["HttpRequest"]
