"""Celery entry points of the house."""

import logging

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from clinic.audit import Actor
from clinic.outbox import alarms, deliver, retention

log = logging.getLogger("clinic.outbox")


def worker_lives() -> None:
    """Leave a sign in the cache for `/readyz`."""
    cache.set("worker:last", timezone.now().timestamp(), timeout=3600)


@shared_task(name="clinic.drain", acks_late=False, max_retries=0)
def drain() -> None:
    """Send what is due. May run twice, late or not at all without harm."""
    worker_lives()
    deliver.drain()


@shared_task(name="clinic.beat_tick", acks_late=False, max_retries=0)
def beat_tick() -> None:
    """Beat and a worker are alive (readyz)."""
    now = timezone.now().timestamp()
    cache.set_many({"beat:last": now, "worker:last": now}, timeout=3600)
    alarms.report()


@shared_task(name="clinic.thin_finished", acks_late=False, max_retries=0)
def thin_finished() -> None:
    """Of mail that ended long ago the address and details go, as the clinic has set it."""
    retention.sweep(at=timezone.now(), by=Actor.of_task("clinic.thin_finished"))


def send_nudge(task: str = "clinic.drain", *, expires: float = 25) -> None:
    """Ask a worker for a task by name. A broker that is down costs speed alone, so its error ends here."""
    from clinic.celery import app

    try:
        app.send_task(task, retry=False, expires=expires, ignore_result=True)
    except Exception as error:  # kombu raises many kinds; the sweep comes within a minute anyway
        log.warning("nudge for %s lost: %s", task, type(error).__name__)
