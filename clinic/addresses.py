"""Addresses that mail is known not to reach."""

from clinic.models import Suppression


def failing(address: str) -> Suppression | None:
    """Why mail to this address is known to come back; None when it is not. A complaint is another thing: care still goes."""
    if not address:
        return None
    return Suppression.objects.filter(lifted_at=None, address=address.lower()).exclude(kind="complained").first()
