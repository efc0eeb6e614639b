"""Workers, beats and the loop as programs of their own, as production starts them. Not a test."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from embedded.supervisor import Child, Supervisor

_CELERY = [sys.executable, "-m", "celery", "-A", "clinic"]


class Team(Supervisor):
    """What was started, and what it has said so far."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        super().__init__(environment, quiet=True, log=log)
        self.said = log

    def words(self) -> str:
        """All lines up to now."""
        return self.said.read_text()

    def named(self, name: str) -> Child:
        """One of them."""
        return next(child for child in self.children if child.name == name)


@contextmanager
def team(folder: Path, relay_port: int, *, workers: int = 1, beats: int = 1, loop: bool = False, **environment: str) -> Iterator[Team]:
    """Up for as long as the block lasts; each must still be there at its end, for nobody is needed."""
    values = os.environ | {
        "DATABASE_NAME": settings.DATABASES["default"]["NAME"], "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(relay_port),
        "DRAIN_SECONDS": "2", "SWEEP_SECONDS": "7200", "OUTBOX_RATE_PER_SECOND": "0", "LOG_LEVEL": "INFO",
    } | environment  # fmt: skip
    crew = Team(values, folder / "log")
    try:
        for number in range(workers):
            crew.spawn(f"worker {number}", [*_CELERY, "worker", "-l", "INFO", "-c", "1", "-n", f"worker{number}@clinic", "--without-gossip", "--without-mingle"])
        for number in range(beats):
            crew.spawn(f"beat {number}", [*_CELERY, "beat", "-l", "INFO", "--pidfile=", "-s", str(folder / f"beat{number}")])
        if loop:
            crew.spawn("loop", [sys.executable, "manage.py", "drain_outbox", "--loop", "--every", "0.5"])
        yield crew
        dead = crew.dead()
        assert dead is None, f"{dead.name if dead else ''} has ended by itself:\n{crew.words()[-2000:]}"
    finally:
        crew.stop()
