"""J2 on the clinic's tablet: the patient answers, and nobody comes from their page back into the staff app."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from clinic.audit import Actor
from clinic.models import AccessEvent, Link, Site, Staff
from patients import services
from patients.models import Intake, Patient
from patients.services import PersonData
from tests.clinic.account_steps import confirm, is_in, sign_in
from tests.patients.walking import phone, sign, walk

NOW = datetime(2026, 11, 24, 10, 0, 12, tzinfo=UTC)
BY = Actor(kind="command", name="test")


@pytest.fixture(autouse=True)
def clock(db: None) -> Iterator[Any]:
    cache.clear()
    with time_machine.travel(NOW, tick=False) as found:
        yield found


@pytest.fixture
def ana(site: Site) -> Patient:
    """A new patient, and a text to sign."""
    services.publish_consent_text(version="1", language="en", text="What it is.\n\nOff-label use.", procedures=["scalp_microneedling"], off_label=True, by=BY, at=NOW)
    data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1985, 3, 27), sex="male", email="ana@patients.example")
    return services.register_patient(data=data, site=site, by=BY, at=NOW)


@pytest.fixture
def tablet(rosa: Staff, ana: Patient) -> Client:
    """Rosa signs in on it and hands it over."""
    client = Client()
    sign_in(client, rosa)
    assert is_in(client)
    answer = _hand_over(client, ana)
    assert (answer.status_code, answer["Location"]) == (302, "/l/intake/start/")
    return client


def _hand_over(client: Client, patient: Patient) -> Any:
    return client.post(f"/patients/{patient.uuid}/intake/hand-over/", {"subject": str(patient.uuid)})


def _asks_for_the_password(answer: Any) -> bool:
    return answer.status_code == 302 and str(answer["Location"]).startswith("/accounts/reauthenticate/")


class TestTheLock:
    """The staff app is shut from the moment of handing over."""

    def test_no_staff_address_opens_without_signing_in_again(self, tablet: Client, ana: Patient) -> None:
        for path in ("/", "/today/", "/patients/", f"/patients/{ana.uuid}/screening/", f"/patients/{ana.uuid}/intake/", "/accounts/sessions/",
                     "/accounts/password/change/", "/kept-form/", "/aftercare/concerns/"):  # fmt: skip
            assert _asks_for_the_password(tablet.get(path)), path
        assert _asks_for_the_password(_hand_over(tablet, ana)), "nor does a form that was open before"
        assert not is_in(tablet)

    def test_it_stays_shut_while_the_patient_answers_and_after(self, tablet: Client, clock: Any) -> None:
        walk(tablet)
        assert not is_in(tablet)
        assert "Please give the tablet back." in sign(tablet).content.decode()
        tablet.post("/l/finish/")
        assert not is_in(tablet)
        clock.shift(3600)
        assert not is_in(tablet)

    def test_a_password_confirmed_just_before_does_not_open_it(self, rosa: Staff, ana: Patient, clock: Any) -> None:
        client = Client()
        sign_in(client, rosa)
        confirm(client)
        clock.shift(1)
        _hand_over(client, ana)
        assert not is_in(client)

    def test_a_wrong_password_does_not_open_it_and_the_right_one_does(self, tablet: Client) -> None:
        confirm(tablet, password="wrong horse battery")
        assert not is_in(tablet)
        confirm(tablet)
        assert is_in(tablet)

    def test_signing_in_again_ends_the_patients_visit(self, tablet: Client, clock: Any) -> None:
        assert tablet.get("/l/intake/start/").status_code == 200
        clock.shift(60)
        confirm(tablet)
        assert is_in(tablet)
        assert tablet.get("/l/intake/start/").status_code == 404, "half-filled answers are not left open"

    def test_the_browser_drops_what_it_kept_of_staff_pages(self, rosa: Staff, ana: Patient) -> None:
        client = Client()
        sign_in(client, rosa)
        assert _hand_over(client, ana)["Clear-Site-Data"] == '"cache"'

    def test_an_hour_later_the_patients_page_is_shut_too(self, tablet: Client, clock: Any) -> None:
        clock.shift(3599)
        assert tablet.get("/l/intake/start/").status_code == 200
        clock.shift(1)
        assert tablet.get("/l/intake/start/").status_code == 404


class TestWhatTheTabletShows:
    """This patient's questions, by first name."""

    def test_the_first_name_alone(self, tablet: Client) -> None:
        page = tablet.get("/l/intake/start/").content.decode()
        assert "Hello Ana" in page and "Are you not Ana?" in page
        assert "Ruiz" not in page and "ana@patients.example" not in page and "1985" not in page
        for passed in walk(tablet):
            assert "Ruiz" not in tablet.get(f"/l/intake/{passed}/").content.decode(), passed

    def test_the_answers_count_as_the_patients_own(self, tablet: Client, ana: Patient) -> None:
        walk(tablet)
        sign(tablet)
        sent = Intake.objects.get(patient=ana)
        assert (sent.state, sent.answered_by) == ("submitted", "patient")

    def test_no_other_patient_page_opens(self, tablet: Client) -> None:
        for path in ("/l/preferences/", "/l/consent/", "/l/rescreen/"):
            assert tablet.get(path).status_code == 404, path


class TestWhoMayHandOver:
    """Without a date of birth before it, nobody reads by this way what they may not read."""

    def test_the_desk_does_not_see_what_the_patient_began(self, rosa: Staff, ana: Patient) -> None:
        phone(ana).post("/l/intake/about/", {"interpreter_needed": "no"})
        client = Client()
        sign_in(client, rosa)
        answer = _hand_over(client, ana)
        assert answer.status_code == 422 and "ask a clinician" in answer.content.decode()
        assert is_in(client) and not Link.objects.filter(subject_kind="handed_over").exists()

    def test_a_clinician_may_hand_it_over_again(self, amara: Staff, ana: Patient) -> None:
        phone(ana).post("/l/intake/about/", {"interpreter_needed": "no"})
        client = Client()
        sign_in(client, amara)
        assert _hand_over(client, ana).status_code == 302

    def test_it_is_written_down(self, tablet: Client, ana: Patient, rosa: Staff) -> None:
        assert AccessEvent.objects.filter(action="intake.hand_over", patient_uuid=ana.uuid).count() == 1

    @pytest.mark.parametrize("who", ["max_", "iris"])
    def test_managers_and_auditors_may_not(self, who: str, ana: Patient, request: pytest.FixtureRequest) -> None:
        client = Client()
        sign_in(client, request.getfixturevalue(who))
        assert _hand_over(client, ana).status_code == 403
