"""A provider's API on 127.0.0.1: real HTTP, answers as told, remembers what it was sent. Not a test."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SILENT, CLOSE = "silent", "close"


class Provider:
    """What it says to the next requests, in order; the last answer stays. An answer is (status, body, headers), SILENT or CLOSE."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.asked: list[dict[str, Any]] = []
        self.heads: list[dict[str, str]] = []
        self.done = threading.Event()
        self.address = ""

    def next(self) -> Any:
        """The answer to this request."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            provider.heads.append(dict(self.headers))
            provider.asked.append(json.loads(body))
            answer = provider.next()
            if answer == SILENT:
                provider.done.wait(5)
            if answer in (SILENT, CLOSE):
                self.close_connection = True
                return
            status, said, headers = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    return Handler


@contextmanager
def providing(*answers: Any) -> Iterator[Provider]:
    """One that runs as long as the block."""
    provider = Provider()
    provider.answers = list(answers)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    server.daemon_threads = True
    provider.address = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.done.set()
        server.shutdown()
        server.server_close()
        thread.join()


def said(status: int, **body: Any) -> tuple[int, bytes, dict[str, str]]:
    """A JSON answer."""
    return status, json.dumps(body).encode(), {"Content-Type": "application/json"}


def took(recipient: str, name: str = "pm-1") -> tuple[int, bytes, dict[str, str]]:
    """Postmark's answer to a mail that it took."""
    return said(200, ErrorCode=0, Message="OK", MessageID=name, To=recipient, SubmittedAt="2026-03-02T14:30:00Z")
