"""System checks that guard the guards. Production refuses unsafe settings (R63)."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from clinic import mail_events


def _is_local(host: str) -> bool:
    return host in {"", "127.0.0.1", "localhost", "::1"} or host.startswith("/")


@register("anagen")
def production_is_safe(**_: Any) -> list[CheckMessage]:
    """One error for each unsafe value; nothing is said outside production."""
    if not settings.PRODUCTION:
        return []
    database = settings.DATABASES["default"]
    tls = database["OPTIONS"].get("sslmode") in {"require", "verify-ca", "verify-full"}
    insecure = {
        "E001 DEBUG must be off.": settings.DEBUG,
        "E002 SECRET_KEY must have at least 50 random characters.": len(settings.SECRET_KEY) < 50
        or "not-a-secret" in settings.SECRET_KEY,
        "E003 ALLOWED_HOSTS must name the hosts; * is refused.": not settings.ALLOWED_HOSTS
        or "*" in settings.ALLOWED_HOSTS,
        "E004 PROXY_COUNT must say how many proxies stand in front.": settings.PROXY_COUNT < 0,
        "E005 The database must be PostgreSQL over TLS or a socket.": "postgresql" not in database["ENGINE"]
        or not (tls or _is_local(database["HOST"])),
        "E006 SMTP_TLS must be starttls or implicit outside loopback.": settings.SMTP_TLS == "none"
        and not _is_local(settings.SMTP_HOST),
        "E007 PUBLIC_URL must begin with https.": not settings.PUBLIC_URL.startswith("https://"),
        "E008 HTTPS must be on.": not settings.HTTPS,
        "E010 Each provider of MAIL_EVENTS must be known and have its secret or signing key.": not all(
            mail_events.has_secret(name) for name in settings.MAIL_EVENTS
        ),
        "E009 MFA_REQUIRED must be on.": not settings.MFA_REQUIRED,
    }
    return [Error(text[5:], id=f"anagen.{text[:4]}") for text, wrong in insecure.items() if wrong]
