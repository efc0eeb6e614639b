"""Our own SMTP dialogue. It knows whether the final dot went out, which decides between “again” and “in doubt”.

RFC 5321. Django's backend never reopens a closed connection and loses refused recipients silently.
"""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


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


class Connection:
    """One connection to the relay, opened on first use and again after a close."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._smtp: smtplib.SMTP | None = None
        self.sent = 0

    def send(self, mail: EmailMessage, *, sender: str, recipient: str) -> Outcome:
        """Hand one mail over; a connection that closed before the dot is opened once more."""
        raw = mail.as_bytes(policy=SMTP_POLICY)
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
                self._smtp.quit()
            except (OSError, smtplib.SMTPException):
                self._smtp.close()
        self._smtp = None

    def _open(self) -> smtplib.SMTP:
        relay = self._relay
        if relay.tls == "none" and relay.host not in _LOOPBACK:
            raise ssl.SSLError("mail never leaves this machine in clear; set SMTP_TLS")
        context = ssl.create_default_context()
        if relay.tls == "implicit":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(relay.host, relay.port, timeout=relay.timeout, context=context)
        else:
            smtp = smtplib.SMTP(relay.host, relay.port, timeout=relay.timeout)
        smtp.ehlo()
        if relay.tls == "starttls":
            smtp.starttls(context=context)
            smtp.ehlo()
        if relay.user:
            smtp.login(relay.user, relay.password)
        return smtp

    def _try(self, raw: bytes, sender: str, recipient: str) -> Outcome:
        after_dot = False
        try:
            if self._smtp is None:
                self._smtp = self._open()
            smtp = self._smtp
            code, text = smtp.mail(sender, ["BODY=8BITMIME"] if smtp.has_extn("8bitmime") else [])
            if code != 250:
                return _refusal(code, text, "mail")
            code, text = smtp.rcpt(recipient)
            if code not in (250, 251):
                return _refusal(code, text, "rcpt")
            code, text = smtp.docmd("DATA")
            if code != 354:
                return _refusal(code, text, "data")
            body = smtplib._quote_periods(smtplib._fix_eols(raw.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape"))  # type: ignore[attr-defined]
            after_dot = True
            smtp.send(body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            code, text = smtp.getreply()
            if code == 250:
                self.sent += 1
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


def _refusal(code: int, text: bytes | str, step: str) -> Outcome:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    enhanced = words[:5].strip()
    if code == 421 or code < 0:
        return Outcome("doubt" if step == "dot" and code < 0 else "closed", max(code, 0), "the relay closed the connection")
    if 400 <= code < 500:
        return Outcome("later", code, f"the relay said {code}")
    if step in {"mail", "connect"} or code in {530, 535}:
        return Outcome("ours", code, f"the relay refused us with {code}")
    if step == "rcpt" and not enhanced.startswith("5.7"):
        return Outcome("bad_address", code, f"the address was refused with {code}")
    return Outcome("refused", code, f"the relay refused the mail with {code}")
