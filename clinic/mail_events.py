"""Providers' webhooks, through django-anymail: each with a signature or a shared secret, or not heard at all."""

import logging
import re
import time
from typing import Any
from uuid import UUID

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking
from anymail.webhooks import brevo, mailersend, mailgun, mailjet, postmark, resend, sendgrid
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from clinic import svix
from clinic.models import OutboxMessage
from clinic.outbox import events
from clinic.outbox.events import HARD_CODES, Said
from clinic.outbox.states import Delivery

log = logging.getLogger("clinic.outbox")


class _Resend(resend.ResendTrackingWebhookView):  # type: ignore[misc]
    """Checks the signature here: anymail's own check needs a package that nothing else needs."""

    def __init__(self, **kwargs: Any) -> None:
        self._svix_webhook, self.warn_if_no_basic_auth = None, False
        super(resend.SvixWebhookValidationMixin, self).__init__(**kwargs)

    def validate_request(self, request: HttpRequest) -> None:
        """Raises AnymailWebhookValidationFailure."""
        if not svix.is_signed(request.body, request.headers, secret=str(settings.ANYMAIL.get("RESEND_SIGNING_SECRET", "")), now=time.time()):
            raise AnymailWebhookValidationFailure("a wrong signature")


# provider: its view, and the settings of which one must be there
PROVIDERS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "brevo": (brevo.BrevoTrackingWebhookView, ("WEBHOOK_SECRET",)),
    "mailersend": (mailersend.MailerSendTrackingWebhookView, ("MAILERSEND_SIGNING_SECRET",)),
    "mailgun": (mailgun.MailgunTrackingWebhookView, ("MAILGUN_WEBHOOK_SIGNING_KEY",)),
    "mailjet": (mailjet.MailjetTrackingWebhookView, ("WEBHOOK_SECRET",)),
    "postmark": (postmark.PostmarkTrackingWebhookView, ("WEBHOOK_SECRET",)),
    "resend": (_Resend, ("RESEND_SIGNING_SECRET",)),
    "sendgrid": (sendgrid.SendGridTrackingWebhookView, ("SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY", "WEBHOOK_SECRET")),
}
_HARD = {RejectReason.INVALID, RejectReason.BOUNCED}


class NoSecret(LookupError):
    """The provider is listed, but nothing could prove that an event is its own."""


def has_secret(provider: str) -> bool:
    """Whether the provider is known and its events can be checked."""
    known = PROVIDERS.get(provider)
    return known is not None and any(settings.ANYMAIL.get(name) for name in known[1])


def hear(request: HttpRequest, provider: str) -> HttpResponse:
    """Check the signature and note the events. Raises SuspiciousOperation for a forged one, NoSecret without a key."""
    if not has_secret(provider):
        raise NoSecret(provider)
    response: HttpResponse = PROVIDERS[provider][0].as_view()(request)
    return response


def _code(event: AnymailTrackingEvent) -> str:
    """The status such as 5.2.2, where the provider gives one (RFC 3463)."""
    raw = event.esp_event if isinstance(event.esp_event, dict) else {}
    of_mailgun = (raw.get("event-data") or {}).get("delivery-status") or {}
    found = re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", str(raw.get("status") or of_mailgun.get("enhanced-code") or ""))
    return found.group() if found else ""


def _words(raw: dict[str, Any]) -> set[str]:
    """Each provider's own word for the kind of bounce, without its prefix."""
    told = [raw.get(key) for key in ("Type", "event", "type")] + [((raw.get("data") or {}).get("bounce") or {}).get("type")]
    return {str(word or "").lower().replace("_", "").rpartition(".")[2] for word in told}


def _is_hard(event: AnymailTrackingEvent) -> bool:
    """Whether the address itself is at fault. What the provider calls soft, or a full mailbox or a policy by its code, is not."""
    raw = event.esp_event if isinstance(event.esp_event, dict) else {}
    words, code = _words(raw), _code(event)
    soft = words & {"softbounce", "softbounced", "transient", "undetermined", "blocked"}
    if soft or raw.get("hard_bounce") is False or raw.get("error") == "quota exceeded" or (code and not code.startswith(HARD_CODES)):
        return False
    return event.reject_reason in _HARD or bool(words & {"hardbounce", "hardbounced", "permanent"}) or {raw.get("event"), raw.get("type")} == {"bounce"}


def _delivery(event: AnymailTrackingEvent) -> Delivery | None:
    if event.event_type == EventType.BOUNCED:
        return Delivery.BOUNCED if _is_hard(event) else Delivery.SOFT
    if event.event_type == EventType.REJECTED:
        if event.reject_reason == RejectReason.SPAM:
            return Delivery.COMPLAINED
        return Delivery.BOUNCED if _is_hard(event) else Delivery.SOFT
    words = {
        EventType.DELIVERED: Delivery.DELIVERED, EventType.DEFERRED: Delivery.DEFERRED, EventType.COMPLAINED: Delivery.COMPLAINED,
    }  # fmt: skip
    return words.get(event.event_type)


def _note(sender: object, event: AnymailTrackingEvent, esp_name: str, **_: Any) -> None:
    """What we don't know, or didn't send, is passed over without a word about anybody."""
    said = _delivery(event)
    if said is None or not event.recipient:
        return
    own = str((event.metadata or {}).get("message", ""))
    row = _find(own, str(event.message_id or ""))
    if row is None:
        log.info("an event of %s is about no message of ours", esp_name)
        return
    events.record(row, Said(said, event.recipient, esp_name, _code(event)), at=timezone.now())


def _find(own: str, provider_id: str) -> OutboxMessage | None:
    try:
        return events.find(uuid=UUID(own))
    except ValueError:
        return events.find(message_id=provider_id) or events.find(provider_id=provider_id)


def listen() -> None:
    """Called once the house is up."""
    tracking.connect(_note, dispatch_uid="clinic.mail_events")
