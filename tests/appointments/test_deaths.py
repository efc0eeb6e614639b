"""A death is recorded from the patient's page: everything that is planned ends, and nobody is written to. It can be taken back."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.test import Client
from django.urls import reverse

from appointments import selectors, services
from appointments.models import Appointment, VisitType, WaitingListEntry
from appointments.rules import AppointmentState, Wants
from clinic import links
from clinic.clock import local_date
from clinic.errors import Refused
from clinic.models import Link, OutboxMessage, Site, Staff
from patients import services as people
from patients.models import Patient
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit
from tests.clinic.outbox_make import FakeRelay, drain

SignIn = Callable[[Staff], Client]
pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def needling(site: Site, amara: Staff) -> VisitType:
    return make_clinic(site, amara)


@pytest.fixture
def patient(site: Site) -> Patient:
    return make_clear(site, email="olivia@patient.example")


def sent(client: Client, patient: Patient, on: date = TODAY, **more: str) -> Any:
    data = {"subject": str(patient.uuid), "on_0": str(on.day), "on_1": str(on.month), "on_2": str(on.year), "sure": "on"} | more
    return client.post(reverse("appointments:death", args=[patient.uuid]), data)


def undone(client: Client, patient: Patient, reason: str) -> Any:
    return client.post(reverse("appointments:undo_death", args=[patient.uuid]), {"subject": str(patient.uuid), "reason": reason})


def said(patient: Patient) -> list[tuple[str, str]]:
    """The kept changes of the day of death: action and reason."""
    rows = apps.get_model("patients", "PatientEvent").objects.filter(pgh_obj_id=patient.pk, pgh_context__action__in=["patient.deceased", "patient.not_deceased"])
    return [(row.pgh_context["action"], row.pgh_context.get("reason") or "") for row in rows.order_by("pgh_id")]


@pytest.mark.parametrize("who", ["rosa", "amara"])
def test_the_edit_page_leads_there_and_the_page_says_what_ends(
    who: str, request: pytest.FixtureRequest, patient: Patient, needling: VisitType, amara: Staff, client_as: SignIn
) -> None:
    make_visit(patient, needling, amara, at_hour(11, days=3))
    client, where = client_as(request.getfixturevalue(who)), reverse("appointments:death", args=[patient.uuid])
    assert where in client.get(reverse("patients:edit", args=[patient.uuid])).content.decode()
    page = client.get(where).content.decode()
    assert "Visit cancelled" in page and "Microneedling session" in page and "nobody is written to" in page


def test_it_stops_everything_quietly(patient: Patient, needling: VisitType, amara: Staff, rosa: Staff, client_as: SignIn, site: Site) -> None:
    visit = make_visit(patient, needling, amara, at_hour(11, days=3))
    earlier = make_visit(patient, needling, amara, at_hour(9, days=60))
    services.join_waiting_list(patient=patient, visit_type=needling, wants=Wants(), clinician=None, gives_up=None, by=DESK, at=NOW)
    links.make_link(purpose="intake", site=site, patient_uuid=patient.uuid, birth_on=patient.birth_on, language="en", subject_kind="patient", subject_uuid=patient.uuid, by=DESK, at=NOW)
    assert sent(client_as(rosa), patient).status_code == 302
    patient.refresh_from_db()
    assert patient.deceased_on == TODAY
    assert set(Appointment.objects.filter(patient=patient).values_list("state", flat=True)) == {"cancelled"}
    assert {change.told_patient for row in (visit, earlier) for change in row.changes.filter(now="cancelled")} == {False}
    assert not WaitingListEntry.objects.filter(patient=patient, ended_at=None).exists()
    assert not Link.objects.filter(patient_uuid=patient.uuid, revoked_at=None).exists()
    assert said(patient) == [("patient.deceased", "")]
    drain(FakeRelay(), at=NOW + timedelta(days=2, hours=23))
    drain(FakeRelay(), at=NOW + timedelta(days=59, hours=23))
    assert not OutboxMessage.objects.filter(patient_uuid=patient.uuid, state="sent").exists()
    assert selectors.coming_session(patient.pk, NOW) is None


def test_nobody_who_has_died_joins_the_waiting_list(patient: Patient, needling: VisitType) -> None:
    """A page that was left open; they would be asked by phone."""
    patient.deceased_on = TODAY
    patient.save(update_fields=["deceased_on"])
    with pytest.raises(Refused):
        services.join_waiting_list(patient=patient, visit_type=needling, wants=Wants(), clinician=None, gives_up=None, by=DESK, at=NOW)
    assert not WaitingListEntry.objects.exists()


def test_a_visit_that_has_begun_stays_what_it_is(patient: Patient, needling: VisitType, amara: Staff, rosa: Staff, client_as: SignIn) -> None:
    visit = make_visit(patient, needling, amara, at_hour(11, days=0))
    services.change_state(appointment=visit, to=AppointmentState.ARRIVED, by=DESK, at=NOW)
    sent(client_as(rosa), patient)
    visit.refresh_from_db()
    assert visit.state == "arrived"


@pytest.mark.parametrize(
    ("on", "more", "words"),
    [(TODAY + timedelta(days=1), {}, "in the future"), (date(1970, 1, 1), {}, "before the birth"), (TODAY, {"sure": ""}, "Tick this once you have made sure")],
)
def test_a_day_that_cannot_be_or_no_tick_records_nothing(on: date, more: dict[str, str], words: str, patient: Patient, rosa: Staff, client_as: SignIn) -> None:
    answer = sent(client_as(rosa), patient, on, **more)
    patient.refresh_from_db()
    assert answer.status_code == 422 and words in answer.content.decode() and patient.deceased_on is None
    assert f'value="{on.year}"' in answer.content.decode()


def test_twice_is_said(patient: Patient, rosa: Staff, client_as: SignIn) -> None:
    client = client_as(rosa)
    sent(client, patient)
    assert sent(client, patient, TODAY - timedelta(days=3)).status_code == 422
    patient.refresh_from_db()
    assert patient.deceased_on == TODAY


def test_a_mistake_is_taken_back_with_a_reason(patient: Patient, needling: VisitType, amara: Staff, client_as: SignIn) -> None:
    visit, client = make_visit(patient, needling, amara, at_hour(11, days=3)), client_as(amara)
    sent(client, patient)
    assert undone(client, patient, " ").status_code == 422
    assert undone(client, patient, "another patient of the same name").status_code == 302
    patient.refresh_from_db()
    visit.refresh_from_db()
    assert patient.deceased_on is None and visit.state == "cancelled"
    assert said(patient)[-1] == ("patient.not_deceased", "another patient of the same name")
    with pytest.raises(people.DeathKnown):
        people.undo_death(patient=patient, reason="again", by=DESK, at=NOW)
    assert local_date(make_visit(patient, needling, amara, at_hour(14, days=3)).starts_at, patient.site.zone) == TODAY + timedelta(days=3)


@pytest.mark.parametrize("who", ["max_", "iris"])
def test_nobody_else_records_one(who: str, request: pytest.FixtureRequest, patient: Patient, client_as: SignIn) -> None:
    assert sent(client_as(request.getfixturevalue(who)), patient).status_code == 403
