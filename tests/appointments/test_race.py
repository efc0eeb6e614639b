"""Fifty at once: exactly what fits is booked, and everybody else gets a kind answer."""

import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from appointments import services
from appointments.models import Appointment, Occupation, Offer, VisitType, WorkingHours
from appointments.rules import Wants
from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site, Staff
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
FIFTY = 50


def all_at_once(acts: list[Callable[[], Any]]) -> list[str]:
    """Run them in threads that start together: `done`, the class of a refusal, or whatever else went wrong."""
    gate, results = threading.Barrier(len(acts)), []

    def attempt(act: Callable[[], Any]) -> None:
        gate.wait()
        try:
            act()
            results.append("done")
        except Refused as refusal:
            results.append(type(refusal).__name__)
        except Exception as error:  # anything else is what these tests look for
            results.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


@pytest.fixture
def needling(site: Site, amara: Staff, okoro: Staff) -> VisitType:
    return make_clinic(site, amara, okoro)


def booking(patient: Any, visit_type: VisitType, clinician: Staff, starts_at: datetime) -> Callable[[], Any]:
    return lambda: make_visit(patient, visit_type, clinician, starts_at)


def overlaps() -> list[tuple[int, int]]:
    """Pairs of occupations of one resource and lane that overlap; the database should allow none."""
    rows = list(Occupation.objects.all())
    return [
        (a.pk, b.pk) for a in rows for b in rows
        if a.pk < b.pk and (a.resource_kind, a.resource_id, a.lane) == (b.resource_kind, b.resource_id, b.lane)
        and a.during.lower < b.during.upper and b.during.lower < a.during.upper
    ]  # fmt: skip


def test_fifty_bookings_of_one_slot(site: Site, needling: VisitType, amara: Staff) -> None:
    acts = [booking(make_clear(site), needling, amara, at_hour(10)) for _ in range(FIFTY)]
    assert all_at_once(acts) == ["SlotTaken"] * (FIFTY - 1) + ["done"]


def test_fifty_bookings_of_slots_that_overlap(site: Site, needling: VisitType, amara: Staff) -> None:
    starts = [at_hour(10) + timedelta(minutes=15 * (n % 12)) for n in range(FIFTY)]
    results = all_at_once([booking(make_clear(site), needling, amara, start) for start in starts])
    assert set(results) == {"done", "SlotTaken"}
    booked = sorted(Appointment.objects.values_list("starts_at", flat=True))
    assert overlaps() == []
    whole = timedelta(minutes=needling.minutes + needling.buffer_minutes)
    refused = [start for start in starts if start not in booked]
    assert all(any(abs(start - other) < whole for other in booked) for start in refused), "nobody was refused a time that was free"


def test_one_patient_in_two_rooms(site: Site, needling: VisitType, amara: Staff, okoro: Staff) -> None:
    patient = make_clear(site)
    results = all_at_once([booking(patient, needling, (amara, okoro)[n % 2], at_hour(10)) for n in range(FIFTY)])
    assert results.count("done") == 1
    assert set(results) <= {"done", "SlotTaken", "NotEligible"}  # whoever looks after the winner sees a session on that day already
    assert Appointment.objects.filter(patient=patient).count() == 1


def test_fifty_answers_to_one_freed_time(site: Site, needling: VisitType, amara: Staff) -> None:
    for n in range(3):
        services.join_waiting_list(
            patient=make_clear(site), visit_type=needling, wants=Wants(), clinician=None, gives_up=None, by=DESK, at=NOW - timedelta(days=n + 1),
        )  # fmt: skip
    visit = make_visit(make_clear(site), needling, amara, at_hour(14))
    services.cancel_appointment(appointment=visit, reason="ill", by=DESK, at=NOW)
    later = NOW + timedelta(minutes=4)
    services.offer_freed_slots(by=Actor.of_task("t"), at=later)
    offers = list(Offer.objects.all())
    results = all_at_once([partial(services.take_offer, offer=offers[n % 3], by=DESK, at=later) for n in range(FIFTY)])
    assert results.count("done") == 1
    assert set(results) <= {"done", "OfferGone", "SlotTaken"}
    assert Appointment.objects.filter(state="booked").count() == 1


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Asia/Kolkata"])
def test_every_zone_keeps_its_clock_on_the_days_when_clocks_change(site: Site, needling: VisitType, amara: Staff, zone: str) -> None:
    """A slot exists once and no hour is skipped; the file's instants are those of the local clock."""
    from zoneinfo import ZoneInfo

    from appointments import selectors

    site.zone = zone
    site.save()
    WorkingHours.objects.filter(staff=amara).update(starts=time(0, 15), ends=time(23, 45))
    site.opening_hours.update(opens=time(0, 15), closes=time(23, 45))
    for day in ("2027-03-14", "2027-03-28", "2027-10-31", "2027-11-07"):
        on = datetime.fromisoformat(day).date()
        slots = selectors.free_slots(site=site, visit_type=needling, from_on=on, to_on=on, at=NOW, clinician=amara)
        starts = [slot.starts_at for slot in slots]
        assert len(starts) == len(set(starts)) > 40
        assert all(start.astimezone(ZoneInfo(zone)).date() == on for start in starts)
        assert all((b - a) == timedelta(minutes=30) for a, b in itertools.pairwise(starts)), "nothing is skipped"
        assert all(start.tzinfo == UTC or start.utcoffset() == timedelta(0) for start in starts)
