"""A clinic runs late: who is in the house is not somebody for whom nothing is booked."""

from datetime import timedelta
from typing import Any

import pytest

from appointments import services
from appointments.rules import AppointmentState
from appointments.selectors import next_appointment, next_appointments
from clinic.audit import Actor
from clinic.models import Site, Staff
from desk.selectors.overview import overview
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit
from tests.treatments.make import make_course

pytestmark = pytest.mark.django_db
START = at_hour(10, days=0)
END = START + timedelta(minutes=45)


def test_who_has_arrived_is_next_until_seen(site: Site, amara: Staff) -> None:
    patient = make_clear(site)
    make_course(patient, amara, at=NOW)
    visit = make_visit(patient, make_clinic(site, amara), amara, START)
    late = END + timedelta(minutes=50)
    assert next_appointment(patient, late) is None and next_appointments([patient.pk], late) == {}
    services.change_state(appointment=visit, to=AppointmentState.ARRIVED, by=DESK, at=START)
    assert next_appointment(patient, late) == visit and next_appointments([patient.pk], late) == {patient.pk: visit}
    step: Any = overview(patient, actor=Actor.of_staff(amara), at=late)["step"]
    assert step is not None and "Open a session" in str(step.words)


def test_an_arrival_that_nobody_ended_is_not_next_on_another_day(site: Site, amara: Staff) -> None:
    patient = make_clear(site)
    kind = make_clinic(site, amara)
    visit = make_visit(patient, kind, amara, START)
    services.change_state(appointment=visit, to=AppointmentState.ARRIVED, by=DESK, at=START)
    later = make_visit(patient, kind, amara, at_hour(10, days=30))
    assert next_appointment(patient, START + timedelta(days=1)) == later
