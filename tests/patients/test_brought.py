"""A record from elsewhere: read whole or refused, nothing written until accepted, and then by the ordinary services."""

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from clinic.audit import Actor
from clinic.models import AccessEvent, Site, Staff
from patients import selectors, services
from patients.models import (
    Allergy,
    Intake,
    Medication,
    Patient,
    ProposalDecision,
    RecordImport,
    RecordProposal,
    Screening,
)
from patients.questions.pages import QUESTIONS as ASKED
from patients.rules.exchange import reading as reader
from patients.rules.exchange.tables import CONDITION_CODES, CONDITION_WORDS, MEDICINE_WORDS
from patients.rules.vocabulary import HAIR_MEDICINES, QUESTIONS
from patients.selectors import brought
from tests.patients.bundles import SNOMED, URN, allergy, bundle, condition, medicine, person, raw, status
from tests.treatments.make import DAY, make_patient, make_ready

pytestmark = pytest.mark.django_db
SignIn = Callable[[Staff], Client]
NOW = DAY + timedelta(hours=3)
ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
Read = Callable[..., RecordImport]


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def patient(site: Site) -> Patient:
    return make_ready(site)


@pytest.fixture
def read(patient: Patient, amara: Staff) -> Read:
    def of(*resources: dict[str, Any], content: bytes | None = None, to: Patient | None = None, **more: Any) -> RecordImport:
        return services.read_record(
            patient=to or patient, content=raw(*resources, **more) if content is None else content, source="Northside Clinic", staff=amara, by=Actor.of_staff(amara), at=NOW
        )

    return of


@pytest.fixture
def accept(amara: Staff) -> Callable[..., ProposalDecision]:
    def one(row: RecordProposal, **choice: str) -> ProposalDecision:
        return services.accept_proposal(proposal=row, choice=services.Choice(**choice), staff=amara, by=Actor.of_staff(amara), at=NOW)

    return one


def only(record: RecordImport, kind: str) -> RecordProposal:
    return record.proposals.get(kind=kind)


def answers(patient: Patient) -> dict[str, Any]:
    found = selectors.latest_answers(patient)
    assert found is not None
    return dict(found.answers)


def everything() -> tuple[int, ...]:
    return tuple(model._default_manager.count() for model in (Allergy, Medication, Intake, Screening, RecordImport, RecordProposal, ProposalDecision))


