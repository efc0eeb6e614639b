"""From a built mail to the bytes that go out, put together by hand: a skeleton a mail, its parts encoded in C.

Python's own e-mail package takes half of a sender's time (MESSAGES.md). RFC 5322, 2045–2047, 2183. The same Message-ID and
Date on every attempt.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from functools import cached_property, lru_cache

from django.conf import settings

from clinic.models import Clinic, OutboxMessage
from clinic.outbox import verp
from clinic.outbox.kinds import Mail
from clinic.outbox.states import Channel, Scope

_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+ -]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_ADDRESS = re.compile(r"[!-~]+@[!-~]+")
_NUMBER = re.compile(r"\+?[0-9][0-9 ()-]{2,38}")


@dataclass(frozen=True)
class Letter:
    """One message as it goes out: headers as text, its parts, and the envelope's sender."""

    headers: tuple[tuple[str, str], ...]
    mail: Mail
    envelope_from: str
    recipient: str
    uuid: str

    @cached_property
    def raw(self) -> bytes:
        """RFC 5322, CRLF line ends, ASCII alone: any relay takes it."""
        lines = [f"{name}: {_encoded(name, value)}" for name, value in self.headers]
        lines.append("MIME-Version: 1.0")
        return "\r\n".join(lines).encode("ascii") + b"\r\n" + _body(self.mail, self.uuid)


def one_line(text: str) -> str:
    """Raises ValueError for a line break or another control character in a header (R34)."""
    if any(ord(char) < 32 or ord(char) == 127 for char in text):
        raise ValueError("a header may not hold a line break")
    return text


@lru_cache(maxsize=2048)
def _encoded(name: str, value: str) -> str:
    if value.isascii() and len(value) < 900:
        return value
    return Header(value, "utf-8", header_name=name, maxlinelen=76).encode(linesep="\r\n")


@lru_cache(maxsize=256)
def _from(name: str, address: str) -> str:
    return formataddr((one_line(name), address))


def sender_address() -> str:
    """The bare address that mail comes from."""
    return parseaddr(settings.MAIL_FROM)[1]


def reply_address(clinic: Clinic | None) -> str:
    """A mailbox that somebody watches, or the one whose automatic answer says how to reach a person (SETTLED 21)."""
    watched = clinic.reply_to if clinic else ""
    return watched or settings.MAIL_REPLIES or sender_address()


def compose(row: OutboxMessage, mail: Mail, clinic: Clinic | None) -> Letter:
    """The whole message. Raises ValueError for a line break in a header (R34), or an address that can't be one."""
    if row.first_attempt_at is None or not row.message_id:
        raise ValueError("compose after the intent is written")
    if row.channel == Channel.TEXT:
        return _note(row, mail)
    if not _ADDRESS.fullmatch(row.recipient):
        raise ValueError("this address can't receive mail")
    name, address = parseaddr(settings.MAIL_FROM)
    headers = {
        "From": _from(clinic.name if clinic else name, address),
        "To": row.recipient,
        "Subject": one_line(mail.subject.strip()),
        "Message-ID": row.message_id,
        "Date": format_datetime(row.first_attempt_at),
        "Reply-To": one_line(mail.reply_to or reply_address(clinic)),
        "Auto-Submitted": "auto-generated",
    }
    for header, value in mail.headers.items():
        if not _NAME.fullmatch(header):
            raise ValueError("not the name of a header")
        headers[header] = one_line(value)
    if row.scope in {Scope.ACCOUNT, Scope.STAFF}:
        headers["Precedence"] = "bulk"  # automatic answers to these help nobody
    return Letter(tuple(headers.items()), mail, verp.address_for(row) or sender_address(), row.recipient, row.uuid.hex)


def _note(row: OutboxMessage, mail: Mail) -> Letter:
    """A text message: its words and a number, no header."""
    if not _NUMBER.fullmatch(row.recipient) or not mail.text.strip():
        raise ValueError("this can't be a text message")
    return Letter((), mail, "", row.recipient, row.uuid.hex)


def _text_part(text: str, subtype: str) -> bytes:
    """Quoted-printable, each line ended by CRLF."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if not plain.endswith("\n"):
        plain += "\n"
    coded = binascii.b2a_qp(plain.encode(), istext=True).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode() + coded


def _file_part(name: str, content_type: str, content: bytes) -> bytes:
    if not _TOKEN.fullmatch(name):
        raise ValueError("a file's name holds plain letters alone")
    coded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    head = (
        f"Content-Type: {one_line(content_type)}; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
    )
    return head.encode("ascii") + coded


def _joined(kind: str, boundary: str, parts: list[bytes]) -> bytes:
    """Quoted-printable and base64 never hold “=_”, so no part can hold the boundary."""
    edge = f"--{boundary}\r\n".encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(edge + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()


def _body(mail: Mail, unique: str) -> bytes:
    main = _text_part(mail.text, "plain")
    if mail.html:
        main = _joined("alternative", f"=_a{unique}", [main, _text_part(mail.html, "html")])
    if not mail.attachments:
        return main
    return _joined("mixed", f"=_m{unique}", [main, *(_file_part(*file) for file in mail.attachments)])
