"""An address as a tag: enough to know it again when it writes or comes back, not enough to write to it.

What is only ever added to, and what is thinned, holds the tag instead of the address. Keyed by the house's secret, so that
nobody finds an address by trying (a new secret knows no old tag: then a late word about an old mail is ignored).
"""

import hmac
from hashlib import sha256

from django.conf import settings

from clinic.models import OutboxMessage
from clinic.outbox import people


def tag(address: str) -> str:
    """32 hex digits; capital letters make no difference."""
    return hmac.new(settings.SECRET_KEY.encode(), b"address:" + address.strip().lower().encode(), sha256).hexdigest()[:32]


def went_to(row: OutboxMessage, address: str) -> bool:
    """Whether the message went to this address, also after its own was removed."""
    if not address.strip():
        return False
    if row.recipient_tag:
        return hmac.compare_digest(row.recipient_tag, tag(address))
    return address.strip().lower() == row.recipient.lower()


def address_of(row: OutboxMessage) -> str:
    """The message's own address, or the patient's when it is still the same one; empty when nobody knows it any more."""
    if row.recipient or not row.recipient_tag or row.patient_uuid is None:
        return row.recipient
    now = people.contacts({row.patient_uuid}).get(row.patient_uuid)
    return now.email if now is not None and went_to(row, now.email) else ""
