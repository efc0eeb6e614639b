"""Sending through a provider's API: the drain, django-anymail and a real HTTP server on 127.0.0.1. Each answer becomes what the table of MESSAGES.md says."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from clinic.models import Breaker, OutboxMessage, Suppression
from clinic.outbox import deliver
from tests.clinic.fake_provider import CLOSE, SILENT, providing, said, took
from tests.clinic.outbox_make import AT, fresh, make_row, probe, words

pytestmark = pytest.mark.django_db
ANA = "ana@patient.example"
NO_ANSWER = [said(502), said(504), (200, b"<html>please sign in</html>", {}), SILENT, CLOSE]


@pytest.fixture(autouse=True)
def postmark(settings: Any) -> Iterator[None]:
    settings.OUTBOX_RATE_PER_SECOND = 0
    settings.MAIL_CARRIER, settings.MAIL_CARRIER_METADATA = "postmark", True
    with probe():
        yield


def _point(settings: Any, address: str, seconds: float = 2) -> None:
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "a-secret-of-ours", "POSTMARK_API_URL": address, "REQUESTS_TIMEOUT": (0.5, seconds)}


def _sent(settings: Any, answer: Any, **fields: Any) -> OutboxMessage:
    """One mail to Ana, after one drain against a provider that says this."""
    with providing(answer) as provider:
        _point(settings, provider.address, 0.3 if answer == SILENT else 2)
        row = make_row(recipient=ANA, **fields)
        deliver.drain(at=AT)
        assert len(provider.asked) == 1
    return fresh(row)


def test_accepted_with_our_own_name_for_it_and_nothing_tracked(settings: Any) -> None:
    with providing(took(ANA, "pm-77")) as provider:
        _point(settings, provider.address)
        row = make_row(recipient=ANA)
        deliver.drain(at=AT)
        [asked], [head] = provider.asked, provider.heads
    now = fresh(row)
    assert (now.state, now.provider_id, now.sent_at) == ("sent", "pm-77", AT)
    headers = {header["Name"]: header["Value"] for header in asked["Headers"]}
    assert (asked["To"], asked["Subject"], asked["Metadata"]) == (ANA, "Riverside: something waits", {"message": row.uuid.hex})
    assert (headers["Message-ID"], headers["X-PM-KeepID"]) == (now.message_id, "true")
    assert (asked["TrackOpens"], asked["TrackLinks"]) == (False, "None")
    assert head["X-Postmark-Server-Token"] == "a-secret-of-ours"


@pytest.mark.parametrize(
    ("answer", "suppressed"),
    [
        (said(422, ErrorCode=406, Message=f"You tried to send to a recipient that has been marked as inactive. Found inactive addresses: {ANA}. Inactive recipients are ones that"), True),
        (said(422, ErrorCode=406, Message="in other words than today's"), False),
        (said(422, ErrorCode=300, Message=f"Error parsing 'To': Illegal email domain in address '{ANA}'."), True),
        (said(422, ErrorCode=411, Message="a forbidden file"), False),
        (said(400, Message="no"), False),
        (said(413, Message="too big"), False),
    ],
    ids=["inactive", "inactive in other words", "no address", "forbidden file", "400", "too big"],
)
def test_a_permanent_refusal_fails_this_mail_alone(settings: Any, answer: Any, suppressed: bool) -> None:
    row = _sent(settings, answer)
    assert (row.state, row.attempts) == ("failed", 1)
    assert [one.address for one in Suppression.objects.all()] == ([ANA] if suppressed else [])
    assert ("please phone" in row.reason) is suppressed
    assert not Breaker.objects.filter(open_until__gt=AT).exists()


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405])
def test_what_speaks_of_us_stops_all_sending_and_costs_nobody_an_attempt(settings: Any, status: int) -> None:
    with providing(said(status, Message="no")) as provider:
        _point(settings, provider.address)
        rows = [make_row() for _ in range(3)]
        deliver.drain(at=AT)
        assert len(provider.asked) == 1
    assert {(fresh(row).state, fresh(row).attempts, fresh(row).lease_token) for row in rows} == {("planned", 0, None)}
    assert Breaker.objects.get().open_until == AT + timedelta(seconds=30)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_later_comes_back_with_the_same_message_id_and_arrives_once(settings: Any, status: int) -> None:
    with providing(said(status), took(ANA)) as provider:
        _point(settings, provider.address)
        row = make_row(recipient=ANA)
        deliver.drain(at=AT)
        now = fresh(row)
        assert (now.state, now.attempts, now.in_doubt, now.smtp_code) == ("planned", 1, False, status)
        assert timedelta(seconds=48) <= now.send_after - AT <= timedelta(seconds=72)
        deliver.drain(at=AT + timedelta(minutes=2))
        ids = [next(h["Value"] for h in asked["Headers"] if h["Name"] == "Message-ID") for asked in provider.asked]
    assert fresh(row).state == "sent" and ids == [fresh(row).message_id] * 2
    assert provider.asked[0]["Metadata"] == provider.asked[1]["Metadata"] == {"message": row.uuid.hex}


@pytest.mark.parametrize("answer", NO_ANSWER, ids=["502", "504", "not to be read", "silent", "closed"])
def test_no_answer_is_doubt_care_goes_again_with_the_same_message_id(settings: Any, answer: Any) -> None:
    with providing(answer, took(ANA)) as provider:
        _point(settings, provider.address, 0.3 if answer == SILENT else 2)
        row = make_row(recipient=ANA)
        deliver.drain(at=AT)
        now = fresh(row)
        assert (now.state, now.attempts, now.in_doubt) == ("planned", 1, True), now.reason
        deliver.drain(at=AT + timedelta(minutes=2))
        ids = {header["Value"] for asked in provider.asked for header in asked["Headers"] if header["Name"] == "Message-ID"}
    assert fresh(row).state == "sent" and ids == {fresh(row).message_id} and len(provider.asked) == 2


@pytest.mark.parametrize("answer", NO_ANSWER, ids=["502", "504", "not to be read", "silent", "closed"])
def test_no_answer_is_doubt_other_mail_waits_for_a_person(settings: Any, answer: Any) -> None:
    with probe(doubt="hold"):
        row = _sent(settings, answer)
    assert (row.state, row.reason) == ("held", "no answer after it was handed over; it may have gone")


def test_a_provider_that_stays_dumb_is_asked_less_and_less_often(settings: Any) -> None:
    with providing(said(504)) as provider:
        _point(settings, provider.address)
        row, at, waits = make_row(recipient=ANA), AT, []
        for _ in range(3):
            deliver.drain(at=at)
            waits.append((fresh(row).send_after - at).total_seconds())
            at = fresh(row).send_after
    assert waits == [60, 300, 900]


def test_nobody_there_stops_all_sending_and_nothing_is_in_doubt(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    _point(settings, f"http://127.0.0.1:{port}/")
    row = make_row()
    deliver.drain(at=AT)
    assert (fresh(row).state, fresh(row).attempts, fresh(row).in_doubt) == ("planned", 0, False)
    assert Breaker.objects.get().reason == "the provider can't be reached"


def test_tls_that_is_none_is_ours_to_mend(settings: Any) -> None:
    with providing(took(ANA)) as provider:
        _point(settings, provider.address.replace("http://", "https://"))
        row = make_row()
        deliver.drain(at=AT)
        assert provider.asked == []
    assert (fresh(row).state, fresh(row).attempts) == ("planned", 0)
    assert Breaker.objects.get().reason == "no safe connection to the provider"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_r35_a_redirect_is_not_followed(settings: Any, status: int) -> None:
    """307 would carry the mail and our token to whomever the answer names."""
    with providing(took(ANA)) as elsewhere, providing((status, b"", {"Location": elsewhere.address})) as provider:
        _point(settings, provider.address)
        row = make_row(recipient=ANA)
        deliver.drain(at=AT)
        assert (len(provider.asked), elsewhere.asked) == (1, [])
    assert (fresh(row).state, fresh(row).attempts) == ("planned", 0)
    assert Breaker.objects.get().reason.startswith("the provider's address is wrong")


@pytest.mark.parametrize("name", ["postmark", "nobody"])
def test_a_provider_without_its_key_or_that_is_none_leaves_the_mail_where_it_was(settings: Any, name: str) -> None:
    settings.MAIL_CARRIER, settings.ANYMAIL = name, {}
    row = make_row()
    deliver.drain(at=AT)
    assert (fresh(row).state, fresh(row).attempts) == ("planned", 0)
    assert Breaker.objects.get().reason.startswith("the provider is not set up")


def test_the_timeline_holds_no_address_and_nothing_the_provider_said(settings: Any) -> None:
    row = _sent(settings, said(422, ErrorCode=411, Message=f"CANARY about {ANA}"))
    told = " ".join(reason for _state, reason in words(row)) + row.reason
    assert "CANARY" not in told and ANA not in told and "a-secret-of-ours" not in told
