"""Real demos in folders of their own, for the tests of their start. Not a test."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from embedded import pg, stack
from embedded.leftovers import Register
from embedded.services import TEMPLATE
from embedded.supervisor import ROOT

QUICK = {"ANAGEN_DEMO_PATIENTS": "20"}


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def short_folder() -> Path:
    """In memory where there is some; short, because socket paths may not pass 107 bytes."""
    home = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="ana-demo-", dir=home))


def wait_until(holds: Callable[[], object], seconds: float = 60, what: str = "it") -> None:
    """Look often, not for ever."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not happen in time"
        time.sleep(0.02)


def with_tables(var: Path) -> None:
    """A database folder whose tables are up to date, from the copy that the tests keep; making them takes half a minute."""
    kept = max((ROOT / "build").glob("pg-*"), key=lambda path: path.stat().st_mtime)
    shutil.copytree(kept, var / "pg", symlinks=True)
    (var / "pg").chmod(0o700)
    server = pg.start(var / "pg", var / "run", settings={"fsync": "off"}, log=subprocess.DEVNULL)
    pg.run_sql(var / "run", f"ALTER DATABASE {TEMPLATE} RENAME TO {stack.DATABASE}")
    pg.stop(server)


def _hears_hang_up() -> None:
    """As from a terminal, though the tests themselves may run under nohup, which ignores SIGHUP for all its children."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Demo:
    """One `python -m embedded.demo`, in a process group of its own like a terminal's."""

    def __init__(self, var: Path, **settings: str) -> None:
        self.var = var
        self.web = free_port()
        base = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "BROKER", "CACHE", "MFA", "ANAGEN_", "MEDIA"))}
        ports = {"PORT": str(self.web), "CATCHER_PORT": str(free_port()), "SMTP_PORT": str(free_port())}
        with tempfile.NamedTemporaryFile(prefix="said-", dir=var.parent, delete=False) as said:
            self._said = Path(said.name)
            self.process = subprocess.Popen(
                [sys.executable, "-m", "embedded.demo"], cwd=ROOT, env=base | QUICK | ports | {"ANAGEN_VAR": str(var)} | settings,
                stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True, preexec_fn=_hears_hang_up,
            )  # fmt: skip

    @property
    def said(self) -> str:
        """All it printed so far."""
        return self._said.read_text()

    def until(self, words: str, seconds: float = 60) -> None:
        """Wait until it has printed the words."""
        wait_until(lambda: words in self.said or self.process.poll() is not None, seconds, f"“{words}”")
        assert words in self.said, self.said

    def code(self, seconds: float = 40) -> int:
        """Its exit code, once it ends."""
        return self.process.wait(seconds)

    def ctrl_c(self) -> int:
        """As a terminal does it: to the whole process group."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.code()

    def kill(self) -> None:
        """No goodbye."""
        self.process.kill()
        self.process.wait()

    def children(self) -> dict[int, str]:
        """Pid and identity of each child it noted."""
        return {entry["pid"]: entry["who"] for entry in Register(self.var / "demo.pids")._entries()}

    def end(self) -> None:
        """Tidy up after a test."""
        if self.process.poll() is None:
            self.process.terminate()
            self.code()
        self._said.unlink(missing_ok=True)


def count(var: Path, table: str) -> int:
    """Rows of a table of a running demo."""
    assert re.fullmatch(r"\w+", table)
    with psycopg.connect(host=str(var / "run"), user="app_rw", dbname=stack.DATABASE) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        assert row
        return int(row[0])


def processes_of(var: Path) -> list[str]:
    """Command lines of living processes that name a folder, or run for it."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            told = (entry / "environ").read_bytes()
        except OSError:
            continue
        if command and (str(var).encode() + b"/" in command + told or f"ANAGEN_VAR={var}".encode() in told):
            found.append(command.replace(b"\0", b" ").decode()[:120])
    return found
