"""An SMTP server on loopback that says what a test tells it, byte for byte, and may fall silent. Not a test."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

OK = {
    "banner": "220 relay", "ehlo": "250-relay\r\n250 8BITMIME", "mail": "250 OK", "rcpt": "250 OK", "data": "354 go on", "dot": "250 OK",
    "rset": "250 OK", "quit": "221 bye", "starttls": "220 go on", "auth": "235 OK",
}  # fmt: skip
CLOSE, SILENT, DRIP = "close", "silent", "drip"


class ScriptedRelay:
    """`script` replaces single answers; `limit` closes the connection after so many mails."""

    def __init__(self, script: dict[str, str], *, limit: int = 0) -> None:
        self.script, self.limit = OK | script, limit
        self.accepted: list[bytes] = []
        self.heard: list[str] = []
        self.connections = 0
        self.held: list[float] = []
        self._over = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                sock, _address = self._server.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(sock,), daemon=True).start()

    def _say(self, sock: socket.socket, step: str) -> bool:
        answer = self.script[step]
        if answer == CLOSE:
            return False
        if answer in (SILENT, DRIP):
            self._hold(sock, drip=answer == DRIP)
            return False
        sock.sendall(answer.encode() + b"\r\n")
        return not answer.startswith("421")

    def _hold(self, sock: socket.socket, *, drip: bool) -> None:
        """Until whoever called hangs up; how long they waited is the relay's to say, who knows nothing of how long they took to come."""
        began = time.monotonic()
        sock.settimeout(0.2)
        with suppress(OSError):
            while not self._over.is_set():
                with suppress(TimeoutError):
                    if sock.recv(1024) == b"":
                        break
                if drip:
                    sock.sendall(b"2")
        self.held.append(time.monotonic() - began)

    def _talk(self, sock: socket.socket) -> None:
        mails, lines = 0, sock.makefile("rb")
        try:
            going = self._say(sock, "banner")
            while going and (line := lines.readline()):
                word = line.split(None, 1)[0].decode("latin-1").lower() if line.split() else ""
                self.heard.append(line.decode("latin-1").strip())
                going = self._say(sock, {"helo": "ehlo"}.get(word, word)) if word in self.script else True
                if going and word == "data" and self.script["data"].startswith("354"):
                    going = self._body(sock, lines)
                    mails += going
                if self.limit and mails >= self.limit:
                    break
        except OSError:
            pass
        finally:
            lines.close()
            sock.close()

    def _body(self, sock: socket.socket, lines: object) -> bool:
        body = b""
        while (line := lines.readline()) not in (b".\r\n", b""):  # type: ignore[attr-defined]
            body += line
        if not line:
            return False
        if self.script["dot"].startswith("250"):
            self.accepted.append(body)
        return self._say(sock, "dot")

    def stop(self) -> None:
        """Let go of whoever waits."""
        self._over.set()
        self._server.close()


@contextmanager
def scripted(script: dict[str, str] | None = None, *, limit: int = 0) -> Iterator[ScriptedRelay]:
    """One for the length of a block."""
    relay = ScriptedRelay(script or {}, limit=limit)
    try:
        yield relay
    finally:
        relay.stop()


def took(began: float) -> float:
    """Seconds since."""
    return time.monotonic() - began
