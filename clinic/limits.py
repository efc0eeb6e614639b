"""Rate limits in the cache: one atomic counter a window. With the cache down the answer is no (R38)."""

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from clinic.errors import Refused


class TooMany(Refused):
    """More tries than allowed."""

    status = 429


class LimiterDown(Refused):
    """The counter can't be reached, so nothing is let through."""

    status = 503


def client_ip(request: HttpRequest) -> str:
    """The address of the client as the trusted hop saw it; headers beyond the proxy count are ignored (R23)."""
    remote = request.META.get("REMOTE_ADDR", "") or "0.0.0.0"  # noqa: S104 — a placeholder, nothing binds to it
    hops = settings.PROXY_COUNT
    if hops <= 0:
        return str(remote)
    chain = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    candidate = chain[-hops] if len(chain) >= hops else remote
    try:
        return str(ip_address(candidate))
    except ValueError:
        return str(remote)


def ip_prefix(request: HttpRequest) -> str:
    """The network of the client, enough for “who sent that?” and no more: /24 or /48."""
    try:
        address = ip_address(client_ip(request))
    except ValueError:
        return ""
    return str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))


def spend(key: str, *, most: int, seconds: int) -> None:
    """Count one try. Raises TooMany past `most` in the window, LimiterDown when the cache does not answer."""
    full_key = f"limit:{key}"
    try:
        cache.add(full_key, 0, timeout=seconds)
        count = cache.incr(full_key)
    except ValueError:
        count = 1
    except Exception as error:  # whatever the cache client raises: fail closed
        raise LimiterDown(_("Please try again in a few minutes.")) from error
    if count > most:
        raise TooMany(_("Too many tries. Please wait a minute and try again."))
