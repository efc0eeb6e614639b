"""Celery entry points."""

from celery import shared_task
from django.utils import timezone

from appointments import services
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
