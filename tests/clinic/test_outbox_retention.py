"""R57 for mail: of finished messages the address and what they were built from go when they are due; what went, when and why stays.
Nothing that is not due is touched, a second run finds nothing, what a dry run counts is what a run does, no key goes twice.
"""

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery.schedules import crontab
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from clinic.audit import Actor
from clinic.mail_settings import FIELDS, change_mail_settings
from clinic.models import AccessEvent, Clinic, DeliveryEvent, OutboxMessage, OutboxMove, Site, Staff, Suppression
from clinic.outbox import events, inbox, retention
from clinic.outbox.events import Said
from clinic.outbox.states import FINAL, OPEN, Delivery, State
from clinic.tasks import thin_finished
from tests.clinic.outbox_make import AT, BY, FakeRelay, drain, fresh, make_row, probe, words
from tests.clinic.test_outbox_events import complaint

pytestmark = pytest.mark.django_db
DAYS = 365
CONTEXT = {"step": "check_24h", "title": "First look", "in_reply_to": "<private@elsewhere.example>", "sequence": 2}
CHANGED = {"recipient", "recipient_tag", "context", "provider_id", "thinned_at"}


@pytest.fixture(autouse=True)
def kind(site: Site) -> Iterator[None]:
    keep_for(DAYS)
    with probe():
        yield


def keep_for(days: int | None) -> None:
    Clinic.objects.update(mail_details_days=days)


def finished(state: State = State.SENT, *, days: float = DAYS + 1, **fields: Any) -> OutboxMessage:
    """A message that came to its end so many days ago."""
    when = AT - timedelta(days=days)
    row = make_row(send_after=when, at=when, context=CONTEXT, **fields)
    OutboxMessage.objects.filter(pk=row.pk).update(state=state, provider_id="pm-1", sent_at=when if state is State.SENT else None)
    return fresh(row)


def sweep(at: datetime = AT, **how: Any) -> int:
    return retention.sweep(at=at, by=BY, **how).rows


def picture() -> list[dict[str, Any]]:
    """Every column of every row."""
    return [dict(row) for row in OutboxMessage.objects.order_by("pk").values()]


@pytest.mark.parametrize("state", FINAL)
def test_what_is_due_loses_the_address_and_keeps_the_story(state: State) -> None:
    row = finished(state)
    (before,) = picture()
    story = words(row)
    assert sweep() == 1
    (after,) = picture()
    assert {name for name in before if before[name] != after[name]} == CHANGED
    assert (after["recipient"], after["provider_id"], after["thinned_at"]) == ("", "", AT)
    assert after["context"] == {"step": "check_24h", "title": "First look"}, "what names the message to a reader"
    assert words(row) == [*story, ("thinned", "address and details removed after 365 days")]


@pytest.mark.parametrize("state", OPEN)
def test_what_has_not_ended_is_never_touched(state: State) -> None:
    finished(state, days=4000)
    before = picture()
    assert sweep() == 0 and picture() == before


def test_what_is_not_yet_due_is_not_touched() -> None:
    finished(days=DAYS - 0.01)
    late = finished()
    OutboxMove.objects.create(message=late, at=AT - timedelta(days=DAYS - 1), state="bounced", by="x")
    ahead = finished(State.CANCELLED)
    OutboxMessage.objects.filter(pk=ahead.pk).update(send_after=AT + timedelta(days=1))
    before = picture()
    assert sweep() == 0 and picture() == before
    assert sweep(AT + timedelta(days=DAYS + 2)) == 3


def test_again_finds_nothing() -> None:
    finished()
    finished(State.SKIPPED)
    assert sweep() == 2
    before, moves = picture(), OutboxMove.objects.count()
    assert sweep() == 0 and sweep(AT + timedelta(days=4000)) == 0
    assert picture() == before and OutboxMove.objects.count() == moves


def test_a_dry_run_counts_what_a_run_does_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for state in (*FINAL, *FINAL, *OPEN):
        finished(state)
    finished(days=10)
    before, moves, seen = picture(), OutboxMove.objects.count(), AccessEvent.objects.count()
    dry = retention.sweep(at=AT, by=BY, dry_run=True)
    assert picture() == before and (OutboxMove.objects.count(), AccessEvent.objects.count()) == (moves, seen)
    assert dry == retention.sweep(at=AT, by=BY) and dry.rows == 8
    assert OutboxMessage.objects.exclude(thinned_at=None).count() == 8


@pytest.mark.parametrize("days", [None, 0])
def test_without_a_number_everything_is_kept(days: int | None) -> None:
    keep_for(days)
    finished(days=9999)
    before = picture()
    assert sweep() == 0 and picture() == before


def test_no_key_goes_twice() -> None:
    """The row is what stops a second mail: it stays, it stays finished, and it holds no address to send to."""
    row = finished(key="plan:step:0")
    sweep()
    again = make_row(key="plan:step:0", recipient="again@patient.example")
    assert again.pk == row.pk and again.recipient == "" and again.state == "sent"
    relay = FakeRelay()
    drain(relay)
    assert relay.asked == [] and OutboxMessage.objects.filter(key="plan:step:0").count() == 1


