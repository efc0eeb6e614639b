"""A clearance counts for the state it was given for: other answers end it (SCHEMA 2.2)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.errors import Refused
from clinic.models import Site, Staff
from patients import selectors, services
from patients.models import Clearance, Intake, Patient, Screening
from patients.rules.changes import rules_touched
from patients.services import PersonData

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
DESK = Actor(kind="command", name="test")


class TestRulesTouched:
    @pytest.mark.parametrize(
        ("before", "after", "rules"),
        [
            ({}, {}, set()),
            ({"psoriasis": None}, {}, set()),
            ({"psoriasis": "history_clear"}, {"psoriasis": "active_elsewhere"}, {"E02"}),
            ({"blood_thinner": "doac"}, {"blood_thinner": "two_or_more"}, {"E07", "E07b", "E45"}),
            ({"blood_thinner": "doac", "blood_thinner_name": "apixaban"}, {"blood_thinner": "doac", "blood_thinner_name": "rivaroxaban"}, {"E07", "E07b", "E45"}),
            ({"blood_thinner": "warfarin", "inr": 2.4}, {"blood_thinner": "warfarin", "inr": 2.6, "inr_on": "2026-11-20"}, set()),
            ({"diabetes": "yes", "hba1c_percent": 7.1}, {"diabetes": "yes", "hba1c_percent": 9.2}, {"E13"}),
            ({"allergies": []}, {"allergies": [{"substance": "anaesthetic"}]}, {"E25"}),
            ({"diagnosis": "undiagnosed"}, {"diagnosis": "alopecia_areata"}, {"E18", "E19", "E20"}),
            ({"free_text": "a"}, {"free_text": "b"}, set()),
        ],
    )  # fmt: skip
    def test_names_each_rule_that_reads_a_changed_answer(self, before: dict[str, Any], after: dict[str, Any], rules: set[str]) -> None:
        assert rules_touched(before, after) == rules_touched(after, before) == rules


def answer(patient: Patient, days: int, **answers: object) -> Screening:
    """Answers sent that many days from now."""
    at = NOW + timedelta(days=days)
    draft = services.open_draft(patient=patient, by=DESK, at=at)
    Intake.objects.filter(pk=draft.pk).update(extras={})
    draft.refresh_from_db()
    draft = services.save_intake_page(intake=draft, page="today", answers=answers, drop=set(), by=DESK, at=at)
    return services.submit_intake(intake=draft, by=DESK, at=at, today=TODAY + timedelta(days=days))


def on_apixaban(site: Site, amara: Staff) -> Patient:
    """On a blood thinner, and cleared for it."""
    data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1985, 3, 27), sex="male")
    patient = services.register_patient(data=data, site=site, by=DESK, at=NOW)
    assert answer(patient, 0, blood_thinner="doac", smoking="no").overall == "REVIEW"
    services.clear_finding(patient=patient, rule="E07", evidence="letter of her cardiologist", staff=amara, by=Actor.of_staff(amara), at=NOW)
    assert selectors.eligibility_on(patient, as_of=TODAY).overall == "CAUTION"
    return patient


@pytest.mark.django_db
class TestNewAnswers:

    @pytest.fixture
    def cleared(self, site: Site, amara: Staff) -> Patient:
        return on_apixaban(site, amara)

    def test_another_medicine_ends_the_clearance(self, cleared: Patient) -> None:
        assert answer(cleared, 7, blood_thinner="two_or_more", smoking="no").overall == "REVIEW"
        row = cleared.clearances.get()
        assert row.withdrawn_at == NOW + timedelta(days=7) and row.withdrawn_reason

    def test_the_same_answer_and_another_question_do_not(self, cleared: Patient) -> None:
        assert answer(cleared, 7, blood_thinner="doac", smoking="yes").overall == "CAUTION"
        assert cleared.clearances.get().withdrawn_at is None

    def test_the_decision_that_it_carried_stays_as_it_was(self, cleared: Patient) -> None:
        before = cleared.screenings.order_by("-pk")[0]
        answer(cleared, 7, blood_thinner="two_or_more", smoking="no")
        again = Screening.objects.get(pk=before.pk)
        assert (again.overall, again.input["clearances"]) == ("CAUTION", [{"rule": "E07", "by": "Dr Amara Osei", "date": "2026-11-24"}])


@pytest.mark.django_db
class TestThePage:
    """Bad input: a clear error beside the field, nothing typed is lost."""

    def test_a_clearance_without_evidence_says_so_in_its_own_form(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1985, 3, 27), sex="male")
        patient = services.register_patient(data=data, site=site, by=DESK, at=NOW)
        answer(patient, 0, blood_thinner="doac")
        sent = client_as(amara).post(f"/patients/{patient.uuid}/screening/clear/", {"subject": str(patient.uuid), "rule": "E07", "evidence": ""})
        page = sent.content.decode()
        assert sent.status_code == 422 and "Write what this clearance rests on." in page and 'id="evidence-error-E07"' in page
        assert not patient.clearances.exists()

    def test_a_release_without_a_reason_says_so_beside_the_hold(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1985, 3, 27), sex="male")
        patient = services.register_patient(data=data, site=site, by=DESK, at=NOW)
        hold = services.place_hold(patient=patient, blocks=["session"], cause_kind="test", cause_uuid=None, reason="pus", by=DESK, at=NOW)
        sent = client_as(amara).post(f"/patients/{patient.uuid}/holds/{hold.uuid}/release/", {"subject": str(patient.uuid), "reason": "x" * 301})
        assert sent.status_code == 422 and f'id="release-error-{hold.pk}"' in sent.content.decode() and "x" * 301 in sent.content.decode()
        hold.refresh_from_db()
        assert hold.released_at is None


@pytest.mark.django_db
class TestTakingItBack:
    """A clinician withdraws a clearance by hand; what it lifted counts again, and the old decision still says why."""

    @pytest.fixture
    def cleared(self, site: Site, amara: Staff) -> Patient:
        return on_apixaban(site, amara)

    def post(self, client: Client, patient: Patient, **fields: str) -> HttpResponse:
        with time_machine.travel(NOW + timedelta(days=2), tick=False):
            url = reverse("patients:withdraw_clearance", args=[patient.uuid])
            return client.post(url, {"subject": str(patient.uuid)} | fields)  # type: ignore[return-value]

    def test_the_finding_counts_again_and_the_reason_is_kept(self, cleared: Patient, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        assert selectors.eligibility_on(cleared, as_of=TODAY).overall == "CAUTION"
        assert self.post(client_as(amara), cleared, rule="E07", reason="the letter was for another patient").status_code == 302
        assert selectors.eligibility_on(cleared, as_of=TODAY).overall == "REVIEW"
        row = Clearance.objects.get(patient=cleared)
        assert row.withdrawn_reason == "the letter was for another patient" and row.withdrawn_at == NOW + timedelta(days=2)
        assert cleared.screenings.order_by("-at", "-pk")[0].overall == "REVIEW"

    def test_without_a_reason_it_stands_and_the_page_says_so(self, cleared: Patient, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        sent = self.post(client_as(amara), cleared, rule="E07", reason=" ")
        assert sent.status_code == 422 and "Give a reason." in sent.content.decode()
        assert Clearance.objects.get(patient=cleared).withdrawn_at is None

    def test_twice_is_told(self, cleared: Patient, amara: Staff) -> None:
        by = Actor.of_staff(amara)
        assert services.withdraw_clearance(patient=cleared, rule="E07", reason="x", by=by, at=NOW) == 1
        with pytest.raises(Refused, match="Nothing stands"):
            services.withdraw_clearance(patient=cleared, rule="E07", reason="x", by=by, at=NOW)

    def test_the_old_decision_has_a_page_with_what_it_rested_on(self, cleared: Patient, amara: Staff, rosa: Staff, client_as: Callable[[Staff], Client]) -> None:
        kept = cleared.screenings.get(overall="CAUTION")
        services.withdraw_clearance(patient=cleared, rule="E07", reason="x", by=Actor.of_staff(amara), at=NOW + timedelta(days=1))
        url = reverse("patients:decision", args=[cleared.uuid, kept.uuid])
        page = client_as(amara).get(url).content.decode()
        for words in ("Clear, with caution", "E07", kept.rules_version, "Dr Amara Osei", "Source:", "doac", "Something changed"):
            assert words in page, words
        assert client_as(rosa).get(url).status_code == 403
        data = PersonData(given_name="Olu", family_name="Marsh", birth_on=date(1985, 3, 27), sex="male")
        other = services.register_patient(data=data, site=cleared.site, by=DESK, at=NOW)
        assert client_as(amara).get(reverse("patients:decision", args=[other.uuid, kept.uuid])).status_code == 404
