"""What S24 and S12 read is written by a clinician on the course's page: zones that stay closed, and the response."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site, Staff
from tests.treatments.make import DAY, make_course, make_draft, make_patient, make_started
from treatments import selectors, services
from treatments.models import Course, TreatmentSession

pytestmark = pytest.mark.django_db


def close(course: Course, staff: Staff, *zones: str, reason: str = "mole to be looked at") -> Course:
    return services.exclude_zones(course=course, zones=zones, reason=reason, by=Actor.of_staff(staff), at=DAY)


class TestClosedZones:
    def test_stop_the_start_in_that_zone_alone(self, site: Site, amara: Staff) -> None:
        record = make_draft(site, amara)
        close(record.course, amara, "vertex")
        record.course.refresh_from_db()
        with pytest.raises(services.Blocked) as stop:
            services.start_session(record=record, by=Actor.of_staff(amara), at=DAY)
        assert [(f.rule, f.subject) for f in stop.value.findings] == [("S24", "vertex")]

    def test_stay_closed_in_the_next_course(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        close(make_course(patient, amara), amara, "temple_left", "vertex")
        assert make_course(patient, amara, DAY).excluded_zones == ["temple_left", "vertex"]

    def test_are_opened_again_with_a_reason_only(self, site: Site, amara: Staff) -> None:
        course = close(make_course(make_patient(site), amara), amara, "vertex")
        with pytest.raises(Refused):
            close(course, amara, reason=" ")
        assert close(course, amara, reason="benign").excluded_zones == []
        assert selectors.course_notes(course)["zones"].reason == "benign"

    def test_do_not_judge_what_was_already_done(self, site: Site, amara: Staff) -> None:
        record = make_started(site, amara)
        with pytest.raises(Refused, match="not signed yet"):
            close(record.course, amara, "vertex")
        assert close(record.course, amara, "occipital").excluded_zones == ["occipital"]


class TestResponse:
    @pytest.mark.parametrize(("response", "owed"), [("none", ["S12"]), ("seen", []), ("not_assessed", [])])
    def test_none_by_the_third_session_needs_a_reason(self, site: Site, amara: Staff, response: str, owed: list[str]) -> None:
        record = make_draft(site, amara)
        for number, days in ((11, 70), (12, 35)):
            at = DAY - timedelta(days=days)
            TreatmentSession.objects.create(
                patient=record.patient, course=record.course, site=site, number=number, operator=amara, state="ended", opened_at=at,
                planned_start_at=at, started_at=at, ended_at=at, saved_at=at, saved_by="x",
            )  # fmt: skip
        services.note_response(course=record.course, response=response, words="photos side by side", by=Actor.of_staff(amara), at=DAY)
        record = TreatmentSession.objects.get(pk=record.pk)
        assert [key for key in selectors.evaluate(record, "start").owed if key == "S12"] == owed

    def test_a_course_that_is_over_takes_no_more_notes(self, site: Site, amara: Staff) -> None:
        course = make_course(make_patient(site), amara)
        services.end_course(course=course, reason="done", by=Actor.of_staff(amara), at=DAY)
        with pytest.raises(Refused, match="over already"):
            services.note_response(course=course, response="none", words="", by=Actor.of_staff(amara), at=DAY + timedelta(hours=1))


class TestThePage:
    def test_notes_both_and_says_who_and_why(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        patient = make_patient(site)
        course, client, url = make_course(patient, amara), client_as(amara), reverse("treatments:course", args=[patient.uuid])
        subject = {"subject": str(patient.uuid)}
        assert client.post(url, subject | {"do": "zones", "zones": ["vertex", "temple_left"], "reason": "tattoo"}).status_code == 302
        assert client.post(url, subject | {"do": "response", "response": "none", "words": "counts at month 6"}).status_code == 302
        course.refresh_from_db()
        assert (course.excluded_zones, course.response) == (["temple_left", "vertex"], "none")
        page = client.get(url).content.decode()
        assert "Left temple" in page and "tattoo" in page and "counts at month 6" in page and amara.display_name in page

    @pytest.mark.parametrize("wrong", [{"do": "zones", "zones": ["vertex"]}, {"do": "zones", "zones": ["ear"], "reason": "x"}, {"do": "response", "response": "great"}])
    def test_says_what_is_wrong_and_stores_nothing(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client], wrong: dict[str, object]) -> None:
        patient = make_patient(site)
        course = make_course(patient, amara)
        answer = client_as(amara).post(reverse("treatments:course", args=[patient.uuid]), {"subject": str(patient.uuid), **wrong})
        assert answer.status_code == 422 and "invalid-feedback" in answer.content.decode()
        course.refresh_from_db()
        assert (course.excluded_zones, course.response) == ([], "not_assessed")
