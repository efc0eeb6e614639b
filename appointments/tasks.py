"""Celery entry points."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from appointments import selectors, services
from appointments.forms import check_row
from clinic.audit import Actor


@shared_task(name="appointments.sweep_states", acks_late=False, max_retries=0)
def sweep_states() -> None:
    """“Done” follows ended sessions."""
    services.sweep_states(by=Actor.of_task("appointments.sweep_states"), at=timezone.now())


@shared_task(name="appointments.offer_freed_slots", acks_late=False, max_retries=0)
def offer_freed_slots() -> None:
    """The next round for each freed time."""
    services.offer_freed_slots(by=Actor.of_task("appointments.offer_freed_slots"), at=timezone.now())


@shared_task(name="appointments.open_recalls", acks_late=False, max_retries=0)
def open_recalls() -> None:
    """Recalls for windows that have opened."""
    services.open_recalls(by=Actor.of_task("appointments.open_recalls"), at=timezone.now())


@shared_task(name="appointments.continue_imports", acks_late=False, max_retries=0)
def continue_imports() -> None:
    """Files under way, step by step to their end; a worker that dies is followed by the next beat."""
    by = Actor.of_task("appointments.continue_imports")
    for file in selectors.imports_under_way():
        while services.continue_import(file=file, check=check_row, by=by, at=timezone.now()):
            pass


@shared_task(name="appointments.forget_imports", acks_late=False, max_retries=0)
def forget_imports() -> None:
    """Rows of files that ended a month ago."""
    services.forget_imports(before=timezone.now() - timedelta(days=30), by=Actor.of_task("appointments.forget_imports"))
