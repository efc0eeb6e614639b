"""Calendar feeds: private, revocable, neutral."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from icalendar import Calendar

from appointments import selectors, services
from appointments.models import CalendarFeed
from clinic.logs import scrub
from clinic.models import Site, Staff
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit

pytestmark = pytest.mark.django_db


def test_the_file_holds_times_and_rooms_and_nothing_else(site: Site, amara: Staff) -> None:
    needling = make_clinic(site, amara)
    visit = make_visit(make_clear(site), needling, amara, at_hour(10))
    gone = make_visit(make_clear(site), needling, amara, at_hour(14))
    services.cancel_appointment(appointment=gone, reason="ill", by=DESK, at=NOW)
    raw = selectors.feed_ics(amara, NOW)
    events = Calendar.from_ical(raw).walk("VEVENT")
    assert [event.decoded("DTSTART") for event in events] == [datetime(2026, 11, 25, 10, tzinfo=UTC)]
    assert str(events[0]["SUMMARY"]) == "Appointment"
    words = raw.decode().lower()
    assert not [word for word in ("marsh", "olivia", "needling", visit.patient.email) if word in words]


def test_a_new_address_ends_the_old_one_and_revoking_ends_both(site: Site, amara: Staff) -> None:
    first = services.make_feed(staff=amara, by=DESK, at=NOW)
    second = services.make_feed(staff=amara, by=DESK, at=NOW)
    assert selectors.feed_owner(first) is None
    assert selectors.feed_owner(second) == amara
    services.revoke_feed(staff=amara, by=DESK, at=NOW)
    assert selectors.feed_owner(second) is None


def test_only_a_hash_is_kept(site: Site, amara: Staff) -> None:
    secret = services.make_feed(staff=amara, by=DESK, at=NOW)
    row = CalendarFeed.objects.get()
    assert secret not in row.secret_hash
    assert len(row.secret_hash) == 64


def test_the_address_is_shown_once_and_works_without_a_login(site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
    client = client_as(amara)
    page = client.post("/appointments/my-feed/", {"do": "make"}).content.decode()
    path = page.split("<code")[1].split(">")[1].split("<")[0].split("/appointments/")[1]
    assert Client().get(f"/appointments/{path}")["Content-Type"] == "text/calendar; charset=utf-8"
    assert path not in client.get("/appointments/my-feed/").content.decode()
    client.post("/appointments/my-feed/", {"do": "revoke"})
    assert Client().get(f"/appointments/{path}").status_code == 404


def test_somebody_who_left_has_no_feed(site: Site, amara: Staff) -> None:
    secret = services.make_feed(staff=amara, by=DESK, at=NOW)
    Staff.objects.filter(pk=amara.pk).update(is_active=False)
    assert selectors.feed_owner(secret) is None


def test_no_secret_stands_in_a_log_line(site: Site, amara: Staff) -> None:
    secret = services.make_feed(staff=amara, by=DESK, at=NOW)
    assert secret not in scrub(f"GET /appointments/feed/{secret}.ics 200")
