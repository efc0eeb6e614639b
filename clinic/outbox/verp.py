"""The return path names the message it belongs to, with a tag that nobody else can make: forged bounces are ignored."""

import hmac
import re
from hashlib import sha256
from uuid import UUID

from django.conf import settings

from clinic.models import OutboxMessage

_LOCAL = re.compile(r"^(?P<name>[^+]+)\+(?P<uuid>[0-9a-f]{32})(?P<tag>[0-9a-f]{12})$")


def _tag(uuid: UUID) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), b"verp:" + uuid.bytes, sha256).hexdigest()[:12]


def address_for(row: OutboxMessage) -> str:
    """`bounces+<message><tag>@…`, or nothing when the clinic has no mailbox for bounces."""
    name, at, domain = settings.MAIL_BOUNCES.rpartition("@")
    return f"{name}+{row.uuid.hex}{_tag(row.uuid)}@{domain}" if at else ""


def message_of(address: str) -> UUID | None:
    """The message a return path belongs to; None for another address and for a tag that is not ours."""
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    found, name = _LOCAL.match(local), settings.MAIL_BOUNCES.lower()
    if found is None or not name or f"{found['name']}@{domain}" != name:
        return None
    uuid = UUID(found["uuid"])
    return uuid if hmac.compare_digest(_tag(uuid), found["tag"]) else None
