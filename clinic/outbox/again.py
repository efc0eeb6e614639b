"""What reached nobody only because there was no address that works, or no consent, and is still of use. It stays as it ended; another row takes its place."""

from datetime import datetime

from django.db.models import Q, QuerySet

from clinic.models import OutboxMessage
from clinic.models.mail import came_back
from clinic.outbox.states import REFUSED_ADDRESS, WANTING, State


def still_of_use(at: datetime, prefix: str = "") -> Q:
    """Rows whose time has not passed at `at`. `prefix` leads to the row from another table, like `outbox__`."""
    refused = Q()
    for words in REFUSED_ADDRESS:
        refused |= Q(**{f"{prefix}reason__startswith": words})
    ended = Q(**{f"{prefix}state": State.SKIPPED, f"{prefix}reason__in": WANTING}) | (Q(**{f"{prefix}state": State.FAILED}) & refused)
    return Q(**{f"{prefix}expires_at__gt": at}) & (ended | came_back(prefix))


def unsent(at: datetime) -> QuerySet[OutboxMessage]:
    """Those rows, the oldest first."""
    return OutboxMessage.objects.filter(still_of_use(at)).order_by("pk")
