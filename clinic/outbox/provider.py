"""Mail through a provider's API (django-anymail). Its answers become the outcomes that SMTP has."""

from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused, AnymailRequestsAPIError
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection
from requests import ConnectTimeout, RequestException, Session, TooManyRedirects
from requests.exceptions import InvalidURL, MissingSchema, ProxyError, SSLError
from urllib3.exceptions import NewConnectionError

from clinic.outbox.mime import Letter
from clinic.smtp import Outcome

# HTTP's answers: those that speak of us, not of this mail; those after which nothing was taken; those after which nobody knows
_OURS, _LATER, _UNSURE = {401, 402, 403, 404, 405, 407}, {408, 425, 429}, {502, 504}
_NEVER_THERE = (ConnectTimeout, ProxyError)
_SET_UP_WRONGLY = (TooManyRedirects, InvalidURL, MissingSchema)
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
    """One of anymail's backends by its short name, such as `postmark` or `mailgun`."""

    def __init__(self, name: str) -> None:
        self._name, self._backend = name, None

    def _open(self) -> Any:
        if self._backend is None:
            backend: Any = get_connection(f"anymail.backends.{self._name}.EmailBackend")
            if hasattr(backend, "create_session"):
                make = backend.create_session
                backend.create_session = lambda: _without_redirects(make())
            self._backend = backend
        return self._backend

    def send(self, letter: Letter) -> Outcome:
        """One message to one recipient, over a connection of its own: one that idled may close under the next mail and leave it in doubt."""
        message = as_django_message(letter)
        if self._name == "postmark":  # else it writes a Message-ID of its own, and a second try would look like another mail
            message.extra_headers["X-PM-KeepID"] = "true"
        try:
            self._open().send_messages([message])
        except AnymailRecipientsRefused:
            return Outcome("bad_address", 550, "the provider refused the address")
        except AnymailAPIError as error:
            return outcome_of(error)
        except (ImproperlyConfigured, ImportError) as error:
            return Outcome("ours", 0, f"the provider is not set up: {type(error).__name__}")
        except AnymailError as error:
            return Outcome("refused", 0, f"the provider can't take this mail: {type(error).__name__}")
        return _taken(getattr(message, "anymail_status", None))

    def quit(self) -> None:
        """Close the session."""
        if self._backend is not None:
            self._backend.close()


def _taken(status: Any) -> Outcome:
    """anymail raises nothing for an error whose words it does not know: the answer's own number decides."""
    code = getattr(getattr(status, "esp_response", None), "status_code", 200)
    if code >= 400 or getattr(status, "status", None) == {"failed"}:
        return Outcome("refused", code, f"the provider refused the mail with {code}")
    return Outcome("sent", 250, provider_id=str(getattr(status, "message_id", "") or "")[:120])


def _without_redirects(session: Session) -> Session:
    """A patient's mail goes to the address in the settings or nowhere (R35)."""
    session.max_redirects = 0
    return session


def outcome_of(error: AnymailAPIError) -> Outcome:
    """4xx of HTTP is not 4xx of SMTP: some are ours to mend, 429 and 5xx come back later, an answer that can't be read is doubt."""
    if isinstance(error.__cause__, RequestException):
        return _unanswered(error.__cause__)
    code = error.status_code if isinstance(error, AnymailRequestsAPIError) and error.status_code else 0
    if code in _OURS:
        return Outcome("ours", code, f"the provider refused us with {code}")
    if code in _UNSURE or 200 <= code < 400:
        return Outcome("doubt", code, f"the provider said {code}, and not whether it took the mail")
    if code in _LATER or code >= 500:
        return Outcome("later", code, f"the provider said {code}")
    return Outcome("refused", code, f"the provider refused the mail with {code}")


def _unanswered(cause: RequestException) -> Outcome:
    """No answer: before the mail went out nothing is lost; once it may have gone, nobody knows."""
    if isinstance(cause, SSLError):
        return Outcome("ours", 0, "no safe connection to the provider")
    if isinstance(cause, _SET_UP_WRONGLY):
        return Outcome("ours", 0, f"the provider's address is wrong: {type(cause).__name__}")
    reason = getattr(cause.args[0], "reason", None) if cause.args else None
    if isinstance(cause, _NEVER_THERE) or isinstance(reason, NewConnectionError):
        return Outcome("closed", 0, "the provider can't be reached")
    return Outcome("doubt", 0, "the provider did not answer")
