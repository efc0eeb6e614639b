"""Month 3 and 6: the patient's own 7-point grade and satisfaction, by the link of the results mail (RULES sections 4 and 5)."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from aftercare import selectors, services
from aftercare.models import Plan
from clinic import links
from clinic.models import OutboxMessage, Site, Staff
from clinic.outbox.kinds import KINDS
from tests.aftercare.make import ENDED, TASK, make_plan
from treatments.models import Measurement, Photo

pytestmark = pytest.mark.django_db
MONTH3 = ENDED + timedelta(days=92)
MONTH6 = ENDED + timedelta(days=183)
URL = "/l/aftercare/results/"


@pytest.fixture
def plan(site: Site, amara: Staff) -> Plan:
    """Olivia's plan; she was photographed on the day before."""
    plan = make_plan(site, amara)
    Photo.objects.create(
        patient=plan.patient, view="vertex", file_name="v", width=1, height=1, sha256="0" * 64, taken_at=ENDED - timedelta(days=1), uploaded_by="t"
    )
    return plan


def phone(plan: Plan, at: datetime) -> Client:
    """Behind the link of a results mail."""
    link = links.make_link(
        purpose="aftercare", site=plan.site, patient_uuid=plan.patient.uuid, birth_on=plan.patient.birth_on, language="en",
        subject_kind="plan", subject_uuid=plan.uuid, by=TASK, at=at,
    )  # fmt: skip
    client = Client()
    with time_machine.travel(at, tick=False):
        assert client.post(f"/l/{links.mint_token(link, at=at)}/", {"day": "27", "month": "3", "year": "1985"}).status_code == 302
    return client


def said(plan: Plan) -> list[tuple[str, str, int]]:
    """What is kept: the measure, who says so, the number."""
    rows = Measurement.objects.filter(patient=plan.patient).order_by("pk")
    return [(row.kind, row.rater, int(row.value or 0)) for row in rows]


def test_asked_when_the_results_step_is_due_and_not_before(plan: Plan) -> None:
    assert selectors.results_asked(plan, at=ENDED + timedelta(days=90)) is None
    asked = selectors.results_asked(plan, at=MONTH3)
    assert asked is not None
    assert (asked.code, asked.months, asked.can_compare, asked.is_answered) == ("results_month3", 3, True, False)


def test_kept_as_measurements_of_the_patient_s_own(plan: Plan) -> None:
    client = phone(plan, MONTH3)
    with time_machine.travel(MONTH3, tick=False):
        assert "Tell us how your hair is now" in client.get("/l/aftercare/").text
        page = client.get(URL).text
        assert "Two questions, 3 months after your treatment." in page and "checked" not in page
        assert client.post(URL, {"change": "-1", "satisfaction": "0"}).status_code == 302
        assert said(plan) == [("global_grade", "patient", -1), ("satisfaction", "investigator", 0)]
        first = Measurement.objects.order_by("pk")[0]
        assert (first.measured_at, first.by) == (MONTH3, "patient by aftercare link")
        after = client.get("/l/aftercare/").text
        assert "Thank you for your answers" in after and "Tell us how your hair is now" not in after


def test_months_later_nobody_is_told_to_wait_nor_asked_when_to_wash(plan: Plan) -> None:
    asked = "from when may you wash your hair?"
    for at, waits in ((ENDED + timedelta(hours=1), True), (MONTH3, False)):
        client = phone(plan, at)
        with time_machine.travel(at, tick=False):
            page = client.get("/l/aftercare/").text
        assert (asked in page, "Please wait until these times" in page, "The times to wait are over" in page) == (waits, waits, not waits)


def test_asked_again_at_month_six_and_each_is_kept_once(plan: Plan) -> None:
    for at, grade in ((MONTH3, "1"), (MONTH6, "2")):
        client = phone(plan, at)
        with time_machine.travel(at, tick=False):
            assert client.post(URL, {"change": grade}).status_code == 302
            assert client.post(URL, {"change": "3"}).status_code == 302
            assert client.get(URL).status_code == 302
    assert said(plan) == [("global_grade", "patient", 1), ("global_grade", "patient", 2)]


