"""Children that die with their parent, and PostgreSQL's refusal to run as root."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
Hook = Callable[[], None]


def die_with_parent(sig: signal.Signals = signal.SIGTERM, then: Hook | None = None) -> Hook:
    """A `preexec_fn`: own process group, so that Ctrl-C reaches only the supervisor; `sig` when the parent is gone."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    parent = os.getpid()

    def hook() -> None:
        os.setpgid(0, 0)
        if then:
            then()
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, int(sig))
            if os.getppid() != parent:
                os._exit(1)

    return hook
