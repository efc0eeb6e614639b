"""`setup_clinic`: a real clinic begins on an empty database, with a link instead of a password."""

import io
import re
from datetime import time

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from clinic.models import AccessEvent, Clinic, OpeningHours, OutboxMessage, Site, Staff

pytestmark = pytest.mark.django_db
GIVEN = {
    "clinic": "Northside Dermatology", "site": "Main street", "phone": "0161 496 0000",
    "manager_email": "Mona.Berg@northside.example", "manager_name": "Mona Berg",
}  # fmt: skip
GOOD = "four words without order"


def _run(**other: str) -> str:
    out = io.StringIO()
    call_command("setup_clinic", **{**GIVEN, **other}, stdout=out)
    return out.getvalue()


def _path(words: str) -> str:
    found = re.search(rf"{re.escape(settings.PUBLIC_URL)}(/join/[\w-]{{43}}/)", words)
    assert found, words
    return found.group(1)


def test_makes_the_clinic_its_site_its_hours_and_its_manager() -> None:
    words = _run(zone="America/New_York", opens="08:00", closes="16:15", emergency_number="911")
    assert Clinic.objects.get().name == "Northside Dermatology"
    site = Site.objects.get()
    assert (site.name, site.zone, site.phone, site.emergency_number) == ("Main street", "America/New_York", "0161 496 0000", "911")
    hours = OpeningHours.objects.values_list("weekday", "opens", "closes").order_by("weekday")
    assert list(hours) == [(day, time(8), time(16, 15)) for day in range(5)]
    manager = Staff.objects.get()
    assert (manager.email, manager.name, manager.roles) == ("mona.berg@northside.example", "Mona Berg", ["manager"])
    assert list(manager.sites.all()) == [site]
    assert "Northside Dermatology, Main street is ready." in words


def test_gives_nobody_a_password_and_keeps_only_the_hash_of_the_link() -> None:
    token = _path(_run()).split("/")[2]
    manager = Staff.objects.get()
    assert not manager.has_usable_password()
    kept = manager.invitations.get().token_hashes
    assert len(kept) == 1 and len(kept[0]) == 64 and token not in kept[0]
    assert not OutboxMessage.objects.exists(), "mail need not work on the first day"
    assert AccessEvent.objects.filter(action="staff.invite", actor_name="setup_clinic").exists()


def test_the_link_takes_a_good_password_once_and_the_manager_signs_in(client: Client) -> None:
    path = _path(_run())
    done = client.post(path, {"new_password1": GOOD, "new_password2": GOOD})
    assert done.status_code == 302 and done["Location"] == "/accounts/login/"
    assert client.get(path).status_code == 404
    client.post("/accounts/login/", {"login": "mona.berg@northside.example", "password": GOOD})
    assert client.get("/staff/").status_code == 200


@pytest.mark.parametrize("weak", ["short", "password1234", "anagenanagen", "monaberg@northside", "7" * 129])
def test_the_link_refuses_a_weak_password(client: Client, weak: str) -> None:
    path = _path(_run())
    answer = client.post(path, {"new_password1": weak, "new_password2": weak})
    assert answer.status_code == 422 and b"invalid-feedback" in answer.content
    assert not Staff.objects.get().has_usable_password() and client.get(path).status_code == 200


def test_a_second_run_changes_nothing_and_says_so() -> None:
    _run()
    with pytest.raises(CommandError, match="has a clinic already"):
        _run(clinic="Another", manager_email="else@northside.example")
    assert (Clinic.objects.get().name, Site.objects.count(), Staff.objects.count(), OpeningHours.objects.count()) == ("Northside Dermatology", 1, 1, 5)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"zone": "Europe/Londn"}, "not a time zone"),
        ({"opens": "nine"}, "times such as 09:00"),
        ({"opens": "18:00", "closes": "09:00"}, "later than --opens"),
        ({"manager_email": "not an address"}, "valid email"),
        ({"clinic": ""}, "name"),
        ({"site": " " * 3, "phone": ""}, "phone"),
        ({"manager_name": ""}, "name"),
    ],
)
def test_bad_input_leaves_nothing_half_made(wrong: dict[str, str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        _run(**wrong)
    assert not Clinic.objects.exists() and not Site.objects.exists() and not Staff.objects.exists()
