"""What somebody should be woken for (MESSAGES.md, “Alarms”). Counts and ages alone; nothing of anybody."""

import logging
import time
from dataclasses import dataclass

from django.core.cache import cache
from django.db import connection

log = logging.getLogger("clinic.outbox")

LAG_SECONDS = 300
LEASE_SECONDS = 120
DRAIN_SECONDS = 120
GAP_SECONDS = 150  # beat looks each minute; after a longer pause the house has just come up again
FAILED_SHARE = 0.02
FAILED_LEAST = 5  # fewer in an hour are single addresses, not a relay
SNAPSHOT_SECONDS = 600

_NUMBERS = """
SELECT
  coalesce((SELECT extract(epoch FROM now() - greatest(send_after, created_at))::float FROM clinic_outboxmessage
    WHERE state = 'planned' AND send_after <= now() AND created_at < now() - make_interval(secs => %(lag)s) ORDER BY send_after LIMIT 1), 0),
  (SELECT count(*) FROM clinic_outboxmessage WHERE state = 'held'),
  (SELECT count(*) FROM clinic_outboxmessage
    WHERE state IN ('claimed', 'sending') AND lease_until < now() - make_interval(secs => %(lease)s)),
  (SELECT count(*) FILTER (WHERE state = 'failed') FROM clinic_outboxmove WHERE at > now() - interval '1 hour'),
  (SELECT count(*) FILTER (WHERE state IN ('failed', 'sent')) FROM clinic_outboxmove WHERE at > now() - interval '1 hour'),
  (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float FROM pg_stat_activity
    WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database()),
  (SELECT count(*) FROM clinic_suppression gone JOIN clinic_staff who ON lower(who.email) = lower(gone.address)
    WHERE gone.lifted_at IS NULL AND gone.kind <> 'complained' AND who.is_active)
"""


@dataclass(frozen=True)
class Alarm:
    """Its name, for machines, and what is wrong, for people."""

    name: str
    words: str


def last_drain() -> float | None:
    """Seconds since a drain ended, None when no sign is left."""
    seen = cache.get("drain:last")
    return None if seen is None else time.time() - seen


def _watched_for() -> float:
    """Seconds since when somebody has looked without a gap: what nobody saw, before a start, is no sign of a fault."""
    now = time.time()
    since, seen = cache.get("alarms:watch") or (now, now)
    if now - seen > GAP_SECONDS:
        since = now
    cache.set("alarms:watch", (since, now), timeout=3600)
    return now - since


def alarms() -> list[Alarm]:
    """All that ring now. A message that was written down late is late from then on; a drain is missed once two minutes were watched."""
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, {"lease": LEASE_SECONDS, "lag": LAG_SECONDS})
        lag, held, leases, failed, ended, snapshot, unreached = cursor.fetchone()
    drained = last_drain()
    idle = _watched_for() >= DRAIN_SECONDS and (drained is None or drained > DRAIN_SECONDS)
    rings = (
        (lag > LAG_SECONDS, "lag", f"the oldest due message has waited {lag:.0f} s"),
        (held > 0, "held", f"{held} messages are held and wait for a person"),
        (leases > 0, "leases", f"{leases} messages are with a sender that stopped"),
        (failed >= FAILED_LEAST and failed > FAILED_SHARE * ended, "failed", f"{failed} of {ended} messages failed within an hour"),
        (idle, "drain", "no drain has ended within two minutes"),
        (snapshot > SNAPSHOT_SECONDS, "snapshot", f"a transaction has been open for {snapshot:.0f} s and slows the queue"),
        (unreached > 0, "staff_address", f"mail does not reach {unreached} colleagues; a manager mends their addresses"),
    )
    return [Alarm(name, words) for rings_now, name, words in rings if rings_now]


def report() -> None:
    """One error line a minute for each alarm: what watches the log wakes somebody."""
    if not cache.add("alarms:reported", 1, timeout=55):
        return
    for alarm in alarms():
        log.error("outbox alarm %s: %s", alarm.name, alarm.words)