def test_a_second_press_at_the_same_time_is_refused_by_the_service(plan: Plan) -> None:
    services.answer_results(plan=plan, change=2, satisfaction=None, by=TASK, at=MONTH3)
    with pytest.raises(services.NotAsked):
        services.answer_results(plan=plan, change=3, satisfaction=9, by=TASK, at=MONTH3)
    assert said(plan) == [("global_grade", "patient", 2)]


def test_without_a_photo_of_then_only_satisfaction_is_asked(plan: Plan) -> None:
    Photo.objects.all().delete()
    client = phone(plan, MONTH3)
    with time_machine.travel(MONTH3, tick=False):
        page = client.get(URL).text
        assert "One question, 3 months after your treatment." in page and "Much more hair" not in page
        assert client.post(URL, {"change": "3", "satisfaction": "7"}).status_code == 302
    assert said(plan) == [("satisfaction", "investigator", 7)]


@pytest.mark.parametrize(("typed", "kept"), [({}, 0), ({"change": "4", "satisfaction": "8"}, 1), ({"satisfaction": "11", "change": "-2"}, 1), ({"change": "0.5"}, 0)])
def test_nothing_and_nonsense_are_refused_and_what_was_chosen_stays(plan: Plan, typed: dict[str, str], kept: int) -> None:
    client = phone(plan, MONTH3)
    with time_machine.travel(MONTH3, tick=False):
        answer = client.post(URL, typed)
    assert answer.status_code == 422 and "There is a problem" in answer.text
    assert answer.text.count(" checked") == kept
    assert said(plan) == []


def test_not_asked_before_its_time_nor_when_the_step_was_cancelled(plan: Plan) -> None:
    client = phone(plan, ENDED + timedelta(days=9))
    with time_machine.travel(ENDED + timedelta(days=9), tick=False):
        assert client.get(URL).status_code == 302 and client.post(URL, {"satisfaction": "5"}).status_code == 302
    OutboxMessage.objects.filter(kind="results_review").update(state="cancelled")
    assert selectors.results_asked(plan, at=MONTH6) is None and said(plan) == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_mail_leads_there(plan: Plan, language: str) -> None:
    row = plan.messages.get(code="results_month3").outbox
    row.language = language
    mail = KINDS[row.kind].build(row, MONTH3)
    words = {"en": "Tell us how your hair is now", "es": "Cuéntenos cómo está su pelo ahora"}[language]
    assert words in mail.html and "/l/" in mail.html and "/l/" in mail.text


class TestOfAMistake:
    """A treatment that was recorded by mistake: its mails had gone, and their links still open."""

    @pytest.fixture
    def mistaken(self, plan: Plan) -> Plan:
        OutboxMessage.objects.filter(planned_message__plan=plan, kind="results_review").update(state="sent", sent_at=MONTH3)
        services.cancel_plan(plan=plan, by=TASK, at=MONTH3)
        return Plan.objects.get(pk=plan.pk)

    def test_asks_for_no_result_and_keeps_none(self, mistaken: Plan) -> None:
        later = MONTH3 + timedelta(hours=1)
        assert selectors.results_asked(mistaken, at=later) is None
        with pytest.raises(services.NotAsked):
            services.answer_results(plan=mistaken, change=2, satisfaction=8, by=TASK, at=later)
        client = phone(mistaken, later)
        with time_machine.travel(later, tick=False):
            assert client.post(URL, {"change": "2", "satisfaction": "8"}).status_code == 302
        assert said(mistaken) == []

    def test_its_page_says_that_the_instructions_do_not_count(self, mistaken: Plan) -> None:
        later = MONTH3 + timedelta(hours=1)
        client = phone(mistaken, later)
        with time_machine.travel(later, tick=False):
            body = client.get(reverse("aftercare_links:instructions")).content.decode()
            assert client.get(reverse("aftercare_links:times")).status_code == 404
        assert "These instructions do not count any more" in body and "020 7946 0123" in body
        assert "Wash your hair" not in body
