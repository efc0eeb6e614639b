"""Starts processes in order, shows their lines, and stops them in reverse. No child outlives it."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from clinic.stopping import Stop
from embedded.leftovers import Register
from embedded.proc import die_with_parent

ROOT = Path(__file__).resolve().parent.parent
_COLOURS = (36, 33, 32, 35, 34, 31)


@dataclass
class Child:
    """One process and how it is stopped."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 15.0


class Supervisor:
    """Holds the children of one demo or test stack."""

    def __init__(
        self, environment: dict[str, str], *, quiet: bool = False, log: Path | None = None, register: Register | None = None
    ) -> None:
        self.environment, self.quiet, self.register = environment, quiet, register
        self.children: list[Child] = []
        self._pumps: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._log = log.open("a") if log else None

    def say(self, name: str, line: str, *, always: bool = False) -> None:
        """One line with the name of who said it."""
        with self._lock:
            if self._log:
                self._log.write(f"{time.strftime('%H:%M:%S')} {name:>8} | {line}\n")
                self._log.flush()
            if always or not self.quiet:
                tag = f"{name:>8} | "
                if sys.stdout.isatty():
                    tag = f"\x1b[{_COLOURS[sum(map(ord, name)) % 6]}m{tag}\x1b[0m"
                self._print(tag + line)

    def _print(self, line: str) -> None:
        try:
            print(line, flush=True)
        except OSError:  # the terminal was closed; the log goes on, and so does stopping
            self.quiet = True

    def pipe(self, name: str) -> int:
        """A file descriptor whose lines are shown under `name`."""
        reading, writing = os.pipe()
        self._pumps.append(threading.Thread(target=self._pump, args=(name, reading), daemon=True))
        self._pumps[-1].start()
        return writing

    def _pump(self, name: str, descriptor: int) -> None:
        with open(descriptor, errors="replace") as lines:
            for line in lines:
                self.say(name, line.rstrip())

    def add(self, name: str, process: subprocess.Popen[bytes], writing: int, **how: object) -> subprocess.Popen[bytes]:
        """Take over a process that was started elsewhere."""
        os.close(writing)
        child = Child(name, process, **how)  # type: ignore[arg-type]
        self.children.append(child)
        if self.register:
            self.register.note(name, process.pid, child.stop_signal)
        return process

    def spawn(self, name: str, command: list[str], **how: object) -> subprocess.Popen[bytes]:
        """Start one and keep it."""
        writing = self.pipe(name)
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=writing, stderr=writing, cwd=ROOT, env=self.environment,
            preexec_fn=die_with_parent(),
        )  # fmt: skip
        return self.add(name, process, writing, **how)

    def run(self, name: str, command: list[str], environment: dict[str, str], stop: Stop | None = None) -> int:
        """Run one to its end, or until `stop`; its lines are shown as they come. Returns its exit code."""
        writing = self.pipe(name)
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=writing, stderr=writing, cwd=ROOT, env=environment, preexec_fn=die_with_parent(),
        )  # fmt: skip
        os.close(writing)
        if self.register:
            self.register.note(name, process.pid, signal.SIGTERM)
        while process.poll() is None:
            if stop and stop.is_set():
                process.terminate()
                process.wait()
                break
            time.sleep(0.05)
        self._pumps[-1].join(2)
        return int(process.returncode)

    def dead(self) -> Child | None:
        """A child that ended by itself."""
        return next((child for child in self.children if child.process.poll() is not None), None)

    def stop(self) -> None:
        """In reverse order; what does not go is killed."""
        for child in reversed(self.children):
            if child.process.poll() is None:
                child.process.send_signal(child.stop_signal)
                try:
                    child.process.wait(child.grace)
                except subprocess.TimeoutExpired:
                    self.say("demo", f"{child.name} did not stop, killing it")
                    child.process.kill()
                    child.process.wait()
        for pump in self._pumps:
            pump.join(2)
        self.children.clear()
        if self.register:
            self.register.clear()
