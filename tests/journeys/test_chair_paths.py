"""Paths of the clinician that need a second person or a second day: PRP, the second signature, a patch test, an event that holds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Browser, Page

from clinic.audit import Actor
from clinic.models import Clinic, OutboxMessage, Site, Staff
from patients.models import Patient
from tests.conftest import _copy_template
from tests.journeys.chair import NOW, Chair, clinic_in_process, make_clinician, make_site
from tests.treatments.make import (
    DAY,
    make_baseline,
    make_course,
    make_draft,
    make_ended,
    make_entry,
    make_product,
    make_ready,
)
from tests.treatments.test_prp import ready_for_prp
from treatments import services
from treatments.models import AdverseEvent, CoSignature, PatchTest, SignedRecord
from treatments.tasks import remind_of_patch_tests

pytestmark = pytest.mark.journey


@dataclass
class World:
    """The app, its clock, two clinicians at two tablets."""

    site: Site
    amara: Staff
    okoro: Staff
    base: str
    clock: Any
    chromium: Browser


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, chromium: Browser) -> Iterator[World]:
    """One app for the file; each test brings its own patient."""
    with clinic_in_process(django_db_blocker, _copy_template) as (base, clock):
        site = make_site()
        yield World(site, make_clinician(site, "Amara Osei"), make_clinician(site, "Ngozi Okoro"), base, clock, chromium)
        for connection in connections.all():
            connection.close()


class Seat:
    """One person at one tablet; each page passed is checked with axe."""

    def __init__(self, world: World, staff: Staff) -> None:
        self.chair = Chair(world.chromium, world.base, staff)
        self.page: Page = self.chair.page
        self.base = world.base

    def go(self, path: str) -> "Seat":
        self.page.goto(self.base + path)
        return self

    def press(self, words: str) -> None:
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("button", name=words).first.click()

    def sees(self, words: str) -> None:
        assert words in self.page.inner_text("body"), f"“{words}” is not on {self.page.url}:\n{self.page.inner_text('main')[:1200]}"
        found = Axe().run(self.page, options={"resultTypes": ["violations"]}).response["violations"]
        assert not [(v["id"], [n["target"] for n in v["nodes"][:2]]) for v in found]
        assert not self.chair.noise, self.chair.noise


@pytest.fixture
def seats(world: World) -> Iterator[tuple[Seat, Seat]]:
    """Dr Amara and Dr Ngozi, freshly signed in."""
    world.clock.move_to(NOW)
    both = Seat(world, world.amara), Seat(world, world.okoro)
    yield both
    for seat in both:
        seat.chair.context.close()


def test_a_second_signature_waits_on_the_home_page_and_is_another_clinician_s(world: World, seats: tuple[Seat, Seat]) -> None:
    first, second = seats
    Clinic.objects.update(cosign_records=True)
    try:
        record = make_ended(world.site, world.amara, at=DAY - timedelta(hours=2))
        first.go(f"/treatments/sessions/{record.uuid}/").press("Sign & lock")
        first.sees("The clinic asks for a second signature. It is still missing.")
        assert not first.page.get_by_role("button", name="Sign as the second clinician").count()
        second.go("/today/").page.get_by_role("link", name=re.compile("second signature")).click()
        second.page.wait_for_url("**/second-signatures/")
        second.sees("Marsh")
        second.go(f"/treatments/sessions/{record.uuid}/").press("Sign as the second clinician")
        second.sees("second signature")
        assert CoSignature.objects.get().name == "Dr Ngozi Okoro" and SignedRecord.objects.filter(session=record, cosign_asked=True).exists()
    finally:
        Clinic.objects.update(cosign_records=False)


def test_a_patch_test_is_written_reminded_of_and_read(world: World, seats: tuple[Seat, Seat]) -> None:
    first, _second = seats
    patient, product = make_ready(world.site), make_product(world.site, name="Test serum")
    where = f"/treatments/of/{patient.uuid}/patch-tests/"
    first.go(where).page.select_option("select[name=product]", label="Test serum")
    first.page.fill("input[name=place]", "behind the left ear")
    first.press("Apply now")
    first.sees("It waits to be read from 48 hours on.")
    test = PatchTest.objects.get(patient=patient, product=product)
    remind_of_patch_tests()
    mail = OutboxMessage.objects.get(cause_uuid=test.uuid)
    assert mail.kind == "please_come_by" and test.applied_at + timedelta(hours=40) < mail.send_after < test.applied_at + timedelta(hours=48)
    world.clock.move_to(NOW + timedelta(hours=50))
    later = Seat(world, world.amara)
    later.go("/today/").page.get_by_role("link", name=re.compile("patch test")).click()
    later.page.wait_for_url("**/patch-tests/")
    later.sees("Test serum")
    later.go(where).page.locator("summary", has_text="Read").first.click()
    later.page.select_option(f"#result-{test.pk}", "negative")
    later.press("Note the reading")
    later.sees("The reading is noted.")
    test.refresh_from_db()
    assert test.result == "negative" and test.read_at == NOW + timedelta(hours=50)
    later.chair.context.close()


def test_an_adverse_event_holds_the_next_session_until_it_is_closed(world: World, seats: tuple[Seat, Seat]) -> None:
    first, _second = seats
    patient: Patient = make_ready(world.site)
    make_course(patient, world.amara)
    make_baseline(patient, world.amara)
    event = services.record_adverse_event(
        record=None, patient=patient, entry=services.EventEntry(what="Swollen lymph nodes", onset_at=DAY - timedelta(days=1), expectedness="expected"),
        by=Actor.of_staff(world.amara), at=DAY - timedelta(hours=3),
    )  # fmt: skip
    record = make_draft(world.site, world.amara, make_entry(world.site), patient=patient)
    page = first.chair.open(record)
    assert first.chair.finding("S11") is not None and first.chair.crafted(record, "start") == 422
    first.go(f"/treatments/events/{event.uuid}/").page.select_option("select[name=kind]", "recovered")
    first.page.fill("input[name=text]", "Healed.")
    first.page.fill("input[name=ended_on]", DAY.date().isoformat())
    first.press("Close with this outcome")
    first.sees("Closed; its hold is released.")
    assert AdverseEvent.objects.get(pk=event.pk).closed_at == NOW
    page = first.chair.open(record)
    assert first.chair.finding("S11") is None and page.url


def test_prp_is_used_only_after_two_people_have_read_the_tube(world: World, seats: tuple[Seat, Seat]) -> None:
    first, second = seats
    record = make_draft(world.site, world.amara, patient=ready_for_prp(world.site))  # from here on a wording that covers PRP is in force: keep this test last
    where = f"/treatments/sessions/{record.uuid}/prp/"
    first.go(where).press("Plan PRP in this session")
    services.start_session(record=record, by=Actor.of_staff(world.amara), at=NOW)
    first.go(where).page.fill("input[name=tube_label]", "Olivia Marsh, 27 Mar 1985")
    first.press("Note the draw")
    first.page.locator("input[name=is_theirs][value=yes]").first.check()
    first.press("Note my check")
    first.sees("Two people must say that the tube is this patient's before it is used.")
    assert not first.page.locator("input[name=volume_ml]").count()
    second.go(where).page.locator("input[name=is_theirs][value=yes]").first.check()
    second.press("Note my check")
    second.sees("Dr Ngozi Okoro")
    first.go(where).page.fill("input[name=volume_ml]", "6")
    first.press("Record the use")
    first.sees("6.0 mL")
    first.go(f"/treatments/sessions/{record.uuid}/").sees("used")
    assert first.chair.finding("S19") is None
