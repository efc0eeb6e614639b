"""Told to stop at any moment, a loop ends. The process that is told is a forked one: if it hangs, this one says so."""

import ast
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from clinic.stopping import Stop
from tests.faults.crew import Child, fork

pytestmark = pytest.mark.django_db(transaction=True)  # a fork closes the test's connections
APPS = ("clinic", "patients", "treatments", "appointments", "aftercare", "desk", "embedded", "scripts")


def told_a_thousand_times(make: Callable[[], Any]) -> Callable[[], None]:
    """Each time an alarm comes at another moment of a short wait."""

    def work() -> None:
        chance = random.Random(1)
        for _ in range(1000):
            stop = make()
            signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-6, 60e-6))
            while not stop.is_set():
                stop.wait(1e-6)

    return work


def _an_event() -> threading.Event:
    event = threading.Event()
    signal.signal(signal.SIGALRM, lambda *_: event.set())
    return event


def test_a_signal_at_any_moment_ends_the_wait() -> None:
    assert fork(told_a_thousand_times(lambda: Stop(signal.SIGALRM))).wait() == 0


def test_the_check_can_fail_an_event_waits_for_itself() -> None:
    child: Child = fork(told_a_thousand_times(_an_event))
    with pytest.raises(AssertionError, match="did not end"):
        child.wait(6)


def test_it_is_told_once_for_good_and_wakes_early() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    try:
        stop = Stop(signal.SIGUSR1)
        assert not stop.is_set() and not stop.wait(0.001)
        began = time.monotonic()
        signal.raise_signal(signal.SIGUSR1)
        assert stop.wait(30) and stop.is_set() and time.monotonic() - began < 15
    finally:
        signal.signal(signal.SIGUSR1, before)


def handlers(source: str) -> int:
    """How often a file sets a handler of its own."""
    return sum(isinstance(node, ast.Attribute) and node.attr in ("signal", "sigaction") and isinstance(node.value, ast.Name) and node.value.id == "signal"
               for node in ast.walk(ast.parse(source)))  # fmt: skip


def test_nothing_else_of_ours_handles_a_signal() -> None:
    root = Path(settings.BASE_DIR)
    found = {str(file.relative_to(root)) for app in APPS for file in (root / app).rglob("*.py") if handlers(file.read_text())}
    assert found == {"clinic/stopping.py"}
    assert handlers("import signal\nsignal.signal(signal.SIGTERM, print)") == 1