class TestReading:
    def test_nothing_is_written_but_the_file_and_its_proposals(self, patient: Patient, read: Read) -> None:
        before, told = everything(), answers(patient)
        record = read(allergy("Latex"), condition("Psoriasis", "9014002"), medicine("Warfarin 3 mg"))
        assert [row.kind for row in record.proposals.all()] == ["allergy", "condition", "medication"]
        assert everything() == (*before[:4], before[4] + 1, before[5] + 3, before[6]) and answers(patient) == told

    def test_the_hash_and_the_size_of_the_file_are_kept(self, read: Read) -> None:
        content = raw(allergy("Latex"))
        record = read(content=content)
        assert (record.sha256, record.bytes, record.by.name) == (hashlib.sha256(content).hexdigest(), len(content), "Amara Osei")

    def test_the_same_file_twice_is_told(self, read: Read) -> None:
        first = read(allergy("Latex"))
        with pytest.raises(services.ReadBefore) as again:
            read(allergy("Latex"))
        assert again.value.record == first and RecordImport.objects.count() == 1

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "not a JSON file"), (b"not json", "not a JSON file"), (b"\xff\xfe{}", "not a JSON file"), (b"[" * 100_000, "not a JSON file"), (b"[]", "not a FHIR file"),
            (b"{}", "not a FHIR file"), (json.dumps(person()).encode(), "not a bundle, but: Patient"), (b'{"resourceType": "Bundle", "type": "collection"}', "empty"),
            (b'{"resourceType": "Bundle", "type": "collection", "entry": [{"request": {}}]}', "entry 1"), (b'{"resourceType": "Bundle", "type": "collection", "entry": [7]}', "entry 1"),
            (json.dumps(bundle(person())).encode(), "about one patient"), (json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": allergy("x")}]}).encode(), "about one patient"),
            (raw({"resourceType": "MedicationStatement", "status": "recorded", "subject": {"reference": URN}, "medication": {"concept": {"text": "x"}}}), "FHIR R5 (entry 2: MedicationStatement)"),
            (raw(condition("x") | {"clinicalStatus": "active"}), "FHIR STU3 (entry 2: Condition)"), (raw(allergy("x") | {"madeUp": 1}), "entry 2, AllergyIntolerance, madeUp"),
            (raw({"resourceType": "MedicationStatement", "status": "active", "subject": {"reference": URN}}), "not valid FHIR R4: entry 2, MedicationStatement"),
            (raw(allergy("x", patient={"reference": "Patient/somebody"})), "not about its patient (entry 2: AllergyIntolerance)"),
            (raw(patient=person(name=[{"family": "Kay", "given": ["Ann"]}], birthDate="1990-01-01")), "about somebody else"),
        ],
    )  # fmt: skip
    def test_what_can_t_be_used_is_refused_in_words_and_leaves_nothing(self, read: Read, content: bytes, words: str) -> None:
        before = everything()
        with pytest.raises(services.BundleWrong) as refused:
            read(content=content)
        assert words in refused.value.message and refused.value.field == "file"
        assert everything() == before

    def test_too_large_or_too_many(self, read: Read) -> None:
        with pytest.raises(services.BundleWrong, match="larger than 5 MB"):
            read(content=b" " * (services.MOST_BUNDLE_BYTES + 1))
        with pytest.raises(services.BundleWrong, match="500"):
            read(*[allergy(f"a{n}") for n in range(501)])

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["resourceType", "entry", "resource", "code", "text"]), inner, max_size=4), max_leaves=12))
    def test_any_json_is_read_or_refused_never_a_crash(self, anything: Any) -> None:
        try:
            reader.reading(reader.resources(anything), on="2026-03-02")
        except (reader.Unreadable, StopIteration):
            pass
        except (AttributeError, TypeError):
            pytest.fail("only checked resources may reach the reading")

    def test_the_tables_are_closed_over_our_own_answers(self) -> None:
        for meaning in (*CONDITION_CODES.values(), *CONDITION_WORDS.values(), *MEDICINE_WORDS.values()):
            allowed = HAIR_MEDICINES if meaning.many else QUESTIONS[meaning.key]
            assert {meaning.answer, meaning.over or meaning.answer} <= set(allowed), meaning
            assert meaning.key in ASKED, meaning


class TestWhoItIs:
    @pytest.mark.parametrize(
        ("fields", "differs"),
        [
            ({}, []), ({"name": [{"family": "MÁRSH", "given": ["olivia"]}]}, []), ({"name": [{"use": "old", "family": "Kay"}, {"family": "Marsh", "given": ["Olivia"]}]}, []),
            ({"name": [{"family": "Marsh-Kay", "given": ["Olivia"]}]}, ["name"]), ({"name": [{"family": "Marsh", "given": ["Ann"]}]}, ["name"]),
            ({"birthDate": "1985-03-28"}, ["born"]), ({"birthDate": None}, ["born"]),
        ],
    )  # fmt: skip
    def test_what_differs_is_said(self, read: Read, fields: dict[str, Any], differs: list[str]) -> None:
        told = {key: value for key, value in (person() | fields).items() if value is not None}
        assert read(allergy("Latex"), patient=told).differs == differs

    def test_nothing_is_taken_over_before_somebody_says_that_it_is_the_same_person(self, read: Read, accept: Any, amara: Staff, patient: Patient) -> None:
        record = read(allergy("Latex"), patient=person(birthDate="1985-03-28"))
        with pytest.raises(services.NotAcceptable, match="same person"):
            accept(only(record, "allergy"))
        assert not patient.allergies.exists() and brought.blocked_by_identity(record)
        accept(only(record, "identity"))
        accept(only(record, "allergy"))
        assert patient.allergies.get().name == "Latex" and not brought.blocked_by_identity(record)

    def test_put_aside_as_another_person_keeps_it_closed(self, read: Read, accept: Any, amara: Staff) -> None:
        record = read(allergy("Latex"), patient=person(birthDate="1985-03-28"))
        services.put_aside(proposal=only(record, "identity"), reason="her sister", staff=amara, by=Actor.of_staff(amara), at=NOW)
        with pytest.raises(services.NotAcceptable):
            accept(only(record, "allergy"))

    def test_contact_data_that_differ_are_proposed_and_go_through_the_register(self, read: Read, accept: Any, patient: Patient) -> None:
        same = [{"system": "phone", "value": "+44 7700 900123"}, {"system": "email", "value": "new@patient.example"}]
        record = read(patient=person(telecom=same))
        row = only(record, "contact")
        assert row.suggestion == {"field": "email", "value": "new@patient.example"}
        accept(row)
        patient.refresh_from_db()
        assert (patient.email, patient.phone) == ("new@patient.example", "07700 900123")

    def test_an_address_that_we_can_t_use_is_only_to_read(self, read: Read, accept: Any) -> None:
        row = only(read(patient=person(telecom=[{"system": "email", "value": "no address"}])), "contact")
        assert row.cannot == "unusable"
        with pytest.raises(services.NotAcceptable):
            accept(row)


