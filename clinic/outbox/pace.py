"""How fast mail leaves: mails a day, mails a minute to one provider, mails a second in all. Counters that senders share."""

from datetime import datetime, timedelta

from django.db import connection

from clinic.clock import local_date, resolve_local
from clinic.models import Allowance, Clinic, OutboxMessage
from clinic.outbox.kinds import Verdict
from clinic.outbox.states import Channel, Scope

_MINUTE = timedelta(minutes=1)
_CARE_KEEPS = 5  # of a day's mails one in five is kept for what is not an invitation

_RESERVE = """
INSERT INTO clinic_allowance (name, starts_at, used) VALUES (%(name)s, clock_timestamp() + %(span)s::interval, 0)
ON CONFLICT (name) DO UPDATE SET starts_at = greatest(clinic_allowance.starts_at, clock_timestamp()) + %(span)s::interval
RETURNING extract(epoch FROM starts_at - %(span)s::interval - clock_timestamp())::float
"""


class Allowances:
    """Asked once for each mail that nothing else stops. Urgent mail and mail of accounts always pass, and count."""

    def __init__(self, clinic: Clinic | None, at: datetime) -> None:
        self._clinic, self._at = clinic, at

    def ask(self, row: OutboxMessage) -> Verdict:
        """Go, or wait for the next minute or the next day."""
        if self._clinic is None or row.channel != Channel.MAIL:
            return Verdict.go()
        if self._clinic.domain_per_minute and not row.urgent:
            domain = row.recipient.rpartition("@")[2].lower()[:100]
            until = _take(f"domain:{domain}", self._clinic.domain_per_minute, self._at, self._at + _MINUTE)
            if until is not None:
                return Verdict.wait(until, f"no more mails this minute to {domain}")
        if cap := self._clinic.daily_cap:
            return self._day(row, cap)
        return Verdict.go()

    def _day(self, row: OutboxMessage, cap: int) -> Verdict:
        zone = row.zone or "UTC"
        tomorrow = resolve_local(local_date(self._at, zone) + timedelta(days=1), datetime.min.time(), zone)
        most = cap - cap // _CARE_KEEPS if row.scope == Scope.INVITATION else cap
        until = _take("day", None if row.urgent else most, self._at, tomorrow)
        return Verdict.go() if until is None else Verdict.wait(until, "as many mails as a day allows have gone")


def _take(name: str, most: int | None, at: datetime, ends: datetime) -> datetime | None:
    """Count one mail in the window that is open, or open one until `ends`. Full: when the window ends; else None."""
    Allowance.objects.bulk_create([Allowance(pk=name, starts_at=ends, used=0)], ignore_conflicts=True)
    row = Allowance.objects.select_for_update().get(pk=name)
    if row.starts_at <= at:
        row.starts_at, row.used = ends, 0
    if most is not None and row.used >= most:
        return row.starts_at
    row.used += 1
    row.save(update_fields=["starts_at", "used"])
    return None


def reserve(amount: int, *, rate: int) -> float:
    """Seconds until this sender may send its next `amount` mails, so that all senders together keep `rate` a second."""
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, {"name": "rate", "span": f"{amount / rate} seconds"})
        return max(0.0, float(cursor.fetchone()[0]))
