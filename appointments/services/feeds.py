"""A clinician's calendar feed: a secret address, kept as a hash, that can be revoked."""

import hashlib
import secrets
from datetime import datetime

from appointments.models import CalendarFeed
from clinic import audit
from clinic.audit import Actor
from clinic.models import Staff


def make_feed(*, staff: Staff, by: Actor, at: datetime) -> str:
    """A new secret of 256 bits, shown once. An earlier address stops working."""
    secret = secrets.token_urlsafe(32)
    with audit.write(by=by, action="feed.make"):
        CalendarFeed.objects.update_or_create(
            staff=staff, defaults={"secret_hash": hashlib.sha256(secret.encode()).hexdigest(), "made_at": at, "revoked_at": None}
        )
    return secret


def revoke_feed(*, staff: Staff, by: Actor, at: datetime) -> None:
    """The address stops working at once."""
    with audit.write(by=by, action="feed.revoke"):
        CalendarFeed.objects.filter(staff=staff, revoked_at=None).update(revoked_at=at)
