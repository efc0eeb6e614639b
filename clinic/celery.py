"""Celery: the broker carries nudges, the tables hold the truth.

A worker and beat give their first sign of life as they come up: the schedule itself ticks only after its first interval,
and until then `/readyz` would call a healthy house not ready, and mail that fell due meanwhile would wait.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
app = Celery("anagen")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def worker_is_up(**_: Any) -> None:
    """This worker can take tasks; the first is to send what fell due while nobody was here."""
    from clinic.tasks import send_nudge, worker_lives

    worker_lives()
    send_nudge()


@beat_init.connect
def beat_is_up(**_: Any) -> None:
    """The first tick, at once. A worker that comes up within a minute still takes it."""
    from clinic.tasks import send_nudge

    send_nudge("clinic.beat_tick", expires=60)
