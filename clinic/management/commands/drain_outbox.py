"""`manage.py drain_outbox`: send what is due, once or in a loop of its own (neither beat nor broker is needed)."""

import logging
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections

from clinic.outbox import deliver
from clinic.stopping import Stop

log = logging.getLogger("clinic.outbox")


class Command(BaseCommand):
    """SIGTERM finishes the mail in hand, marks it, and releases the rest at once."""

    help = "Send due messages."

    def add_arguments(self, parser: CommandParser) -> None:
        """--loop runs until it is told to stop."""
        parser.add_argument("--loop", action="store_true")
        parser.add_argument("--every", type=float, default=10.0, help="seconds between looks")

    def handle(self, *args: Any, **options: Any) -> None:
        """Backs off while the database is away; never spins."""
        stop = Stop(signal.SIGTERM, signal.SIGINT)
        pause = options["every"]
        while not stop.is_set():
            try:
                close_old_connections()
                totals = deliver.drain(stop=stop.is_set)
                pause = options["every"]
                if sum(totals.values()):
                    self.stdout.write(" ".join(f"{word}={count}" for word, count in sorted(totals.items()) if count))
            except Error as error:  # away, closed, full or read-only: nothing goes without the table
                pause = min(max(pause, 1.0) * 2, 60.0)
                log.error("database away, next look in %.0f s: %s", pause, type(error).__name__)
            if not options["loop"]:
                return
            stop.wait(pause)
