"""What needs judgement is on a list: a change that was told by link, and answers with something to review, counted on Today and shown on the overview."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from desk import selectors
from patients import selectors as people_selectors
from patients import services as people
from patients.models import Patient, Screening
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit

SignIn = Callable[[Staff], Client]
pytestmark = pytest.mark.django_db
WORDS = "QZX new rash since the shampoo"


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def told(patient: Patient, **more: Any) -> Any:
    """By link, two days before the visit."""
    return people.draft_rescreen(patient=patient, on=NOW.date() + timedelta(days=2), changed=True, words=WORDS, by=DESK, at=NOW, **more)


def sent(patient: Patient, **answers: Any) -> Screening:
    draft = people.open_draft(patient=patient, by=DESK, at=NOW)
    draft = people.save_intake_page(intake=draft, page="x", answers={"fitzpatrick": "II", "pregnancy": "no"} | answers, drop=set(), by=DESK, at=NOW)
    return people.submit_intake(intake=draft, by=DESK, at=NOW, today=NOW.date())


def listed(staff: Staff) -> list[Patient]:
    return [one.patient for one in selectors.to_look_at(Actor.of_staff(staff), NOW)]


class TestAChange:
    def test_it_is_counted_listed_and_on_the_overview_until_a_clinician_has_looked(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client, where = make_clear(site), client_as(amara), reverse("desk:to_look_at")
        assert where not in client.get("/today/").content.decode()
        change = told(patient)
        assert f'<a href="{where}">1 to look at: answers and changes</a>' in client.get("/today/").content.decode()
        page, overview = client.get(where).content.decode(), client.get(reverse("desk:patient_overview", args=[patient.uuid])).content.decode()
        assert WORDS in page and "told by link" in page and reverse("patients:screening", args=[patient.uuid]) in page
        assert WORDS in overview and "No clinician has looked at it." in overview
        people.review_rescreen(rescreen=change, by=Actor.of_staff(amara), at=NOW)
        assert listed(amara) == [] and WORDS not in client.get(reverse("desk:patient_overview", args=[patient.uuid])).content.decode()

    def test_nothing_has_changed_is_on_no_list(self, site: Site, amara: Staff) -> None:
        people.draft_rescreen(patient=make_clear(site), on=NOW.date(), changed=False, words="", by=DESK, at=NOW)
        assert listed(amara) == []

    def test_the_desk_sees_who_and_not_what(self, site: Site, amara: Staff, rosa: Staff, client_as: SignIn) -> None:
        patient, client = make_clear(site), client_as(rosa)
        told(patient)
        today, page, overview = (client.get(url).content.decode() for url in ("/today/", reverse("desk:to_look_at"), reverse("desk:patient_overview", args=[patient.uuid])))
        assert "1 patient whom a clinician looks at first" in today and patient.name in page and "A clinician looks at this patient first." in overview
        for text in (today, page, overview):
            assert WORDS not in text and "Something changed" not in text

    def test_the_board_says_clinician_first_before_the_visit(self, site: Site, amara: Staff) -> None:
        patient = make_clear(site)
        make_visit(patient, make_clinic(site, amara), amara, at_hour(14, days=0))
        told(patient)
        board = selectors.board(site, NOW.date(), actor=Actor.of_staff(amara), at=NOW)
        assert "clinician first" in [str(gap.words) for _code, _words, lines in board.groups for line in lines for gap in line.missing]

    def test_who_comes_soonest_is_first(self, site: Site, amara: Staff) -> None:
        waits, comes = make_clear(site), make_clear(site)
        told(waits)
        told(comes)
        make_visit(comes, make_clinic(site, amara), amara, at_hour(11, days=2))
        assert listed(amara) == [comes, waits]


class TestAnswers:
    def test_a_review_is_on_the_list_until_they_are_read(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = make_clear(site), client_as(amara)
        assert sent(patient, heart_disease="heart_disease").overall == "REVIEW"
        assert listed(amara) == [patient]
        assert "Answers to review" in client.get(reverse("desk:to_look_at")).content.decode()
        assert "No clinician has read them." in client.get(reverse("desk:patient_overview", args=[patient.uuid])).content.decode()
        people.review_intake(intake=people_selectors.latest_answers(patient), staff=amara, by=Actor.of_staff(amara), at=NOW)  # type: ignore[arg-type]
        assert listed(amara) == []

    def test_or_until_every_review_is_cleared(self, site: Site, amara: Staff) -> None:
        patient = make_clear(site)
        sent(patient, heart_disease="heart_disease")
        people.clear_finding(patient=patient, rule="E32", evidence="GP letter", staff=amara, by=Actor.of_staff(amara), at=NOW)
        assert listed(amara) == []

    @pytest.mark.parametrize(
        ("answers", "waits"),
        [({}, False), ({"smoking": "yes"}, False), ({"keloid": "personal", "heart_disease": "heart_disease"}, False), ({"isotretinoin": "current", "heart_disease": "heart_disease"}, True)],
    )
    def test_which_results_wait(self, answers: dict[str, str], waits: bool, site: Site, amara: Staff) -> None:
        patient = make_clear(site)
        sent(patient, **answers)
        assert (listed(amara) == [patient]) is waits

    def test_newer_answers_take_the_place_of_older_ones(self, site: Site, amara: Staff) -> None:
        patient = make_clear(site)
        sent(patient, heart_disease="heart_disease")
        sent(patient, heart_disease="none")
        assert listed(amara) == []


class TestWhoIsLeftOut:
    def test_somebody_who_died_or_is_of_another_site(self, site: Site, amara: Staff, stranger: Staff) -> None:
        patient = make_clear(site)
        told(patient)
        assert listed(stranger) == []
        people.record_death(patient=patient, on=NOW.date(), by=DESK, at=NOW)
        assert listed(amara) == []

    def test_the_manager_and_the_auditor_have_no_such_page(self, max_: Staff, iris: Staff, client_as: SignIn) -> None:
        for staff in (max_, iris):
            assert client_as(staff).get(reverse("desk:to_look_at")).status_code == 403
