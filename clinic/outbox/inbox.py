"""Mail that comes back to us: bounces (RFC 3464), complaints (RFC 5965), and replies to the address that nobody reads."""

import logging
import re
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses, parseaddr
from hashlib import sha256

from django.db.models import Q
from flufl.bounce import all_failures

from clinic.models import OutboxMessage
from clinic.outbox import events, tags, verp
from clinic.outbox.auto_reply import queue_auto_reply
from clinic.outbox.events import Said
from clinic.outbox.states import Delivery

log = logging.getLogger("clinic.outbox")
MOST_BYTES = 10 * 1024 * 1024
_STATUS = re.compile(r"^Status:\s*([245]\.\d{1,3}\.\d{1,3})", re.M | re.I)
_ACTION = re.compile(r"^Action:\s*(\w+)", re.M | re.I)
_TO = ("delivered-to", "x-original-to", "envelope-to", "to")


def read(raw: bytes, *, to: str = "", at: datetime) -> str:
    """Understand one incoming mail and act on it. Returns one word: what it was; `ignored` when it is nothing of ours."""
    if len(raw) > MOST_BYTES:
        return "ignored"
    mail = message_from_bytes(raw)
    row = _by_return_path(mail, to)
    if _is_report(mail, "feedback-report"):
        return _noted(row or _by_original(mail), Said(Delivery.COMPLAINED, _feedback_address(mail), "feedback"), at)
    temporary, permanent = _failures(mail)
    if temporary or permanent:
        return _bounce(row or _by_original(mail), mail, temporary, permanent, at)
    if row is not None or _is_automatic(mail):
        return "ignored"
    return _answer(mail, at)


def _failures(mail: Message) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Addresses that failed for now and for good. What the parser can't stomach is no bounce."""
    try:
        temporary, permanent = all_failures(mail)
    except Exception as error:  # its many detectors index and split what anybody may send
        log.info("a mail that can't be parsed as a bounce: %s", type(error).__name__)
        return frozenset(), frozenset()
    return frozenset(temporary), frozenset(permanent)


def _noted(row: OutboxMessage | None, said: Said, at: datetime) -> str:
    if row is None:
        return "ignored"
    said = Said(said.event, said.recipient or tags.address_of(row), said.source, said.code)
    return said.event.value if events.record(row, said, at=at) else "ignored"


def _bounce(row: OutboxMessage | None, mail: Message, temporary: frozenset[bytes], permanent: frozenset[bytes], at: datetime) -> str:
    """Hard when the address itself is wrong; a full mailbox, a policy or a broken forward is soft. A notice of delay is neither."""
    if row is None:
        return "ignored"
    reports = _reports(mail)
    status = _STATUS.search(reports)
    code = status.group(1) if status else ""
    if {action.lower() for action in _ACTION.findall(reports)} == {"delayed"}:  # it is still on its way (RFC 3464 2.3.3)
        return _noted(row, Said(Delivery.DEFERRED, "", "bounce", code), at)
    named = {address.decode("latin-1").lower() for address in permanent}
    there = next((address for address in named if tags.went_to(row, address)), "")
    hard = bool(there) and (not code or code.startswith(events.HARD_CODES))
    return _noted(row, Said(Delivery.BOUNCED if hard else Delivery.SOFT, there, "bounce", code), at)


def _by_return_path(mail: Message, to: str) -> OutboxMessage | None:
    """By the tagged address it came back to."""
    written = [value for name in _TO for value in mail.get_all(name, [])]
    for _name, address in [("", to), *getaddresses([str(value) for value in written])]:
        if address and (uuid := verp.message_of(address)) is not None:
            return events.find(uuid=uuid)
    return None


def _by_original(mail: Message) -> OutboxMessage | None:
    """By the Message-ID within: only who saw our mail can know it."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" and part.is_multipart():
            inner = part.get_payload(0)
            if isinstance(inner, Message) and inner["Message-ID"]:
                return events.find(message_id=str(inner["Message-ID"]))
        if kind == "text/rfc822-headers":
            text = part.get_payload(decode=True)
            if isinstance(text, bytes):
                return events.find(message_id=str(message_from_bytes(text)["Message-ID"] or ""))
    return None


def _is_report(mail: Message, kind: str) -> bool:
    return mail.get_content_type() == "multipart/report" and str(mail.get_param("report-type", "")).lower() == kind


def _reports(mail: Message) -> str:
    """The machine-readable parts as text."""
    return "\n".join(str(part) for part in mail.walk() if part.get_content_type() == "message/delivery-status")


def _feedback_address(mail: Message) -> str:
    """Original-Rcpt-To, which many senders of complaints leave out."""
    for part in mail.walk():
        if part.get_content_type() == "message/feedback-report":
            found = re.search(r"^Original-Rcpt-To:\s*<?([^<>\s]+)>?", str(part), re.M | re.I)
            return found.group(1) if found else ""
    return ""


def _is_automatic(mail: Message) -> bool:
    """Answers to these would go round in circles (RFC 3834)."""
    automatic = str(mail.get("Auto-Submitted", "no")).split(";")[0].strip().lower() != "no"
    bulk = str(mail.get("Precedence", "")).strip().lower() in {"bulk", "junk", "list", "auto_reply"}
    lists = any(mail[name] for name in ("List-Id", "List-Unsubscribe", "X-Auto-Response-Suppress", "X-Autoreply"))
    empty = str(mail.get("Return-Path", "<x@x>")).strip() in {"<>", ""}
    return automatic or bulk or lists or empty


def _answer(mail: Message, at: datetime) -> str:
    """The automatic answer, to somebody we wrote to, at most once a day."""
    address = parseaddr(str(mail.get("From", "")))[1].lower()
    if not address or len(address) > 254 or re.search(r"(mailer-daemon|postmaster|no-?reply)@", address):
        return "ignored"
    went = Q(recipient__iexact=address) | Q(recipient_tag=tags.tag(address))
    answered = events.find(message_id=str(mail.get("In-Reply-To", "")))
    ours = answered or OutboxMessage.objects.filter(went, state="sent").order_by("-pk").first()
    if ours is None:
        return "ignored"
    queue_auto_reply(
        key=f"auto_reply:{sha256(address.encode()).hexdigest()[:32]}:{at:%Y%m%d}", recipient=address, language=ours.language,
        in_reply_to=str(mail.get("Message-ID", "")), at=at,
    )  # fmt: skip
    return "answered"
