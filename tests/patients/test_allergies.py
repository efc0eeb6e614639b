"""An allergy is noted by name: products with it stop at once, what was known before stays as it was, the answers are screened again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients import selectors
from patients.models import Allergy, Intake, Patient
from tests.treatments.make import DAY, make_draft, make_entry, make_patient, make_product, make_ready
from treatments import selectors as sessions
from treatments import services
from treatments.models import PatchTest

SignIn = Callable[[Staff], Client]
pytestmark = pytest.mark.django_db
NOTED = {"substance": "serum_ingredient", "name": "hyaluronic acid", "reaction": "itching rash"}


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


def sent(client: Client, patient: Patient, **changes: str) -> Any:
    data = {"subject": str(patient.uuid)} | NOTED | changes
    return client.post(reverse("patients:allergies", args=[patient.uuid]), data)


def told_without_a_name(site: Site, **entry: Any) -> Patient:
    """The patient answered that something in a serum was not tolerated, and did not know what."""
    patient = make_ready(site, allergies=[{"substance": "serum_ingredient", "anaphylaxis": False} | entry])
    Allergy.objects.create(patient=patient, substance="serum_ingredient", name="serum_ingredient", noted_at=DAY - timedelta(days=2), **entry)
    return patient


class TestNaming:
    def test_the_notice_leads_here_and_goes_once_it_is_named(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = told_without_a_name(site), client_as(amara)
        record = make_draft(site, amara, patient=patient)
        where, session = reverse("patients:allergies", args=[patient.uuid]), reverse("treatments:session", args=[record.uuid])
        assert where in client.get(session).content.decode()
        assert sent(client, patient).status_code == 302
        assert "An allergy without a name" not in client.get(session).content.decode()
        page = client.get(where).content.decode()
        assert "hyaluronic acid" in page and "itching rash" in page and "Dr Amara Osei" in page and "Earlier" in page

    def test_a_product_that_holds_it_is_stopped_at_once(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, product = told_without_a_name(site), make_product(site)
        record = make_draft(site, amara, patient=patient)
        PatchTest.objects.create(patient=patient, product=product, applied_at=DAY - timedelta(hours=72), by="x", read_at=DAY - timedelta(hours=24), result="negative")
        entry = make_entry(site, products=((product, 0.0),))
        record = services.save_session(record=record, version=record.version, entry=entry, by=Actor.of_staff(amara), at=DAY)
        assert [f for f in sessions.evaluate(record, "start").findings if f.rule == "S13"] == []
        assert sent(client_as(amara), patient, name="Hyaluronic Acid").status_code == 302
        assert [(f.severity, f.subject) for f in sessions.evaluate(record, "start").findings if f.rule == "S13"] == [("BLOCK_PRODUCT", "HA serum")]

    def test_what_was_known_before_stays_as_it_was(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = told_without_a_name(site)
        assert sent(client_as(amara), patient).status_code == 302
        assert selectors.allergy_names(patient, until=DAY - timedelta(minutes=1)) == ["serum_ingredient"]
        assert selectors.allergy_names(patient) == ["hyaluronic acid"]
        assert Allergy.objects.filter(patient=patient).count() == 2

    def test_the_answers_carry_it_and_are_screened_again(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = told_without_a_name(site)
        before = patient.screenings.count()
        assert sent(client_as(amara), patient, anaphylaxis="on").status_code == 302
        newest = Intake.objects.filter(patient=patient).order_by("-submitted_at", "-pk")[0]
        assert newest.answers["allergies"] == [{"substance": "serum_ingredient", "name": "hyaluronic acid", "anaphylaxis": True}]
        assert patient.screenings.count() == before + 1
        assert {t["rule"]: t["class"] for t in selectors.eligibility_on(patient, as_of=site.today(DAY)).triggers}["E25"] == "REVIEW"
        assert patient.allergies.filter(ended_at=None).count() == 1

    def test_an_anaphylaxis_once_told_stays_one(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = told_without_a_name(site, anaphylaxis=True)
        assert sent(client_as(amara), patient).status_code == 302
        assert patient.allergies.get(ended_at=None).anaphylaxis

    def test_without_answers_the_list_holds_it_and_the_page_says_so(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = make_patient(site), client_as(amara)
        assert sent(client, patient).status_code == 302
        assert selectors.allergy_names(patient) == ["hyaluronic acid"]
        assert "answers were not changed" in client.get(reverse("patients:allergies", args=[patient.uuid])).content.decode()


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [({"name": " "}, "Name the substance"), ({"name": "Serum ingredient"}, "That is the kind"), ({"substance": "antiseptic", "name": "Skin cleanser"}, "That is the kind"), ({"substance": "pollen"}, "valid choice")],
    )  # fmt: skip
    def test_what_names_nothing_is_said_beside_its_field(self, site: Site, amara: Staff, client_as: SignIn, changes: dict[str, str], words: str) -> None:
        patient = told_without_a_name(site)
        answer = sent(client_as(amara), patient, **changes)
        page = answer.content.decode()
        assert answer.status_code == 422 and words in page and 'value="itching rash"' in page
        assert selectors.allergies_to_ask(patient) == ["serum ingredient"]

    def test_the_same_twice(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = told_without_a_name(site), client_as(amara)
        assert sent(client, patient).status_code == 302
        answer = sent(client, patient)
        assert answer.status_code == 422 and "noted already" in answer.content.decode()

    def test_latex_names_itself(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_ready(site)
        assert sent(client_as(amara), patient, substance="latex", name="latex").status_code == 302

    def test_neither_by_the_desk_nor_for_another_patient(self, site: Site, amara: Staff, rosa: Staff, client_as: SignIn) -> None:
        patient = told_without_a_name(site)
        assert sent(client_as(rosa), patient).status_code == 403
        assert sent(client_as(amara), patient, subject="00000000-0000-0000-0000-000000000001").status_code == 409
        assert selectors.allergies_to_ask(patient) == ["serum ingredient"]
