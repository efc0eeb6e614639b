"""Every page says hours and days in its site's zone, never in the server's: it reads the same wherever the server stands."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from clinic.models import Site
from clinic.roles import Role
from patients.models import Patient
from tests.house import world
from tests.house.test_urls import STAFF_PAGES, WHO, _signed_in, _url
from treatments.models import TreatmentSession

pytestmark = [pytest.mark.house, pytest.mark.django_db]
FAR = "Pacific/Kiritimati"  # 14 hours ahead: another day, most of the time
_EACH_TIME = re.compile(r'name="(csrfmiddlewaretoken|csrf-token|form_key)" (value|content)="[^"]*"|<div class="stack messages".*</div>')


def words(client: Client, url: str) -> list[str] | None:
    """The lines of a page, without what differs each time (keys, messages of other pages); None where there is no page."""
    answer = client.get(url)
    if answer.status_code != 200 or "html" not in answer.get("Content-Type", ""):
        return None
    return [_EACH_TIME.sub("", line) for line in answer.text.splitlines()]


def differing(client: Client, url: str) -> list[tuple[str, str]]:
    """Lines that are others on a server that stands elsewhere."""
    here = words(client, url)
    with override_settings(TIME_ZONE=FAR):
        there = words(client, url)
    return [] if here is None or there is None else [(a, b) for a, b in zip(here, there, strict=False) if a != b] or ([] if len(here) == len(there) else [("length", url)])


def addresses(objects: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each page once; those about a patient or a session for some more of them, whose records are of another kind."""
    patients = [str(row.uuid) for row in Patient.objects.filter(family_name__in=["Holm", "Calloway", "Pryce", "Wren", "Farrow", "Solis"]).order_by("pk")]
    sessions = [str(row.uuid) for state in ("draft", "started", "ended", "signed") for row in TreatmentSession.objects.filter(state=state).order_by("-pk")[:3]]
    for page in STAFF_PAGES:
        assert page.mark is not None
        if "GET" in page.mark.methods:
            more = [{"patient": row} for row in patients] if page.arguments == ("patient",) else [{"session": row} for row in sessions] if page.arguments == ("session",) else []
            for other in [{}, *more]:
                yield page.name, _url(page, objects, **other)


def test_each_page_reads_the_same_wherever_the_server_stands() -> None:
    with time_machine.travel(datetime(2026, 11, 24, 10, 20, tzinfo=UTC), tick=False):
        objects = world.load()
        Site.objects.update(zone="America/New_York")
        found: dict[str, list[tuple[str, str]]] = {}
        seen = 0
        for role in (Role.CLINICIAN, Role.MANAGER):
            client = _signed_in(WHO[role])
            for name, url in addresses(objects):
                rows = differing(client, url)
                seen += 1
                if rows and name not in found:
                    found[name] = rows[:3]
    assert seen > 200 and settings.TIME_ZONE == "UTC" and timezone.get_current_timezone_name() == "UTC"
    assert found == {}, "\n".join(f"{name}: {rows}" for name, rows in found.items())
