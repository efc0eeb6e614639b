"""The clinician's home page leads to each work list, with how much is in it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from desk.selectors import never_ended, unsigned_records
from tests.treatments.make import (
    DAY,
    make_baseline,
    make_ended,
    make_past_session,
    make_patient,
    make_product,
    make_started,
)
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
    make_past_session(patient, amara, DAY - timedelta(days=99))
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
    make_past_session(patient, amara, DAY - timedelta(days=99))
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


class TestBegunAndNeverEnded:
    """PRODUCT: it lands in a named person's work list where it is. No aftercare, no recall and no signature follow before the end is there."""

    OWN, LEFT = "session that began and was never ended", "session of somebody who left that began and was never ended"
    LATER = DAY + timedelta(days=5)

    @pytest.mark.parametrize(("after", "shown"), [(timedelta(hours=3, minutes=59), False), (timedelta(hours=4), True), (timedelta(days=5), True)])
    def test_it_is_in_its_operator_s_list_once_it_can_t_be_running_any_more(self, site: Site, amara: Staff, okoro: Staff, client_as: SignIn, after: timedelta, shown: bool) -> None:
        record = make_started(site, amara)
        with time_machine.travel(DAY + after, tick=False):
            client = client_as(amara)
            assert (f'<a href="/unsigned/">1 {self.OWN}</a>' in client.get("/today/").content.decode()) is shown
            assert (reverse("treatments:session", args=[record.uuid]) in client.get("/unsigned/").content.decode()) is shown
            assert self.OWN not in client_as(okoro).get("/today/").content.decode()
            assert record.patient.name not in client_as(okoro).get("/unsigned/").content.decode()

    def test_it_stands_first_and_says_when_it_began(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        make_ended(site, amara, at=DAY - timedelta(days=3))
        make_started(site, amara)
        with time_machine.travel(self.LATER, tick=False):
            shown = client_as(amara).get("/unsigned/").content.decode()
        assert shown.index("Began and never ended") < shown.index("began Mon 2 Mar") < shown.index("ended Fri 27 Feb")

    def test_of_one_who_left_the_others_of_the_site_and_a_manager_are_told(self, site: Site, amara: Staff, okoro: Staff, max_: Staff, rosa: Staff, client_as: SignIn) -> None:
        record = make_started(site, amara)
        Staff.objects.filter(pk=amara.pk).update(is_active=False)
        with time_machine.travel(self.LATER, tick=False):
            assert f'<a href="/unsigned/">1 {self.LEFT}</a>' in client_as(okoro).get("/today/").content.decode()
            shown = client_as(okoro).get("/unsigned/").content.decode()
            assert reverse("treatments:session", args=[record.uuid]) in shown and "Dr Amara Osei" in shown
            seen = client_as(max_).get("/today/").content.decode()
            assert f'<a href="{reverse("staff:people")}">1 {self.LEFT}</a>' in seen and record.patient.name not in seen
            assert "never ended" not in client_as(rosa).get("/today/").content.decode()

    def test_nor_one_in_error_nor_one_of_another_site(self, site: Site, other_site: Site, amara: Staff, okoro: Staff) -> None:
        record = make_started(site, amara)
        Staff.objects.filter(pk=amara.pk).update(is_active=False)
        assert never_ended(Actor.of_staff(okoro), self.LATER) == [record]
        services.mark_entered_in_error(record=record, reason="Wrong patient", staff=okoro, by=Actor.of_staff(okoro), at=self.LATER)
        assert never_ended(Actor.of_staff(okoro), self.LATER) == []
        make_started(other_site, amara)
        assert never_ended(Actor.of_staff(okoro), self.LATER) == []

    def test_once_it_is_ended_it_waits_for_the_signature_instead(self, site: Site, amara: Staff) -> None:
        record, by = make_started(site, amara), Actor.of_staff(amara)
        assert (never_ended(by, self.LATER), unsigned_records(by)) == ([record], [])
        services.end_session(record=record, ended_at=DAY + timedelta(minutes=40), by=by, at=self.LATER)
        assert (never_ended(by, self.LATER), unsigned_records(by)) == ([], [record])
