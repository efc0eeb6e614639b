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
from patients.questions import PAGES
from tests.appointments.make import DESK, NOW, at_hour, make_clear, make_clinic, make_visit
from tests.treatments.make import make_course
from treatments import services as sessions

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


def sent(patient: Patient, *, notes: dict[str, str | None] | None = None, **answers: Any) -> Screening:
    draft = people.open_draft(patient=patient, by=DESK, at=NOW)
    draft = people.save_intake_page(intake=draft, page="x", answers={"fitzpatrick": "II", "pregnancy": "no"} | answers, drop=set(), extras={"notes": notes or {}}, by=DESK, at=NOW)
    return people.submit_intake(intake=draft, by=DESK, at=NOW, today=NOW.date())


def read(patient: Patient, staff: Staff) -> None:
    """A clinician reads the newest answers."""
    people.review_intake(intake=people_selectors.latest_answers(patient), staff=staff, by=Actor.of_staff(staff), at=NOW)  # type: ignore[arg-type]


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
        read(patient, amara)
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
    def test_which_results_wait(self, answers: dict[str, Any], waits: bool, site: Site, amara: Staff) -> None:
        patient = make_clear(site)
        sent(patient, **answers)
        assert (listed(amara) == [patient]) is waits

    def test_newer_answers_take_the_place_of_older_ones(self, site: Site, amara: Staff) -> None:
        patient = make_clear(site)
        sent(patient, heart_disease="heart_disease")
        sent(patient, heart_disease="none")
        assert listed(amara) == []


STROKE = "I had a stroke three weeks ago and take apixaban"


class TestWhatIsWrittenInTheirOwnWords:
    """“A clinician reads them before your visit”: no rule reads these words, so a person must."""

    def test_the_last_question_waits_on_the_list_the_overview_and_the_record_of_the_day_until_it_is_read(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = make_clear(site), client_as(amara)
        assert sent(patient, free_text=STROKE).overall == "CLEAR"
        make_course(patient, amara, at=NOW)
        record = sessions.open_session(patient=patient, operator=amara, by=Actor.of_staff(amara), at=NOW)
        pages = [reverse("desk:patient_overview", args=[patient.uuid]), reverse("treatments:session", args=[record.uuid])]
        assert listed(amara) == [patient] and people_selectors.to_look_at_count(Actor.of_staff(amara)) == 1
        assert people_selectors.unread_answers(patient) == people_selectors.latest_answers(patient)
        assert STROKE in client.get(reverse("patients:screening", args=[patient.uuid])).content.decode()
        assert ["No clinician has read them." in client.get(page).content.decode() for page in pages] == [True, True]
        read(patient, amara)
        assert listed(amara) == [] and people_selectors.unread_answers(patient) is None
        assert ["No clinician has read them." in client.get(page).content.decode() for page in pages] == [False, False]

    def test_it_says_nothing_to_the_rules_and_keeps_the_desk_from_nothing(self, site: Site) -> None:
        patient = make_clear(site)
        screening = sent(patient, free_text=STROKE)
        assert screening.overall == "CLEAR" and people_selectors.desk_word(patient, as_of=NOW.date()).code == "may_book"

    @pytest.mark.parametrize(
        ("answers", "notes", "waits"),
        [
            ({"smoking": "yes"}, {"smoking_words": "since the heart attack"}, True),
            ({}, {"hope": "that it does not start my lupus again"}, True),
            ({"eczema": "active_elsewhere", "eczema_treatment": "ciclosporin"}, {}, True),
            ({"keloid": "personal", "free_text": "it was my brother, I ticked the wrong one"}, {}, True),
            ({"free_text": "“quoted”"}, {"hope": None}, True),
            ({}, {"hope": " ", "smoking_words": None}, False),
            ({"free_text": None}, {"preferred_name": "Jo", "pronouns": "she", "interpreter_needed": "yes", "interpreter": "Dari"}, False),
            ({}, {"delivered_on_unknown": "yes", "hair_pattern": "unsure"}, False),
        ],
    )
    def test_which_words_wait(self, answers: dict[str, Any], notes: dict[str, str | None], waits: bool, site: Site, amara: Staff) -> None:
        patient = make_clear(site)
        sent(patient, notes=notes, **answers)
        assert (listed(amara) == [patient]) is waits

    def test_each_question_that_takes_words_is_known(self) -> None:
        kept = {"preferred_name", "pronouns", "interpreter"}  # become the patient's own, on every page of theirs
        questions = [question for page in PAGES for question in page.every if question.kind != "allergy"]  # the name of an allergy stands in the list of allergies
        asked = {q.key for q in questions if q.kind == "text"} | {f.key for q in questions for f in q.follow_ups if f.kind == "text"}
        assert asked - kept == {"hope", "free_text", "blood_thinner_name", "infection_type", "psoriasis_treatment", "eczema_treatment", "keloid_site"}

    def test_newer_answers_without_words_do_not_hide_older_ones_that_nobody_read(self, site: Site, amara: Staff) -> None:
        patient = make_clear(site)
        sent(patient, free_text=STROKE)
        sent(patient)
        assert listed(amara) == [patient] and people_selectors.unread_answers(patient) == people_selectors.latest_answers(patient)
        read(patient, amara)
        sent(patient)
        assert listed(amara) == []

    def test_what_the_clinic_amends_keeps_them_waiting(self, site: Site, amara: Staff) -> None:
        patient = make_clear(site)
        sent(patient, free_text=STROKE)
        people.amend_answers(patient=patient, changes={"smoking": "yes"}, source="a letter", staff=amara, by=Actor.of_staff(amara), at=NOW + timedelta(minutes=1), today=NOW.date())
        assert listed(amara) == [patient]
        read(patient, amara)
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
