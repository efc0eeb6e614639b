"""Rule 7: the main pages ask the database the same number of questions whatever the amount of data."""

import io
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aftercare.models import Concern
from appointments.models import Appointment, Recall
from clinic.models import OutboxMessage, Site, Staff
from patients.models import Patient
from treatments.models import CartridgeLot, TreatmentSession

pytestmark = pytest.mark.house
PAGES: dict[str, Callable[[], str]] = {
    "today": lambda: "/today/",
    "calendar day": lambda: "/appointments/",
    "calendar week": lambda: "/appointments/?view=week",
    "calendar events": lambda: f"/appointments/events/?start={timezone.now():%Y-%m-%d}",
    "patients": lambda: "/patients/",
    "search": lambda: "/search/?q=a%20n",
    "recalls": lambda: "/appointments/recalls/",
    "working time": lambda: "/appointments/working-time/",
    "waiting list": lambda: "/appointments/waiting-list/",
    "concerns": lambda: "/aftercare/concerns/",
    "messages": lambda: "/aftercare/messages/",
    "inventory": lambda: "/treatments/inventory/",
    "rules": lambda: "/rules/",
    "unsigned": lambda: "/unsigned/",
    "overview": lambda: f"/patients/{_patient().uuid}/",
    "screening": lambda: f"/patients/{_patient().uuid}/screening/",
    "appointments of a patient": lambda: f"/appointments/of/{_patient().uuid}/",
    "slot finder": lambda: f"/appointments/of/{_patient().uuid}/book/?visit_type=session",
    "messages of a patient": lambda: f"/aftercare/patients/{_patient().uuid}/messages/",
    "session": lambda: f"/treatments/sessions/{TreatmentSession.objects.filter(patient=_patient()).order_by('pk')[0].uuid}/",
}


def _patient() -> Patient:
    """The same person before and after: the one with the red flag."""
    return Concern.objects.order_by("pk")[0].patient


@pytest.fixture
def amara_s(db: None) -> Client:
    """A clinic of 30 patients, and its clinician."""
    call_command("seed_demo", patients=30, seed=5, verbosity=0, stdout=io.StringIO())
    client = Client()
    client.force_login(Staff.objects.get(email="amara@demo.example"), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def counts(client: Client) -> dict[str, int]:
    """Queries of each page, the second time it is opened."""
    found = {}
    for name, address in PAGES.items():
        url = address()
        assert client.get(url).status_code == 200, url
        with CaptureQueriesContext(connection) as seen:
            client.get(url)
        found[name] = len(seen.captured_queries)
    return found


def grow() -> None:
    """Three times as much of everything that the pages list."""
    site, at = Site.objects.get(), timezone.now()
    first = {model: list(model.objects.order_by("pk")) for model in (Patient, Appointment, Recall, OutboxMessage, CartridgeLot, Concern)}
    people = Patient.objects.bulk_create(
        Patient(site=site, number=50_000 + n, given_name="Ann", family_name=f"Nother{n}", search_name=f"nother{n} ann", birth_on=row.birth_on,
                email=f"a{n}@patients.example", created_at=at) for n, row in enumerate(first[Patient] * 2)
    )  # fmt: skip
    for row in first[Appointment]:
        for person in people[:2]:
            _again(row, patient=person, form_key=None)
    for n, row in enumerate(first[Recall]):
        session = TreatmentSession.objects.filter(recall=None, ended_at__isnull=False).order_by("pk")[n]
        _again(row, patient=people[n], after=session)
    for n, row in enumerate(first[OutboxMessage]):
        _again(row, key=f"again-{n}", patient_uuid=row.patient_uuid)
    for n, row in enumerate(first[CartridgeLot]):
        _again(row, lot=f"again-{n}")
    for n, row in enumerate(first[Concern]):
        _again(row, patient=people[n], check_in=None)


def _again(row: object, **changes: object) -> None:
    """The same row once more, under new keys."""
    import uuid

    row.pk = None  # type: ignore[attr-defined]
    for name in ("uuid", "message_id"):
        if hasattr(row, name):
            setattr(row, name, uuid.uuid4() if name == "uuid" else "")
    for name, value in changes.items():
        setattr(row, name, value)
    row._state.adding = True  # type: ignore[attr-defined]
    row.save()  # type: ignore[attr-defined]


def test_the_number_of_queries_does_not_grow_with_the_data(amara_s: Client) -> None:
    before = counts(amara_s)
    grow()
    after = counts(amara_s)
    assert {name: (before[name], after[name]) for name in before if after[name] > before[name]} == {}
    assert max(after.values()) <= 75, after


def test_a_page_that_asks_once_a_row_would_be_noticed(amara_s: Client) -> None:
    def ask() -> int:
        with CaptureQueriesContext(connection) as seen:
            for row in Appointment.objects.all():
                str(row.patient)
        return len(seen.captured_queries)

    before = ask()
    grow()
    assert ask() > before
