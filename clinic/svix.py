"""Signatures of webhooks as Svix makes them (Resend): HMAC-SHA256 over id, time and body, keyed by what stands behind `whsec_`."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

_AGE_SECONDS = 300


def is_signed(body: bytes, headers: Mapping[str, str], *, secret: str, now: float) -> bool:
    """Whether one of the signatures is right and at most five minutes old. A secret that is none signs nothing."""
    name, stamp, given = (headers.get(f"svix-{part}", "") for part in ("id", "timestamp", "signature"))
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        fresh = abs(now - int(stamp)) <= _AGE_SECONDS
    except (binascii.Error, ValueError):
        return False
    if not (key and name and fresh):
        return False
    right = base64.b64encode(hmac.new(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
    marks = [mark.partition(",") for mark in given.split()]
    return any(version == "v1" and hmac.compare_digest(right.encode(), mark.encode()) for version, _comma, mark in marks)
