"""Our own SMTP dialogue. It knows whether the final dot went out, which decides between “again” and “in doubt”.

RFC 5321. Django's backend never reopens a closed connection and loses refused recipients silently.
"""

import smtplib
import socket
import ssl
import time
from dataclasses import dataclass

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
MAILS_PER_CONNECTION = 100


@dataclass(frozen=True)
class Relay:
    """Where mail goes. `tls` is none, starttls or implicit; none is refused outside loopback."""

    host: str
    port: int
    tls: str = "none"
    user: str = ""
    password: str = ""
    timeout: float = 20.0


@dataclass(frozen=True)
class Outcome:
    """What became of one mail.

    `word`: sent · later (4xx, nothing handed over) · bad_address (5.1.x at RCPT) · refused (other 5xx) ·
    ours (ours to mend: MAIL, sign-in, TLS) · closed (before the dot) · doubt (after the dot).
    """

    word: str
    code: int = 0
    text: str = ""
    provider_id: str = ""


class _Reader:
    """Lines from a socket with one deadline for all of them: a relay that says a byte now and then is not waited for."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock, self._buffer, self.deadline = sock, b"", deadline

    def readline(self, limit: int) -> bytes:
        """The next line, or what came before the end. Raises TimeoutError."""
        while b"\n" not in self._buffer and len(self._buffer) < limit:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the relay is too slow")
            self._sock.settimeout(left)
            if not (more := self._sock.recv(4096)):
                break
            self._buffer += more
        line, mark, self._buffer = self._buffer.partition(b"\n")
        return line + mark

    def close(self) -> None:
        """Nothing of its own to close."""


class _Dialogue:
    """Gives smtplib's reading one deadline."""

    deadline = 0.0
    file: _Reader | None
    sock: socket.socket

    def getreply(self) -> tuple[int, bytes]:
        """A whole reply before the deadline. Raises TimeoutError."""
        if self.file is None:
            self.file = _Reader(self.sock, self.deadline)
        self.file.deadline = self.deadline
        found: tuple[int, bytes] = super().getreply()  # type: ignore[misc]
        return found


class _Plain(_Dialogue, smtplib.SMTP):  # type: ignore[misc]
    """Without TLS, or with STARTTLS."""


class _Implicit(_Dialogue, smtplib.SMTP_SSL):  # type: ignore[misc]
    """TLS from the first byte."""


class Connection:
    """One connection to the relay, opened on first use and again after a close."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._smtp: _Plain | _Implicit | None = None
        self._carried = 0
        self.sent = 0

    def send(self, raw: bytes, *, sender: str, recipient: str) -> Outcome:
        """Hand one mail over; a connection that closed before the dot is opened once more. Takes at most twice the timeout."""
        if self._smtp is not None and self._carried >= MAILS_PER_CONNECTION:
            self.quit()
        outcome = self._try(raw, sender, recipient)
        if outcome.word == "closed":
            self.close()
            outcome = self._try(raw, sender, recipient)
        if outcome.word != "sent":
            self._settle(outcome)
        return outcome

    def _settle(self, outcome: Outcome) -> None:
        if outcome.word in {"closed", "doubt", "ours"} or self._smtp is None:
            self.close()
            return
        try:
            self._smtp.deadline = time.monotonic() + self._relay.timeout
            self._smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def close(self) -> None:
        """Drop the connection without ceremony."""
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

    def quit(self) -> None:
        """Say goodbye and close."""
        if self._smtp is not None:
            try:
                self._smtp.deadline = time.monotonic() + self._relay.timeout
                self._smtp.quit()
            except (OSError, smtplib.SMTPException):
                self._smtp.close()
        self._smtp = None

    def _open(self, deadline: float) -> _Plain | _Implicit:
        relay = self._relay
        if relay.tls == "none" and relay.host not in _LOOPBACK:
            raise ssl.SSLError("mail never leaves this machine in clear; set SMTP_TLS")
        context = ssl.create_default_context()
        implicit = relay.tls == "implicit"
        smtp = _Implicit(timeout=relay.timeout, context=context) if implicit else _Plain(timeout=relay.timeout)
        smtp.deadline = deadline
        smtp._host = relay.host  # type: ignore[union-attr]  # smtplib checks the certificate against it
        try:
            self._greet(smtp, context)
        except BaseException:
            smtp.close()  # nothing may go over a connection that is not encrypted and signed in
            raise
        self._smtp, self._carried = smtp, 0
        return smtp

    def _greet(self, smtp: _Plain | _Implicit, context: ssl.SSLContext) -> None:
        relay = self._relay
        code, text = smtp.connect(relay.host, relay.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        smtp.ehlo()
        if relay.tls == "starttls":
            try:
                smtp.starttls(context=context)
            except smtplib.SMTPResponseException as error:
                raise ssl.SSLError("the relay refused STARTTLS") from error
            smtp.ehlo()
        if relay.user:
            smtp.login(relay.user, relay.password)

    def _try(self, raw: bytes, sender: str, recipient: str) -> Outcome:
        after_dot, deadline = False, time.monotonic() + self._relay.timeout
        try:
            smtp = self._smtp or self._open(deadline)
            smtp.deadline = deadline
            code, text = smtp.mail(sender, ["BODY=8BITMIME"] if smtp.has_extn("8bitmime") else [])
            if code != 250:
                return _refusal(code, text, "mail")
            code, text = smtp.rcpt(recipient)
            if code not in (250, 251):
                return _refusal(code, text, "rcpt")
            code, text = smtp.docmd("DATA")
            if code != 354:
                return _refusal(code, text, "data")
            smtp.send(_stuffed(raw))
            after_dot = True  # only from here on may the relay take it for whole
            smtp.send(b".\r\n")
            code, text = smtp.getreply()
            if code == 250:
                self.sent, self._carried = self.sent + 1, self._carried + 1
                return Outcome("sent", code)
            return _refusal(code, text, "dot")
        except smtplib.SMTPAuthenticationError as error:
            return Outcome("ours", error.smtp_code, "the relay refused our sign-in")
        except (ssl.SSLError, smtplib.SMTPNotSupportedError) as error:
            return Outcome("ours", 0, f"no safe connection: {type(error).__name__}")
        except smtplib.SMTPConnectError as error:
            return _refusal(error.smtp_code, error.smtp_error, "connect")
        except (OSError, smtplib.SMTPException) as error:
            return Outcome("doubt" if after_dot else "closed", 0, type(error).__name__)


def _stuffed(raw: bytes) -> bytes:
    """CRLF at each end of line, a leading dot doubled (RFC 5321 4.5.2)."""
    text = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").replace(b"\n", b"\r\n") + b"\r\n"
    return (b"." if text.startswith(b".") else b"") + text.replace(b"\r\n.", b"\r\n..")


def _refusal(code: int, text: bytes | str, step: str) -> Outcome:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    enhanced = words[:5].strip()
    if code == 421 or code < 0:
        return Outcome("doubt" if step == "dot" and code < 0 else "closed", max(code, 0), "the relay closed the connection")
    if 400 <= code < 500:
        return Outcome("later", code, f"the relay said {code}")
    if step in {"mail", "connect"} or code in {530, 535}:
        return Outcome("ours", code, f"the relay refused us with {code}")
    if step == "rcpt" and enhanced.startswith("5.1."):  # a bare 550 may speak of us, not of the address
        return Outcome("bad_address", code, f"the address was refused with {code}")
    return Outcome("refused", code, f"the relay refused the mail with {code}")
