"""`/healthz` says that the process lives; `/readyz` names the part that is not there, and nothing of anybody."""

import os
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from clinic import health
from clinic.celery import app, beat_is_up, worker_is_up
from clinic.models import OutboxMessage
from embedded.services import Services
from embedded.supervisor import Supervisor

PARTS = {"database", "outbox", "broker", "cache", "worker", "beat"}


@pytest.fixture
def well(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Worker and beat ticked a moment ago, nothing is overdue. The page's clock stands still: the first request of a process
    reads every page's code, which may take seconds."""
    now = time.time()
    monkeypatch.setattr(health, "time", SimpleNamespace(time=lambda: now))
    cache.clear()
    cache.set_many({"worker:last": now - 3, "beat:last": now - 4}, timeout=3600)
    yield
    cache.clear()


def _ready(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()


def _away(state: dict[str, Any]) -> set[str]:
    return {name for name in PARTS if not state[name]["ok"]}


def _due(minutes: float) -> None:
    OutboxMessage.objects.create(
        key=f"late:{minutes}", kind="account", scope="account", recipient="secret.person@riverside.example",
        send_after=timezone.now() - timedelta(minutes=minutes), context={"subject": "private words"},
    )  # fmt: skip


def test_healthz_answers_without_any_part(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "get_many", lambda keys: 1 / 0)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db
@pytest.mark.usefixtures("well")
class TestReady:
    """What makes it 503, and the name it gives."""

    def test_is_200_with_every_part_there(self, client: Client) -> None:
        status, state = _ready(client)
        assert status == 200 and state["ok"] is True
        assert set(state) == {"ok", *PARTS} and _away(state) == set()
        assert state["worker"]["seconds_ago"] == 3 and state["beat"]["seconds_ago"] == 4

    @pytest.mark.parametrize("part", ["worker", "beat"])
    def test_names_the_one_that_has_been_silent_for_two_minutes(self, client: Client, part: str) -> None:
        cache.set(f"{part}:last", time.time() - health.STALE_SECONDS - 1, timeout=3600)
        status, state = _ready(client)
        assert status == 503 and state["ok"] is False and _away(state) == {part}

    @pytest.mark.parametrize("part", ["worker", "beat"])
    def test_names_the_one_that_never_came_up(self, client: Client, part: str) -> None:
        cache.delete(f"{part}:last")
        status, state = _ready(client)
        assert status == 503 and _away(state) == {part} and state[part]["seconds_ago"] is None

    def test_waits_five_minutes_before_it_calls_the_outbox_late(self, client: Client) -> None:
        _due(4.9)
        status, state = _ready(client)
        assert status == 200 and state["outbox"]["due"] == 1
        _due(5.2)
        status, state = _ready(client)
        assert status == 503 and _away(state) == {"outbox"} and state["outbox"]["due"] == 2

    def test_names_the_broker_alone_when_only_it_is_away(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        assert app.conf.changes is not None
        monkeypatch.setitem(app.conf.changes, "broker_url", "redis://:topsecret@127.0.0.1:1/0")
        began = time.monotonic()
        status, state = _ready(client)
        assert status == 503 and _away(state) == {"broker"}
        assert time.monotonic() - began < 5

    def test_says_nothing_of_anybody_and_no_word_of_the_driver(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        _due(60)

        def fails(*_: Any) -> None:
            raise OSError("could not reach db.internal as app_rw with topsecret")

        monkeypatch.setattr(connection, "cursor", fails)
        monkeypatch.setattr(cache, "get_many", fails)
        monkeypatch.setattr(app, "connection_for_write", fails)
        answer = client.get("/readyz")
        assert answer.status_code == 503 and _away(answer.json()) == PARTS
        for word in ("topsecret", "internal", "app_rw", "Error", "secret.person", "private", "redis", "127.0.0.1"):
            assert word not in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]

    def test_leaks_no_recipient_of_late_mail(self, client: Client) -> None:
        _due(60)
        assert b"secret.person" not in client.get("/readyz").content


@pytest.mark.django_db
class TestComingUp:
    """The schedule ticks after its first interval only; the first sign of life may not wait for it."""

    def test_a_worker_marks_itself_and_sweeps(self, well: None, monkeypatch: pytest.MonkeyPatch) -> None:
        sent: list[str] = []
        monkeypatch.setattr(app, "send_task", lambda name, **how: sent.append(name))
        cache.clear()
        worker_is_up()
        assert time.time() - cache.get("worker:last") < 5 and sent == ["clinic.drain"]

    def test_beat_asks_for_its_first_tick_at_once(self, well: None, monkeypatch: pytest.MonkeyPatch) -> None:
        sent: list[tuple[str, float]] = []
        monkeypatch.setattr(app, "send_task", lambda name, **how: sent.append((name, how["expires"])))
        beat_is_up()
        assert sent == [("clinic.beat_tick", 60)]

    def test_a_broker_that_is_away_stops_neither(self, well: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(app, "send_task", lambda name, **how: 1 / 0)
        cache.delete("worker:last")
        worker_is_up()
        beat_is_up()
        assert cache.get("worker:last")


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_and_beat_are_ready_before_the_first_interval(client: Client, services: Services, tmp_path: Path) -> None:
    """Beat ticks hours from now; a fresh house is ready as soon as both are up, and not ready once the broker is killed."""
    cache.clear()
    environment = os.environ | {"SWEEP_SECONDS": "7200", "DRAIN_SECONDS": "7200", "TICK_SECONDS": "7200"}
    team = Supervisor(environment, quiet=True)
    celery = [sys.executable, "-m", "celery", "-A", "clinic"]
    try:
        team.spawn("worker", [*celery, "worker", "-l", "ERROR", "-c", "1", "--without-gossip", "--without-mingle"])
        _until(lambda: cache.get("worker:last") is not None)
        team.spawn("beat", [*celery, "beat", "-l", "ERROR", "--pidfile=", "-s", str(tmp_path / "beat")])
        _until(lambda: _ready(client)[0] == 200)
    finally:
        team.stop()
    services.broker.kill()
    services.broker.wait(10)
    try:
        status, state = _ready(client)
        assert status == 503 and _away(state) == {"broker", "cache", "worker", "beat"}
    finally:
        services.start_broker()


def _until(there: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.1)
