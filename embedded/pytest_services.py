"""pytest plugin: services for the whole run, started before Django reads its settings."""

import os

import pytest

from embedded.services import Services

_running: list[Services] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start them and tell Django where they are."""
    services = Services()
    _running.append(services)
    os.environ.update(services.environment)
    os.environ.update(ANAGEN_ENV="test", DATABASE_NAME="anagen_test", DATABASE_USER="app_rw", MFA_REQUIRED="no")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End them."""
    if _running:
        _running.pop().stop()


@pytest.fixture(scope="session")
def services() -> Services:
    """The running services, for tests that stop and start them."""
    return _running[0]
