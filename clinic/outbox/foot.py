"""What the house adds to every mail: how replies are read, and on invitations how to stop them (RFC 8058, SETTLED 21)."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from clinic import links
from clinic.audit import Actor
from clinic.models import Link, OutboxMessage
from clinic.outbox import people
from clinic.outbox.kinds import Mail
from clinic.outbox.states import Scope

PREFERENCES = "preferences"
STOPPABLE = frozenset({Scope.INVITATION})
_BY = Actor.of_task("clinic.drain")

def values_for(row: OutboxMessage, at: datetime) -> dict[str, Any]:
    """For the shared foot of the templates. An invitation gets a link of its own to what the patient wants of us."""
    if row.scope not in STOPPABLE or row.patient_uuid is None:
        return {}
    token = links.mint_token(_link(row.patient_uuid, at), at=at)
    return {
        "preferences_url": links.url_for(token),
        "unsubscribe_url": settings.PUBLIC_URL + reverse("links:unsubscribe", kwargs={"token": token}),
    }


def _link(patient_uuid: UUID, at: datetime) -> Link:
    """The patient's link to their choices: one that opens for some time yet, or a new one."""
    fresh = at + links.PURPOSES[PREFERENCES].lifetime / 2
    there = Link.objects.filter(purpose=PREFERENCES, patient_uuid=patient_uuid, revoked_at=None, expires_at__gt=fresh).first()
    return there if there is not None and links.is_alive(there, at) else people.preferences_link(patient_uuid, _BY, at)


def with_headers(mail: Mail, values: dict[str, Any]) -> Mail:
    """One-click unsubscribe: a short opaque URL on one line; only a POST acts."""
    if "unsubscribe_url" not in values:
        return mail
    more = {"List-Unsubscribe": f"<{values['unsubscribe_url']}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return replace(mail, headers={**mail.headers, **more})
