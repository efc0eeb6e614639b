"""The whole app as processes: database, broker, mail catcher, web, worker, beat. The demo and the journeys use it."""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from clinic.stopping import Stop
from embedded import kv, pg
from embedded.proc import die_with_parent
from embedded.supervisor import Supervisor

DATABASE = "anagen"


@dataclass(frozen=True)
class Ports:
    """Where it listens, on 127.0.0.1 alone."""

    web: int
    catcher: int
    smtp: int


def environment_for(base: dict[str, str], var: Path, sockets: Path, ports: Ports) -> dict[str, str]:
    """What every process is told."""
    return base | {
        "ANAGEN_ENV": "demo",
        "PYTHONUNBUFFERED": "1",
        "DATABASE_NAME": DATABASE,
        "DATABASE_USER": "app_rw",
        "DATABASE_HOST": str(sockets),
        "DATABASE_PORT": "5432",
        "BROKER_URL": f"redis+socket://{sockets}/valkey.sock",
        "CACHE_URL": f"unix://{sockets}/valkey.sock?db=1",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(ports.smtp),
        "SMTP_TLS": "none",
        "PUBLIC_URL": f"http://127.0.0.1:{ports.web}",
        "MEDIA_DIR": str(var / "media"),
        "STATIC_DIR": str(var / "static"),
        "MAIL_FROM": "Riverside Dermatology <no-reply@demo.example>",
        "DRAIN_SECONDS": base.get("DRAIN_SECONDS", "10"),
        "SWEEP_SECONDS": base.get("SWEEP_SECONDS", "20"),
    }


def start_services(team: Supervisor, var: Path, sockets: Path) -> None:
    """Database and broker, durable."""
    pg.init(var / "pg")
    pg.end_orphan(var / "pg")
    writing = team.pipe("postgres")
    server = pg.start(
        var / "pg", sockets, settings=pg.DEMO_SETTINGS, log=writing, wrap=lambda inner: die_with_parent(signal.SIGINT, inner)
    )
    team.add("postgres", server, writing, stop_signal=signal.SIGINT)
    writing = team.pipe("broker")
    broker = kv.start(var / "kv", sockets / "valkey.sock", log=writing, preexec_fn=die_with_parent())
    team.add("broker", broker, writing)
    pg.create_database(sockets, DATABASE)


def manage(team: Supervisor, *arguments: str, owner: bool = False, stop: Stop | None = None) -> None:
    """One management command; its lines are shown. Raises SystemExit when it fails by itself, not when it is stopped."""
    environment = team.environment | ({"DATABASE_USER": "app_owner"} if owner else {})
    code = team.run("setup", [sys.executable, "manage.py", *arguments], environment, stop)
    if code and not (stop and stop.is_set()):
        raise SystemExit(f"manage.py {arguments[0]} failed; the lines above say why.")


def start_app(team: Supervisor, var: Path, ports: Ports) -> None:
    """Catcher, web, worker, beat."""
    python = sys.executable
    team.spawn("mail", [python, "-m", "embedded.catcher", str(var / "mail"), str(ports.smtp), str(ports.catcher)])
    start_web(team, ports)
    start_worker(team)
    team.spawn("beat", [python, "-m", "celery", "-A", "clinic", "beat", "-l", "WARNING", "--pidfile=", "-s", str(var / "beat-schedule")])


def start_web(team: Supervisor, ports: Ports) -> subprocess.Popen[bytes]:
    """One web server with one process."""
    return team.spawn("web", [
        sys.executable, "-m", "gunicorn", "clinic.wsgi", "-b", f"127.0.0.1:{ports.web}", "--worker-class", "gthread", "--workers", "1",
        "--threads", "8", "--no-control-socket", "--log-level", "warning",
    ])  # fmt: skip


def start_worker(team: Supervisor) -> subprocess.Popen[bytes]:
    """One Celery worker with two processes."""
    return team.spawn("worker", [
        sys.executable, "-m", "celery", "-A", "clinic", "worker", "-l", "WARNING", "-c", "2", "--without-gossip", "--without-mingle",
    ], grace=30.0)  # fmt: skip


def wait_for_web(team: Supervisor, port: int, seconds: float = 60, stop: Stop | None = None) -> None:
    """Until /healthz answers, or `stop`. Raises SystemExit when a process ends first."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if stop and stop.is_set():
            return
        if gone := team.dead():
            raise SystemExit(f"{gone.name} ended with code {gone.process.returncode}; its lines above say why.")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    raise SystemExit("The web server did not answer within a minute.")
