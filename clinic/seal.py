"""Short texts under AES-GCM with the key of the house: seeds of second factors, forms kept while somebody is away."""

import base64
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings


def _cipher() -> AESGCM:
    return AESGCM(base64.b64decode(settings.FILE_KEY))


def seal(text: str, purpose: str) -> str:
    """Nonce and ciphertext, base64. Opens for the same purpose alone."""
    nonce = os.urandom(12)
    return base64.b64encode(nonce + _cipher().encrypt(nonce, text.encode(), purpose.encode())).decode()


def unseal(sealed: str, purpose: str) -> str:
    """The text. Raises `cryptography.exceptions.InvalidTag` for another purpose, another key or a changed byte."""
    raw = base64.b64decode(sealed)
    return _cipher().decrypt(raw[:12], raw[12:], purpose.encode()).decode()
