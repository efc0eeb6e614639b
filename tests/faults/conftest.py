"""A relay on loopback and rows of a plain kind, for every fault."""

from collections.abc import Iterator

import pytest

from tests.clinic.outbox_make import probe
from tests.faults.relay import Relay


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
