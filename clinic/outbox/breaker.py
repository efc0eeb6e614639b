"""The pause after trouble with the relay, and how many senders may hold a connection at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from clinic.models import Breaker

_SLOTS = 0x616E6167  # a class of advisory locks of our own
_NARROW = timedelta(hours=1)


def is_open(*, now: datetime) -> bool:
    """Whether sending pauses."""
    row = Breaker.objects.filter(pk="smtp").first()
    return row is not None and row.open_until is not None and row.open_until > now


def trip(*, reason: str, now: datetime) -> None:
    """Pause all sending; each strike longer than the last."""
    steps = settings.OUTBOX_BREAKER_SECONDS
    with transaction.atomic():
        row = _locked("smtp")
        row.open_until = now + timedelta(seconds=steps[min(row.strikes, len(steps) - 1)])
        row.strikes, row.reason = row.strikes + 1, reason[:200]
        row.save()


def mend() -> None:
    """After a mail went through."""
    Breaker.objects.filter(pk="smtp", strikes__gt=0).update(strikes=0, open_until=None, reason="")


def narrow(*, now: datetime) -> None:
    """The relay says that it has too much at once (432, 452): half the connections for an hour, at least one."""
    with transaction.atomic():
        row = _locked("connections")
        if row.open_until is None or row.open_until <= now:
            row.strikes = 0
        if settings.OUTBOX_CONNECTIONS >> row.strikes > 1:
            row.strikes += 1
        row.open_until, row.reason = now + _NARROW, "too much at once"
        row.save()


def connections(*, now: datetime) -> int:
    """How many senders may hold a connection now."""
    row = Breaker.objects.filter(pk="connections", open_until__gt=now).first()
    return max(1, settings.OUTBOX_CONNECTIONS >> row.strikes) if row else int(settings.OUTBOX_CONNECTIONS)


def _locked(name: str) -> Breaker:
    Breaker.objects.bulk_create([Breaker(pk=name)], ignore_conflicts=True)
    return Breaker.objects.select_for_update().get(pk=name)


@contextmanager
def slot(*, now: datetime) -> Iterator[bool]:
    """One of the connections to the relay, for the length of a drain; False when all are taken.

    The lock is this database session's, so a sender that is killed gives it back at once. One that sleeps loses its
    session, and with it the lock, when its lease is over: awake it speaks to the database far more often than that.
    """
    taken = None
    with connection.cursor() as cursor:
        for number in range(connections(now=now)):
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_SLOTS, number])
            if cursor.fetchone()[0]:
                taken = number
                cursor.execute("SELECT set_config('idle_session_timeout', %s, false)", [f"{round(settings.OUTBOX_LEASE_SECONDS * 1000)}ms"])
                break
    try:
        yield taken is not None
    finally:
        if taken is not None and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s), set_config('idle_session_timeout', '0', false)", [_SLOTS, taken])
