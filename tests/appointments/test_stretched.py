"""A visit that somebody stretched keeps its own length wherever it goes: the desk's move page, the patient's, and what is offered when a time is taken."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from appointments import services
from appointments.models import Appointment, VisitType
from clinic import links
from clinic.models import Site, Staff
from tests.appointments.make import at_hour, make_clear, make_clinic, make_visit
from tests.appointments.test_booking import DESK, NOW, book, make_patient, talk

pytestmark = pytest.mark.django_db
__all__ = ["talk"]
LONG = 90
NOON = datetime(2026, 11, 25, 13, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def long(site: Site, talk: VisitType, amara: Staff) -> Appointment:
    """10:00 to 11:30 instead of 10:30; somebody else has 13:00 to 13:30. Five minutes of tidying follow each."""
    booked = book(site, talk, amara)
    there = services.Wish(starts_at=booked.starts_at, clinician=amara, minutes=LONG)
    moved = services.move_appointment(appointment=booked, wish=there, by=DESK, at=NOW)
    book(site, talk, amara, hour=13)
    assert moved.minutes == LONG
    return moved


def starts_on_the_day(page: str) -> list[datetime]:
    found = {datetime.fromisoformat(when.replace("&#x2B;", "+")) for when in re.findall(r'name="slot" value="([^|"]+)\|', page)}
    return sorted(when for when in found if when.date() == NOON.date())


def fits(starts: list[datetime]) -> bool:
    """Before the other visit, or after it and its tidying, and over before the clinic closes at five."""
    before = [when for when in starts if when < NOON]
    after = [when for when in starts if when >= NOON]
    room, tidy = timedelta(minutes=LONG), timedelta(minutes=5)
    return bool(before and after) and max(before) + room + tidy <= NOON and min(after) >= NOON + timedelta(minutes=35) and max(after) + room <= NOON.replace(hour=17)


def test_the_desk_is_offered_only_times_that_are_long_enough(long: Appointment, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
    client = client_as(rosa)
    url = reverse("appointments:move", args=[long.uuid])
    starts = starts_on_the_day(client.get(url).content.decode())
    assert fits(starts)
    client.post(url, {"slot": f"{starts[-1].isoformat()}|{long.clinician_id}", "subject": str(long.patient.uuid)})
    long.refresh_from_db()
    assert (long.starts_at, long.minutes) == (starts[-1], LONG)


def test_the_patient_is_too(long: Appointment, site: Site) -> None:
    patient, client = long.patient, Client()
    link = links.make_link(
        purpose="appointment", site=site, patient_uuid=patient.uuid, birth_on=patient.birth_on, language="en", subject_kind="appointment",
        subject_uuid=long.uuid, by=DESK, at=NOW,
    )  # fmt: skip
    born = patient.birth_on
    client.post(f"/l/{links.mint_token(link, at=NOW)}/", {"day": born.day, "month": born.month, "year": born.year})
    page = client.get(reverse("appointments_link:move")).content.decode()
    assert not starts_on_the_day(page) or fits(starts_on_the_day(page))
    assert re.findall(r'name="slot" value="', page), "there are times on other days"
    for when, pk in re.findall(r'name="slot" value="([^|"]+)\|(\d+)"', page):
        assert datetime.fromisoformat(when.replace("&#x2B;", "+")) + timedelta(minutes=LONG) <= datetime.fromisoformat(when.replace("&#x2B;", "+")).replace(hour=17, minute=0), pk


def test_what_is_offered_when_the_time_is_taken_is_long_enough_too(long: Appointment, site: Site, talk: VisitType, amara: Staff) -> None:
    with pytest.raises(services.SlotTaken) as taken:
        services.move_appointment(appointment=long, wish=services.Wish(starts_at=NOON - timedelta(minutes=30), clinician=amara), by=DESK, at=NOW)
    assert taken.value.nearest
    for slot in taken.value.nearest:
        assert slot.ends_at - slot.starts_at == timedelta(minutes=LONG)
        assert slot.ends_at + timedelta(minutes=5) <= NOON or slot.starts_at >= NOON + timedelta(minutes=35)


def test_another_patient_s_visit_has_the_length_of_its_kind(site: Site, talk: VisitType, amara: Staff) -> None:
    assert book(site, talk, amara, hour=15, patient=make_patient(site)).minutes == 30


def test_within_its_own_day_an_early_visit_asks_no_second_reason(site: Site, amara: Staff) -> None:
    """S10 counts days: the reason that let the visit onto its day still holds at another hour, not on another early day."""
    needling = make_clinic(site, amara)
    patient = make_clear(site)
    make_visit(patient, needling, amara, at_hour(10, days=30))
    early = services.book_appointment(
        patient=patient, visit_type=needling, wish=services.Wish(starts_at=at_hour(10, days=14), clinician=amara), by=DESK, at=NOW, early_reason="travels"
    )
    moved = services.move_appointment(appointment=early, wish=services.Wish(starts_at=at_hour(14, days=14), clinician=amara), by=DESK, at=NOW)
    assert (moved.starts_at, moved.early_reason) == (at_hour(14, days=14), "travels")
    with pytest.raises(services.TooEarly):
        services.move_appointment(appointment=moved, wish=services.Wish(starts_at=at_hour(14, days=15), clinician=amara), by=DESK, at=NOW)
