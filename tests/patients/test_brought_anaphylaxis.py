"""An allergy from elsewhere is never taken over milder than it was said: by code, by word in any language, or by asking first."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients import selectors
from patients import services as people
from patients.models import Allergy, Patient, RecordProposal
from patients.rules.exchange.reading import reading, resources
from patients.services.brought import taking
from tests.patients import bundles as b
from tests.treatments.make import DAY, make_ready

SignIn = Callable[[Staff], Client]
ICD = "http://hl7.org/fhir/sid/icd-10"


def shown(text: str, code: str = "", system: str = b.SNOMED, **more: Any) -> dict[str, Any]:
    coding = {"coding": [{"system": system, "code": code}]} if code else {}
    return {"manifestation": [{"text": text} | coding]} | more


def told(*, text: str = "Chlorhexidine", **fields: Any) -> tuple[bool, bool]:
    """What the file says of anaphylaxis: (said outright, asks)."""
    found = reading(resources(b.bundle(b.allergy(text, **fields))), on="2026-03-02", unread={})
    row = next(row for row in found.proposals if row.kind == "allergy")
    return bool(row.suggestion["anaphylaxis"]), bool(row.suggestion.get("ask_anaphylaxis"))


class TestWhatTheFileSays:
    @pytest.mark.parametrize(
        "reaction",
        [
            shown("Anaphylaxis"), shown("Anaphylactic shock"), shown("Anafilaxia"), shown("Choque anafiláctico"), shown("reacción anafiláctica grave"), shown("Anaphylaxie"), shown("Anafylaxie"),
            shown("Reaction", "39579001"), shown("Reacción", "39579001"), shown("Schock", "T78.2", ICD), shown("x", "T88.6", f"{ICD}-cm"),
        ],
    )  # fmt: skip
    def test_outright_by_code_or_by_word(self, reaction: dict[str, Any]) -> None:
        assert told(reaction=[reaction]) == (True, False)

    @pytest.mark.parametrize("text", ["Anafilaxia por látex", "Anaphylaxis to latex"])
    def test_outright_in_the_name(self, text: str) -> None:
        assert told(text=text) == (True, False)

    @pytest.mark.parametrize(
        "fields",
        [
            {"criticality": "high"}, {"reaction": [shown("Rash", severity="severe")]}, {"criticality": "high", "reaction": [shown("Rash", severity="severe")]},
            {"note": [{"text": "no anaphylaxis at the time"}]}, {"note": [{"text": "Se descarta anafilaxia"}]}, {"reaction": [shown("Rash", description="needed adrenaline")]},
            {"reaction": [shown("Angioedema")]}, {"reaction": [shown("Broncoespasmo")]}, {"reaction": [shown("Disnea")]}, {"reaction": [shown("Choque")]},
        ],
    )  # fmt: skip
    def test_what_may_be_one_is_asked(self, fields: dict[str, Any]) -> None:
        assert told(**fields) == (False, True)

    @pytest.mark.parametrize("fields", [{}, {"criticality": "low"}, {"reaction": [shown("Itching rash", severity="mild")]}, {"reaction": [shown("Urticaria", "126485001")]}])
    def test_what_is_none_of_it_is_not(self, fields: dict[str, Any]) -> None:
        assert told(**fields) == (False, False)


@pytest.mark.django_db
class TestTakingOver:
    @pytest.fixture
    def patient(self, site: Site) -> Patient:
        return make_ready(site)

    def proposal(self, patient: Patient, staff: Staff, *rows: dict[str, Any]) -> RecordProposal:
        people.read_record(patient=patient, content=b.raw(*rows), source="Hospital Clínic", staff=staff, by=Actor.of_staff(staff), at=DAY)
        return RecordProposal.objects.get(kind="allergy")

    def accept(self, client: Client, row: RecordProposal, **data: str) -> Any:
        patient = row.record.patient
        where = reverse("patients:accept_proposal", args=[patient.uuid, row.record.uuid, row.uuid])
        return client.post(where, {"subject": str(patient.uuid), "substance": "antiseptic"} | data)

    def overall(self, patient: Patient) -> dict[str, str]:
        return {t["rule"]: t["class"] for t in selectors.eligibility_on(patient, as_of=DAY.date()).triggers}

    def test_a_coded_one_is_one_and_is_reviewed(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        row = self.proposal(patient, amara, b.allergy("Chlorhexidine", criticality="high", reaction=[shown("Anafilaxia", "39579001", severity="severe")]))
        assert self.accept(client_as(amara), row, anaphylaxis="no").status_code == 302  # nobody is asked, and nobody can make it milder
        assert Allergy.objects.get().anaphylaxis and self.overall(patient)["E25"] == "REVIEW"

    def test_an_open_one_waits_for_the_answer(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        row, client = self.proposal(patient, amara, b.allergy("Chlorhexidine", criticality="high")), client_as(amara)
        page = client.get(reverse("patients:brought_record", args=[patient.uuid, row.record.uuid])).content.decode()
        assert "Was it anaphylaxis?" in page
        refused = self.accept(client, row)
        assert refused.status_code >= 400 and "Say whether it was anaphylaxis." in refused.content.decode()
        assert not Allergy.objects.exists()

    @pytest.mark.parametrize(("answer", "is_one"), [("yes", True), ("unsure", True), ("no", False)])
    def test_the_answer_counts_and_not_known_is_one(self, answer: str, is_one: bool, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        row = self.proposal(patient, amara, b.allergy("Chlorhexidine", reaction=[shown("Rash", severity="severe")]))
        assert self.accept(client_as(amara), row, anaphylaxis=answer).status_code == 302
        assert Allergy.objects.get().anaphylaxis is is_one
        assert self.overall(patient)["E25"] == ("REVIEW" if is_one else "CAUTION")

    def test_a_file_that_was_read_before_is_judged_by_what_was_kept(self, patient: Patient, amara: Staff) -> None:
        row = self.proposal(patient, amara, b.allergy("Chlorhexidine", criticality="high"))
        row.suggestion = {"substance": "antiseptic", "name": "Chlorhexidine", "anaphylaxis": False}
        with pytest.raises(people.NotAcceptable):
            taking._allergy(taking._Act(patient, row, people.Choice(), amara, Actor.of_staff(amara), DAY))

    def test_an_anaphylaxis_to_a_metal_is_in_the_list_too(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        row = self.proposal(patient, amara, b.allergy("Nickel", reaction=[shown("Anaphylaxis")]))
        assert self.accept(client_as(amara), row, substance="", answer="nickel").status_code == 302
        found = Allergy.objects.get()
        assert (found.name, found.anaphylaxis) == ("Nickel", True)
        assert {"E24", "E25"} <= self.overall(patient).keys()
