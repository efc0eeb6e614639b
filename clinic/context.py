"""What every page may know."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from clinic.audit import Actor
from clinic.matrix import MATRIX
from clinic.permissions import may


class Rights:
    """`rights.patient_edit` in a template: whether the actor has `patient:edit`. Unknown names are refused."""

    def __init__(self, actor: Actor | None) -> None:
        self._actor = actor

    def __getitem__(self, name: str) -> bool:
        right = name.replace("__", ":")
        if right not in MATRIX:
            raise KeyError(name)
        return self._actor is not None and may(self._actor, right)


def house(request: HttpRequest) -> dict[str, Any]:
    """`rights` (as `rights.patient__edit`), `actor`, and whether this is the demo."""
    actor = getattr(request, "actor", None)
    return {"actor": actor, "rights": Rights(actor), "is_demo": settings.DEMO, "request_id": getattr(request, "request_id", "")}
