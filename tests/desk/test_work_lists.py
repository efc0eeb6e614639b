"""The clinician's home page leads to each work list, with how much is in it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from clinic.audit import Actor
from clinic.models import Site, Staff
from desk.selectors import unsigned_records
from tests.treatments.make import DAY, make_baseline, make_ended, make_patient, make_product
from treatments import selectors, services
from treatments.models import Photo
from treatments.services import readings

SignIn = Callable[[Staff], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


def test_blinded_readings_that_wait_are_counted_and_lead_to_their_list(site: Site, amara: Staff, okoro: Staff, rosa: Staff, client_as: SignIn) -> None:
    patient = make_patient(site)
    assert "blinded reading" not in client_as(okoro).get("/today/").content.decode()
    make_baseline(patient, amara, DAY - timedelta(days=100))
    make_baseline(patient, amara, DAY - timedelta(days=1))
    assert Photo.objects.count() == 12
    page = client_as(okoro).get("/today/").content.decode()
    assert '<a href="/treatments/readings/">6 blinded readings</a>' in page
    assert "blinded reading" not in client_as(rosa).get("/today/").content.decode()


def test_patch_tests_to_read_too(site: Site, amara: Staff, client_as: SignIn) -> None:
    services.apply_patch_test(patient=make_patient(site), product=make_product(site), by=Actor.of_staff(amara), at=DAY - timedelta(hours=50))
    assert '<a href="/treatments/patch-tests/">1 patch test to read</a>' in client_as(amara).get("/today/").content.decode()


def test_a_reading_that_was_opened_is_still_to_do(site: Site, amara: Staff, okoro: Staff) -> None:
    make_baseline(patient := make_patient(site), amara, DAY - timedelta(days=100))
    make_baseline(patient, amara, DAY - timedelta(days=1))
    readings.deal_pair(by=Actor.of_staff(okoro), at=DAY)
    assert selectors.readings.to_do(Actor.of_staff(okoro)) == 6


def test_unsigned_records_of_who_left_are_seen_by_those_who_are_there(site: Site, amara: Staff, okoro: Staff, max_: Staff, client_as: SignIn) -> None:
    """Only the author signs. So a clinician of the site sees the record, and a manager that there is one."""
    record = make_ended(site, amara)
    words = "unsigned record of somebody who left"
    assert unsigned_records(Actor.of_staff(okoro)) == [] and words not in client_as(okoro).get("/today/").content.decode()
    amara.is_active = False
    amara.save()
    assert unsigned_records(Actor.of_staff(okoro)) == [record]
    assert words in client_as(okoro).get("/today/").content.decode()
    shown = client_as(okoro).get("/unsigned/").content.decode()
    assert "Of people who left" in shown and "Dr Amara Osei" in shown and record.patient.name in shown
    seen = client_as(max_).get("/today/").content.decode()
    assert words in seen and record.patient.name not in seen


def test_a_clinician_who_became_something_else_has_left_too(site: Site, amara: Staff, okoro: Staff) -> None:
    record = make_ended(site, amara)
    amara.roles = ["front_desk"]
    amara.save()
    assert unsigned_records(Actor.of_staff(okoro)) == [record]
