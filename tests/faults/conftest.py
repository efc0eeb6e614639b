"""A relay on loopback and rows of a plain kind, for every fault."""

from collections.abc import Iterator

import pytest

from tests.clinic.outbox_make import probe
from tests.faults.crew import Child
from tests.faults.relay import Relay


@pytest.fixture(autouse=True)
def _no_child_outlives_its_test(transactional_db: None) -> Iterator[None]:
    """Ended before the tables are emptied."""
    yield
    Child.end_all()


@pytest.fixture
def relay() -> Iterator[Relay]:
    """It counts what it accepted."""
    found = Relay()
    yield found
    found.controller.stop()


@pytest.fixture
def kind() -> Iterator[None]:
    """The kind `probe`, which may always go."""
    with probe():
        yield