class TestTakingOver:
    def test_a_condition_becomes_an_answer_screened_at_once(self, read: Read, accept: Any, patient: Patient) -> None:
        row = only(read(condition("Psoriasis of scalp", "238608008")), "condition")
        assert row.suggestion == {"key": "psoriasis", "answer": "active_scalp"}
        decision = accept(row)
        assert answers(patient)["psoriasis"] == "active_scalp" and decision.wrote == {"answers": {"psoriasis": [None, "active_scalp"]}}
        newest = Screening.objects.order_by("-pk")[0]
        assert (newest.overall, newest.gate) == ("DEFER", "recheck") and {t["rule"] for t in newest.triggers} == {"E02"}

    def test_the_clinician_may_choose_another_answer_but_only_one_of_ours(self, read: Read, accept: Any, patient: Patient) -> None:
        row = only(read(condition("Psoriasis", "9014002")), "condition")
        assert row.suggestion["answer"] == "unsure"  # the place is not said: never milder than that
        with pytest.raises(services.NotAcceptable, match="Choose one of the answers"):
            accept(row, answer="invented")
        assert not ProposalDecision.objects.exists()
        accept(row, answer="active_elsewhere")
        assert answers(patient)["psoriasis"] == "active_elsewhere"

    def test_a_clearance_for_the_old_answer_ends(self, site: Site, amara: Staff, read: Read, accept: Any) -> None:
        patient = make_ready(site, blood_thinner="doac")
        by = Actor.of_staff(amara)
        clearance = services.clear_finding(patient=patient, rule="E07", evidence="letter", staff=amara, by=by, at=NOW)
        row = only(read(medicine("Warfarin 3 mg tablets"), to=patient), "medication")
        accept(row, answer="two_or_more")
        clearance.refresh_from_db()
        assert clearance.withdrawn_at == NOW
        assert answers(patient)["blood_thinner"] == "two_or_more" and selectors.eligibility_on(patient, as_of=NOW.date()).overall == "REVIEW"
        assert patient.medications.get().name == "Warfarin 3 mg tablets"

    def test_an_allergy_is_in_the_list_and_in_the_answers(self, read: Read, accept: Any, patient: Patient) -> None:
        told = allergy("Lidocaine", reaction=[{"manifestation": [{"text": "Anaphylaxis"}]}])
        accept(only(read(told), "allergy"))
        row = patient.allergies.get()
        assert (row.substance, row.name, row.anaphylaxis) == ("anaesthetic", "Lidocaine", True)
        assert answers(patient)["allergies"] == [{"substance": "anaesthetic", "name": "Lidocaine", "anaphylaxis": True}]
        assert {t["rule"]: t["class"] for t in Screening.objects.order_by("-pk")[0].triggers} == {"E25": "REVIEW"}

    def test_a_known_allergy_is_not_doubled_and_only_made_graver(self, site: Site, read: Read, accept: Any) -> None:
        patient = make_ready(site, allergies=[{"substance": "latex", "name": "latex"}])
        Allergy.objects.create(patient=patient, substance="latex", name="latex")
        accept(only(read(allergy("Latex", reaction=[{"manifestation": [{"text": "anaphylactic shock"}]}]), to=patient), "allergy"))
        assert patient.allergies.get().anaphylaxis and answers(patient)["allergies"] == [{"substance": "latex", "name": "latex", "anaphylaxis": True}]

    def test_an_allergy_without_a_kind_asks_for_one(self, read: Read, accept: Any, patient: Patient) -> None:
        row = only(read(allergy("Strawberries")), "allergy")
        with pytest.raises(services.NotAcceptable, match="what kind") as refused:
            accept(row)
        assert refused.value.field == "substance" and not patient.allergies.exists()
        accept(row, substance="other")
        assert patient.allergies.get().name == "Strawberries"

    def test_nickel_is_the_question_about_metals(self, read: Read, accept: Any, patient: Patient) -> None:
        accept(only(read(allergy("Nickel")), "allergy"))
        assert answers(patient)["metal_allergy"] == "nickel" and not patient.allergies.exists()

    def test_isotretinoin_stopped_brings_its_day(self, read: Read, accept: Any, patient: Patient) -> None:
        told = medicine("Isotretinoin 20 mg", "completed", effectivePeriod={"start": "2025-06-01", "end": "2026-01-15"})
        accept(only(read(told), "medication"))
        found = answers(patient)
        assert (found["isotretinoin"], found["isotretinoin_stopped_on"]) == ("stopped", "2026-01-15")
        assert Screening.objects.order_by("-pk")[0].triggers == [{"rule": "E09", "class": "DEFER", "lifts_on": "2026-07-15"}]
        row = patient.medications.get()
        assert (row.started_on, row.ended_on) == (date(2025, 6, 1), date(2026, 1, 15))

    def test_over_without_a_day_writes_no_invented_day(self, read: Read, accept: Any, patient: Patient) -> None:
        record = read(medicine("Isotretinoin", "completed"), medicine("Amoxicillin", "completed"))
        stopped, other = record.proposals.order_by("position")
        accept(stopped)
        assert not patient.medications.exists() and Screening.objects.order_by("-pk")[0].overall == "INCOMPLETE"
        assert other.cannot == "over_no_day"

    def test_an_end_to_come_is_no_end(self, read: Read) -> None:
        row = only(read(medicine("Isotretinoin", effectivePeriod={"end": "2026-06-01"})), "medication")
        assert row.suggestion["answer"] == "current"

    def test_hair_medicines_are_added_once(self, site: Site, read: Read, accept: Any) -> None:
        patient = make_ready(site, hair_medicines=["finasteride"])
        record = read(medicine("Finasteride 1 mg"), medicine("Minoxidil 5 % topical solution"), to=patient)
        for row in record.proposals.order_by("position"):
            accept(row)
        assert answers(patient)["hair_medicines"] == ["finasteride", "topical_minoxidil"]
        assert sorted(patient.medications.values_list("name", "dose")) == [("finasteride", "Finasteride 1 mg"), ("topical minoxidil", "Minoxidil 5 % topical solution")]

    def test_a_medicine_of_no_question_is_in_the_list_alone(self, read: Read, accept: Any, patient: Patient) -> None:
        sets = patient.intakes.count()
        accept(only(read(medicine("Paracetamol", dosage=[{"text": "500 mg when needed"}])), "medication"))
        assert (patient.medications.get().name, patient.medications.get().dose, patient.intakes.count()) == ("Paracetamol", "500 mg when needed", sets)

    def test_details_of_the_old_answer_go_with_it(self, site: Site, read: Read, accept: Any) -> None:
        patient = make_ready(site, psoriasis="scalp_cleared", psoriasis_scalp_clear_since="2026-01-01")
        accept(only(read(condition("Psoriasis of scalp", "238608008"), to=patient), "condition"))
        assert answers(patient)["psoriasis"] == "active_scalp" and "psoriasis_scalp_clear_since" not in answers(patient)

    def test_what_is_so_already_makes_no_new_answers(self, site: Site, read: Read, accept: Any) -> None:
        patient = make_ready(site, keloid="personal")
        sets = patient.intakes.count()
        accept(only(read(condition("Keloid", "33659008"), to=patient), "condition"))
        assert patient.intakes.count() == sets

    def test_without_answers_there_is_nothing_to_add_to(self, site: Site, read: Read, accept: Any) -> None:
        patient = make_patient(site)
        row = only(read(allergy("Latex"), to=patient), "allergy")
        with pytest.raises(services.NoAnswers):
            accept(row)
        assert not patient.allergies.exists() and not ProposalDecision.objects.exists()

    def test_a_patient_who_is_answering_now_goes_first(self, read: Read, accept: Any, patient: Patient, amara: Staff) -> None:
        draft = services.open_draft(patient=patient, by=Actor.of_staff(amara), at=NOW)
        services.save_intake_page(intake=draft, page="sun", answers={"fitzpatrick": "II"}, drop=set(), by=Actor.of_staff(amara), at=NOW)
        with pytest.raises(services.StillAnswering):
            accept(only(read(condition("Keloid", "33659008")), "condition"))

    def test_a_form_that_was_only_opened_asks_since_the_new_answers(self, site: Site, read: Read, accept: Any, amara: Staff) -> None:
        patient = make_ready(site, diagnosis="androgenetic_alopecia")
        draft = services.open_draft(patient=patient, by=Actor.of_staff(amara), at=NOW)
        accept(only(read(condition("Keloid", "33659008"), to=patient), "condition"))
        draft.refresh_from_db()
        newest = selectors.latest_answers(patient)
        assert newest is not None and draft.extras["since"]["intake"] == str(newest.uuid)

    def test_a_refusal_of_the_rules_writes_nothing(self, read: Read, accept: Any, patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
        record, before = read(allergy("Latex")), everything()

        def broken(*args: Any) -> None:
            raise services.AnswersWrong([{"path": "answers", "message": "no"}])

        monkeypatch.setattr("patients.services.answers._screen", broken)
        with pytest.raises(services.AnswersWrong):
            accept(only(record, "allergy"))
        assert everything() == (before[0], before[1], before[2], before[3], before[4] + 0, before[5], before[6])

    def test_one_decision_for_ever(self, read: Read, accept: Any, amara: Staff) -> None:
        row = only(read(medicine("Paracetamol")), "medication")
        accept(row)
        with pytest.raises(services.AlreadyDecided):
            accept(row)
        with pytest.raises(services.AlreadyDecided):
            services.put_aside(proposal=row, reason="", staff=amara, by=Actor.of_staff(amara), at=NOW)
        for statement in ("UPDATE patients_proposaldecision SET reason = 'x'", "DELETE FROM patients_recordproposal", "UPDATE patients_recordimport SET sha256 = 'x'"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


class TestNothingIsDropped:
    def test_what_we_can_t_take_is_text(self, read: Read, accept: Any) -> None:
        extra = {"resourceType": "Observation", "status": "final", "code": {"text": "Ferritin"}, "subject": {"reference": URN}, "valueQuantity": {"value": 40, "unit": "ug/L"}}
        record = read(condition("Gout"), extra, extra | {"madeUp": 1}, {"resourceType": "Transport", "status": "x"})
        rows = {row.title: row for row in record.proposals.all()}
        assert rows["Gout"].cannot == "not_in_table"
        assert rows["Observation (2)"].details == [["about", "Ferritin: 40 ug/L"]] * 2 + [["unread", "1"]] and "Transport (1)" in rows
        with pytest.raises(services.NotAcceptable):
            accept(rows["Gout"])

    def test_how_many_are_not_shown_is_said(self, read: Read) -> None:
        extra = {"resourceType": "Procedure", "status": "completed", "code": {"text": "Biopsy"}, "subject": {"reference": URN}, "performedDateTime": "2025-01-02T10:00:00Z"}
        row = read(*[extra] * 130).proposals.get()
        assert row.details == [["about", "Biopsy: completed, 2025-01-02"]] * 100 + [["more", "30"]]

    @pytest.mark.parametrize("odd", [{"code": 3}, {"code": {"coding": ["x"]}}, {"code": {"coding": {}}}, {"valueQuantity": [], "code": {"text": 5}}, {"date": {}, "type": []}])
    def test_a_strange_thing_of_another_kind_stops_nothing(self, read: Read, odd: dict[str, Any]) -> None:
        record = read(allergy("Latex"), {"resourceType": "Observation", **odd})
        assert list(record.proposals.values_list("kind", flat=True)) == ["allergy", "other"]

    @pytest.mark.parametrize(
        ("resource", "cannot"),
        [
            (allergy("Latex", verificationStatus=status("allergyintolerance-verification", "refuted")), "refuted"), (medicine("Warfarin", "entered-in-error"), "in_error"),
            (condition("Keloid", "33659008", verificationStatus=status("condition-ver-status", "entered-in-error")), "in_error"), (medicine("Warfarin", "not-taken"), "not_taken"),
            (allergy("Latex", clinicalStatus=status("allergyintolerance-clinical", "resolved")), "over"),
        ],
    )  # fmt: skip
    def test_what_the_sender_takes_back_is_only_to_read(self, read: Read, accept: Any, resource: dict[str, Any], cannot: str) -> None:
        row = read(resource).proposals.get()
        assert row.cannot == cannot
        with pytest.raises(services.NotAcceptable):
            accept(row)

    @pytest.mark.parametrize(
        ("resource", "cannot"),
        [
            *((allergy("", code={"coding": [{"system": SNOMED, "code": code, "display": "No known allergy"}]}), "none_known") for code in ("716186003", "409137002", "428607008", "429625007")),
            *((allergy("", code={"coding": [{"system": ABSENT, "code": f"no-known-{what}"}]}), "none_known") for what in ("allergies", "medication-allergies", "food-allergies", "environmental-allergies")),
            (allergy("", code={"coding": [{"system": ABSENT, "code": "no-allergy-info"}]}), "not_said"), (allergy("No known drug allergies"), "none_known"), (allergy("NKDA"), "none_known"),
            (allergy("Sin alergias conocidas"), "none_known"),
            (medicine("", medicationCodeableConcept={"coding": [{"system": ABSENT, "code": "no-known-medications"}], "text": "No known medications"}), "none_known"),
            (medicine("", medicationCodeableConcept={"coding": [{"system": ABSENT, "code": "no-medication-info"}]}), "not_said"),
            (condition("") | {"code": {"coding": [{"system": ABSENT, "code": "no-known-problems"}]}}, "none_known"), (condition("") | {"code": {"coding": [{"system": ABSENT, "code": "no-problem-info"}]}}, "not_said"),
        ],
    )  # fmt: skip
    def test_nothing_known_is_no_thing(self, read: Read, accept: Any, resource: dict[str, Any], cannot: str) -> None:
        """An International Patient Summary says “none known” with an entry. Taken over it would be an allergy named “No known allergy”, or “asked” where nobody asked."""
        row = read(resource).proposals.get()
        assert (row.cannot, row.suggestion) == (cannot, {}) and row.title not in ("", "?")
        assert "sk the patient" in str(brought.CANNOT_WORDS[cannot])
        with pytest.raises(services.NotAcceptable):
            accept(row)
        assert not Allergy.objects.exists() and not Medication.objects.exists()

    @pytest.mark.parametrize("name", ["No known allergies except latex", "Nickel", "Known allergy to lidocaine", "Unknown antibiotic"])
    def test_a_name_that_says_more_is_one(self, read: Read, name: str) -> None:
        assert read(allergy(name)).proposals.get().cannot == ""

    @pytest.mark.parametrize(("said", "details"), [({"deceasedDateTime": "2025-11-03"}, [["died", "2025-11-03"]]), ({"deceasedBoolean": True}, [])])
    def test_a_death_stands_first_and_is_only_to_read(self, patient: Patient, amara: Staff, read: Read, accept: Any, client_as: SignIn, said: dict[str, Any], details: list[Any]) -> None:
        record = read(allergy("Latex"), patient=person(**said))
        row = record.proposals.order_by("position")[0]
        assert (row.kind, row.cannot, row.details) == ("identity", "deceased", details)
        with pytest.raises(services.NotAcceptable):
            accept(row)
        shown = client_as(amara).get(reverse("patients:brought_record", args=[patient.uuid, record.uuid])).content.decode()
        assert "does not record a death from a file" in shown and shown.index("has died") < shown.index("Latex") and "It is the same person" not in shown

    def test_alive_is_no_death(self, read: Read) -> None:
        assert [row.kind for row in read(allergy("Latex"), patient=person(deceasedBoolean=False)).proposals.all()] == ["allergy"]

    def test_marks_that_no_page_should_hold_are_taken_out(self, read: Read) -> None:
        row = only(read(medicine("Para\u0000ceta\u202emol")), "medication")
        assert row.title == "Para ceta mol"

    def test_a_medicine_by_reference_and_one_inside(self, read: Read) -> None:
        drug = {"resourceType": "Medication", "id": "m1", "code": {"text": "Warfarin"}}
        by_reference = {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": {"reference": URN}, "medicationReference": {"reference": "Medication/m1"}}
        inside = medicine("x") | {"contained": [{"resourceType": "Medication", "id": "a", "code": {"text": "Apixaban"}}], "medicationReference": {"reference": "#a"}}
        del inside["medicationCodeableConcept"]
        assert list(read(drug, by_reference, inside).proposals.values_list("title", flat=True)) == ["Warfarin", "Apixaban"]


class TestPages:
    def send(self, client: Client, patient: Patient, content: bytes, source: str = "Northside Clinic") -> Any:
        url = reverse("patients:brought_records", args=[patient.uuid])
        return client.post(url, {"subject": str(patient.uuid), "source": source, "file": SimpleUploadedFile("x.json", content)})

    def test_from_the_file_to_the_answer(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        answer = self.send(client, patient, raw(condition("Psoriasis", "9014002"), condition("Gout")))
        page = client.get(answer["Location"])
        shown = page.content.decode()
        assert "Where is your psoriasis?" in shown and "not answered" in shown and "Gout" in shown and "No question of ours" in shown
        row = RecordProposal.objects.get(title="Psoriasis")
        url = reverse("patients:accept_proposal", args=[patient.uuid, row.record.uuid, row.uuid])
        assert client.post(url, {"subject": str(patient.uuid), "answer": "active_elsewhere"}).status_code == 302
        assert answers(patient)["psoriasis"] == "active_elsewhere"
        assert "1 to decide" in client.get(answer["Location"]).content.decode()
        overview = client.get(reverse("desk:patient_overview", args=[patient.uuid])).content.decode()
        assert "Record from elsewhere" in overview and "1 to decide" in overview
        assert AccessEvent.objects.filter(action="record.import.view", patient_uuid=patient.uuid).count() == 2

    def test_a_wrong_file_says_so_beside_the_field_and_keeps_the_sender(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        answer = self.send(client_as(amara), patient, b"not json", "Dr Ruiz")
        assert answer.status_code == 422
        assert "not a JSON file" in answer.content.decode() and 'value="Dr Ruiz"' in answer.content.decode()

    def test_a_refusal_is_said_at_its_proposal_and_the_choice_is_kept(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        self.send(client, patient, raw(allergy("Strawberries")))
        row = RecordProposal.objects.get()
        url = reverse("patients:accept_proposal", args=[patient.uuid, row.record.uuid, row.uuid])
        answer = client.post(url, {"subject": str(patient.uuid), "substance": ""})
        assert answer.status_code == 422 and "Choose what kind of allergy it is." in answer.content.decode()

    def test_put_aside_keeps_who_and_why(self, patient: Patient, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        self.send(client, patient, raw(condition("Gout")))
        row = RecordProposal.objects.get()
        client.post(reverse("patients:put_proposal_aside", args=[patient.uuid, row.record.uuid, row.uuid]), {"subject": str(patient.uuid), "reason": "known"})
        shown = client.get(reverse("patients:brought_record", args=[patient.uuid, row.record.uuid])).content.decode()
        assert "Put aside, Dr Amara Osei" in shown and "known" in shown and "all decided" in shown

    def test_as_many_queries_for_many_proposals(self, patient: Patient, amara: Staff, client_as: SignIn, read: Read, accept: Any) -> None:
        client = client_as(amara)

        def asked(record: RecordImport) -> int:
            url = reverse("patients:brought_record", args=[patient.uuid, record.uuid])
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            return len(queries)

        few = read(medicine("Paracetamol"), condition("Gout"))
        many = read(*[medicine(f"Medicine {n}") for n in range(30)], *[condition(f"Condition {n}") for n in range(30)])
        for row in [few.proposals.order_by("position")[0], *many.proposals.order_by("position")[:10]]:
            accept(row)
        assert asked(few) == asked(many)

    def test_another_patient_s_import_is_not_there(self, site: Site, patient: Patient, amara: Staff, client_as: SignIn, read: Read) -> None:
        record, other = read(allergy("Latex")), make_patient(site)
        client, row = client_as(amara), record.proposals.get()
        assert client.get(reverse("patients:brought_record", args=[other.uuid, record.uuid])).status_code == 404
        for name in ("accept_proposal", "put_proposal_aside"):
            assert client.post(reverse(f"patients:{name}", args=[other.uuid, record.uuid, row.uuid]), {"subject": str(other.uuid)}).status_code == 404
            assert client.post(reverse(f"patients:{name}", args=[patient.uuid, record.uuid, row.uuid]), {"subject": str(other.uuid)}).status_code == 409
        assert not ProposalDecision.objects.exists()
