"""Fault 15: bounces and complaints, doubled, out of order, forged. From providers (signed) and from plain SMTP (RFC 3464, 5965)."""

import base64
import hashlib
import hmac
import io
import json
import mailbox
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from clinic.models import DeliveryEvent, OutboxMessage, Site, Suppression
from clinic.outbox import events, inbox, verp
from clinic.outbox.events import Said
from clinic.outbox.states import Delivery
from tests.clinic.outbox_make import AT, FakeRelay, drain, fresh, make_row, probe, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kind(settings: Any) -> Iterator[None]:
    settings.MAIL_BOUNCES = "bounces@clinic.example"
    with probe():
        yield


def sent(**fields: Any) -> OutboxMessage:
    """A message that has gone."""
    row = make_row(**fields)
    drain(FakeRelay())
    assert fresh(row).state == "sent"
    return fresh(row)


def say(row: OutboxMessage, event: str, *, code: str = "", to: str = "") -> bool:
    return events.record(row, Said(Delivery(event), to or row.recipient, "postmark", code), at=timezone.now())


class TestOneEvent:
    """One state change each."""

    def test_a_bounce_suppresses_and_says_so_once(self) -> None:
        row = sent(recipient="Gone@patient.example")
        assert [say(row, "bounced", code="5.1.1") for _ in range(3)] == [True, False, False]
        assert fresh(row).reason == "came back: the address does not work; please phone (5.1.1)" and fresh(row).state == "sent"
        assert [state for state, _ in words(row)].count("bounced") == 1
        assert Suppression.objects.get().address == "gone@patient.example"
        later = make_row(recipient="gone@patient.example", send_after=AT)
        drain(FakeRelay(), at=AT)
        assert (fresh(later).state, fresh(later).reason) == ("skipped", "mail does not reach this address")

    def test_a_complaint_stops_invitations_and_lets_care_go(self) -> None:
        row = sent()
        say(row, "complained")
        with probe(scope="invitation"):
            invitation = make_row(recipient=row.recipient)
        care = make_row(recipient=row.recipient)
        drain(FakeRelay())
        assert (fresh(invitation).state, fresh(care).state) == ("skipped", "sent")

    def test_three_soft_bounces_in_a_month_without_a_delivery_suppress(self) -> None:
        for number in range(3):
            assert not Suppression.objects.exists()
            say(sent(recipient="full@patient.example", key=f"full:{number}"), "soft", code="4.2.2")
        assert Suppression.objects.get().reason == "three mails in a month came back"

    def test_a_delivery_between_begins_the_count_again(self) -> None:
        for number, event in enumerate(("soft", "soft", "delivered", "soft")):
            say(sent(recipient="full@patient.example", key=f"full:{number}"), event)
        assert not Suppression.objects.exists()

    @pytest.mark.parametrize("order", list(permutations(["deferred", "delivered", "bounced"])))
    def test_whatever_the_order_the_weightiest_word_stays(self, order: tuple[str, ...]) -> None:
        row = sent()
        for event in (*order, *order):
            say(row, event)
        assert fresh(row).reason.startswith("came back") and DeliveryEvent.objects.count() == 3 and Suppression.objects.count() == 1

    def test_an_event_about_another_address_is_ignored(self) -> None:
        row = sent()
        assert not say(row, "bounced", to="other@patient.example")
        assert not DeliveryEvent.objects.exists() and not Suppression.objects.exists()

    def test_a_message_that_never_left_has_no_events(self) -> None:
        assert events.find(uuid=make_row().uuid) is None

    def test_the_desk_lifts_it_and_mail_goes_again(self) -> None:
        from clinic.outbox import suppress
        from tests.clinic.outbox_make import BY

        row = sent()
        say(row, "bounced")
        suppress.lift(pk=Suppression.objects.get().pk, by=BY, at=AT)
        again = make_row(recipient=row.recipient)
        drain(FakeRelay())
        assert fresh(again).state == "sent"
        with pytest.raises(suppress.NotSuppressed):
            suppress.lift(pk=Suppression.objects.get().pk, by=BY, at=AT)


