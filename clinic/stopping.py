"""How a loop of ours is told to stop: by a signal, at any moment, also while it waits."""

import signal
import time
from types import FrameType

_SLICE = 0.2  # seconds; a flag wakes nobody, so the wait looks at it


class Stop:
    """False until one of `signals` arrives, then true for good. Only the main thread may make one.

    Not a `threading.Event`: its `set` takes a lock that its `wait` holds for a moment at either end. A handler runs in the
    thread that it interrupts, so a signal that comes in that moment waits for itself for ever. A flag has no lock.
    """

    def __init__(self, *signals: signal.Signals) -> None:
        self._told = False
        for sig in signals:
            signal.signal(sig, self._hear)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._told = True

    def is_set(self) -> bool:
        """Whether it was told."""
        return self._told

    def wait(self, seconds: float) -> bool:
        """Sleep for so long, or until it is told (a fifth of a second late at most). Returns `is_set()`."""
        end = time.monotonic() + seconds
        while not self._told and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE))
        return self._told
