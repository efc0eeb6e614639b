"""The database that tests run on, the cast, and clients signed in as one of them.

Tests run as `app_rw` on a copy of a migrated template. After a transactional test the copy is made anew, because the
app's role may not TRUNCATE.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import Client, TransactionTestCase

from clinic.audit import Actor
from clinic.models import Clinic, Site, Staff
from clinic.roles import OperatorRole, Role
from embedded import pg
from embedded.services import TEMPLATE

REACHED_OUT: list[str] = []
"""Who was called outside this machine, in the whole run. An audit hook sees every socket of Python, and what it notes can't be swallowed (R35)."""


def _stay_here(event: str, args: tuple[Any, ...]) -> None:
    if event not in {"socket.connect", "socket.sendto"} or not isinstance(args[-1], tuple):  # a path is a socket of this machine
        return
    host = str(args[-1][0])
    if host not in {"localhost", "::1", ""} and not host.startswith("127."):
        REACHED_OUT.append(host)
        raise OSError(f"tests never leave this machine, and this one called {host}")


sys.addaudithook(_stay_here)
hypothesis.settings.register_profile("any machine", suppress_health_check=[hypothesis.HealthCheck.too_slow], deadline=None)  # how fast is no one's claim here
hypothesis.settings.load_profile("any machine")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser driver keeps an event loop in this thread


def _copy_template() -> None:
    name = settings.DATABASES["default"]["NAME"]
    sockets = Path(settings.DATABASES["default"]["HOST"])
    for connection in connections.all():
        connection.close()
    pg.run_sql(
        sockets,
        f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE);;CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}" OWNER app_owner STRATEGY file_copy',
    )


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Instead of Django's own test database."""
    with django_db_blocker.unblock():
        _copy_template()

        def fresh_copy(self: TransactionTestCase) -> None:
            _copy_template()

        original = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
        TransactionTestCase._fixture_teardown = fresh_copy  # type: ignore[attr-defined]
        yield
        TransactionTestCase._fixture_teardown = original  # type: ignore[attr-defined]
        for connection in connections.all():
            connection.close()


@pytest.fixture(autouse=True)
def stays_here() -> Iterator[None]:
    """No test opens a connection to anything but this machine."""
    already = len(REACHED_OUT)
    yield
    assert REACHED_OUT[already:] == [], "called outside this machine"


@pytest.fixture(autouse=True)
def fresh_limits(request: pytest.FixtureRequest) -> None:
    """Counters of tries and cached pages belong to one test: many tests open links in the same minute."""
    if request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(request.fixturenames):
        cache.clear()


@pytest.fixture
def site(db: None) -> Site:
    """Harley site, Europe/London."""
    clinic = Clinic.objects.first() or Clinic.objects.create(
        name="Riverside Dermatology", reference_phrase="Willow and stone", reply_to="care@riverside.example"
    )
    return Site.objects.create(
        clinic=clinic, name="Harley site", zone="Europe/London", phone="020 7946 0123", emergency_number="999"
    )


@pytest.fixture
def other_site(site: Site) -> Site:
    """A second site of the same clinic, where the cast does not work."""
    return Site.objects.create(clinic=site.clinic, name="Leeds site", zone="Europe/London", phone="0113 496 0000")


def _staff(site: Site, email: str, name: str, role: Role, **fields: Any) -> Staff:
    staff = Staff(email=email, name=name, roles=[role.value], **fields)
    staff.set_password("correct horse battery")
    staff.save()
    staff.sites.add(site)
    return staff


@pytest.fixture
def amara(site: Site) -> Staff:
    """Dr Amara Osei, dermatologist."""
    return _staff(
        site, "amara@riverside.example", "Amara Osei", Role.CLINICIAN,
        title="Dr", operator_role=OperatorRole.DERMATOLOGIST, credential_valid=True,
    )


@pytest.fixture
def okoro(site: Site) -> Staff:
    """Nurse Ngozi Okoro, a second clinician."""
    return _staff(
        site, "okoro@riverside.example", "Ngozi Okoro", Role.CLINICIAN,
        title="Nurse", operator_role=OperatorRole.NURSE, credential_valid=True,
    )


@pytest.fixture
def rosa(site: Site) -> Staff:
    """Rosa Lind, at the desk."""
    return _staff(site, "rosa@riverside.example", "Rosa Lind", Role.FRONT_DESK)


@pytest.fixture
def max_(site: Site) -> Staff:
    """Max Brandt, manager."""
    return _staff(site, "max@riverside.example", "Max Brandt", Role.MANAGER)


@pytest.fixture
def iris(site: Site) -> Staff:
    """Iris Vale, auditor."""
    return _staff(site, "iris@riverside.example", "Iris Vale", Role.AUDITOR)


@pytest.fixture
def stranger(other_site: Site) -> Staff:
    """A clinician of another site."""
    return _staff(other_site, "stranger@riverside.example", "Sam Stranger", Role.CLINICIAN, title="Dr")


@pytest.fixture
def actor_of() -> Callable[[Staff], Actor]:
    """The actor that a member of staff is."""
    return Actor.of_staff


@pytest.fixture
def client_as(db: None) -> Callable[[Staff], Client]:
    """A test client signed in as somebody."""

    def sign_in(staff: Staff) -> Client:
        client = Client()
        client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in
