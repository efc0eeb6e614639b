"""Wall screens: made by staff, paired with a short code typed at the screen, revoked at once."""

import hashlib
import secrets
from datetime import datetime, timedelta

from appointments.models import WallScreen
from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site

CODE_MINUTES = 10
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"  # no vowels, nothing that looks like something else
_CODE_LENGTH = 8  # 38 bits, ten minutes, a few tries a minute


class CodeWrong(Refused):
    """Unknown, used, over or revoked: never said which."""


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _new_code() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))


def make_screen(*, site: Site, name: str, shows_names: bool, by: Actor, at: datetime) -> tuple[WallScreen, str]:
    """A screen that waits for its code, which is shown once. Raises Refused."""
    if not name.strip():
        raise Refused("Give the screen a name, such as “Staff room”.", field="name")
    code = _new_code()
    with audit.write(by=by, action="screen.make", reason=name[:60]):
        screen = WallScreen.objects.create(
            site=site, name=name.strip()[:60], shows_names=shows_names, code_hash=_hash(code), made_at=at, made_by=by.name[:160],
            code_expires_at=at + timedelta(minutes=CODE_MINUTES),
        )  # fmt: skip
    return screen, code


def pair_screen(*, code: str, at: datetime) -> tuple[WallScreen, str]:
    """Trade the code for the screen's cookie; a code works once. Raises CodeWrong."""
    typed = "".join(letter for letter in code.upper() if letter.isalnum())
    by, token = Actor(kind="screen", name="a wall screen"), secrets.token_urlsafe(32)
    with audit.write(by=by, action="screen.pair"):
        screen = WallScreen.objects.select_for_update().filter(code_hash=_hash(typed), revoked_at=None, code_expires_at__gt=at).first()
        if screen is None or not typed:
            raise CodeWrong("This code does not work. Ask at the desk for a new one.", field="code")
        screen.code_hash, screen.code_expires_at, screen.token_hash, screen.paired_at = "", None, _hash(token), at
        screen.save(update_fields=["code_hash", "code_expires_at", "token_hash", "paired_at"])
    return screen, token


def revoke_screen(*, screen: WallScreen, by: Actor, at: datetime) -> None:
    """The screen goes dark at its next refresh."""
    with audit.write(by=by, action="screen.revoke", reason=screen.name):
        WallScreen.objects.filter(pk=screen.pk, revoked_at=None).update(revoked_at=at, token_hash=None, code_hash="")
