"""`/healthz`: this process lives. `/readyz`: what it needs is there, as JSON, without details of anybody."""

import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from clinic.celery import app
from clinic.permissions import public

STALE_SECONDS = 120
LAG_SECONDS = 300
_BROKER_SECONDS = 1

State = dict[str, dict[str, Any]]


@public()
def healthz(request: HttpRequest) -> HttpResponse:
    """Liveness."""
    return HttpResponse("ok", content_type="text/plain")


def _database() -> State:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(extract(epoch FROM now() - min(send_after)), 0)::float, count(*) "
            "FROM clinic_outboxmessage WHERE state = 'planned' AND send_after <= now()"
        )
        lag, due = cursor.fetchone()
    outbox = {"ok": lag <= LAG_SECONDS, "oldest_due_seconds": round(lag), "due": due}
    return {"database": {"ok": True}, "outbox": outbox}


def _broker() -> State:
    """Asked itself: the cache may be another server."""
    with app.connection_for_write() as link:
        link.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=_BROKER_SECONDS)
    return {"broker": {"ok": True}}


def _beats() -> State:
    """Worker and beat leave the time of their last sign in the cache (`clinic.tasks`)."""
    now, seen = time.time(), cache.get_many(["worker:last", "beat:last"])
    found: State = {"cache": {"ok": True}}
    for name in ("worker", "beat"):
        last = seen.get(f"{name}:last")
        age = None if last is None else now - last
        found[name] = {"ok": age is not None and age < STALE_SECONDS, "seconds_ago": None if age is None else round(age)}
    return found


_PARTS: tuple[tuple[Callable[[], State], tuple[str, ...]], ...] = (
    (_database, ("database", "outbox")),
    (_broker, ("broker",)),
    (_beats, ("cache", "worker", "beat")),
)


@public()
def readyz(request: HttpRequest) -> HttpResponse:
    """Readiness: 200 when database, outbox, broker, cache, worker and beat are well, else 503 with the part that is not."""
    state: State = {}
    for look, names in _PARTS:
        try:
            state |= look()
        except Exception:  # whatever a driver raises means “not ready”; its words may name a host or a password
            state |= {name: {"ok": False} for name in names}
    ok = all(part["ok"] for part in state.values())
    return JsonResponse({"ok": ok, **state}, status=200 if ok else 503)
