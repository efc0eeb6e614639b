"""Three ways to send the same mails: our outbox, a batch task of Celery over the same rows, and Django's own with no queue at all."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection
from django.template.loader import get_template
from django.utils import timezone

from clinic.models import Clinic, OutboxMessage
from clinic.outbox import deliver, kinds
from clinic.outbox.kinds import Kind, Mail, Verdict

_ROWS = """
INSERT INTO clinic_outboxmessage (uuid, key, kind, scope, doubt, urgent, cause_kind, channel, recipient, language, zone, context, wording_version,
  send_after, wished_at, state, reason, attempts, in_doubt, message_id, provider_id, body_sha256)
SELECT u, %(tag)s || n, 'bench', 'care', 'retry', false, '', 'mail', 'p' || n || '@patient.example', 'en', '',
  jsonb_build_object('name', 'Ana ' || n), '1', %(when)s, %(when)s, 'planned', '', 0, false, '<' || u || '@clinic.example>', '', ''
FROM (SELECT n, gen_random_uuid() AS u FROM generate_series(1, %(amount)s) AS n) AS numbers
"""


def _texts(name: str) -> tuple[str, str]:
    """A personalised text and HTML of about 6 kB, from compiled templates."""
    context = {"first_name": name, "clinic": _CLINIC[0], "site": {"name": "Harley site", "phone": "020 7946 0123", "emergency_number": "999"}, "url": "https://clinic.example/l/" + "x" * 43, "days": 14}
    text = get_template("emails/intake_invitation/body.txt").render(context)
    return text, "<p>" + text.replace("\n", "</p><p>") * 3 + "</p>"


_CLINIC: list[Clinic] = []


def _build(row: OutboxMessage, at: datetime) -> Mail:
    text, html = _texts(row.context["name"])
    return Mail("Riverside Dermatology: something waits", text, html)


def prepare() -> None:
    """A kind, a clinic."""
    _CLINIC[:] = [Clinic.objects.first() or Clinic.objects.create(name="Riverside Dermatology", reply_to="care@riverside.example")]
    kinds.register(Kind("bench", lambda row, at: Verdict.go(), _build))


def fill(amount: int, tag: str, when: datetime | None = None) -> None:
    """Due rows."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"amount": amount, "tag": tag, "when": when or timezone.now() - timedelta(minutes=1)})


def waiting(amount: int, *, due: int) -> None:
    """Rows of the future, and some that are due."""
    fill(amount, "wait:", timezone.now() + timedelta(days=1))
    fill(due, "due:")


def outbox() -> None:
    """Everything that is due, by one sender."""
    deliver.drain(batches=100_000)


def _message(row: OutboxMessage, link: object) -> EmailMultiAlternatives:
    text, html = _texts(row.context["name"])
    message = EmailMultiAlternatives(
        "Riverside Dermatology: something waits", text, settings.MAIL_FROM, [row.recipient], connection=link,
        headers={"Message-ID": row.message_id},
    )  # fmt: skip
    message.attach_alternative(html, "text/html")
    return message


def _smtp() -> object:
    return get_connection("django.core.mail.backends.smtp.EmailBackend", host=settings.SMTP_HOST, port=settings.SMTP_PORT)


def celery_batches() -> None:
    """What a worker's process does for a task of a hundred: read, send over one connection, mark. No broker, to its advantage."""
    while True:
        rows = list(OutboxMessage.objects.filter(state="planned", send_after__lte=timezone.now()).order_by("pk")[:100])
        if not rows:
            return
        link = _smtp()
        link.send_messages([_message(row, link) for row in rows])  # type: ignore[attr-defined]
        OutboxMessage.objects.filter(pk__in=[row.pk for row in rows]).update(state="sent", sent_at=timezone.now())


def django_alone() -> None:
    """One connection, no marks: the rows are only the list of names."""
    rows = list(OutboxMessage.objects.filter(state="planned", send_after__lte=timezone.now()).order_by("pk"))
    link = _smtp()
    link.open()  # type: ignore[attr-defined]
    for row in rows:
        _message(row, link).send()
    link.close()  # type: ignore[attr-defined]
    OutboxMessage.objects.filter(pk__in=[row.pk for row in rows]).update(state="sent")
