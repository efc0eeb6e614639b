"""“Anything changed?” before the visit, by the link of the mail (SETTLED 2, R30)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from clinic import links
from clinic.audit import Actor
from clinic.models import Site
from patients.models import Patient, Rescreen
from tests.treatments.make import make_patient

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
YES = {"changed": "yes", "words": "Apixaban since Friday"}


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def olivia(site: Site) -> Patient:
    return make_patient(site)


@pytest.fixture
def phone(olivia: Patient) -> Client:
    link = links.make_link(
        purpose="rescreen", site=olivia.site, patient_uuid=olivia.uuid, birth_on=olivia.birth_on, language="en", subject_kind="rescreen",
        subject_uuid=olivia.uuid, expires_at=NOW + timedelta(days=2), by=Actor.of_task("t"), at=NOW,
    )  # fmt: skip
    client, born = Client(), olivia.birth_on
    client.post("/l/" + links.mint_token(link, at=timezone.now()) + "/", {"day": born.day, "month": born.month, "year": born.year})
    return client


def test_a_double_tap_is_one_answer(phone: Client, clock: Any) -> None:
    for _tap in range(2):
        answer = phone.post("/l/rescreen/", YES, follow=True)
        assert answer.status_code == 200 and "We have your answer." in answer.content.decode()
        clock.shift(timedelta(seconds=2))
    assert [row.words for row in Rescreen.objects.all()] == ["Apixaban since Friday"]


@pytest.mark.parametrize("other", [YES, {"changed": "no"}])
def test_another_answer_through_a_used_link_is_not_swallowed(phone: Client, clock: Any, other: dict[str, str]) -> None:
    """A second tab or device: the page says that it was not saved and whom to call, not “we have your answer”."""
    first = {"changed": "no"} if other is YES else YES
    phone.post("/l/rescreen/", first)
    clock.shift(timedelta(minutes=3))
    answer = phone.post("/l/rescreen/", other, follow=True)
    said = answer.content.decode()
    assert answer.status_code == 409 and "What you changed now was not saved. Call us on" in said and "We have your answer." not in said
    assert Rescreen.objects.count() == 1
    assert "We have your answer." in phone.get("/l/rescreen/").content.decode()
