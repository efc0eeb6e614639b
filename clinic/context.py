"""What every page may know."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clinic.audit import Actor
from clinic.matrix import MATRIX
from clinic.models import Site
from clinic.permissions import may


def _own_zone(actor: Actor | None) -> Callable[[], str]:
    """The zone of the actor's first site, for pages about no site of their own. Asked for when a page needs it: one query."""

    def zone() -> str:
        sites = Site.objects.filter(pk__in=actor.site_ids) if actor is not None else Site.objects.none()
        return sites.order_by("pk").values_list("zone", flat=True).first() or settings.TIME_ZONE

    return zone


class Rights:
    """`rights.patient_edit` in a template: whether the actor has `patient:edit`. Unknown names are refused."""

    def __init__(self, actor: Actor | None) -> None:
        self._actor = actor

    def __getitem__(self, name: str) -> bool:
        right = name.replace("__", ":")
        if right not in MATRIX:
            raise KeyError(name)
        return self._actor is not None and may(self._actor, right)


# right, URL name, icon, label: the navigation in the order of the day
_PAGES: tuple[tuple[str, str, str, Any], ...] = (
    ("today:view", "desk:today", "sun", _("Today")),
    ("appointment:view", "appointments:day", "calendar3", _("Calendar")),
    ("patient:list", "patients:list", "people", _("Patients")),
    ("recall:view", "appointments:recalls", "telephone-outbound", _("Recalls")),
    ("recall:view", "appointments:waiting_list", "hourglass", _("Waiting list")),
    ("concern:count", "aftercare:concerns", "exclamation-circle", _("Concerns")),
    ("message:states", "aftercare:all_messages", "envelope", _("Messages")),
    ("result:view", "desk:results", "bar-chart", _("Reports")),
    ("working_hours:view", "appointments:working_time", "clock", _("Working time")),
    ("device:view", "treatments:inventory", "box-seam", _("Inventory")),
    ("staff:manage", "staff:people", "person-badge", _("Staff")),
    ("rules:view", "desk:rules", "journal-text", _("Clinical rules")),
)


def _navigation(actor: Actor | None, path: str) -> list[dict[str, Any]]:
    pages = [(reverse(name), icon, label) for right, name, icon, label in _PAGES if actor and may(actor, right)]
    best = max((url for url, _icon, _label in pages if path.startswith(url)), key=len, default="")
    return [{"url": url, "icon": icon, "label": label, "current": url == best} for url, icon, label in pages]


def house(request: HttpRequest) -> dict[str, Any]:
    """`rights` (as `rights.patient__edit`), `actor`, `navigation`, `own_zone`, and whether this is the demo."""
    actor = getattr(request, "actor", None)
    staff = actor if actor is not None and actor.kind == "staff" else None
    return {
        "actor": staff,
        "rights": Rights(staff),
        "navigation": _navigation(staff, request.path),
        "own_zone": _own_zone(staff),
        "is_demo": settings.DEMO,
        "request_id": getattr(request, "request_id", ""),
    }