def dsn(row: OutboxMessage, *, to: str, status: str = "5.1.1", action: str = "failed", who: str = "") -> bytes:
    """A delivery status notification as Postfix writes it, told in our own words."""
    return f"""Return-Path: <>
Delivered-To: {to}
From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered.

--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Mon, 2 Mar 2026 14:30:05 +0000

Final-Recipient: rfc822; {who or row.recipient}
Original-Recipient: rfc822;{who or row.recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} refused

--edge
Content-Type: text/rfc822-headers

Message-ID: {row.message_id}
Subject: Riverside: something waits

--edge--
""".replace("\n", "\r\n").encode()  # fmt: skip


def test_a_notice_of_delay_is_no_bounce_however_often_it_comes() -> None:
    for number in range(4):
        row = sent(recipient="slow@patient.example", key=f"slow:{number}")
        assert inbox.read(dsn(row, to=verp.address_for(row), status="4.4.7", action="delayed"), at=AT) == "deferred"
        assert fresh(row).reason == "the other mail server took its time (4.4.7)"
    assert not Suppression.objects.exists()
    assert inbox.read(dsn(row, to=verp.address_for(row), status="4.4.7", action="failed"), at=AT) == "soft"


def complaint(row: OutboxMessage) -> bytes:
    """A feedback report (RFC 5965)."""
    return f"""From: feedback@mx.example
To: abuse@clinic.example
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="edge"

--edge
Content-Type: text/plain

A complaint.

--edge
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Test/1
Version: 1
Original-Rcpt-To: <{row.recipient}>

--edge
Content-Type: message/rfc822

Message-ID: {row.message_id}
Subject: Riverside: something waits

Something waits.
--edge--
""".replace("\n", "\r\n").encode()


class TestPlainSmtp:
    """What comes back by mail."""

    @pytest.mark.parametrize("status", ["5.1.1", "5.1.10", "5.2.1", "5.0.0"])
    def test_a_bounce_of_the_address_is_hard(self, status: str) -> None:
        row = sent()
        assert inbox.read(dsn(row, to=verp.address_for(row), status=status), at=AT) == "bounced"
        assert Suppression.objects.get().address == row.recipient

    @pytest.mark.parametrize(("status", "action"), [("5.2.2", "failed"), ("5.7.1", "failed"), ("5.7.26", "failed"), ("4.4.7", "failed")])
    def test_a_full_mailbox_or_a_policy_is_soft(self, status: str, action: str) -> None:
        row = sent()
        assert inbox.read(dsn(row, to=verp.address_for(row), status=status, action=action), at=AT) == "soft"
        assert not Suppression.objects.exists()

    def test_a_forwarder_that_fails_does_not_condemn_the_address(self) -> None:
        row = sent()
        assert inbox.read(dsn(row, to=verp.address_for(row), who="elsewhere@other.example"), at=AT) == "soft"

    def test_it_counts_once(self) -> None:
        row = sent()
        raw = dsn(row, to=verp.address_for(row))
        assert [inbox.read(raw, at=AT) for _ in range(3)] == ["bounced", "ignored", "ignored"]

    def test_without_the_tagged_address_the_message_within_is_asked(self) -> None:
        row = sent()
        assert inbox.read(dsn(row, to="no-reply@clinic.example"), at=AT) == "bounced"

    def test_a_forged_one_is_ignored(self) -> None:
        row = sent()
        raw = dsn(row, to=verp.address_for(row)[:-20] + "0000@clinic.example").replace(row.message_id.encode(), b"<1@clinic.example>")
        assert inbox.read(raw, at=AT) == "ignored"
        assert inbox.read(raw.replace(b"Delivered-To: ", b"X-Was: "), at=AT, to="bounces+1@clinic.example") == "ignored"
        assert not DeliveryEvent.objects.exists() and not Suppression.objects.exists()

    def test_a_complaint_is_understood(self) -> None:
        row = sent()
        assert [inbox.read(complaint(row), at=AT) for _ in range(2)] == ["complained", "ignored"]
        assert Suppression.objects.get().kind == "complained"

    @pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", b"Subject: hello\r\n\r\nhello", b"x" * 200, b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\n"])
    def test_anything_else_is_ignored(self, raw: bytes) -> None:
        assert inbox.read(raw, at=AT) == "ignored"

    def test_a_maildir_is_read_once(self, tmp_path: Path) -> None:
        row = sent()
        box = mailbox.Maildir(str(tmp_path / "box"))
        box.add(dsn(row, to=verp.address_for(row)))
        box.add(b"Subject: hello\n\nhello\n")
        out = io.StringIO()
        call_command("read_mail", maildir=str(tmp_path / "box"), stdout=out)
        call_command("read_mail", maildir=str(tmp_path / "box"), stdout=out)
        assert out.getvalue().split() == ["bounced=1", "ignored=1"]
        assert not list((tmp_path / "box" / "new").iterdir()) and len(list((tmp_path / "box" / "cur").iterdir())) == 2

    def test_a_pipe_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        row, out = sent(), io.StringIO()
        monkeypatch.setattr("sys.stdin", mock.Mock(buffer=io.BytesIO(dsn(row, to="x@clinic.example"))))
        call_command("read_mail", to=verp.address_for(row), stdout=out)
        assert out.getvalue() == "bounced\n"


