"""`make demo`: the whole app on a bare machine, in the foreground. Ctrl-C ends all of it; starting again keeps the data."""

import fcntl
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

from embedded import kv, pg, stack
from embedded.supervisor import ROOT, Supervisor

_LOGINS = (
    ("clinician", "amara@demo.example"),
    ("front desk", "rosa@demo.example"),
    ("manager", "max@demo.example"),
    ("auditor", "iris@demo.example"),
)


def _sockets(var: Path) -> Path:
    """A folder for sockets; their paths may not pass 107 bytes."""
    near = var / "run"
    return near if len(str(near / ".s.PGSQL.5432")) < 100 else Path(tempfile.gettempdir()) / f"anagen-run-{os.getuid()}"


def _refuse_taken(ports: stack.Ports) -> None:
    for what, port in (("PORT", ports.web), ("CATCHER_PORT", ports.catcher), ("SMTP_PORT", ports.smtp)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                sys.exit(f"Port {port} is taken by another program. Choose another one, for example: {what}={port + 100} make demo")


def _lock(var: Path) -> object:
    file = (var / "demo.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"Another demo runs on {var} already. Stop it with Ctrl-C first.")
    return file


def _set_aside_half_made(var: Path) -> None:
    data = var / "pg"
    if data.exists() and any(data.iterdir()) and not (data / "PG_VERSION").exists():
        aside = data.with_name(f"pg.broken-{int(time.time())}")
        data.rename(aside)
        print(f"The data folder was half made. It is kept as {aside.name}; a fresh one is made.", flush=True)


def main() -> int:
    """Exit code 0 after Ctrl-C, 1 when a process ended by itself."""
    var = Path(os.environ.get("ANAGEN_VAR", ROOT / "var"))
    var.mkdir(parents=True, exist_ok=True)
    web = int(os.environ.get("PORT", "8000"))
    ports = stack.Ports(web, int(os.environ.get("CATCHER_PORT", web + 25)), int(os.environ.get("SMTP_PORT", web + 26)))
    keep = _lock(var)
    _refuse_taken(ports)
    _set_aside_half_made(var)
    began, stop = time.monotonic(), threading.Event()
    for sig in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sig, lambda *_: stop.set())
    sockets = _sockets(var)
    team = Supervisor(stack.environment_for(dict(os.environ), var, sockets, ports), log=var / "demo.log")
    try:
        return _run(team, var, sockets, ports, stop, began)
    except (pg.PostgresFailed, kv.BrokerFailed) as error:
        team.say("demo", str(error))
        return 1
    finally:
        team.say("demo", "stopping")
        team.stop()
        del keep


def _run(team: Supervisor, var: Path, sockets: Path, ports: stack.Ports, stop: threading.Event, began: float) -> int:
    team.say("demo", "starting PostgreSQL and the broker")
    stack.start_services(team, var, sockets)
    for words, arguments, owner in (
        ("bringing the tables up to date", ("migrate", "-v0"), True),
        ("collecting static files", ("collectstatic", "--noinput", "-v0"), False),
        ("loading the demo clinic, if there is none", ("seed_demo", "--patients", "200", "--seed", "1"), False),
    ):
        if stop.is_set():
            return 0
        team.say("demo", words)
        stack.manage(team, *arguments, owner=owner)
    stack.start_app(team, var, ports)
    stack.wait_for_web(team, ports.web)
    _greet(team, ports, time.monotonic() - began)
    while not stop.wait(0.5):
        if gone := team.dead():
            team.say("demo", f"{gone.name} ended with code {gone.process.returncode}; stopping everything")
            return 1
    return 0


def _greet(team: Supervisor, ports: stack.Ports, seconds: float) -> None:
    from desk.demo.cast import PASSWORD

    lines = [f"ready after {seconds:.1f} s", "", f"Anagen        http://127.0.0.1:{ports.web}/", f"Mail catcher  http://127.0.0.1:{ports.catcher}/", ""]
    lines += [f"{role:<11} {address:<20} {PASSWORD}" for role, address in _LOGINS]
    for line in [*lines, "", "Ctrl-C ends all of it. Starting again keeps the data; make reset removes it."]:
        team.say("demo", line)


if __name__ == "__main__":
    sys.exit(main())
