"""One wrong box does not keep the rest of a draft from the server (SETTLED 28)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.models import Site, Staff
from tests.treatments.make import DAY, make_draft, make_product, make_started
from treatments.models import TreatmentSession

NOTES = "Fainted at 10:12, lay flat, recovered."
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(DAY + timedelta(minutes=20), tick=False):
        yield


def typed(record: TreatmentSession, **changes: Any) -> dict[str, Any]:
    block = record.blocks.get()
    sent = {
        "subject": str(record.patient.uuid), "version": record.version, "tab": "abc", "seq": 1, "device": block.device_id, "cartridge": block.cartridge_id,
        "seal_intact": "on", "fitzpatrick": "II", "depth_vertex": "0.75", "passes_vertex": "4", "endpoint_vertex": "mild_erythema", "pain": "3", "notes": NOTES,
    }  # fmt: skip
    return sent | changes


def autosaved(client: Client, record: TreatmentSession, **changes: Any) -> Any:
    return client.post(reverse("treatments:autosave", args=[record.uuid]), typed(record, **changes), headers={"HX-Request": "true"})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"pain": "11"}, "Pain is a whole number"),
        ({"depth_vertex": "75"}, "is not a needle depth"),
        ({"passes_mid_scalp": "3"}, "Give the depth"),
        ({"pre_kind": "retinoid"}, "When was it last used?"),
        ({"on_at": "2026-03-02T09:50", "off_at": "2026-03-02T09:40"}, "lies before"),
        ({"cartridge": "999999"}, "not in the stock"),
        ({"pain": "11", "passes_vertex": "99", "grams": "many"}, "Pain is a whole number"),
    ],
)
def test_the_rest_is_stored_and_the_wrong_box_is_named(site: Site, amara: Staff, client_as: Callable[[Staff], Client], wrong: dict[str, str], said: str) -> None:
    record = make_started(site, amara)
    answer = autosaved(client_as(amara), record, **wrong)
    words = answer.content.decode()
    assert (answer.status_code, answer["X-Draft"]) == (422, "partly") and said in words and "Saved, but for this" in words
    after = TreatmentSession.objects.get(pk=record.pk)
    assert (after.notes, after.version) == (NOTES, record.version + 1)
    assert f'name="version" form="session-form" value="{after.version}"' in words


def test_what_is_stored_stays_in_the_place_of_the_wrong_box(site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
    record = make_started(site, amara)
    assert record.pain_readings == [3]
    autosaved(client_as(amara), record, pain="3, 11", depth_vertex="75", cartridge="999999")
    after = TreatmentSession.objects.get(pk=record.pk)
    assert after.pain_readings == [3] and after.blocks.get().cartridge == record.blocks.get().cartridge
    assert after.blocks.get().zones.get(zone="vertex").depth_hundredths == 75


def test_a_new_product_with_wrong_hours_is_not_taken_as_applied_at_once(site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
    record, product = make_draft(site, amara), make_product(site)
    answer = autosaved(client_as(amara), record, product_0=product.pk, hours_0="soon")
    after = TreatmentSession.objects.get(pk=record.pk)
    assert answer.status_code == 422 and after.notes == NOTES and not after.product_uses.exists()


def test_mended_it_is_saved_whole(site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
    record, client = make_started(site, amara), client_as(amara)
    autosaved(client, record, pain="11")
    record.refresh_from_db()
    assert autosaved(client, record, pain="7", seq=2).status_code == 200
    record.refresh_from_db()
    assert record.pain_readings == [7]


def test_nothing_of_an_older_page_is_stored(site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
    record = make_started(site, amara)
    TreatmentSession.objects.filter(pk=record.pk).update(version=record.version + 1, saved_by="Ngozi Okoro")
    answer = autosaved(client_as(amara), record, pain="11")
    record.refresh_from_db()
    assert answer.status_code == 409 and record.notes == ""


@pytest.mark.parametrize("step", ["start", "end"])
def test_a_step_is_not_taken_with_a_wrong_box(site: Site, amara: Staff, client_as: Callable[[Staff], Client], step: str) -> None:
    record = make_draft(site, amara) if step == "start" else make_started(site, amara)
    before = record.state
    answer = client_as(amara).post(reverse(f"treatments:{step}", args=[record.uuid]), typed(record, pain="11"))
    record.refresh_from_db()
    assert answer.status_code == 422 and record.state == before and NOTES in answer.content.decode()
