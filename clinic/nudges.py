"""Asking a worker for a task by name, on commit. A lost nudge costs seconds: the sweep finds the same work."""

from functools import partial

from django.db import transaction


def nudge(task: str) -> None:
    """Send the task when this transaction is committed; never fails."""
    from clinic.tasks import send_nudge

    transaction.on_commit(partial(send_nudge, task))
