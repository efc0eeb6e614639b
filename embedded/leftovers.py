"""Processes that a killed demo left behind. They are known by pid and start time: a pid alone may be anybody's by now."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def identity(pid: int) -> str | None:
    """What tells this process from a later one with the same pid; None when it is gone."""
    if sys.platform != "linux":
        found = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
        return found.stdout.strip() or None
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    state, started = fields[0], fields[19]
    return None if state in {"Z", "X"} else f"{boot} {started}"


class Register:
    """A file with the children of one supervisor, in the order of their start."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def note(self, name: str, pid: int, stop_signal: int) -> None:
        """Add one, before anything else can go wrong."""
        with self.file.open("a") as lines:
            lines.write(json.dumps({"name": name, "pid": pid, "who": identity(pid), "signal": int(stop_signal)}) + "\n")

    def clear(self) -> None:
        """All have ended."""
        self.file.unlink(missing_ok=True)

    def end_leftovers(self, seconds: float = 20) -> list[str]:
        """End what still runs, newest first, and return its names. Call it under the lock: no supervisor lives then."""
        ended: list[str] = []
        for entry in reversed(self._entries()):
            if entry["who"] and identity(entry["pid"]) == entry["who"]:
                _end(entry, seconds)
                ended.append(entry["name"])
        self.clear()
        return ended

    def _entries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for line in self.file.read_text().splitlines() if self.file.exists() else []:
            try:
                entry = json.loads(line)
            except ValueError:  # the last line of a killed writer
                continue
            found.append(entry)
        return found


def _end(entry: dict[str, Any], seconds: float) -> None:
    """Ask first; then kill. A database is told to stop at once instead, and recovers by its log."""
    pid, who, asked = entry["pid"], entry["who"], entry["signal"]
    hard = signal.SIGQUIT if entry["name"] == "postgres" else signal.SIGKILL
    for sig in (asked, hard):
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if identity(pid) != who:
                return
            time.sleep(0.05)
    sys.exit(f"{entry['name']} of an earlier demo does not stop. End it by hand, then start again: kill -9 {pid}")
