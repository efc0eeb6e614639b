"""`{{ patient.email|comes_back }}`: whether the post reaches an address."""

from django import template

from clinic.addresses import failing
from clinic.models import Suppression

register = template.Library()


@register.filter
def comes_back(address: str) -> Suppression | None:
    """Why mail to the address is known to come back; nothing when it is not."""
    return failing(address)
