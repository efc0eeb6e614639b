"""`/healthz`: this process lives. `/readyz`: what it needs is there, as JSON, without details of anybody."""

import time
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from clinic.permissions import public

STALE_SECONDS = 120
LAG_SECONDS = 300


@public()
def healthz(request: HttpRequest) -> HttpResponse:
    """Liveness."""
    return HttpResponse("ok", content_type="text/plain")


def _database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(extract(epoch FROM now() - min(send_after)), 0)::float, count(*) "
            "FROM clinic_outboxmessage WHERE state = 'planned' AND send_after <= now()"
        )
        lag, due = cursor.fetchone()
    return {"ok": True, "outbox": {"ok": lag <= LAG_SECONDS, "oldest_due_seconds": round(lag), "due": due}}


def _beats() -> dict[str, Any]:
    now = time.time()
    seen = cache.get_many(["worker:last", "beat:last", "drain:last"])
    found: dict[str, Any] = {"broker": {"ok": True}}
    for name, key in (("worker", "worker:last"), ("beat", "beat:last")):
        age = now - seen[key] if key in seen else None
        found[name] = {"ok": age is not None and age < STALE_SECONDS, "seconds_ago": None if age is None else round(age)}
    return found


@public()
def readyz(request: HttpRequest) -> HttpResponse:
    """Readiness: 200 when database, broker, worker, beat and outbox are well, else 503."""
    state: dict[str, Any] = {}
    try:
        database = _database()
        state["database"], state["outbox"] = {"ok": True}, database["outbox"]
    except Exception:  # whatever the driver raises means “not ready”
        state["database"] = state["outbox"] = {"ok": False}
    try:
        state |= _beats()
    except Exception:
        state |= {name: {"ok": False} for name in ("broker", "worker", "beat")}
    ok = all(part["ok"] for part in state.values())
    return JsonResponse({"ok": ok, **state}, status=200 if ok else 503)
