"""Rule 7: the main pages ask the database the same number of questions whatever the amount of data."""

import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aftercare.models import Concern
from appointments.models import Appointment, Recall
from appointments.selectors import calendar
from clinic.models import OutboxMessage, Site, Staff
from patients.models import Allergy, Clearance, Hold, Medication, Patient, Screening
from tests.house import world
from treatments.models import (
    AdverseEvent,
    Cartridge,
    CartridgeLot,
    Measurement,
    PatchTest,
    Photo,
    Product,
    TreatmentSession,
)

pytestmark = pytest.mark.house
PAGES: dict[str, Callable[[], str]] = {
    "today": lambda: "/today/",
    "calendar day": lambda: "/appointments/",
    "calendar week": lambda: "/appointments/?view=week",
    "calendar events": lambda: f"/appointments/events/?start={timezone.now():%Y-%m-%d}",
    "patients": lambda: "/patients/",
    "search": lambda: "/search/?q=a%20n",
    "recalls": lambda: "/appointments/recalls/",
    "visits to put right": lambda: "/appointments/put-back/",
    "working time": lambda: "/appointments/working-time/",
    "waiting list": lambda: "/appointments/waiting-list/",
    "concerns": lambda: "/aftercare/concerns/",
    "messages": lambda: "/aftercare/messages/",
    "inventory": lambda: "/treatments/inventory/",
    "rules": lambda: "/rules/",
    "unsigned": lambda: "/unsigned/",
    "to look at": lambda: "/to-look-at/",
    "overview": lambda: f"/patients/{_patient().uuid}/",
    "screening": lambda: f"/patients/{_patient().uuid}/screening/",
    "appointments of a patient": lambda: f"/appointments/of/{_patient().uuid}/",
    "slot finder": lambda: f"/appointments/of/{_patient().uuid}/book/?visit_type=session",
    "messages of a patient": lambda: f"/aftercare/patients/{_patient().uuid}/messages/",
    "results of a patient": lambda: f"/treatments/of/{_patient().uuid}/measurements/",
    "clinic results": lambda: "/reports/results/",
    "how the clinic runs": lambda: "/reports/results/running/",
    "blinded readings": lambda: "/treatments/readings/",
    "photos": lambda: f"/treatments/of/{_patient().uuid}/photos/",
    "compare photos": lambda: f"/treatments/of/{_patient().uuid}/photos/compare/",
    "take photos": lambda: f"/treatments/of/{_patient().uuid}/photos/take/",
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


@dataclass(frozen=True)
class Opened:
    """What a page cost and how long it is."""

    queries: int
    length: int


def opened(client: Client) -> dict[str, Opened]:
    """Each page, the second time it is opened. The clock stands: every 20 seconds one more row is written, that somebody is there (R18)."""
    found = {}
    with time_machine.travel(timezone.now(), tick=False):
        for name, address in PAGES.items():
            url = address()
            assert client.get(url).status_code == 200, url
            with CaptureQueriesContext(connection) as seen:
                answer = client.get(url)
            found[name] = Opened(len(seen.captured_queries), len(answer.content))
    return found


def changed(before: dict[str, Opened], after: dict[str, Opened]) -> dict[str, tuple[int, int]]:
    """Pages that ask more, or fewer, questions than before."""
    return {name: (row.queries, after[name].queries) for name, row in before.items() if row.queries != after[name].queries}


def longer(before: dict[str, Opened], after: dict[str, Opened]) -> set[str]:
    """Pages that show more than before: the others would prove nothing."""
    return {name for name, row in before.items() if after[name].length > row.length}


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
            _again(row, patient=person, form_key=None, session=None)
    for n, row in enumerate(first[Recall]):
        session = TreatmentSession.objects.filter(recall=None, ended_at__isnull=False).order_by("pk")[n]
        _again(row, patient=people[n], after=session)
    for n, row in enumerate(first[OutboxMessage]):
        _again(row, key=f"again-{n}", patient_uuid=row.patient_uuid)
    for n, row in enumerate(first[CartridgeLot]):
        _again(row, lot=f"again-{n}")
        Cartridge.objects.create(lot=row, number=1)
    for n, row in enumerate(first[Concern]):
        _again(row, patient=people[n], check_in=None)


def _again(row: object, **changes: object) -> None:
    """The same row once more, under new keys."""
    row.pk = None  # type: ignore[attr-defined]
    for name in ("uuid", "message_id"):
        if hasattr(row, name):
            setattr(row, name, uuid.uuid4() if name == "uuid" else "")
    for name, empty in (("form_key", None), ("origin", "")):
        if hasattr(row, name):
            setattr(row, name, empty)
    for name, value in changes.items():
        setattr(row, name, value)
    row._state.adding = True  # type: ignore[attr-defined]
    row.save()  # type: ignore[attr-defined]


def grow_the_record() -> None:
    """Three times as much in one patient's own record: sessions with all that is in them, visits, mails, findings."""
    patient = _patient()
    for model in (Clearance, Hold, Screening, Allergy, Medication, PatchTest, Measurement, AdverseEvent, Photo, Appointment):
        rows = list(model._default_manager.filter(patient=patient).order_by("pk"))
        for row in rows * 2:
            _again(row, **_keys(model))
    for message in list(OutboxMessage.objects.filter(patient_uuid=patient.uuid).order_by("pk")) * 2:
        _again(message, key=f"more-{uuid.uuid4()}")
    sessions = list(TreatmentSession.objects.filter(patient=patient).order_by("pk"))
    first = sessions[0]
    for block in list(first.blocks.order_by("pk")) * 2:
        zones = list(block.zones.order_by("pk"))
        _again(block, cartridge=None, position=first.blocks.count() + 1)
        for zone in zones:
            _again(zone, block=block)
    for use in list(first.product_uses.order_by("pk")) * 2:
        _again(use)
    for n, session in enumerate(sessions * 2):  # earlier ones, so that the last session stays the last
        _earlier(session, number=100 + n, days=400)


def _earlier(session: TreatmentSession, *, number: int, days: int) -> None:
    """The same session once more, so many days before."""
    moments = {name: getattr(session, name) for name in ("planned_start_at", "started_at", "ended_at")}
    _again(session, number=number, **{name: at - timedelta(days=days) for name, at in moments.items() if at})


def _keys(model: type[Model]) -> dict[str, object]:
    """What may not be there twice."""
    if model is Photo:
        return {"file_name": uuid.uuid4().hex}
    return {"form_key": None, "session": None} if model is Appointment else {}


def _one_of_each(patient: Patient) -> None:
    """What the demo's patient may lack, so that a list is never empty at first."""
    at, session = timezone.now(), TreatmentSession.objects.filter(patient=patient).order_by("pk")[0]
    Allergy.objects.create(patient=patient, substance="other", name="lanolin")
    Medication.objects.create(patient=patient, name="minoxidil")
    PatchTest.objects.create(patient=patient, product=Product.objects.order_by("pk")[0], applied_at=at, by="t")
    Measurement.objects.create(patient=patient, session=session, kind="norwood_hamilton", grade="3", measured_at=at, by="t")
    _earlier(session, number=99, days=100)


def test_the_number_of_queries_does_not_grow_with_the_clinic(amara_s: Client) -> None:
    before = opened(amara_s)
    grow()
    after = opened(amara_s)
    assert changed(before, after) == {}
    assert longer(before, after) >= {
        "today", "calendar events", "patients", "search", "recalls", "concerns", "messages", "inventory",
    }  # fmt: skip
    assert max(row.queries for row in after.values()) <= 75, after


def test_the_number_of_queries_does_not_grow_with_one_record(db: None) -> None:
    world.load()
    client = Client()
    client.force_login(Staff.objects.get(email="amara@demo.example"), backend="allauth.account.auth_backends.AuthenticationBackend")
    _one_of_each(_patient())
    before = opened(client)
    grow_the_record()
    after = opened(client)
    assert changed(before, after) == {}
    assert longer(before, after) >= {"overview", "screening", "appointments of a patient", "messages of a patient", "session", "photos"}


def test_a_page_that_asks_once_a_row_would_be_noticed(amara_s: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The calendar without its prefetching."""
    careful: Any = calendar.visits
    monkeypatch.setattr(calendar, "visits", lambda *asked: careful(*asked).select_related(None))
    before = opened(amara_s)
    grow()
    assert {"calendar events"} <= set(changed(before, opened(amara_s)))
