"""A course comes to its end: all planned sessions took place, or a clinician stops it; what then waits for a decision."""

import re
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site, Staff
from patients.models import Patient
from tests.treatments.make import DAY, make_course, make_draft, make_ready, make_signed
from treatments import selectors, services
from treatments.models import Course, EnteredInError, TreatmentSession
from treatments.services import Blocked

SignIn = Callable[[Staff], Client]
pytestmark = pytest.mark.django_db


def finished(site: Site, staff: Staff) -> Patient:
    """A patient whose course of one session has had it."""
    patient = make_signed(site, staff).session.patient
    patient.courses.update(planned_sessions=1)
    return patient


class TestThrough:
    def test_when_all_planned_sessions_took_place(self, site: Site, amara: Staff) -> None:
        patient = finished(site, amara)
        assert selectors.through([patient.pk]) == {patient.pk}
        patient.courses.update(planned_sessions=2)
        assert selectors.through([patient.pk]) == set()

    def test_a_session_entered_in_error_did_not_take_place(self, site: Site, amara: Staff) -> None:
        patient = finished(site, amara)
        EnteredInError.objects.create(session=patient.sessions.get(), reason="another patient", by=amara, at=DAY)
        assert selectors.through([patient.pk]) == set()

    def test_not_once_another_is_planned(self, site: Site, amara: Staff) -> None:
        patient = finished(site, amara)
        services.plan_course(patient=patient, planned_sessions=3, phase="maintenance", indication="AGA", staff=amara, by=Actor.of_staff(amara), at=DAY)
        assert selectors.through([patient.pk]) == set()

    def test_asks_once_whatever_the_number(self, site: Site, amara: Staff, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
        ids = [finished(site, amara).pk for _ in range(3)]
        with django_assert_num_queries(1):
            assert selectors.through(ids) == set(ids)


class TestStopping:
    def stop(self, patient: Patient, staff: Staff, why: str = "moves abroad") -> None:
        course = selectors.open_course(patient)
        assert course is not None
        services.end_course(course=course, reason=why, by=Actor.of_staff(staff), at=DAY)

    def test_ends_it_with_who_and_why(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        make_course(patient, amara)
        self.stop(patient, amara)
        assert selectors.open_course(patient) is None and patient.courses.get().ended_at == DAY
        assert (patient.courses.get().ended_by, patient.courses.get().end_reason) == (amara.display_name, "moves abroad")
        assert selectors.next_window(patient, today=DAY.date()) is None

    def test_none_is_planned_for_who_has_died(self, site: Site, amara: Staff) -> None:
        """A death stops everything (SETTLED); the service refuses what the page does not offer."""
        patient = make_ready(site)
        patient.deceased_on = DAY.date()
        patient.save(update_fields=["deceased_on"])
        with pytest.raises(Refused):
            make_course(patient, amara)
        assert not patient.courses.exists()

    def test_needs_a_reason(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        make_course(patient, amara)
        with pytest.raises(Refused, match="why") as refused:
            self.stop(patient, amara, "  ")
        assert refused.value.field == "reason" and selectors.open_course(patient) is not None

    def test_not_while_a_session_is_not_finished(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        with pytest.raises(Refused, match="session 1"):
            self.stop(record.patient, amara)

    def test_twice_is_told(self, site: Site, amara: Staff) -> None:
        patient = make_ready(site)
        course = make_course(patient, amara)
        self.stop(patient, amara)
        with pytest.raises(Refused, match="over already"):
            services.end_course(course=course, reason="again", by=Actor.of_staff(amara), at=DAY)


class TestPage:
    def page(self, client_as: SignIn, staff: Staff, patient: Patient) -> str:
        with time_machine.travel(DAY, tick=False):
            return str(client_as(staff).get(f"/treatments/of/{patient.uuid}/").content.decode())

    def test_proposes_maintenance_when_the_course_is_through(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        page = self.page(client_as, amara, finished(site, amara))
        assert "All planned sessions took place" in page and re.search(r'value="maintenance" selected', page)

    def test_and_not_before(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        page = self.page(client_as, amara, make_signed(site, amara).session.patient)
        assert "All planned sessions took place" not in page and 'value="maintenance" selected' not in page

    def test_stops_a_course(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = finished(site, amara), client_as(amara)
        with time_machine.travel(DAY, tick=False):
            wrong = client.post(f"/treatments/of/{patient.uuid}/", {"subject": str(patient.uuid), "do": "end", "reason": ""})
            assert wrong.status_code == 422 and "Say why" in wrong.content.decode() and selectors.open_course(patient) is not None
            right = client.post(f"/treatments/of/{patient.uuid}/", {"subject": str(patient.uuid), "do": "end", "reason": "pleased with it"}, follow=True)
        assert "The course is over" in right.content.decode() and "pleased with it" in right.content.decode()
        assert selectors.open_course(patient) is None


class TestADraftWhileAnotherCourseIsPlanned:
    """What is closed or said on the course that runs holds for the draft, too; and what was typed stays (PRODUCT, nothing is lost)."""

    def planned(self, record: TreatmentSession, staff: Staff) -> Course:
        return services.plan_course(
            patient=record.patient, planned_sessions=3, phase="maintenance", indication="AGA", staff=staff, by=Actor.of_staff(staff), at=DAY
        )

    def test_goes_along_with_what_was_typed(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        course = self.planned(record, amara)
        record.refresh_from_db()
        assert (record.course, record.number, record.state) == (course, 1, "draft")
        assert record.blocks.get().zones.count() == 2
        again = services.open_session(patient=record.patient, operator=amara, by=Actor.of_staff(amara), at=DAY)
        assert again == record and record.patient.sessions.count() == 1

    def test_a_zone_that_is_closed_since_stops_it(self, site: Site, amara: Staff) -> None:
        record, by = make_draft(site, amara), Actor.of_staff(amara)
        services.exclude_zones(course=self.planned(record, amara), zones=["vertex"], reason="a mole that is to be looked at", by=by, at=DAY)
        with pytest.raises(Blocked) as stop:
            services.start_session(record=record, by=by, at=DAY)
        assert "S24" in [f.rule for f in stop.value.findings]

    def test_a_mistaken_one_and_what_took_place_stay_where_they_were(self, site: Site, amara: Staff) -> None:
        done = make_signed(site, amara).session
        wrong = make_draft(site, amara, patient=done.patient)
        services.mark_entered_in_error(record=wrong, reason="twice", staff=amara, by=Actor.of_staff(amara), at=DAY)
        before, _course = done.course, self.planned(done, amara)
        assert {row.course for row in TreatmentSession.objects.all()} == {before}


class TestADraftOfACourseThatHasEnded:
    """It is not started, whatever ended its course: the rules would ask a course that nobody notes on any more (S12, S24)."""

    def ended(self, site: Site, amara: Staff) -> TreatmentSession:
        record = make_draft(site, amara)
        Course.objects.update(ended_at=DAY, ended_by="t", end_reason="moves abroad")
        return record

    def test_is_not_started(self, site: Site, amara: Staff) -> None:
        record = self.ended(site, amara)
        with pytest.raises(Blocked, match="course of this draft is over"):
            services.start_session(record=record, by=Actor.of_staff(amara), at=DAY)
        record.refresh_from_db()
        assert (record.state, record.started_at) == ("draft", None)

    def test_the_page_says_so_before_it_is_pressed(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        record = self.ended(site, amara)
        with time_machine.travel(DAY, tick=False):
            page = client_as(amara).get(reverse("treatments:session", args=[record.uuid])).content.decode()
        assert "The course of this draft is over." in page
