"""Celery entry points: read the clock, ask who is due, call one service each. Safe to run twice or late."""

from celery import shared_task
from django.utils import timezone

from clinic.audit import Actor
from treatments.services import photos as services

_MOST = 40


@shared_task(name="treatments.clean_photos", acks_late=True, reject_on_worker_lost=True, max_retries=0, soft_time_limit=240)
def clean_photos() -> int:
    """Make photos of the files that wait in quarantine. A worker that dies meanwhile costs three minutes, and no photo."""
    by, done = Actor.of_task("treatments.clean_photos"), 0
    services.sweep_quarantine()
    for _turn in range(_MOST):
        upload = services.claim_upload(by=by, at=timezone.now())
        if upload is None:
            break
        done += services.clean_upload(upload=upload, by=by, at=timezone.now()) is not None
    return done
