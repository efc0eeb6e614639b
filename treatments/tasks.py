"""Celery entry points: read the clock, ask who is due, call one service each. Safe to run twice or late."""

from celery import shared_task
from django.utils import timezone

from clinic.audit import Actor
from treatments import selectors
from treatments.services import chain, patch
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


@shared_task(name="treatments.remind_of_patch_tests", acks_late=False, max_retries=0)
def remind_of_patch_tests() -> int:
    """Each patch test on the skin has one mail that asks the patient to be seen; queued once, by its key."""
    at, by = timezone.now(), Actor.of_task("treatments.remind_of_patch_tests")
    return sum(patch.remind(test=test, by=by, at=at) for test in selectors.patch.to_remind(at)[:500])


@shared_task(name="treatments.note_chain_head", acks_late=False, max_retries=0)
def note_chain_head() -> bool:
    """Once a day: how far the chain of signed records has grown (R52)."""
    at = timezone.now()
    return chain.note_chain_head(on=at.date(), by=Actor.of_task("treatments.note_chain_head"), at=at) is not None
