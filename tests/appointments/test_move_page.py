"""The page on which the desk moves a visit says where it is now: the caller is asked “from when?” first."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from appointments.models import VisitType
from clinic.models import Site, Staff
from tests.appointments.test_booking import NOW, book, talk

pytestmark = pytest.mark.django_db
__all__ = ["talk"]


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def test_it_says_when_and_with_whom_the_visit_is_now(site: Site, talk: VisitType, amara: Staff, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
    visit = book(site, talk, amara)
    page = " ".join(client_as(rosa).get(reverse("appointments:move", args=[visit.uuid])).content.decode().split())
    assert f"Now: <strong>Wed 25 Nov, 10:00–10:30</strong> with {amara.display_name}." in page
    assert "Now: <strong>" not in client_as(rosa).get(reverse("appointments:book", args=[visit.patient.uuid])).content.decode()
