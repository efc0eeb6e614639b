"""Fault 7: PostgreSQL restarted, killed, away, read-only, full. Nothing is sent without a database, and nobody is needed after."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connections

from clinic.models import OutboxMessage
from embedded import pg
from embedded.services import Services
from tests.faults.crew import full, sender, twice, wait_until
from tests.faults.relay import Relay
from tests.faults.test_senders import at_the_sink, count, rows, stop

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kind")]


def sql(services: Services, statement: str, database: str = "postgres") -> None:
    """As the owner of the server."""
    pg.run_sql(services.sockets, statement, database=database)


def name() -> str:
    return str(settings.DATABASES["default"]["NAME"])


@pytest.fixture
def durable(services: Services) -> Iterator[Services]:
    """Commits reach the log before they are answered, as in production; and the server is up again afterwards."""
    sql(services, "ALTER ROLE app_rw SET synchronous_commit = on")
    yield services
    close()
    if services.postgres.poll() is not None:
        services.start_database()
    sql(services, "ALTER ROLE app_rw RESET synchronous_commit")


def close() -> None:
    for connection in connections.all():
        connection.close()


def sent() -> int:
    """How many, when the database answers."""
    try:
        return count("sent")
    except DatabaseError:
        close()
        return -1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL], ids=["fast", "immediate", "kill -9"])
def test_7_restarted_it_goes_on_by_itself(how: signal.Signals, durable: Services, relay: Relay) -> None:
    rows(60)
    loop = sender(relay.port, loop=True)
    wait_until(lambda: len(relay.seen) >= 13)
    close()
    durable.postgres.send_signal(how)
    durable.postgres.wait(30)
    time.sleep(0.5)  # its children see that it is gone
    began, used = len(relay.seen), loop.cpu_seconds()
    time.sleep(full(300, 1.5))
    assert len(relay.seen) - began <= 10, "no more than the chunk whose intent was written"
    assert loop.cpu_seconds() - used < full(5, 1), "no spinning"
    durable.start_database()
    wait_until(lambda: sent() == 60, seconds=90)
    stop([loop])
    assert twice(relay.seen) <= 10
    at_the_sink(relay)


def test_7_read_only_nothing_goes(durable: Services, relay: Relay) -> None:
    rows(30)
    close()
    sql(durable, f'ALTER DATABASE "{name()}" SET default_transaction_read_only = on')
    loop = sender(relay.port, loop=True)
    try:
        time.sleep(1.0)
        assert relay.seen == []
    finally:
        close()
        sql(durable, f'ALTER DATABASE "{name()}" RESET default_transaction_read_only')
    wait_until(lambda: sent() == 30)
    stop([loop])
    assert len(relay.seen) == 30 and twice(relay.seen) == 0


@pytest.fixture
def tiny(services: Services, tmp_path: Path) -> Iterator[Path]:
    """Six megabytes for the outbox's table alone."""
    place = services.root / "tiny"
    place.mkdir()
    if shutil.which("mount") is None or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=0777", "none", str(place)], check=False, capture_output=True).returncode:
        place.rmdir()
        pytest.skip("NOT TRIED: this machine lets nobody mount a small file system, so a full disk can't be made")
    inside = place / "space"
    inside.mkdir(mode=0o700)
    pg_user = pg._drop()
    if "user" in pg_user:
        shutil.chown(inside, pg_user["user"], pg_user["group"])
    sql(services, f"CREATE TABLESPACE tiny LOCATION '{inside}'")
    yield place
    close()
    for leftover in place.glob("fill"):
        leftover.unlink()
    sql(services, "ALTER TABLE clinic_outboxmessage SET TABLESPACE pg_default", name())
    sql(services, "DROP TABLESPACE tiny")
    subprocess.run(["umount", str(place)], check=True)


def test_7_full_nothing_goes_until_there_is_room(durable: Services, tiny: Path, relay: Relay) -> None:
    rows(200)
    close()
    sql(durable, "ALTER TABLE clinic_outboxmessage SET TABLESPACE tiny", name())
    fill = os.open(tiny / "fill", os.O_CREAT | os.O_WRONLY)
    try:
        while os.write(fill, b"x" * 4096):
            pass
    except OSError:
        os.close(fill)
    loop = sender(relay.port, loop=True, OUTBOX_BATCH=200)
    time.sleep(2.0)
    early = len(relay.seen)
    (tiny / "fill").unlink()
    wait_until(lambda: sent() == 200, seconds=90)
    stop([loop])
    assert early < 200, "the disk was not full"
    assert twice(relay.seen) <= 10 and OutboxMessage.objects.count() == 200
    at_the_sink(relay)
