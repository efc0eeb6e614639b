"""A clearance counts for the state it was given for: other answers end it (SCHEMA 2.2)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients import selectors, services
from patients.models import Intake, Patient, Screening
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


@pytest.mark.django_db
class TestNewAnswers:
    def answered(self, patient: Patient, days: int, **answers: object) -> Screening:
        at = NOW + timedelta(days=days)
        draft = services.open_draft(patient=patient, by=DESK, at=at)
        Intake.objects.filter(pk=draft.pk).update(extras={})
        draft.refresh_from_db()
        draft = services.save_intake_page(intake=draft, page="scalp", answers=answers, drop=set(), by=DESK, at=at)
        return services.submit_intake(intake=draft, by=DESK, at=at, today=TODAY + timedelta(days=days))

    @pytest.fixture
    def cleared(self, site: Site, amara: Staff) -> Patient:
        """On apixaban, and cleared for it."""
        data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1985, 3, 27), sex="male")
        patient = services.register_patient(data=data, site=site, by=DESK, at=NOW)
        assert self.answered(patient, 0, blood_thinner="doac", smoking="no").overall == "REVIEW"
        services.clear_finding(patient=patient, rule="E07", evidence="letter of her cardiologist", staff=amara, by=Actor.of_staff(amara), at=NOW)
        assert selectors.eligibility_on(patient, as_of=TODAY).overall == "CAUTION"
        return patient

    def test_another_medicine_ends_the_clearance(self, cleared: Patient) -> None:
        assert self.answered(cleared, 7, blood_thinner="two_or_more", smoking="no").overall == "REVIEW"
        row = cleared.clearances.get()
        assert row.withdrawn_at == NOW + timedelta(days=7) and row.withdrawn_reason

    def test_the_same_answer_and_another_question_do_not(self, cleared: Patient) -> None:
        assert self.answered(cleared, 7, blood_thinner="doac", smoking="yes").overall == "CAUTION"
        assert cleared.clearances.get().withdrawn_at is None

    def test_the_decision_that_it_carried_stays_as_it_was(self, cleared: Patient) -> None:
        before = cleared.screenings.order_by("-pk")[0]
        self.answered(cleared, 7, blood_thinner="two_or_more", smoking="no")
        again = Screening.objects.get(pk=before.pk)
        assert (again.overall, again.input["clearances"]) == ("CAUTION", [{"rule": "E07", "by": "Dr Amara Osei", "date": "2026-11-24"}])


@pytest.mark.django_db
class TestThePage:
    """Bad input: a clear error beside the field, nothing typed is lost."""

    def test_a_clearance_without_evidence_says_so_in_its_own_form(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1985, 3, 27), sex="male")
        patient = services.register_patient(data=data, site=site, by=DESK, at=NOW)
        TestNewAnswers().answered(patient, 0, blood_thinner="doac")
        answer = client_as(amara).post(f"/patients/{patient.uuid}/screening/clear/", {"subject": str(patient.uuid), "rule": "E07", "evidence": ""})
        page = answer.content.decode()
        assert answer.status_code == 422 and "Write what this clearance rests on." in page and 'id="evidence-error-E07"' in page
        assert not patient.clearances.exists()

    def test_a_release_without_a_reason_says_so_beside_the_hold(self, site: Site, amara: Staff, client_as: Callable[[Staff], Client]) -> None:
        data = PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1985, 3, 27), sex="male")
        patient = services.register_patient(data=data, site=site, by=DESK, at=NOW)
        hold = services.place_hold(patient=patient, blocks=["session"], cause_kind="test", cause_uuid=None, reason="pus", by=DESK, at=NOW)
        answer = client_as(amara).post(f"/patients/{patient.uuid}/holds/{hold.uuid}/release/", {"subject": str(patient.uuid), "reason": "x" * 301})
        assert answer.status_code == 422 and f'id="release-error-{hold.pk}"' in answer.content.decode() and "x" * 301 in answer.content.decode()
        hold.refresh_from_db()
        assert hold.released_at is None
