"""S01 and what the patient said by link: a change that nobody has looked at stops the start, whatever was answered afterwards (SETTLED 2)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site, Staff
from patients import services as people
from patients.models import Patient
from tests.treatments.make import DAY, DESK, make_course, make_draft, make_ready
from treatments import selectors, services
from treatments.models import TreatmentSession
from treatments.rules.vocabulary import Stage

SignIn = Callable[[Staff], Client]
pytestmark = pytest.mark.django_db
WORDS = "I started apixaban"


def told(site: Site, staff: Staff, *, changed: bool = True) -> TreatmentSession:
    """A draft whose patient answered the link the evening before; nobody has asked on arrival."""
    record = make_draft(site, staff)
    record.patient.rescreens.all().delete()
    people.draft_rescreen(patient=record.patient, on=site.today(DAY), changed=changed, words=WORDS if changed else "", by=DESK, at=DAY - timedelta(hours=14))
    return record


def asked(patient: Patient, site: Site, *, changed: bool, words: str = "") -> None:
    people.record_rescreen(patient=patient, on=site.today(DAY), changed=changed, words=words, by=DESK, at=DAY)


def stops(record: TreatmentSession) -> bool:
    """Whether S01 stands among the findings of a start now."""
    return any(f.rule == "S01" for f in selectors.evaluate(record, Stage.START).findings)


class TestChangeByLink:
    def test_a_no_at_the_chair_does_not_unsay_it(self, site: Site, amara: Staff) -> None:
        record = told(site, amara)
        asked(record.patient, site, changed=False)
        with pytest.raises(Refused):
            services.start_session(record=record, by=Actor.of_staff(amara), at=DAY)

    def test_once_looked_at_the_session_may_start(self, site: Site, amara: Staff) -> None:
        record = told(site, amara)
        asked(record.patient, site, changed=False)
        people.review_rescreen(rescreen=record.patient.rescreens.get(changed=True), by=Actor.of_staff(amara), at=DAY)
        assert not stops(record)

    def test_confirmed_on_arrival_it_is_one_change_to_look_at(self, site: Site, amara: Staff) -> None:
        record = told(site, amara)
        asked(record.patient, site, changed=True, words=WORDS)
        change = record.patient.rescreens.get()
        assert (change.on, change.confirmed_by, change.answered_by) == (site.today(DAY), DESK.name, "patient")
        people.review_rescreen(rescreen=change, by=Actor.of_staff(amara), at=DAY)
        assert not stops(record)

    def test_other_words_on_arrival_are_a_second_one(self, site: Site, amara: Staff) -> None:
        record = told(site, amara)
        asked(record.patient, site, changed=True, words="And a rash on the neck")
        assert record.patient.rescreens.filter(changed=True, reviewed_at=None).count() == 2

    def test_no_change_by_link_needs_only_the_question_on_the_day(self, site: Site, amara: Staff) -> None:
        record = told(site, amara, changed=False)
        assert stops(record)
        asked(record.patient, site, changed=False)
        assert not stops(record)

    def test_the_chair_shows_what_was_said(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = told(site, amara)
        with time_machine.travel(DAY, tick=False):
            page = client_as(amara).get(f"/treatments/sessions/{record.uuid}/").content.decode()
        assert WORDS in page and "The patient says something has changed" in page


class TestRunningSession:
    """S10 counts from the needle, not from a form that nobody closed."""

    def test_a_started_session_counts_as_the_last_one(self, site: Site, amara: Staff) -> None:
        first = make_draft(site, amara)
        began = services.start_session(record=first, by=Actor.of_staff(amara), at=DAY)
        TreatmentSession.objects.filter(pk=began.pk).update(started_at=DAY - timedelta(days=2), planned_start_at=DAY - timedelta(days=2))
        other = TreatmentSession.objects.create(
            patient=first.patient, course=first.course, site=site, number=2, operator=amara, opened_at=DAY, planned_start_at=DAY, saved_at=DAY, saved_by="x", fitzpatrick="II",
        )  # fmt: skip
        assert selectors.session_input(other, Stage.START, None)["lastSessionDate"] == (DAY - timedelta(days=2)).date().isoformat()

    def test_no_course_is_planned_over_it(self, site: Site, amara: Staff) -> None:
        record = services.start_session(record=make_draft(site, amara), by=Actor.of_staff(amara), at=DAY)
        with pytest.raises(Refused, match="Session 1 is still running"):
            make_course(record.patient, amara)

    def test_a_draft_that_never_began_does_not_count(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        make_course(patient, amara)
        record = make_draft(site, amara, patient=patient)
        assert "lastSessionDate" not in selectors.session_input(record, Stage.START, None)
