"""`make demo`: the whole app on a bare machine, in the foreground. Ctrl-C ends all of it; starting again keeps the data."""

import os
import signal
import sys
import time
from pathlib import Path

from clinic.stopping import Stop
from embedded import ground, kv, pg, stack
from embedded.leftovers import Register
from embedded.supervisor import Supervisor

_LOGINS = (
    ("clinician", "amara@demo.example"),
    ("front desk", "rosa@demo.example"),
    ("manager", "max@demo.example"),
    ("auditor", "iris@demo.example"),
)


def main() -> int:
    """Exit code 0 after Ctrl-C, 1 when something is in the way or a process ended by itself."""
    stop = Stop(*(sig for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(sig) != signal.SIG_IGN))  # nohup means it
    began, var, amount = time.monotonic(), ground.data_folder(), ground.patients()
    web = ground.port("PORT", 8000)
    near = web if web < 65000 else web - 100
    ports = stack.Ports(web, ground.port("CATCHER_PORT", near + 25), ground.port("SMTP_PORT", near + 26))
    keep = ground.lock(var, f"http://127.0.0.1:{ports.web}/ (process {os.getpid()})")
    register = Register(var / "demo.pids")
    for name in register.end_leftovers():
        print(f"A killed demo had left {name} running; it has ended now.", flush=True)
    ground.refuse_taken({"PORT": ports.web, "CATCHER_PORT": ports.catcher, "SMTP_PORT": ports.smtp})
    sockets = ground.sockets(var)
    if words := ground.check_cluster(var):
        print(words, flush=True)
    team = Supervisor(stack.environment_for(dict(os.environ), var, sockets, ports), log=var / "demo.log", register=register)
    try:
        return _run(team, var, sockets, ports, amount, stop, began)
    except (pg.PostgresFailed, kv.BrokerFailed) as error:
        team.say("demo", f"{error} The data stay in {var}.")
        return 1
    finally:
        team.say("demo", "stopping")
        team.stop()
        keep.close()


def _run(team: Supervisor, var: Path, sockets: Path, ports: stack.Ports, amount: int, stop: Stop, began: float) -> int:
    team.say("demo", "starting PostgreSQL and the broker")
    stack.start_services(team, var, sockets)
    for words, arguments, owner in (
        ("bringing the tables up to date", ("migrate", "-v0"), True),
        ("collecting static files", ("collectstatic", "--noinput", "-v0"), False),
        ("loading the demo clinic, if there is none", ("seed_demo", "--patients", str(amount), "--seed", "1"), False),
    ):
        if not stop.is_set():
            team.say("demo", words)
            stack.manage(team, *arguments, owner=owner, stop=stop)
    if stop.is_set():
        return 0
    stack.start_app(team, var, ports)
    stack.wait_for_web(team, ports.web, stop=stop)
    if not stop.is_set():
        _greet(team, ports, time.monotonic() - began)
    while not stop.wait(0.5):
        if gone := team.dead():
            team.say("demo", f"{gone.name} ended with code {gone.process.returncode}; stopping everything")
            return 1
    return 0


def _greet(team: Supervisor, ports: stack.Ports, seconds: float) -> None:
    from desk.demo.cast import PASSWORD, WALL_CODE

    lines = [f"ready after {seconds:.1f} s", "", f"Anagen        http://127.0.0.1:{ports.web}/", f"Mail catcher  http://127.0.0.1:{ports.catcher}/", ""]
    lines += [f"{role:<11} {address:<20} {PASSWORD}" for role, address in _LOGINS]
    lines += [f"wall screen http://127.0.0.1:{ports.web}/wall/ with the code {WALL_CODE}"]
    for line in [*lines, "", "Ctrl-C ends all of it. Starting again keeps the data; make reset removes it."]:
        team.say("demo", line)


if __name__ == "__main__":
    sys.exit(main())
