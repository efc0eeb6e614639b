"""What the demo stands on: its data folder, its ports, its lock. Each refusal says what to do, and changes nothing."""

import errno
import fcntl
import hashlib
import os
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from embedded.supervisor import ROOT

SOCKET_PATH_LIMIT = 100
POSTGRES_MAJOR = "18"


def data_folder() -> Path:
    """`ANAGEN_VAR`, or var/ beside this package. Exits when it can't be written."""
    var = Path(os.environ.get("ANAGEN_VAR") or ROOT / "var").expanduser().absolute()
    try:
        var.mkdir(parents=True, exist_ok=True)
        (var / "demo.lock").open("a").close()
    except OSError as error:
        sys.exit(f"The data folder {var} can't be used: {error.strerror}. Choose another one: ANAGEN_VAR=~/anagen-data make demo")
    return var


def port(name: str, default: int) -> int:
    """A port number from the environment. Exits when it is none."""
    text = os.environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        sys.exit(f"{name}={text} is no port number. Choose one from 1024 to 65000, for example: PORT=9000 make demo")
    return int(text)


def patients() -> int:
    """How many patients the demo clinic gets on its first start: `ANAGEN_DEMO_PATIENTS`."""
    text = os.environ.get("ANAGEN_DEMO_PATIENTS") or "200"
    if not text.isascii() or not text.isdigit() or not 20 <= int(text) <= 100_000:
        sys.exit(f"ANAGEN_DEMO_PATIENTS={text} must be a number from 20 to 100000.")
    return int(text)


def refuse_taken(ports: dict[str, int]) -> None:
    """Exit when a port is taken or forbidden, naming the setting that moves it."""
    for name, number in ports.items():
        if other := next((n for n, p in ports.items() if p == number and n != name), None):
            sys.exit(f"{name} and {other} are both {number}. Choose two, for example: {name}={_elsewhere(number)} make demo")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
                probe.listen(1)
            except OSError as error:
                why = "needs the rights of root" if error.errno == errno.EACCES else "is taken by another program"
                sys.exit(f"Port {number} {why}. Choose another one, for example: {name}={_elsewhere(number)} make demo")


def _elsewhere(number: int) -> int:
    return 9000 if number < 1024 else number + 100 if number < 65000 else number - 1000


def lock(var: Path, words: str) -> IO[str]:
    """Hold the folder for this process; the kernel lets go of it at its end, however it ends. Exits when it is held."""
    file = (var / "demo.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        sys.exit(f"A demo runs on {var} already: {file.read().strip() or 'it is just starting'}. Use it, or stop it first with Ctrl-C.")
    file.truncate(0)
    file.write(words)
    file.flush()
    return file


def sockets(var: Path) -> Path:
    """A folder for sockets; their paths may not pass 107 bytes, so a long one moves to a place of its own under /tmp."""
    near = var / "run"
    if len(str(near / ".s.PGSQL.5432")) < SOCKET_PATH_LIMIT:
        return near
    name = hashlib.sha256(str(var).encode()).hexdigest()[:8]
    far = Path(tempfile.gettempdir()) / f"anagen-run-{os.getuid()}-{name}"
    far.mkdir(mode=0o700, exist_ok=True)
    if far.is_symlink() or (os.getuid() != 0 and far.stat().st_uid != os.getuid()):
        sys.exit(f"{far} belongs to somebody else. Choose a shorter data folder: ANAGEN_VAR=/var/tmp/anagen make demo")
    return far


def check_cluster(var: Path) -> str:
    """Set a half-made database folder aside and return what to say; exit when a whole one can't be used. Deletes nothing."""
    data = var / "pg"
    if not data.exists() or not any(data.iterdir()):
        return ""
    if not (data / "PG_VERSION").exists():
        aside = data.with_name(f"pg.broken-{int(time.time())}")
        data.rename(aside)
        return f"The database folder was half made. It is kept as {aside}; a fresh one is made."
    keep = f"Nothing was changed. To keep it and start afresh: mv {data} {data}.old && make demo"
    if not (data / "global" / "pg_control").exists():
        sys.exit(f"The database in {data} is damaged: global/pg_control is missing. {keep}")
    if (made := (data / "PG_VERSION").read_text().strip()) != POSTGRES_MAJOR:
        sys.exit(f"The database in {data} was made by PostgreSQL {made}; this is PostgreSQL {POSTGRES_MAJOR}. {keep}")
    return ""
