"""The grid shows every visit, also one that lies outside the opening hours: none may be lost to sight."""

from datetime import timedelta

import pytest

from appointments.models import Appointment, VisitType
from appointments.selectors.calendar import shown_hours
from clinic.models import Site, Staff
from tests.appointments.test_booking import book, talk

pytestmark = pytest.mark.django_db
__all__ = ["talk"]


@pytest.mark.parametrize(
    ("hour", "minutes", "shown"),
    [(10, 30, (8, 18)), (7, 30, (7, 18)), (20, 30, (8, 21)), (20, 60, (8, 21)), (20, 61, (8, 22)), (23, 90, (8, 24)), (0, 30, (0, 18))],
)
def test_the_hours_grow_with_what_must_be_seen(hour: int, minutes: int, shown: tuple[int, int], site: Site, talk: VisitType, amara: Staff) -> None:
    visit: Appointment = book(site, talk, amara)
    visit.starts_at = visit.starts_at.replace(hour=hour)
    visit.ends_at = visit.starts_at + timedelta(minutes=minutes)
    assert shown_hours(site) == (8, 18), "open from nine to five"
    assert shown_hours(site, [visit]) == shown
