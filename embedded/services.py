"""A throw-away PostgreSQL and broker in memory, with a migrated template database. Used by the tests and by checks.

The migrated data folder is kept under build/, named by a hash of all that shapes it, so that the next run starts at once.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from embedded import kv, pg
from embedded.proc import die_with_parent

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "anagen_template"
_SHAPING = ("*/migrations/*.py", "clinic/privileges.py", "embedded/pg.py", "requirements/prod.txt")


def _shape() -> str:
    digest = hashlib.sha256()
    for pattern in _SHAPING:
        for file in sorted(ROOT.glob(pattern)):
            digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _quiet(sig: signal.Signals) -> Callable[[Callable[[], None] | None], Callable[[], None]]:
    return lambda inner: die_with_parent(sig, inner)


class Services:
    """One PostgreSQL and one broker below `root`. `environment` holds what Django needs to reach them."""

    def __init__(self) -> None:
        shared_memory = Path("/dev/shm")  # noqa: S108 — the data are thrown away
        home = str(shared_memory) if os.access(shared_memory, os.W_OK) else None
        self._sweep(Path(home) if home else Path(tempfile.gettempdir()))
        self.root = Path(tempfile.mkdtemp(prefix="anagen-", dir=home))
        self.root.chmod(0o755)
        self.sockets = self.root / "s"
        self.log: IO[bytes] = (self.root / "services.log").open("wb")
        self._start_postgres()
        self.start_broker()
        self.environment = {
            "DATABASE_HOST": str(self.sockets),
            "DATABASE_PORT": "5432",
            "BROKER_URL": f"redis+socket://{self.sockets}/v.sock",
            "CACHE_URL": f"unix://{self.sockets}/v.sock?db=1",
            "MEDIA_DIR": str(self.root / "media"),
        }

    @staticmethod
    def _sweep(home: Path) -> None:
        """Folders that a killed run left behind."""
        for left in home.glob("anagen-*"):
            if time.time() - left.stat().st_mtime > 24 * 3600:
                shutil.rmtree(left, ignore_errors=True)

    def _start_postgres(self) -> None:
        kept = ROOT / "build" / f"pg-{_shape()}"
        data = self.root / "pg"
        if os.environ.get("NO_TEMPLATE_CACHE"):
            self._make(data, kept)
            return
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.with_name("pg.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # of two runs that begin together, one makes it and the other copies
            if not kept.exists():
                self._make(data, kept)
                return
            shutil.copytree(kept, data, symlinks=True)
        data.chmod(0o700)
        self._own(data)
        self.start_database()

    def _make(self, data: Path, kept: Path) -> None:
        pg.init(data, durable=False)
        self.start_database()
        pg.create_database(self.sockets, TEMPLATE)
        migrate(self.sockets, TEMPLATE)
        self._keep(data, kept)

    @staticmethod
    def _own(data: Path) -> None:
        how = pg._drop()
        if "user" in how:
            for path in [data, *data.rglob("*")]:
                shutil.chown(path, how["user"], how["group"])

    def _keep(self, data: Path, kept: Path) -> None:
        pg.stop(self.postgres)
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_name(f"{kept.name}.{os.getpid()}")
        shutil.copytree(data, fresh, symlinks=True)
        for old in kept.parent.glob("pg-*"):
            if old != fresh and time.time() - old.stat().st_mtime > 3600:
                shutil.rmtree(old, ignore_errors=True)
        try:
            fresh.rename(kept)
        except OSError:
            shutil.rmtree(fresh, ignore_errors=True)
        self.start_database()

    def start_database(self) -> None:
        """Start PostgreSQL; also used to bring it back after a test has killed it."""
        pg.running_pid(self.root / "pg")
        self.postgres = pg.start(
            self.root / "pg", self.sockets, settings=pg.TEST_SETTINGS, log=self.log, wrap=_quiet(signal.SIGQUIT)
        )

    def start_broker(self, *, durable: bool = False) -> None:
        """Start the broker without any data, or with what it has kept; also used after a test has ended it."""
        self.broker: subprocess.Popen[bytes] = kv.start(
            self.root / ("kv-kept" if durable else "kv"), self.sockets / "v.sock", durable=durable, log=self.log,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )

    def stop(self) -> None:
        """End both and remove the folder."""
        self.broker.terminate()
        self.broker.wait(10)
        pg.stop(self.postgres)
        self.log.close()
        shutil.rmtree(self.root, ignore_errors=True)


def migrate(sockets: Path, database: str) -> None:
    """Migrate as the owner. Raises SystemExit with what Django said."""
    environment = {
        **os.environ,
        "ANAGEN_ENV": os.environ.get("ANAGEN_ENV", "test"),
        "DATABASE_HOST": str(sockets),
        "DATABASE_PORT": "5432",
        "DATABASE_NAME": database,
        "DATABASE_USER": "app_owner",
        "DATABASE_POOL": "no",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"The migrations did not run:\n{done.stderr[-3000:]}")