class TestReplies:
    """SETTLED 21: without a watched mailbox an automatic answer says how to reach a person."""

    def _reply(self, address: str = "ana@patient.example", **headers: str) -> bytes:
        lines = {"From": f"Ana <{address}>", "To": "no-reply@clinic.example", "Subject": "Re: your visit", "Message-ID": "<r1@patient.example>"} | headers
        return "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode() + b"\r\nThere is pus CANARY.\r\n"

    def test_a_patient_s_reply_is_answered_once_a_day_with_phone_and_emergency_number(self, site: Site) -> None:
        sent(recipient="ana@patient.example", language="en")
        assert [inbox.read(self._reply(), at=AT) for _ in range(2)] == ["answered", "answered"]
        row = OutboxMessage.objects.get(kind="auto_reply")
        relay = FakeRelay()
        drain(relay, at=AT)
        [mail] = relay.mails
        body = mail.get_body(("plain",))
        assert body is not None
        text = body.get_content()
        assert site.phone in text and site.emergency_number in text and "Nobody has read" in text
        assert (mail["To"], mail["Auto-Submitted"], mail["In-Reply-To"]) == ("ana@patient.example", "auto-replied", "<r1@patient.example>")
        assert "CANARY" not in json.dumps(row.context) + str(mail)
        inbox.read(self._reply(), at=AT + timedelta(days=1))
        assert OutboxMessage.objects.filter(kind="auto_reply").count() == 2

    @pytest.mark.parametrize(
        "headers",
        [{"Auto-Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List-Id": "<a.b>"}, {"Return-Path": "<>"}, {"From": "MAILER-DAEMON@mx.example"}],
    )
    def test_no_circle_of_answers(self, headers: dict[str, str]) -> None:
        sent(recipient="ana@patient.example")
        assert inbox.read(self._reply(**headers), at=AT) == "ignored"

    def test_a_stranger_is_not_answered(self) -> None:
        sent()
        assert inbox.read(self._reply("stranger@elsewhere.example"), at=AT) == "ignored"

    def test_another_address_that_answers_our_mail_is(self) -> None:
        row = sent()
        raw = self._reply("partner@home.example", **{"In-Reply-To": row.message_id})
        assert inbox.read(raw, at=AT) == "answered"


