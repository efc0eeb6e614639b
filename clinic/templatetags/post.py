"""`{{ patient.email|comes_back }}`: whether the post reaches an address."""

from django import template

from clinic.models import Suppression
from clinic.outbox import suppress

register = template.Library()


@register.filter
def comes_back(address: str) -> Suppression | None:
    """Why mail to the address is known to come back; nothing when it is not."""
    return suppress.failing(address)
