"""The demo's machinery. It says what it needs before anything newer than Python 3.8 is read."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 — this file is read by the old Python itself
    sys.exit("Anagen needs Python 3.11 or newer; this is %d.%d. Try: make PYTHON=python3.11 demo" % sys.version_info[:2])  # noqa: UP031
if os.name == "nt":
    sys.exit("Anagen's demo needs Linux or macOS. On Windows, run it inside WSL.")
