"""The booking dialogue opened by its key proposes the first free time of the day that is shown, whatever the clock says."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from appointments.models import VisitType
from clinic.models import Site, Staff
from tests.appointments.test_booking import NOW, book, talk

pytestmark = pytest.mark.django_db
__all__ = ["talk"]
LATE = datetime(2026, 11, 24, 23, 40, tzinfo=UTC)


def proposed(client: Client, query: str) -> str:
    """The day and hour that stand in the form."""
    page = client.get(reverse("appointments:new") + query, headers={"HX-Request": "true"}).content.decode()
    found = re.search(r'<input[^>]*name="starts"[^>]*>', page)
    assert found
    value = re.search(r'value="([^"]*)"', found[0])
    return value[1] if value else ""


def test_late_in_the_evening_a_later_day_begins_when_the_clinic_opens(site: Site, talk: VisitType, rosa: Staff, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
    with time_machine.travel(LATE, tick=False):
        assert proposed(client_as(rosa), "?on=2026-11-26") == "2026-11-26T09:00"


def test_today_after_closing_it_is_the_next_day(site: Site, talk: VisitType, rosa: Staff, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
    with time_machine.travel(LATE, tick=False):
        assert proposed(client_as(rosa), "?on=2026-11-24") == "2026-11-25T09:00"


def test_a_taken_hour_is_not_proposed(site: Site, talk: VisitType, rosa: Staff, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
    with time_machine.travel(NOW, tick=False):
        before = proposed(client_as(rosa), "?on=2026-11-25")
        book(site, talk, amara, hour=9)
        after = proposed(client_as(rosa), "?on=2026-11-25")
    assert (before, after > before) == ("2026-11-25T09:00", True)


def test_a_day_long_past_proposes_from_today_on(site: Site, talk: VisitType, rosa: Staff, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
    with time_machine.travel(LATE, tick=False):
        assert proposed(client_as(rosa), "?on=2020-01-01") == "2026-11-25T09:00"


def test_a_clicked_slot_stays_what_was_clicked(site: Site, talk: VisitType, rosa: Staff, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
    with time_machine.travel(NOW, tick=False):
        assert proposed(client_as(rosa), "?starts=2026-11-26T11:15") == "2026-11-26T11:15"
