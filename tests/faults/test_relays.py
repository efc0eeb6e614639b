"""Faults 8 and 9 with a sender of its own: a relay that refuses, says nothing, drips, closes (each answer alone: test_outbox_answers)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from clinic.models import Breaker, OutboxMessage
from tests.clinic.outbox_make import make_row
from tests.clinic.scripted_relay import CLOSE, DRIP, SILENT, scripted
from tests.faults.crew import sender, wait_until
from tests.faults.test_senders import count, rows, stop

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kind")]
LOOK: Callable[[], list[str]] = lambda: sorted(OutboxMessage.objects.values_list("state", flat=True))  # noqa: E731


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ({"mail": "550 5.7.1 not you"}, {}),
        ({"ehlo": "250-relay\r\n250 AUTH PLAIN", "auth": "535 5.7.8 wrong"}, {"SMTP_USER": "clinic", "SMTP_PASSWORD": "secret"}),
        ({}, {"SMTP_TLS": "starttls"}),
        ({"banner": CLOSE}, {}),
        ({"banner": "421 busy"}, {}),
    ],
    ids=["sender refused", "sign-in refused", "no STARTTLS", "closed", "421"],
)
def test_8_trouble_of_ours_stops_all_counts_nothing_and_mends_itself(script: dict[str, str], how: dict[str, Any]) -> None:
    rows(12)
    with scripted(script) as relay:
        assert sender(relay.port, **how).wait() == 0
        assert LOOK() == ["planned"] * 12 and relay.accepted == []
        assert set(OutboxMessage.objects.values_list("attempts", "in_doubt")) == {(0, False)}
        assert Breaker.objects.get(pk="smtp").open_until is not None
        relay.script.update({"banner": "220 relay", "ehlo": "250-relay\r\n250 8BITMIME", "mail": "250 OK"})
        loop = sender(relay.port, loop=True)  # signs in nowhere, needs no TLS on loopback
        wait_until(lambda: count("sent") == 12)
        stop([loop])
        assert len(relay.accepted) == 12


def test_8_what_a_relay_says_of_one_mail_is_that_mail_s_alone() -> None:
    rows(3)
    with scripted({"rcpt": "450 4.2.0 later"}) as relay:
        assert sender(relay.port, OUTBOX_BACKOFF_SECONDS=[60]).wait() == 0
        assert LOOK() == ["planned"] * 3 and set(OutboxMessage.objects.values_list("attempts", flat=True)) == {1}
    with scripted({"dot": "554 5.7.1 spam"}) as relay:
        make_row(send_after=timezone.now(), at=timezone.now())
        assert sender(relay.port).wait() == 0
        assert LOOK() == ["failed", "planned", "planned", "planned"]


@pytest.mark.parametrize(("step", "doubt"), [("banner", 0), ("mail", 0), ("data", 0), ("dot", 1)])
@pytest.mark.parametrize("how", [SILENT, DRIP], ids=["silent", "drip"])
def test_9_a_silent_relay_keeps_a_worker_no_longer_than_twice_the_timeout(how: str, step: str, doubt: int) -> None:
    rows(1)
    with scripted({step: how}) as relay:
        assert sender(relay.port, OUTBOX_SMTP_TIMEOUT=0.4, OUTBOX_BACKOFF_SECONDS=[60]).wait() == 0
        wait_until(lambda: bool(relay.held))
        assert relay.held[0] < 2 * 0.4 + 2, "by the relay's clock: how long a process takes to begin is not its worker's doing"
    row = OutboxMessage.objects.get()
    assert (row.state, row.attempts, row.in_doubt) == ("planned", doubt, bool(doubt))


def test_9_accepted_and_closed_before_the_answer_is_in_doubt_and_goes_again() -> None:
    rows(3)
    with scripted({"dot": CLOSE}) as relay:
        assert sender(relay.port, OUTBOX_BACKOFF_SECONDS=[60]).wait() == 0
        assert set(OutboxMessage.objects.values_list("state", "attempts", "in_doubt")) == {("planned", 1, True)}
    OutboxMessage.objects.update(send_after=timezone.now())
    with scripted() as relay:
        assert sender(relay.port).wait() == 0
        assert len(relay.accepted) == 3 and count("sent") == 3


def test_9_a_relay_that_closes_after_some_for_ever_is_opened_again() -> None:
    rows(60)
    with scripted(limit=7) as relay:
        assert sender(relay.port).wait() == 0
        assert count("sent") == 60 == len(relay.accepted) and relay.connections >= 9
