"""Wall screens."""

import hashlib

from appointments.models import WallScreen
from clinic.models import Site


def screens(site: Site) -> list[WallScreen]:
    """The site's screens that still work, or wait for their code."""
    return list(WallScreen.objects.filter(site=site, revoked_at=None).order_by("name", "pk"))


def screen_of(token: str) -> WallScreen | None:
    """The screen that this cookie belongs to; None for unknown and revoked alike."""
    if not token:
        return None
    found = hashlib.sha256(token.encode()).hexdigest()
    return WallScreen.objects.filter(token_hash=found, revoked_at=None).select_related("site__clinic").first()
