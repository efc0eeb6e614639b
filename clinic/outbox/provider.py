"""Mail through a provider's API (django-anymail). Its answers become the outcomes that SMTP has."""

from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused, AnymailRequestsAPIError
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from requests import ConnectionError as RequestsConnectionError
from requests import ReadTimeout

from clinic.outbox.mime import Letter
from clinic.smtp import Outcome

_OWN = {"From", "To", "Subject", "Reply-To"}


def as_django_message(letter: Letter) -> EmailMultiAlternatives:
    """Our letter as a message of Django, with what lets the provider's events find their way back."""
    headers = dict(letter.headers)
    message = EmailMultiAlternatives(
        subject=headers["Subject"], body=letter.mail.text, from_email=headers["From"], to=[letter.recipient],
        reply_to=[headers["Reply-To"]], headers={name: value for name, value in headers.items() if name not in _OWN},
    )  # fmt: skip
    if letter.mail.html:
        message.attach_alternative(letter.mail.html, "text/html")
    for name, content_type, content in letter.mail.attachments:
        message.attach(name, content, content_type)
    if settings.MAIL_CARRIER_METADATA:
        message.metadata = {"message": letter.uuid}  # type: ignore[attr-defined]
    message.track_opens = message.track_clicks = False  # type: ignore[attr-defined]
    return message


class ProviderCarrier:
    """One of anymail's backends by its short name, such as `postmark` or `amazon_ses`."""

    def __init__(self, name: str) -> None:
        self._backend: Any = get_connection(f"anymail.backends.{name}.EmailBackend")

    def send(self, letter: Letter) -> Outcome:
        """One message to one recipient."""
        message = as_django_message(letter)
        try:
            self._backend.send_messages([message])
        except AnymailRecipientsRefused:
            return Outcome("bad_address", 550, "the provider refused the address")
        except AnymailAPIError as error:
            return outcome_of(error)
        except AnymailError as error:
            return Outcome("refused", 0, f"the provider can't take this mail: {type(error).__name__}")
        status = getattr(message, "anymail_status", None)
        return Outcome("sent", 250, provider_id=str(getattr(status, "message_id", "") or "")[:120])

    def quit(self) -> None:
        """Close the session."""
        self._backend.close()


def outcome_of(error: AnymailAPIError) -> Outcome:
    """4xx of HTTP is not 4xx of SMTP: 401 and 403 are ours to mend, 429 and 5xx come back later, no answer is doubt."""
    code = error.status_code if isinstance(error, AnymailRequestsAPIError) and error.status_code else 0
    cause = error.__cause__
    if isinstance(cause, ReadTimeout):
        return Outcome("doubt", 0, "the provider did not answer")
    if isinstance(cause, RequestsConnectionError):
        return Outcome("closed", 0, "the provider can't be reached")
    if code in {401, 403}:
        return Outcome("ours", code, f"the provider refused us with {code}")
    if code == 429 or code >= 500:
        return Outcome("later", code, f"the provider said {code}")
    return Outcome("refused", code, f"the provider refused the mail with {code}")
