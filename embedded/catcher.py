"""The demo's mail catcher: SMTP in, a readable inbox in the browser. Nothing leaves the machine."""

import email
import email.policy
import html
import re
import signal
import sys
import time
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote

from aiosmtpd.controller import Controller

_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; form-action 'none'; base-uri 'none'"
_STYLE = """<meta name=viewport content="width=device-width,initial-scale=1"><style>body{font:15px/1.5 Arial,sans-serif;
margin:0 auto;max-width:860px;padding:16px;color:#14212b}a{color:#0b6e6e}li{border-bottom:1px solid #dde3e8;padding:8px 0;
list-style:none}ul{padding:0}.m{color:#51606b}iframe{border:1px solid #dde3e8;width:100%;height:640px}pre{white-space:pre-wrap;
background:#f4f6f7;padding:12px}</style>"""


class Sink:
    """Every message becomes one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Store it under the moment of its arrival."""
        name = f"{time.time_ns()}.eml"
        fresh = self.folder / f".{name}"
        fresh.write_bytes(envelope.content)
        fresh.rename(self.folder / name)
        print(f"mail to {', '.join(envelope.rcpt_tos)}", flush=True)
        return "250 OK"


def read(path: Path) -> EmailMessage:
    """One stored message."""
    found = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def _inbox(folder: Path) -> str:
    rows = []
    for path in sorted(folder.glob("*.eml"), reverse=True)[:300]:
        mail = read(path)
        when = time.strftime("%H:%M:%S", time.localtime(int(path.stem) / 1e9))
        rows.append(
            f'<li><span class=m>{when}</span> <a href="/{path.stem}/">{html.escape(mail["Subject"] or "")}</a>'
            f'<br><span class=m>to {html.escape(mail["To"] or "")}</span></li>'
        )
    return f"<h1>Mail catcher</h1><p class=m>Newest first. Reload for more.</p><ul>{''.join(rows) or '<li>No mail yet.</li>'}</ul>"


def _linked(text: str) -> str:
    return re.sub(r"(https?://[^\s<]+)", r'<a href="\1">\1</a>', html.escape(text))


def _message(path: Path) -> str:
    mail = read(path)
    heads = "".join(f"<div><b>{name}:</b> {html.escape(str(mail[name]))}</div>" for name in ("From", "To", "Reply-To", "Subject", "Date", "Message-ID") if mail[name])
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    files = "".join(f"<h2>{html.escape(part.get_filename() or '')}</h2><pre>{html.escape(str(part.get_content()))}</pre>" for part in mail.iter_attachments())
    frame = f'<h2>HTML</h2><iframe sandbox="allow-popups allow-popups-to-escape-sandbox" src="/{path.stem}/html"></iframe>' if rich else ""
    text = f"<h2>Text</h2><pre>{_linked(str(plain.get_content()))}</pre>" if plain else ""
    return f'<p><a href="/">Inbox</a></p>{heads}{text}{frame}{files}'


def make_handler(folder: Path) -> type[BaseHTTPRequestHandler]:
    """The inbox of one folder."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = [unquote(part) for part in self.path.split("?")[0].split("/") if part]
            path = folder / f"{parts[0]}.eml" if parts and parts[0].isdigit() else None
            if not parts:
                self._say(_STYLE + _inbox(folder))
            elif path is None or not path.exists():
                self._say("Not found", 404)
            elif parts[1:] == ["html"]:
                body = read(path).get_body(("html",))
                self._say(str(body.get_content()) if body else "", target=True)
            else:
                self._say(_STYLE + _message(path))

        def _say(self, text: str, status: int = 200, *, target: bool = False) -> None:
            raw = (("<base target=_blank>" if target else "<!doctype html><html lang=en><title>Mail catcher</title>") + text).encode()
            self.send_response(status)
            for name, value in (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(raw))), ("Content-Security-Policy", _CSP), ("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff")):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    return Handler


def main() -> None:
    """`python -m embedded.catcher FOLDER SMTP_PORT WEB_PORT`."""
    folder, smtp_port, web_port = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    controller = Controller(Sink(folder), hostname="127.0.0.1", port=smtp_port)
    controller.start()
    web = ThreadingHTTPServer(("127.0.0.1", web_port), make_handler(folder))
    Thread(target=web.serve_forever, daemon=True).start()
    print("listening", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    web.shutdown()
    controller.stop()


if __name__ == "__main__":
    main()
