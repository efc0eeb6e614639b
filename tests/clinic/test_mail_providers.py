"""Events of each provider that can be set up: signed as that provider signs, forged, repeated, out of order; hard, soft and complaint."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client

from clinic import svix
from clinic.mail_events import PROVIDERS
from clinic.models import DeliveryEvent, OutboxMessage, Suppression
from tests.clinic.outbox_make import FakeRelay, drain, fresh, make_row, probe

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:django-anymail has dropped")]
Body = dict[str, Any] | list[Any]
KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
SVIX = "whsec_" + base64.b64encode(b"a key of thirty-two bytes, or so").decode()


@dataclass(frozen=True)
class Provider:
    """Its settings, how it words an event, and how it signs. `sign(body, right)` returns headers, and the body as it leaves."""

    settings: dict[str, Any]
    word: Callable[[OutboxMessage, str], Body]
    sign: Callable[[Body, bool], tuple[bytes, dict[str, str]]]


def _basic(body: Body, right: bool) -> tuple[bytes, dict[str, str]]:
    return json.dumps(body).encode(), {"Authorization": "Basic " + base64.b64encode(b"user:right" if right else b"user:wrong").decode()}


def _mailgun_sign(body: Body, right: bool) -> tuple[bytes, dict[str, str]]:
    stamp, token = str(int(time.time())), "t" * 50
    made = hmac.new(b"key" if right else b"other", (stamp + token).encode(), hashlib.sha256).hexdigest()
    assert isinstance(body, dict)
    return json.dumps(body | {"signature": {"timestamp": stamp, "token": token, "signature": made}}).encode(), {}


def _mailersend_sign(body: Body, right: bool) -> tuple[bytes, dict[str, str]]:
    raw = json.dumps(body).encode()
    return raw, {"Signature": hmac.new(b"key" if right else b"other", raw, hashlib.sha256).hexdigest()}


def _sendgrid_sign(body: Body, right: bool) -> tuple[bytes, dict[str, str]]:
    raw, stamp = json.dumps(body).encode(), str(int(time.time()))
    made = KEY.sign(stamp.encode() + (raw if right else b"other"), ec.ECDSA(hashes.SHA256()))
    return raw, {"X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(made).decode(), "X-Twilio-Email-Event-Webhook-Timestamp": stamp}


def _svix_headers(raw: bytes, *, stamp: int, secret: str = SVIX) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = base64.b64encode(hmac.new(key, f"msg_1.{stamp}.".encode() + raw, hashlib.sha256).digest()).decode()
    return {"svix-id": "msg_1", "svix-timestamp": str(stamp), "svix-signature": f"v1a,xxx v1,{made}"}


def _resend_sign(body: Body, right: bool) -> tuple[bytes, dict[str, str]]:
    raw = json.dumps(body).encode()
    return raw, _svix_headers(raw if right else b"other", stamp=int(time.time()))


def _postmark(row: OutboxMessage, event: str) -> Body:
    kinds = {
        "hard": ("Bounce", "HardBounce"), "soft": ("Bounce", "SoftBounce"), "complaint": ("SpamComplaint", "SpamComplaint"), "delivered": ("Delivery", ""),
    }  # fmt: skip
    record, kind = kinds[event]
    return {"RecordType": record, "Type": kind, "ID": 1, "MessageID": "pm-1", "Email": row.recipient, "BouncedAt": "2026-03-02T14:31:00Z", "Metadata": {"message": row.uuid.hex}}


def _mailgun(row: OutboxMessage, event: str) -> Body:
    kinds: dict[str, dict[str, Any]] = {
        "hard": {"event": "failed", "severity": "permanent", "reason": "bounce", "delivery-status": {"code": 550, "enhanced-code": "5.1.1"}},
        "soft": {"event": "failed", "severity": "permanent", "reason": "bounce", "delivery-status": {"code": 552, "enhanced-code": "5.2.2"}},
        "complaint": {"event": "complained"}, "delivered": {"event": "delivered"},
    }  # fmt: skip
    common = {"timestamp": 1772461860.0, "recipient": row.recipient, "user-variables": {"message": row.uuid.hex}, "message": {"headers": {"message-id": row.message_id.strip("<>")}}}
    return {"event-data": common | kinds[event]}


def _sendgrid(row: OutboxMessage, event: str) -> Body:
    kinds = {
        "hard": {"event": "bounce", "type": "bounce", "status": "5.1.1"}, "soft": {"event": "bounce", "type": "blocked", "status": "4.2.2"},
        "complaint": {"event": "spamreport"}, "delivered": {"event": "delivered"},
    }  # fmt: skip
    return [{"email": row.recipient, "timestamp": 1772461860, "sg_event_id": "1", "message": row.uuid.hex} | kinds[event]]


def _brevo(row: OutboxMessage, event: str) -> Body:
    kinds = {"hard": "hard_bounce", "soft": "soft_bounce", "complaint": "spam", "delivered": "delivered"}
    return {"event": kinds[event], "email": row.recipient, "message-id": row.message_id, "ts_epoch": 1772461860000, "X-Mailin-custom": json.dumps({"message": row.uuid.hex})}


def _mailjet(row: OutboxMessage, event: str) -> Body:
    kinds: dict[str, dict[str, Any]] = {
        "hard": {"event": "bounce", "hard_bounce": True, "error": "user unknown"}, "soft": {"event": "bounce", "hard_bounce": False, "error": "quota exceeded"},
        "complaint": {"event": "spam"}, "delivered": {"event": "sent"},
    }  # fmt: skip
    return [{"time": 1772461860, "email": row.recipient, "MessageID": 1, "Payload": json.dumps({"message": row.uuid.hex})} | kinds[event]]


def _mailersend(row: OutboxMessage, event: str) -> Body:
    kind = {"hard": "hard_bounced", "soft": "soft_bounced", "complaint": "spam_complaint", "delivered": "delivered"}[event]
    morph = {"object": "recipient_bounce", "reason": "x"} if "bounced" in kind else {"object": "spam_complaint"} if kind == "spam_complaint" else None
    email = {"recipient": {"email": row.recipient}, "message": {"id": row.provider_id}}
    return {"type": f"activity.{kind}", "data": {"type": kind, "id": "1", "created_at": "2026-03-02T14:31:00Z", "email": email, "morph": morph}}


def _resend(row: OutboxMessage, event: str) -> Body:
    kind = {"hard": "bounced", "soft": "bounced", "complaint": "complained", "delivered": "delivered"}[event]
    bounces = {
        "hard": {"message": "The recipient's email provider sent a hard bounce message, but didn't specify the reason.", "type": "Permanent", "subType": "General"},
        "soft": {"message": "The recipient's email provider sent a bounce message because the recipient's inbox was full.", "type": "Transient", "subType": "MailboxFull"},
    }
    data: dict[str, Any] = {"email_id": row.provider_id, "to": [row.recipient]} | ({"bounce": bounces[event]} if event in bounces else {})
    return {"type": f"email.{kind}", "created_at": "2026-03-02T14:31:00.000Z", "data": data}


SET_UP = {
    "brevo": Provider({"WEBHOOK_SECRET": ["user:right"]}, _brevo, _basic),
    "mailersend": Provider({"MAILERSEND_SIGNING_SECRET": "key"}, _mailersend, _mailersend_sign),
    "mailgun": Provider({"MAILGUN_WEBHOOK_SIGNING_KEY": "key"}, _mailgun, _mailgun_sign),
    "mailjet": Provider({"WEBHOOK_SECRET": ["user:right"]}, _mailjet, _basic),
    "postmark": Provider({"WEBHOOK_SECRET": ["user:right"]}, _postmark, _basic),
    "resend": Provider({"RESEND_SIGNING_SECRET": SVIX}, _resend, _resend_sign),
    "sendgrid": Provider({"SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY": "".join(PEM.splitlines()[1:-1])}, _sendgrid, _sendgrid_sign),
}
every = pytest.mark.parametrize("name", sorted(SET_UP))


@pytest.fixture(autouse=True)
def kind() -> Iterator[None]:
    with probe():
        yield


@pytest.fixture
def row(name: str, settings: Any) -> OutboxMessage:
    """A message that has gone through this provider."""
    settings.MAIL_EVENTS, settings.ANYMAIL = [name], SET_UP[name].settings
    made = make_row()
    drain(FakeRelay())
    OutboxMessage.objects.filter(pk=made.pk).update(provider_id=f"{name}-77")
    return fresh(made)


def _tell(client: Client, name: str, body: Body, *, right: bool = True, signed: bool = True) -> int:
    raw, headers = SET_UP[name].sign(body, right)
    if not signed:
        raw, headers = json.dumps(body).encode(), {}
    return client.post(f"/mail-events/{name}/", raw, content_type="application/json", headers=headers).status_code


def _known() -> list[tuple[str, str]]:
    return sorted((event.event, event.code) for event in DeliveryEvent.objects.all())


def test_every_provider_that_can_be_set_up_is_here() -> None:
    assert set(SET_UP) == set(PROVIDERS)


@every
def test_a_hard_bounce_counts_once_and_suppresses(name: str, row: OutboxMessage, client: Client) -> None:
    assert [_tell(client, name, SET_UP[name].word(row, "hard")) for _ in range(3)] == [200, 200, 200]
    assert [event for event, _code in _known()] == ["bounced"]
    assert [(one.address, one.kind) for one in Suppression.objects.all()] == [(row.recipient, "bounced")]
    assert [move.state for move in row.moves.all()].count("bounced") == 1


@every
@pytest.mark.parametrize(("right", "signed"), [(False, True), (True, False)], ids=["wrong", "missing"])
def test_a_wrong_or_missing_signature_is_refused_and_changes_nothing(name: str, row: OutboxMessage, client: Client, right: bool, signed: bool) -> None:
    for event in ("hard", "complaint", "delivered"):
        assert _tell(client, name, SET_UP[name].word(row, event), right=right, signed=signed) == 403
    assert not DeliveryEvent.objects.exists() and not Suppression.objects.exists() and fresh(row).reason == row.reason


@every
def test_a_soft_bounce_is_noted_and_does_not_suppress(name: str, row: OutboxMessage, client: Client) -> None:
    assert [_tell(client, name, SET_UP[name].word(row, "soft")) for _ in range(2)] == [200, 200]
    assert [event for event, _code in _known()] == ["soft"] and not Suppression.objects.exists()


@every
def test_a_complaint_stops_invitations_and_not_care(name: str, row: OutboxMessage, client: Client) -> None:
    assert [_tell(client, name, SET_UP[name].word(row, "complaint")) for _ in range(2)] == [200, 200]
    assert [(one.address, one.kind) for one in Suppression.objects.all()] == [(row.recipient, "complained")]
    with probe(scope="invitation"):
        invitation = make_row(recipient=row.recipient)
    care = make_row(recipient=row.recipient)
    drain(FakeRelay())
    assert (fresh(invitation).state, fresh(care).state) == ("skipped", "sent")


@every
@pytest.mark.parametrize("order", [("delivered", "hard", "soft"), ("hard", "soft", "delivered"), ("soft", "delivered", "hard")])
def test_whatever_the_order_the_same_stands_at_the_end(name: str, row: OutboxMessage, client: Client, order: tuple[str, ...]) -> None:
    for event in (*order, *order):
        assert _tell(client, name, SET_UP[name].word(row, event)) == 200
    assert [event for event, _code in _known()] == ["bounced", "delivered", "soft"]
    assert fresh(row).reason.startswith("came back: the address does not work") and Suppression.objects.count() == 1


@every
def test_an_event_of_somebody_else_s_mail_changes_nothing(name: str, row: OutboxMessage, client: Client) -> None:
    strange = OutboxMessage(uuid=UUID(int=1), recipient=row.recipient, message_id="<x@y.example>", provider_id="none")
    assert _tell(client, name, SET_UP[name].word(strange, "hard")) == 200
    assert not DeliveryEvent.objects.exists() and not Suppression.objects.exists()


@pytest.mark.parametrize("name", ["postmark"])
def test_what_is_no_json_is_said_so(name: str, row: OutboxMessage, client: Client) -> None:
    headers = SET_UP[name].sign({}, True)[1]
    assert client.post(f"/mail-events/{name}/", b"{not", content_type="application/json", headers=headers).status_code == 400


class TestSvix:
    """Resend's signature, by hand."""

    RAW, NOW = b'{"a": 1}', 1_772_461_860.0

    def _is(self, **headers: str) -> bool:
        return svix.is_signed(self.RAW, _svix_headers(self.RAW, stamp=int(self.NOW)) | headers, secret=SVIX, now=self.NOW)

    def test_right(self) -> None:
        assert self._is()

    @pytest.mark.parametrize("headers", [{"svix-signature": ""}, {"svix-id": "msg_2"}, {"svix-id": ""}, {"svix-timestamp": "1772461861"}, {"svix-timestamp": "x"}])
    def test_anything_else(self, headers: dict[str, str]) -> None:
        assert not self._is(**headers)

    @pytest.mark.parametrize("seconds", [-301, 301])
    def test_old_or_from_the_future(self, seconds: int) -> None:
        headers = _svix_headers(self.RAW, stamp=int(self.NOW) + seconds)
        assert not svix.is_signed(self.RAW, headers, secret=SVIX, now=self.NOW)

    @pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!"])
    def test_a_secret_that_is_none_signs_nothing(self, secret: str) -> None:
        headers = _svix_headers(self.RAW, stamp=int(self.NOW), secret="whsec_")
        assert not svix.is_signed(self.RAW, headers, secret=secret, now=self.NOW)
