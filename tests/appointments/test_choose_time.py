"""A patient picks a time from the mail: whole days, one row a time, the usual clinician where she is free."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from appointments import selectors, services
from appointments.models import VisitType
from appointments.rules import AppointmentState
from appointments.selectors import DayOffer, Slot
from clinic import links
from clinic.models import Site, Staff
from patients.models import Patient
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit

URL = reverse("appointments_link:choose_time")


@pytest.fixture
def needling(site: Site, amara: Staff, okoro: Staff) -> VisitType:
    return make_clinic(site, amara, okoro)


def slot(hour: int, pk: int, name: str) -> Slot:
    return Slot(at_hour(hour), at_hour(hour) + timedelta(minutes=45), pk, name)


class TestOneATime:
    """Each start once."""

    OFFER = DayOffer(NOW.date(), [slot(9, 1, "Dr Amara"), slot(9, 2, "Nurse Okoro"), slot(10, 1, "Dr Amara"), slot(11, 2, "Nurse Okoro")])

    def test_the_usual_clinician_comes_first_where_she_is_free(self) -> None:
        assert [(s.starts_at.hour, s.clinician_id) for s in self.OFFER.one_a_time(2)] == [(9, 2), (10, 1), (11, 2)]

    def test_without_one_the_names_decide(self) -> None:
        assert [(s.starts_at.hour, s.clinician_id) for s in self.OFFER.one_a_time()] == [(9, 1), (10, 1), (11, 2)]


def phone_of(patient: Patient) -> Client:
    """Behind the invitation's link, after the date of birth."""
    client = Client()
    link = links.make_link(
        purpose="choose_time", site=patient.site, patient_uuid=patient.uuid, birth_on=patient.birth_on, language="en",
        subject_kind="patient", subject_uuid=patient.uuid, by=DESK, at=NOW,
    )  # fmt: skip
    born = patient.birth_on
    token = links.mint_token(link, at=NOW)
    client.post(f"/l/{token}/", {"day": born.day, "month": born.month, "year": born.year})
    return client


def starts_in(page: str) -> list[tuple[datetime, int]]:
    """What can be chosen."""
    found = re.findall(r'name="slot" value="([^|"]+)\|(\d+)"', page)
    return [(datetime.fromisoformat(when.replace("&#x2B;", "+")), int(pk)) for when, pk in found]


@pytest.mark.django_db
class TestThePage:
    """The afternoon can be chosen as well as the morning."""

    def test_shows_the_whole_day_once_a_time_and_one_clinician_by_choice(self, site: Site, needling: VisitType, amara: Staff, okoro: Staff) -> None:
        patient = make_clear(site)
        seen = make_visit(patient, needling, okoro, at_hour(10))
        for state in (AppointmentState.ARRIVED, AppointmentState.IN_SESSION, AppointmentState.DONE):
            services.change_state(appointment=seen, to=state, by=DESK, at=NOW)
            seen.refresh_from_db()
        assert selectors.usual_clinician(patient) == okoro.pk
        with time_machine.travel(NOW, tick=False):
            phone = phone_of(patient)
            page = phone.get(URL).content.decode()
            hers = phone.get(URL, {"with": str(amara.pk)}).content.decode()
            odd = phone.get(URL, {"with": "999999"}).content.decode()
        chosen = starts_in(page)
        assert chosen, page[-2000:]
        day = [when for when, _pk in chosen if when.date() == chosen[0][0].date()]
        assert len(day) == len(set(day)) and min(day).hour < 10 and max(day).hour >= 15
        assert {pk for _when, pk in chosen} == {okoro.pk}
        assert {pk for _when, pk in starts_in(hers)} == {amara.pk}
        assert starts_in(odd) == chosen
