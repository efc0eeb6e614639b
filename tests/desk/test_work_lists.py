"""The clinician's home page leads to each work list, with how much is in it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from clinic.audit import Actor
from clinic.models import Site, Staff
from tests.treatments.make import DAY, make_baseline, make_patient, make_product
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
