"""Celery entry points."""

from celery import shared_task
from django.utils import timezone

from appointments import services
from clinic.audit import Actor


@shared_task(name="appointments.sweep_states", acks_late=False, max_retries=0)
def sweep_states() -> None:
    """“Done” follows ended sessions."""
    services.sweep_states(by=Actor.of_task("appointments.sweep_states"), at=timezone.now())
