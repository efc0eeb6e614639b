"""From a built mail to the message that goes out. The same Message-ID and Date on every attempt."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from django.conf import settings

from clinic.models import Clinic, OutboxMessage
from clinic.outbox.kinds import Mail


def _one_line(text: str) -> str:
    if "\r" in text or "\n" in text:
        raise ValueError("a header may not hold a line break")
    return text


def sender_address() -> str:
    """The bare address of the envelope."""
    return parseaddr(settings.MAIL_FROM)[1]


def compose(row: OutboxMessage, mail: Mail) -> EmailMessage:
    """The whole message. Raises ValueError for a line break in a header (R34)."""
    if row.first_attempt_at is None or not row.message_id:
        raise ValueError("compose after the intent is written")
    clinic = Clinic.objects.only("name", "reply_to").first()
    message = EmailMessage()
    name, address = parseaddr(settings.MAIL_FROM)
    message["From"] = Address(_one_line(clinic.name if clinic else name), addr_spec=address)
    message["To"] = Address(addr_spec=_one_line(row.recipient))
    message["Subject"] = _one_line(mail.subject.strip())
    message["Message-ID"] = row.message_id
    message["Date"] = format_datetime(row.first_attempt_at)
    message["Auto-Submitted"] = "auto-generated"
    reply_to = mail.reply_to or (clinic.reply_to if clinic else "")
    if reply_to:
        message["Reply-To"] = _one_line(reply_to)
    for header, value in mail.headers.items():
        message[header] = _one_line(value)
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    for filename, content_type, content in mail.attachments:
        _attach(message, filename, content_type, content)
    return message


def _attach(message: EmailMessage, filename: str, content_type: str, content: bytes) -> None:
    main, _, rest = content_type.partition("/")
    subtype, _, parameters = rest.partition(";")
    message.add_attachment(content, maintype=main, subtype=subtype.strip(), filename=filename)
    part = list(message.iter_attachments())[-1]
    for parameter in filter(None, (p.strip() for p in parameters.split(";"))):
        key, _, value = parameter.partition("=")
        part.set_param(key, value.strip('"'))
