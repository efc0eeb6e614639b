"""A full week and a wide search: one request, the same number of queries however much there is."""

import json
import time as clock
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from appointments import selectors
from appointments.models import Appointment, Room, VisitType, WorkingHours
from clinic.models import Site, Staff
from clinic.roles import Role
from tests.appointments.make import DESK, NOW, make_clear, make_clinic
from tests.conftest import _staff

pytestmark = pytest.mark.django_db
MONDAY = (NOW - timedelta(days=NOW.weekday())).date()


def fill(site: Site, kind: VisitType, staff: list[Staff], amount: int) -> None:
    """So many visits in one week, over all clinicians."""
    rooms, patients = list(Room.objects.all()), [make_clear(site) for _ in range(10)]
    begin = NOW.replace(hour=9) - timedelta(days=NOW.weekday())
    Appointment.objects.bulk_create(
        Appointment(
            patient=patients[n % 10], site=site, visit_type=kind, clinician=staff[n % len(staff)], room=rooms[n % len(rooms)],
            starts_at=begin + timedelta(days=n % 7, minutes=15 * (n // 70)), ends_at=begin + timedelta(days=n % 7, minutes=15 * (n // 70) + 15),
            state="booked", state_since=NOW, booked_at=NOW, booked_by=DESK.name,
        )
        for n in range(amount)
    )  # fmt: skip


def test_a_week_with_four_hundred_visits_is_one_answer_with_as_many_queries_as_a_week_with_four(
    site: Site, amara: Staff, okoro: Staff, rosa: Staff, client_as: Callable[[Staff], Client]
) -> None:
    kind, client = make_clinic(site, amara, okoro), client_as(rosa)
    address = f"/appointments/events/?start={MONDAY}&end={MONDAY + timedelta(days=7)}&site={site.uuid}"

    def asked() -> tuple[int, int, int]:
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            rows = json.loads(client.get(address).content)
        with CaptureQueriesContext(connection) as page:
            assert client.get(f"/appointments/?view=week&on={MONDAY}").status_code == 200
        return sum("state" in row["extendedProps"] for row in rows), len(seen), len(page)

    fill(site, kind, [amara, okoro], 4)
    few = asked()
    fill(site, kind, [amara, okoro], 396)
    many = asked()
    assert (few[0], many[0]) == (4, 400)
    assert few[1:] == many[1:]


def test_sixty_days_and_ten_clinicians_cost_as_many_queries_as_one_day_and_one(site: Site, amara: Staff) -> None:
    kind = make_clinic(site, amara)
    patient = make_clear(site)

    def asked(days: int) -> tuple[int, int, float]:
        with CaptureQueriesContext(connection) as seen:
            begin = clock.perf_counter()
            found: list[Any] = selectors.offers(patient=patient, visit_type=kind, from_on=NOW.date() + timedelta(days=1), days=days, at=NOW)
            took = clock.perf_counter() - begin
        return sum(len(day.slots) for day in found), len(seen), took

    few = asked(1)
    for n in range(9):
        person = _staff(site, f"c{n}@riverside.example", f"Clinician {n}", Role.CLINICIAN)
        WorkingHours.objects.bulk_create(WorkingHours(staff=person, site=site, weekday=day, starts=time(9), ends=time(17)) for day in range(7))
    fill(site, kind, [amara], 200)
    many = asked(60)
    assert few[1] == many[1]
    assert many[0] > 100 * few[0] > 0
