"""Real processes for the faults: children forked from the test, so that they start at once and can be stopped, killed and
woken. Each opens its own database and SMTP connections. Not a test."""

import io
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.management import call_command
from django.db import connections

FULL = bool(os.environ.get("FULL_FAULTS"))


def full(at_length: Any, short: Any) -> Any:
    """The size of a fault: `make faults` in full, `make test` in short."""
    return at_length if FULL else short


class Child:
    """One process. All that a test has started are in `ALL` until they have ended."""

    ALL: ClassVar[list["Child"]] = []

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None
        self.ALL.append(self)

    def kill(self, sig: int = signal.SIGKILL) -> None:
        """Send a signal."""
        os.kill(self.pid, sig)

    def poll(self) -> int | None:
        """Its exit code (negative: the signal that ended it), or None while it runs."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def wait(self, seconds: float = 60) -> int:
        """Its exit code. A child that does not end is killed, and that is an error."""
        deadline = time.monotonic() + seconds
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                self.kill(signal.SIGKILL)
                _pid, status = os.waitpid(self.pid, 0)
                self._code = os.waitstatus_to_exitcode(status)
                raise AssertionError(f"process {self.pid} did not end within {seconds} s")
            time.sleep(0.01)
        return code

    @classmethod
    def end_all(cls) -> None:
        """What a failed test has left behind must not send the next one's rows."""
        for child in cls.ALL:
            if child.poll() is None:
                child.kill(signal.SIGKILL)
                child.wait()
        cls.ALL.clear()

    def cpu_seconds(self) -> float:
        """What it has used of a processor."""
        fields = self._stat()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_stopped(self) -> bool:
        """Whether a signal has put it to sleep."""
        return self._stat()[0] == "T"

    def _stat(self) -> list[str]:
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()


def fork(work: Callable[[], None]) -> Child:
    """Run `work` in a process of its own."""
    for connection in connections.all():
        connection.close()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Child(pid)
    code = 1
    try:
        for sig in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sig, signal.SIG_DFL)
        work()
        code = 0
    except BaseException as error:  # nothing may return into the test's own stack
        print(f"child: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def sender(port: int, *, loop: bool = False, before: Callable[[], None] = lambda: None, every: float = 0.2, **values: Any) -> Child:
    """`manage.py drain_outbox` against a relay on loopback. `before` may plant a fault."""
    quick = {
        "SMTP_HOST": "127.0.0.1", "SMTP_PORT": port, "OUTBOX_LEASE_SECONDS": 2, "OUTBOX_RATE_PER_SECOND": 0,
        "OUTBOX_BACKOFF_SECONDS": [1] * 6, "OUTBOX_BREAKER_SECONDS": [1], "OUTBOX_CONNECTIONS": 10,
    }  # fmt: skip

    def work() -> None:
        for name, value in (quick | values).items():
            setattr(settings, name, value)
        before()
        call_command("drain_outbox", loop=loop, every=every, stdout=io.StringIO())

    return fork(work)


def let_go_of_locks(seconds: int) -> Callable[[], None]:
    """A `before` for a sender: PostgreSQL ends its transaction when it sleeps in one (production: 60 s, too long to wait for)."""

    def plant() -> None:
        connections["default"].settings_dict["OPTIONS"]["options"] = f"-c idle_in_transaction_session_timeout={seconds}s"

    return plant


def wait_until(holds: Callable[[], Any], seconds: float = 60) -> None:
    """Look often; fail when it does not come true."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def twice(seen: list[str]) -> int:
    """How many mails were taken more than once, counted by the surplus."""
    return sum(count - 1 for count in Counter(seen).values())


class Gate:
    """Lets a child stop at a point until the test has done something there."""

    def __init__(self, folder: Path) -> None:
        self._there, self._go = folder / "there", folder / "go"

    def stop_here(self) -> None:
        """In the child: say that it is there, and wait."""
        if self._go.exists():
            return
        self._there.touch()
        while not self._go.exists():
            time.sleep(0.01)

    def wait(self) -> None:
        """In the test: until the child is there."""
        wait_until(self._there.exists)

    def open(self) -> None:
        """In the test: let it go on."""
        self._go.touch()