@pytest.mark.parametrize("state", OPEN)
def test_the_database_itself_refuses_to_plan_it_again(state: State) -> None:
    row = finished()
    sweep()
    with pytest.raises(IntegrityError, match="thinned_stays_finished"), transaction.atomic():
        OutboxMessage.objects.filter(pk=row.pk).update(state=state)


def test_no_address_is_left_in_any_table() -> None:
    address = "canary.address@patient.example"
    row = finished(recipient=address)
    OutboxMessage.objects.filter(pk=row.pk).update(first_attempt_at=row.send_after)
    events.record(fresh(row), Said(Delivery.DELIVERED, address, "postmark"), at=row.send_after + timedelta(hours=1))
    assert not _tables_with(address) - {"clinic_outboxmessage"}, "what is only ever added to never held it"
    assert sweep() == 1 and _tables_with(address) == set()


def _tables_with(canary: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        tables = [name for (name,) in cursor.fetchall()]
        found = set()
        for table in tables:
            cursor.execute(f'SELECT 1 FROM "{table}" AS t WHERE t::text ILIKE %s LIMIT 1', [f"%{canary}%"])
            found |= {table} if cursor.fetchone() else set()
    return found


class TestWhatComesLate:
    """Somebody may press *spam* on an old mail, or write to us after years."""

    def test_a_complaint_still_stops_invitations(self) -> None:
        row = finished(recipient="Late@patient.example")
        OutboxMessage.objects.filter(pk=row.pk).update(first_attempt_at=row.send_after)
        raw = complaint(fresh(row))
        sweep()
        assert inbox.read(raw, at=timezone.now()) == "complained"
        assert (Suppression.objects.get().address, Suppression.objects.get().kind) == ("late@patient.example", "complained")
        assert inbox.read(raw, at=timezone.now()) == "ignored", "once"
        assert DeliveryEvent.objects.count() == 1

    def test_of_another_address_it_is_forged(self) -> None:
        row = finished(recipient="late@patient.example")
        OutboxMessage.objects.filter(pk=row.pk).update(first_attempt_at=row.send_after)
        sweep()
        assert not events.record(fresh(row), Said(Delivery.BOUNCED, "other@patient.example", "x"), at=AT)
        assert not events.record(fresh(row), Said(Delivery.BOUNCED, "", "x"), at=AT)

    def test_who_was_written_to_long_ago_is_still_answered(self) -> None:
        finished(recipient="late@patient.example")
        sweep()
        raw = b"From: Late@patient.example\r\nTo: no-reply@clinic.example\r\nReturn-Path: <late@patient.example>\r\nSubject: help\r\n\r\nIt hurts.\r\n"
        assert inbox.read(raw, at=timezone.now()) == "answered"
        assert inbox.read(raw.replace(b"ate@", b"iar@"), at=timezone.now()) == "ignored"


class TestThroughItsDoors:
    """The command, the daily task, the page of settings."""

    def test_the_command_says_what_it_would_do_and_then_does_it(self) -> None:
        finished()
        before = picture()
        dry, run, again = io.StringIO(), io.StringIO(), io.StringIO()
        at = AT.isoformat()
        call_command("thin_messages", dry_run=True, at=at, stdout=dry)
        assert picture() == before and "Would remove" in dry.getvalue() and "1 message " in dry.getvalue()
        call_command("thin_messages", at=at, stdout=run)
        assert run.getvalue() == dry.getvalue().replace("Would remove", "Removed")
        call_command("thin_messages", at=at, stdout=again)
        assert "Nothing is due" in again.getvalue()

    @pytest.mark.parametrize("at", ["yesterday", "2026-03-02T14:30", "9999-01-01T00:00+00:00"])
    def test_the_command_takes_no_instant_that_would_remove_more(self, at: str) -> None:
        finished()
        before = picture()
        with pytest.raises(CommandError, match="--at"):
            call_command("thin_messages", at=at)
        assert picture() == before

    def test_the_command_says_so_when_everything_is_kept(self) -> None:
        keep_for(None)
        out = io.StringIO()
        call_command("thin_messages", stdout=out)
        assert "kept for good" in out.getvalue()

    def test_the_daily_task_leaves_a_line_for_the_auditor(self) -> None:
        finished(days=DAYS + 4000)
        thin_finished()
        event = AccessEvent.objects.get(action="message.thin")
        assert (event.actor_name, event.subject) == ("clinic.thin_finished", "1 finished message")
        assert event.reason.startswith("addresses and details older than 365 days")
        thin_finished()
        assert AccessEvent.objects.filter(action="message.thin").count() == 1, "a run that finds nothing says nothing"

    def test_it_stands_in_the_schedule_once_a_day(self) -> None:
        [entry] = [one for one in settings.CELERY_BEAT_SCHEDULE.values() if one["task"] == "clinic.thin_finished"]
        assert entry["schedule"] == crontab(hour=3, minute=20) and entry["options"]["expires"] > 0

    def test_the_manager_sets_the_days_or_none(self, max_: Staff) -> None:
        by = Actor.of_staff(max_)
        values: dict[str, object] = dict.fromkeys(FIELDS) | {"reply_to": ""}
        for days in (90, None):
            assert change_mail_settings(values=values | {"mail_details_days": days}, by=by, at=AT).mail_details_days == days
