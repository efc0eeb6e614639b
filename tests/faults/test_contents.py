"""Faults 14 to 16: broken and hostile contents, what comes back, and a flood after an outage."""

import random
import statistics
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from clinic.models import DeliveryEvent, OutboxMessage, OutboxMove, Suppression
from clinic.outbox import claim, events, inbox, verp
from clinic.outbox.events import Said
from clinic.outbox.kinds import Mail
from clinic.outbox.states import Delivery
from tests.clinic.outbox_make import FakeRelay, drain, plain, probe
from tests.clinic.test_outbox_events import complaint, dsn
from tests.faults.crew import full, sender, twice
from tests.faults.relay import Relay
from tests.faults.test_plans import at_once
from tests.faults.test_senders import count, rows

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


def test_14_one_broken_one_hostile_one_huge_of_a_hundred(relay: Relay) -> None:
    def build(row: OutboxMessage, at: datetime) -> Mail:
        if row.key == "broken":
            raise LookupError("no such template")
        if row.key == "hostile":
            return Mail("Hello\r\nBcc: all@elsewhere.example", "x\n", "")
        return Mail("Huge", "a line of text, a line of text, a line of text\n" * 45_000, "") if row.key == "huge" else plain(row, at)

    relay.delay = 0
    with probe(build=build):
        keys = ["broken", "hostile", "huge", *(f"good:{n}" for n in range(97))]
        for key in random.Random(3).sample(keys, len(keys)):
            rows(1, key=key)
        assert sender(relay.port).wait() == 0
    assert set(OutboxMessage.objects.exclude(state="sent").values_list("key", "state")) == {("broken", "failed"), ("hostile", "failed")}
    assert len(relay.seen) == 98 and twice(relay.seen) == 0 and max(relay.sizes) > 2_000_000
    assert not any(b"\nbcc:" in raw.lower() for raw in relay.raw)
    assert not any("elsewhere" in address for address in relay.to)


def test_15_what_comes_back_doubled_mixed_and_forged_changes_the_state_once(settings: Any, tmp_path: Path) -> None:
    """Eight processes hear the same bounce and complaint at once, among forged ones."""
    settings.MAIL_BOUNCES = "bounces@clinic.example"
    with probe():
        [row] = rows(1)
        drain(FakeRelay(), at=timezone.now())
        row.refresh_from_db()
        raws = [dsn(row, to=verp.address_for(row)), complaint(row)]
        forged = [raw.replace(row.message_id.encode(), b"<0@x>").replace(row.uuid.hex.encode(), b"0" * 32) for raw in raws]

        def work(number: int) -> None:
            chance = random.Random(number)
            for raw in chance.sample([*raws, *raws, *forged], 6):
                inbox.read(raw, at=timezone.now())
            if (found := events.find(uuid=row.uuid)) is not None:
                events.record(found, Said(Delivery.DELIVERED, row.recipient, "test"), at=timezone.now())

        assert at_once(tmp_path, 8, work) == [0] * 8
    assert sorted(DeliveryEvent.objects.values_list("event", flat=True)) == ["bounced", "complained", "delivered"]
    for word in ("bounced", "complained", "delivered"):
        assert OutboxMove.objects.filter(message=row, state=word).count() == 1
    assert Suppression.objects.get().kind == "bounced", "a complaint never weakens a bounce"


_FLOOD = """
INSERT INTO clinic_outboxmessage (uuid, key, kind, scope, doubt, urgent, cause_kind, channel, recipient, language, zone, context, wording_version,
  send_after, wished_at, expires_at, state, reason, attempts, in_doubt, message_id, provider_id, body_sha256)
SELECT u, 'flood:' || {tag} || n, 'probe', 'care', 'retry', false, '', 'mail', 'p' || n || '@patient.example', 'en', '', '{{}}', '1',
  {when}, {when}, {expires}, 'planned', '', 0, false, '<' || u || '@clinic.example>', '', ''
FROM (SELECT n, gen_random_uuid() AS u FROM generate_series(1, {amount}) AS n) AS numbers
"""


def flood(amount: int, *, tag: str, when: str, expires: str = "NULL") -> None:
    """So many rows, by one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_FLOOD.format(amount=amount, tag=f"'{tag}:'", when=when, expires=expires))


@pytest.mark.usefixtures("kind")
def test_16_after_an_outage_order_is_kept_the_expired_are_skipped(relay: Relay) -> None:
    amount, relay.delay = full(100_000, 400), 0
    flood(amount, tag="due", when=f"now() - interval '5 hours' + n * interval '{5 * 3600 / (2 * amount)} seconds'")
    flood(amount // 10, tag="old", when="now() - interval '9 hours'", expires="now() - interval '1 hour'")
    began = time.monotonic()
    while count("planned"):
        assert sender(relay.port, OUTBOX_CONNECTIONS=1, OUTBOX_LEASE_SECONDS=600).wait(1200) == 0
    assert count("sent") == amount == len(relay.seen) and count("skipped") == amount // 10 and twice(relay.seen) == 0
    wish = list(OutboxMessage.objects.filter(state="sent").order_by("send_after", "pk").values_list("message_id", flat=True))
    assert relay.seen == wish, "one sender keeps the order of the wishes"
    print(f"{amount / (time.monotonic() - began):.0f} mails a second")


@pytest.mark.usefixtures("kind")
def test_16_several_senders_together_keep_the_rate(relay: Relay) -> None:
    amount, rate, relay.delay = full(1_000, 90), 60, 0
    rows(amount)
    crew = [sender(relay.port, OUTBOX_RATE_PER_SECOND=rate, OUTBOX_CONNECTIONS=3, OUTBOX_LEASE_SECONDS=60) for _ in range(3)]
    assert [child.wait(120) for child in crew] == [0] * 3
    assert len(relay.seen) == amount and twice(relay.seen) == 0
    seconds = relay.times[-1] - relay.times[0]
    assert (amount - 30) / rate <= seconds, "a flood may not go faster than the rate, but for one chunk a sender"
    assert seconds <= amount / rate * full(1.2, 3)


def test_16_a_claim_among_many_that_wait_takes_ten_milliseconds() -> None:
    amount = full(1_000_000, 50_000)
    flood(amount, tag="wait", when="now() + interval '1 day' + n * interval '1 second'")
    flood(amount // 20, tag="due", when="now() - interval '1 hour' + n * interval '1 millisecond'")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    took = []
    for _ in range(20):
        began = time.perf_counter()
        batch = claim.claim_due(limit=50)
        took.append((time.perf_counter() - began) * 1000)
        assert len(batch.ids) == 50
    OutboxMessage.objects.filter(send_after__lt=timezone.now() + timedelta(hours=1)).update(state="cancelled")
    empty = []
    for _ in range(20):
        began = time.perf_counter()
        assert claim.claim_due(limit=50).ids == ()
        empty.append((time.perf_counter() - began) * 1000)
    print(f"claim {statistics.median(took):.1f} ms, empty {statistics.median(empty):.2f} ms at {amount} rows")
    assert min(took) <= 10, "at a quiet moment; the machine may be busy with others"
