"""An allergy in the browser: told without a name, named by a clinician, so that products with it are stopped; proved wrong and ended, never deleted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Browser

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients import services as people
from patients.models import Patient
from tests.conftest import _copy_template
from tests.journeys.chair import NOW, Chair, clinic_in_process, make_clinician, make_site
from tests.treatments.make import DAY, make_draft, make_entry, make_product, make_ready
from treatments import services
from treatments.models import PatchTest, TreatmentSession
from treatments.rules.texts import RULES

pytestmark = pytest.mark.journey


@dataclass
class World:
    """The app, and a clinician with the session's page on the tablet and a second window."""

    site: Site
    amara: Staff
    chair: Chair
    desk: Chair


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, chromium: Browser) -> Iterator[World]:
    with clinic_in_process(django_db_blocker, _copy_template) as (base, _clock):
        site = make_site()
        amara = make_clinician(site, "Amara Osei")
        chair, desk = Chair(chromium, base, amara), Chair(chromium, base, amara, width=1280, height=900)
        yield World(site, amara, chair, desk)
        chair.context.close()
        desk.context.close()
        for connection in connections.all():
            connection.close()


def with_serum(world: World) -> TreatmentSession:
    """A patient who told that something in a serum was not tolerated; a serum with a valid patch test in today's draft."""
    by, patient = Actor.of_staff(world.amara), make_ready(world.site)
    told = {"allergies": [{"substance": "serum_ingredient", "anaphylaxis": False}]}
    people.amend_answers(patient=patient, changes=told, source="the patient", staff=world.amara, by=by, at=DAY - timedelta(days=1), today=world.site.today(DAY))
    record, product = make_draft(world.site, world.amara, patient=patient), make_product(world.site, name="Serum A", ingredients=["hyaluronic acid"])
    PatchTest.objects.create(patient=patient, product=product, applied_at=NOW - timedelta(hours=60), by="x", read_at=NOW - timedelta(hours=12), result="negative")
    return services.save_session(record=record, version=record.version, entry=make_entry(world.site, products=((product, 0.0),)), by=by, at=DAY)


def looked_at(chair: Chair, *words: str, without: str = "") -> None:
    """The words stand on the page, which is accessible, no wider than the screen and silent."""
    text = chair.page.inner_text("main")
    assert all(word in text for word in words), f"{words} on {chair.page.url}:\n{text[:1500]}"
    assert not without or without not in text
    found = Axe().run(chair.page, options={"resultTypes": ["violations"]}).response["violations"]
    assert not [(v["id"], [n["target"] for n in v["nodes"][:2]]) for v in found]
    assert chair.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1
    assert not chair.noise, chair.noise


def press(chair: Chair, words: str) -> None:
    with chair.page.expect_navigation():
        chair.page.locator("main").get_by_role("button", name=words).first.click()


def ends(chair: Chair, name: str, because: str, reason: str) -> None:
    """“Wrong or over” of one row."""
    row = chair.page.locator("li.allergy-row", has_text=name).filter(has=chair.page.locator("form"))
    if row.locator("details").get_attribute("open") is None:
        row.locator("summary").click()
    if because:
        row.get_by_label(because).check()
    row.locator("input[name=reason]").fill(reason)
    with chair.page.expect_navigation():
        row.get_by_role("button", name="End it").click()


def findings_of_today(chair: Chair, patient: Patient) -> str:
    chair.page.goto(f"{chair.base}/patients/{patient.uuid}/screening/")
    return chair.page.locator("section", has=chair.page.get_by_role("heading", name="Findings for today")).inner_text()


def test_told_without_a_name_named_and_proved_wrong(world: World) -> None:
    record = with_serum(world)
    patient, chair, desk = record.patient, world.chair, world.desk

    # Given the session's page says that nobody knows the substance, and no product is stopped
    chair.open(record)
    assert "An allergy without a name: something in a serum." in chair.page.inner_text("#topicals")
    assert chair.finding("S13", "Serum A") is None
    decided = patient.screenings.count()

    # When the clinician goes to name it: the kind alone is no name, and nothing typed is lost
    desk.page.goto(f"{desk.base}/treatments/sessions/{record.uuid}/")
    with desk.page.expect_navigation():
        desk.page.get_by_role("link", name="Name it").click()
    looked_at(desk, "An allergy without a name: something in a serum.", "No product is stopped by it")
    assert desk.page.input_value("select[name=substance]") == "serum_ingredient"
    desk.page.fill("input[name=name]", "something in a serum")
    desk.page.fill("input[name=reaction]", "itching rash")
    press(desk, "Note the allergy")
    looked_at(desk, "That is the kind. Name the substance itself.")
    assert desk.page.input_value("input[name=reaction]") == "itching rash"
    desk.page.fill("input[name=name]", "Hyaluronic acid")
    press(desk, "Note the allergy")
    looked_at(desk, "Hyaluronic acid is noted. Products with it are stopped from now on.", "Noted anew: Hyaluronic acid", without="An allergy without a name")

    # Then the serum is stopped in the rule's words, and the answers were screened again
    chair.refresh()
    shown = chair.finding("S13", "Serum A")
    assert shown and shown[0] == "BLOCK_PRODUCT" and RULES["S13"].words in shown[1]
    assert patient.screenings.count() == decided + 1
    assert "E25" in findings_of_today(desk, patient)

    # When the name proves wrong, it asks what and how one knows; then it ends, crossed out
    desk.page.goto(f"{desk.base}/patients/{patient.uuid}/allergies/")
    ends(desk, "Hyaluronic acid", "", "")
    looked_at(desk, "Choose what it is.", "Say how you know.")
    ends(desk, "Hyaluronic acid", "Looked into", "Patch test with the acid alone: negative.")
    looked_at(desk, "It stops no product from now on.", "What the patient told stands again: something in a serum", "Patch test with the acid alone: negative.")
    assert desk.page.locator("s").all_inner_texts() == ["Hyaluronic acid"]

    # Then the serum is free again, and what the patient told is asked for again
    chair.refresh()
    assert chair.finding("S13", "Serum A") is None
    assert "E25" in findings_of_today(desk, patient)

    # And that ends too, once it is known to be nothing: the screening runs without it
    desk.page.goto(f"{desk.base}/patients/{patient.uuid}/allergies/")
    ends(desk, "something in a serum", "Noted by mistake", "It was a sunburn, the patient says.")
    looked_at(desk, "None declared.", "It was a sunburn, the patient says.", without="An allergy without a name")
    assert "E25" not in findings_of_today(desk, patient)
    assert patient.screenings.count() == decided + 3
    assert patient.allergies.count() == 3, "nothing is deleted"

    # On a phone nothing is cut
    desk.page.set_viewport_size({"width": 360, "height": 740})
    desk.page.goto(f"{desk.base}/patients/{patient.uuid}/allergies/")
    looked_at(desk, "Hyaluronic acid", "Earlier")
    desk.page.set_viewport_size({"width": 1280, "height": 900})