class TestProviders:
    """Webhooks: signed, or refused."""

    def _postmark(self, row: OutboxMessage, client: Client, *, secret: str = "user:right", **more: Any) -> int:
        body = {
            "RecordType": "Bounce", "Type": "HardBounce", "ID": 1, "MessageID": row.provider_id or "none", "Email": row.recipient,
            "BouncedAt": "2026-03-02T14:31:00Z", "Metadata": {"message": row.uuid.hex},
        } | more  # fmt: skip
        auth = "Basic " + base64.b64encode(secret.encode()).decode()
        return client.post("/mail-events/postmark/", json.dumps(body), content_type="application/json", headers={"Authorization": auth}).status_code

    @pytest.fixture
    def postmark(self, settings: Any) -> None:
        settings.MAIL_EVENTS, settings.ANYMAIL = ["postmark"], {"WEBHOOK_SECRET": ["user:right"]}

    @pytest.mark.usefixtures("postmark")
    def test_a_bounce_counts_once(self, client: Client) -> None:
        row = sent()
        assert [self._postmark(row, client) for _ in range(3)] == [200, 200, 200]
        assert DeliveryEvent.objects.count() == 1 and Suppression.objects.count() == 1

    @pytest.mark.usefixtures("postmark")
    @pytest.mark.parametrize("secret", ["user:wrong", "", ":"])
    def test_a_forged_one_changes_nothing(self, secret: str, client: Client) -> None:
        row = sent()
        assert self._postmark(row, client, secret=secret) == 403
        assert not DeliveryEvent.objects.exists() and not Suppression.objects.exists()

    @pytest.mark.usefixtures("postmark")
    def test_an_unknown_message_or_address_changes_nothing(self, client: Client) -> None:
        row = sent()
        assert self._postmark(row, client, Metadata={"message": "0" * 32}) == 200
        assert self._postmark(row, client, Email="other@patient.example") == 200
        assert not DeliveryEvent.objects.exists()

    @pytest.mark.usefixtures("postmark")
    def test_the_provider_s_own_name_for_it_is_enough(self, client: Client) -> None:
        row = sent()
        OutboxMessage.objects.filter(pk=row.pk).update(provider_id="pm-77")
        assert self._postmark(row, client, MessageID="pm-77", Metadata={}) == 200
        assert DeliveryEvent.objects.get().event == "bounced"

    @pytest.mark.usefixtures("postmark")
    def test_a_spam_complaint_a_delivery_and_a_full_mailbox(self, client: Client) -> None:
        one, two, three = sent(), sent(), sent()
        self._postmark(one, client, RecordType="SpamComplaint", Type="SpamComplaint")
        self._postmark(two, client, RecordType="Delivery", Recipient=two.recipient, DeliveredAt="2026-03-02T14:31:00Z")
        self._postmark(three, client, Type="SoftBounce")
        assert dict(DeliveryEvent.objects.values_list("message_id", "event")) == {one.pk: "complained", two.pk: "delivered", three.pk: "soft"}

    def test_a_provider_that_is_not_set_up_is_not_there(self, client: Client, settings: Any) -> None:
        assert client.post("/mail-events/postmark/", "{}", content_type="application/json").status_code == 404
        settings.MAIL_EVENTS, settings.ANYMAIL = ["postmark", "nobody"], {}
        assert client.post("/mail-events/postmark/", "{}", content_type="application/json").status_code == 404
        assert client.post("/mail-events/nobody/", "{}", content_type="application/json").status_code == 404

    @pytest.mark.parametrize("right", [True, False])
    def test_mailgun_signs(self, right: bool, client: Client, settings: Any) -> None:
        settings.MAIL_EVENTS, settings.ANYMAIL = ["mailgun"], {"MAILGUN_WEBHOOK_SIGNING_KEY": "key"}
        row, stamp, token = sent(), str(int(time.time())), "t" * 50
        signature = hmac.new(b"key" if right else b"other", (stamp + token).encode(), hashlib.sha256).hexdigest()
        body = {
            "signature": {"timestamp": stamp, "token": token, "signature": signature},
            "event-data": {
                "event": "failed", "severity": "permanent", "reason": "bounce", "id": "e1", "timestamp": time.time(),
                "recipient": row.recipient, "user-variables": {"message": row.uuid.hex}, "delivery-status": {"code": 550},
                "message": {"headers": {"message-id": row.message_id.strip("<>")}},
            },
        }  # fmt: skip
        answer = client.post("/mail-events/mailgun/", json.dumps(body), content_type="application/json")
        assert answer.status_code == (200 if right else 403)
        assert DeliveryEvent.objects.count() == int(right)
