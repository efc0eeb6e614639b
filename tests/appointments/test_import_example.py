"""The file that a newcomer tries does what its page says, and an export asks for a fresh sign-in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from appointments.models import ImportRow
from clinic.models import AccessEvent, OutboxMessage, Site, Staff
from patients.models import Patient
from tests.appointments.make import make_clear
from tests.appointments.test_imports import bring

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db
def test_the_example_file_has_three_good_rows_three_wrong_ones_and_a_double(site: Site, rosa: Staff) -> None:
    file = bring(site, rosa, (ROOT / "docs/howto/patients-to-import.csv").read_bytes())
    states = list(ImportRow.objects.filter(file=file).order_by("line").values_list("state", flat=True))
    assert states == ["good", "good", "good", "wrong", "wrong", "double", "wrong"]
    assert not Patient.objects.exists() and not OutboxMessage.objects.exists()


@pytest.mark.django_db
class TestFreshSignIn:
    """An old session takes nobody out."""

    def test_without_one_nothing_leaves_and_the_way_is_shown(self, site: Site, max_: Staff, client_as: Callable[[Staff], Client], settings: Any) -> None:
        settings.SIGN_NEEDS_FRESH_LOGIN = True
        make_clear(site)
        answer = client_as(max_).post("/appointments/import/export/", {"reason": "moving"})
        assert answer.status_code == 302 and "/reauthenticate/" in answer["Location"] and "import" in answer["Location"]
        assert not AccessEvent.objects.filter(action="patients.export").exists()

    def test_after_the_password_it_goes(self, site: Site, max_: Staff, client_as: Callable[[Staff], Client], settings: Any) -> None:
        settings.SIGN_NEEDS_FRESH_LOGIN = True
        make_clear(site)
        max_.set_password("a fresh pass phrase")
        max_.save()
        client = client_as(max_)
        client.post("/accounts/reauthenticate/", {"password": "a fresh pass phrase"})
        answer = client.post("/appointments/import/export/", {"reason": "moving"})
        assert answer.status_code == 200 and answer["Content-Type"].startswith("text/csv")
        assert AccessEvent.objects.filter(action="patients.export", reason="moving").count() == 1
