"""A record from elsewhere never softens what stands here: no rule says less after it than before (RULES 2)."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients import selectors, services
from patients.models import Patient, ProposalDecision, RecordProposal
from patients.rules import RANK, eligibility
from patients.rules.exchange.codes import LOCAL
from patients.rules.exchange.tables import CONDITION_CODES, CONDITION_WORDS, MEDICINE_WORDS
from patients.rules.softer import softer_rules
from patients.rules.vocabulary import QUESTIONS
from patients.selectors.medicines import hair_rows
from patients.vocabulary import AnsweredBy
from tests.patients.bundles import URN, allergy, condition, medicine, person, raw
from tests.patients.screened import ago, asked
from tests.treatments.make import DAY, make_patient, make_ready

SignIn = Callable[[Staff], Client]
TODAY = DAY.date()
BEFORE = "2026-01-15"
SKIN: dict[str, Any] = {  # the whole page, so that it can be confirmed
    "psoriasis": "never", "eczema": "never", "koebner_disease": "no", "herpes": "never", "head_skin_cancer": "none", "keloid": "never", "raised_scar": "no",
    "post_inflammatory_marks": "no", "poor_healing": "no",
}  # fmt: skip


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


def softer(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    here, then = (eligibility(asked(answers, planned={"prp": True})) for answers in (before, after))
    return softer_rules(here, then)


class TestTheRule:
    @pytest.mark.parametrize(
        ("before", "after", "rules"),
        [
            ({"metal_allergy": "stainless_steel"}, {"metal_allergy": "nickel"}, ["E24"]), ({"metal_allergy": "nickel"}, {"metal_allergy": "stainless_steel"}, []),
            ({"metal_allergy": "nickel"}, {"metal_allergy": "none"}, ["E24"]), ({}, {"metal_allergy": "nickel"}, []),
            # the lesser rule of a pair gives way to the graver one, and to nothing less
            ({"keloid": "family_only"}, {"keloid": "personal"}, []), ({"keloid": "family_only"}, {"keloid": "unsure"}, []), ({"keloid": "family_only"}, {"keloid": "never"}, ["E04b"]),
            ({"bleeding_disorder": "unexplained_bruising"}, {"bleeding_disorder": "diagnosed"}, []), ({"bleeding_disorder": "diagnosed"}, {"bleeding_disorder": "unsure"}, ["E08"]),
            ({"blood_thinner": "aspirin_low_dose_only"}, {"blood_thinner": "two_or_more"}, []), ({"blood_thinner": "aspirin_low_dose_only"}, {"blood_thinner": "none"}, ["E07b", "E45"]),
            # a second rule that the same answer speaks about counts too
            ({"diagnosis": "scarring_alopecia"}, {"diagnosis": "androgenetic_alopecia"}, ["E18"]), ({"diagnosis": "undiagnosed"}, {"diagnosis": "telogen_effluvium"}, ["E20"]),
            ({"liver_disease": "yes"}, {"liver_disease": "no"}, ["E45"]),
        ],
    )  # fmt: skip
    def test_a_class_that_falls(self, before: dict[str, Any], after: dict[str, Any], rules: list[str]) -> None:
        assert softer(before, after) == rules

    @pytest.mark.parametrize(
        ("before", "after", "rules"),
        [
            # DEFER until an event, DEFER until a day: the day is the softer one
            ({"isotretinoin": "current"}, {"isotretinoin": "stopped", "isotretinoin_stopped_on": ago(1)}, ["E09"]),
            ({"isotretinoin": "stopped", "isotretinoin_stopped_on": ago(1)}, {"isotretinoin": "current"}, []),
            ({"isotretinoin": "stopped", "isotretinoin_stopped_on": ago(30)}, {"isotretinoin": "stopped", "isotretinoin_stopped_on": ago(31)}, ["E09"]),
            ({"isotretinoin": "stopped", "isotretinoin_stopped_on": ago(30)}, {"isotretinoin": "stopped", "isotretinoin_stopped_on": ago(30)}, []),
            ({"isotretinoin": "stopped", "isotretinoin_stopped_on": ago(30)}, {"isotretinoin": "stopped", "isotretinoin_stopped_on": ago(29)}, []),
            ({"psoriasis": "active_scalp"}, {"psoriasis": "scalp_cleared", "psoriasis_scalp_clear_since": ago(1)}, ["E02"]),
            ({"blood_thinner": "warfarin", "inr": 3.1, "inr_on": ago(0)}, {"blood_thinner": "doac"}, ["E07"]),
            ({"blood_thinner": "warfarin", "inr": 3.0, "inr_on": ago(0)}, {"blood_thinner": "doac"}, []),
            # a steroid of a low dose speaks about PRP alone
            ({"systemic_steroid": "current", "systemic_steroid_mg_per_day": 5, "systemic_steroid_weeks": 1}, {"systemic_steroid": "stopped", "systemic_steroid_stopped_on": ago(20)}, ["E43"]),
        ],
    )  # fmt: skip
    def test_a_wait_that_is_over_sooner(self, before: dict[str, Any], after: dict[str, Any], rules: list[str]) -> None:
        assert softer(before, after) == rules

    @pytest.mark.parametrize("question", QUESTIONS)
    def test_every_fall_of_the_whole_is_found(self, question: str) -> None:
        """For each two answers of each question; the same answer is never softer than itself."""
        for here, then in product(QUESTIONS[question], repeat=2):
            whole = [RANK[eligibility(asked({question: answer}))["overall"]] for answer in (here, then)]
            assert softer({question: here}, {question: then}) or whole[1] >= whole[0], (here, then)
            assert here != then or not softer({question: here}, {question: then})


@pytest.fixture
def take(amara: Staff) -> Callable[..., ProposalDecision]:
    """Read one thing and take it over."""

    def one(patient: Patient, resource: dict[str, Any], **choice: str) -> ProposalDecision:
        by = Actor.of_staff(amara)
        record = services.read_record(patient=patient, content=raw(resource), source="Northside Clinic", staff=amara, by=by, at=DAY)
        row = record.proposals.exclude(kind="contact").get()
        return services.accept_proposal(proposal=row, choice=services.Choice(**choice), staff=amara, by=by, at=DAY)

    return one


def answers(patient: Patient) -> dict[str, Any]:
    found = selectors.latest_answers(patient)
    assert found is not None
    return dict(found.answers)


def classes(patient: Patient) -> dict[str, str]:
    return {row["rule"]: row["class"] for row in selectors.eligibility_on(patient, as_of=TODAY).triggers}


def anew(patient: Patient, hours: int = 0, **told: Any) -> None:
    """The patient answers everything again, and says no word of it."""
    by, at = Actor.of_command("test"), DAY + timedelta(hours=hours)
    draft = services.open_draft(patient=patient, by=by, at=at)
    draft = services.save_intake_page(intake=draft, page="x", answers={"blood_thinner": "none", "isotretinoin": "never", "hair_medicines": []} | told, drop=set(), by=by, at=at)
    services.submit_intake(intake=draft, by=by, at=at, today=TODAY)


def coded(text: str, code: str) -> dict[str, Any]:
    return condition(text) | {"code": {"text": text, "coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}]}}


def ours(answer: str) -> dict[str, Any]:
    """As another clinic with Anagen sends it: our own code."""
    return condition("As told there") | {"code": {"text": "As told there", "coding": [{"system": LOCAL, "code": answer}]}}


@pytest.mark.django_db
class TestTakingOver:
    @pytest.mark.parametrize(
        ("here", "resource", "rule", "level"),
        [
            ({"metal_allergy": "stainless_steel"}, allergy("Nickel"), "E24", "ABSOLUTE"), ({"metal_allergy": "stainless_steel"}, allergy("Cobalt"), "E24", "ABSOLUTE"),
            ({"scalp_infection": "active"}, condition("Tinea capitis", clinical="resolved"), "E01", "DEFER"), ({"psoriasis": "active_scalp"}, condition("Psoriasis"), "E02", "DEFER"),
            ({"eczema": "active_scalp"}, condition("Eczema"), "E03", "DEFER"), ({"keloid": "personal"}, coded("Acne keloid", "L73.0"), "E04", "ABSOLUTE"),
            ({"bleeding_disorder": "diagnosed"}, ours("bleeding_disorder.unexplained_bruising"), "E08", "ABSOLUTE"),
            ({"isotretinoin": "current"}, medicine("Isotretinoin", "completed", effectivePeriod={"end": BEFORE}), "E09", "DEFER"),
            ({"isotretinoin": "current"}, medicine("Isotretinoin", "completed", effectivePeriod={"end": "2025-01-15"}), "E09", "DEFER"),
            ({"isotretinoin": "stopped", "isotretinoin_stopped_on": "2026-01-16"}, medicine("Isotretinoin", "completed", effectivePeriod={"end": BEFORE}), "E09", "DEFER"),
            ({"systemic_steroid": "current", "systemic_steroid_mg_per_day": 20, "systemic_steroid_weeks": 4}, medicine("Prednisolone", "completed", effectivePeriod={"end": BEFORE}), "E12", "REVIEW"),
            ({"systemic_steroid": "current", "systemic_steroid_weeks": 4}, medicine("Prednisolone", "completed", effectivePeriod={"end": BEFORE}), "E12", "INCOMPLETE"),
            ({"herpes": "active"}, condition("Herpes simplex", clinical="inactive"), "E16", "DEFER"), ({"head_skin_cancer": "current"}, condition("Melanoma"), "E17", "ABSOLUTE"),
            ({"head_skin_cancer": "undiagnosed_spot"}, condition("Actinic keratosis"), "E17", "DEFER"), ({"scarring_alopecia": "active"}, condition("Scarring alopecia", clinical="inactive"), "E18", "DEFER"),
            ({"diagnosis": "scarring_alopecia"}, condition("Androgenetic alopecia", "87872006"), "E18", "DEFER"), ({"diagnosis": "undiagnosed"}, condition("Telogen effluvium"), "E20", "REVIEW"),
            ({"seborrhoeic_dermatitis": "inflamed"}, condition("Seborrhoeic dermatitis"), "E23", "DEFER"), ({"fainting_seizures": "unsure"}, condition("Epilepsy"), "E34", "REVIEW"),
        ],
    )  # fmt: skip
    def test_what_would_soften_is_refused_and_nothing_changes(
        self, site: Site, take: Any, here: dict[str, Any], resource: dict[str, Any], rule: str, level: str
    ) -> None:
        patient = make_ready(site, **here)
        before = answers(patient)
        assert classes(patient)[rule] == level
        with pytest.raises(services.NotAcceptable, match="othing was changed") as refused:
            take(patient, resource)
        assert refused.value.field == "answer"
        assert answers(patient) == before and classes(patient)[rule] == level
        assert not patient.medications.exists() and not patient.allergies.exists() and not ProposalDecision.objects.exists()

    @pytest.mark.parametrize(
        ("here", "resource", "rule", "level"),
        [
            ({"metal_allergy": "nickel"}, allergy("Stainless steel"), "E24", "ABSOLUTE"), ({"keloid": "family_only"}, condition("Keloid"), "E04", "ABSOLUTE"),
            ({"keloid": "unsure"}, condition("Keloid"), "E04", "ABSOLUTE"), ({"head_skin_cancer": "past"}, condition("Skin cancer of the head"), "E17", "ABSOLUTE"),
            ({"herpes": "past"}, condition("Herpes simplex"), "E16", "DEFER"), ({"psoriasis": "active_elsewhere"}, condition("Scalp psoriasis"), "E02", "DEFER"),
            ({"isotretinoin": "stopped", "isotretinoin_stopped_on": BEFORE}, medicine("Isotretinoin"), "E09", "DEFER"),
            ({"bleeding_disorder": "unexplained_bruising"}, condition("Haemophilia A"), "E08", "ABSOLUTE"), ({"systemic_steroid": "no"}, medicine("Prednisolone"), "E12", "INCOMPLETE"),
            # what was left blank is filled by what the file says
            ({"psoriasis": None}, condition("Psoriasis"), "E02", "REVIEW"), ({"keloid": None}, condition("Keloid"), "E04", "ABSOLUTE"), ({"blood_thinner": None}, medicine("Apixaban"), "E07", "REVIEW"),
        ],
    )  # fmt: skip
    def test_what_is_graver_or_was_left_blank_is_taken_over(self, site: Site, take: Any, here: dict[str, Any], resource: dict[str, Any], rule: str, level: str) -> None:
        patient = make_ready(site, **here)
        take(patient, resource)
        assert classes(patient)[rule] == level

    @pytest.mark.parametrize(
        ("here", "name", "level", "names"),
        [
            ({"blood_thinner": "warfarin", "inr": 3.6, "inr_on": DAY.date().isoformat()}, "Apixaban 5 mg", "DEFER", "warfarin; Apixaban 5 mg"),
            ({"blood_thinner": "warfarin", "inr": 3.0, "inr_on": DAY.date().isoformat(), "blood_thinner_name": "3 mg, Dr Kay"}, "Eliquis", "REVIEW", "warfarin: 3 mg, Dr Kay; Eliquis"),
            ({"blood_thinner": "doac"}, "Warfarin", "REVIEW", "blood thinner (DOAC); Warfarin"), ({"blood_thinner": "heparin"}, "Aspirin 75 mg", "REVIEW", "heparin; Aspirin 75 mg"),
            ({"blood_thinner": "aspirin_low_dose_only"}, "Plavix", "REVIEW", "low-dose aspirin; Plavix"),
        ],
    )  # fmt: skip
    def test_a_second_blood_thinner_makes_two(self, site: Site, take: Any, here: dict[str, Any], name: str, level: str, names: str) -> None:
        patient = make_ready(site, **here)
        take(patient, medicine(name))
        found = answers(patient)
        assert (found["blood_thinner"], found["blood_thinner_name"], found.get("inr")) == ("two_or_more", names, here.get("inr"))
        assert classes(patient)["E07"] == level and patient.medications.get().name == name

    @pytest.mark.parametrize(("here", "name"), [("doac", "Xarelto"), ("two_or_more", "Warfarin"), ("aspirin_low_dose_only", "Aspirin")])
    def test_another_of_the_same_kind_changes_no_answer(self, site: Site, take: Any, here: str, name: str) -> None:
        patient = make_ready(site, blood_thinner=here)
        take(patient, medicine(name))
        assert answers(patient)["blood_thinner"] == here and patient.medications.get().name == name

    def test_a_blank_is_not_filled_with_a_denial(self, site: Site, take: Any) -> None:
        patient = make_ready(site, keloid=None)
        with pytest.raises(services.NotAcceptable):
            take(patient, condition("Keloid"), answer="never")
        assert classes(patient)["E04"] == "INCOMPLETE"

    def test_a_clearance_does_not_hide_what_it_was_given_for(self, site: Site, take: Any, amara: Staff) -> None:
        """Cleared, E24 is CAUTION on both sides; the clearance ends with the answer, and what was looked at is gone."""
        patient = make_ready(site, psoriasis="active_elsewhere")
        services.clear_finding(patient=patient, rule="E02", evidence="letter", staff=amara, by=Actor.of_staff(amara), at=DAY)
        assert classes(patient)["E02"] == "CAUTION"
        with pytest.raises(services.NotAcceptable):
            take(patient, condition("Psoriasis"), answer="never")
        assert classes(patient)["E02"] == "CAUTION"

    def test_the_same_again_keeps_its_details(self, site: Site, take: Any) -> None:
        patient = make_ready(site, isotretinoin="stopped", isotretinoin_stopped_on=BEFORE)
        take(patient, medicine("Isotretinoin", "completed"))  # over, of no day
        assert answers(patient)["isotretinoin_stopped_on"] == BEFORE

    def test_another_metal_does_not_take_the_place_of_the_first(self, site: Site, take: Any) -> None:
        patient = make_ready(site, metal_allergy="nickel")
        with pytest.raises(services.NotAcceptable, match="Nickel stands here"):
            take(patient, allergy("Cobalt"))
        assert answers(patient)["metal_allergy"] == "nickel"
        take(patient, allergy("Nickel sulfate"))
        assert answers(patient)["metal_allergy"] == "nickel"

    def test_an_anaphylaxis_that_was_answered_stays_one(self, site: Site, take: Any) -> None:
        patient = make_ready(site, allergies=[{"substance": "latex", "name": "latex", "anaphylaxis": True}, {"substance": "medicine", "name": "codeine"}])
        take(patient, allergy("Latex"))
        assert answers(patient)["allergies"] == [{"substance": "medicine", "name": "codeine"}, {"substance": "latex", "name": "Latex", "anaphylaxis": True}]

    def test_a_list_that_was_left_blank_does_not_look_whole(self, site: Site, take: Any) -> None:
        """The list of allergies holds it and stops its products; that the question is open still shows (E25, E42)."""
        patient = make_ready(site, allergies=None, hair_medicines=None)
        take(patient, allergy("Latex"))
        take(patient, medicine("Finasteride 1 mg"))
        assert (patient.allergies.get().name, patient.medications.get().name) == ("Latex", "finasteride")
        assert answers(patient)["allergies"] is None and answers(patient)["hair_medicines"] is None
        assert (classes(patient)["E25"], classes(patient)["E42"]) == ("INCOMPLETE", "INCOMPLETE")

    @pytest.mark.parametrize(("name", "rule"), [("Isotretinoin", "E09"), ("Warfarin", "E07"), ("Finasteride 1 mg", "E42")])
    def test_an_end_that_lies_ahead_is_no_end(self, site: Site, take: Any, name: str, rule: str) -> None:
        """It is taken until then: it stands in the list, and new answers of the patient don't undo it (decision 0047)."""
        patient = make_ready(site)
        take(patient, medicine(name, effectivePeriod={"start": "2026-01-01", "end": "2026-06-30"}))
        assert rule in classes(patient) and patient.medications.get().ended_on is None
        anew(patient)
        assert rule in classes(patient)

    def test_a_hair_medicine_from_elsewhere_stays_when_the_patient_answers_anew(self, site: Site, take: Any) -> None:
        patient = make_ready(site)
        take(patient, medicine("Finasteride 1 mg"))
        anew(patient, hair_medicines=[])
        assert classes(patient)["E42"] == "CAUTION" and patient.medications.get().ended_on is None

    def test_a_hair_medicine_from_elsewhere_ends_no_other_where_nobody_asked(self, site: Site, take: Any) -> None:
        """Not asked ends nothing (decision 0038): the answer names what else is in the list."""
        patient = make_patient(site)
        anew(patient, -2, hair_medicines=["oral_minoxidil"])
        by, at = Actor.of_command("test"), DAY - timedelta(hours=1)
        draft = services.open_draft(patient=patient, by=by, at=at)
        services.save_intake_page(intake=draft, page="about", answers={"pregnancy": "no"}, drop=set(), by=by, at=at)
        services.submit_intake(intake=draft, by=by, at=at, today=TODAY)
        take(patient, medicine("Finasteride 1 mg"))
        assert sorted(answers(patient)["hair_medicines"]) == ["finasteride", "oral_minoxidil"]
        assert patient.medications.filter(ended_on=None).count() == 2

    def test_a_day_that_was_missing_is_the_patient_s_to_give(self, site: Site, take: Any) -> None:
        """Taken over as stopped, nobody knows when: INCOMPLETE until somebody says it (E09)."""
        patient = make_ready(site)
        take(patient, medicine("Isotretinoin", "completed"))
        anew(patient, isotretinoin="stopped", isotretinoin_stopped_on="2024-01-15")
        assert "E09" not in classes(patient) and "told" not in selectors.latest_answers(patient).extras  # type: ignore[union-attr]

    def test_what_a_clinician_elsewhere_said_of_a_name_is_read_here(self, site: Site, take: Any) -> None:
        """“To be read by people, by the rules and by whoever gets the record” (decision 0047)."""
        patient = make_ready(site)
        take(patient, medicine("Zynotrel (blood thinner)"))
        assert classes(patient)["E07"] == "REVIEW"

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("Níquel", "nickel"), ("Sulfato de níquel", "nickel"), ("Acero inoxidable", "stainless_steel"), ("Steel", "stainless_steel"), ("Acero", "stainless_steel"),
            ("Cobalto", "other_metal"), ("Cromo", "other_metal"), ("Palladium", "other_metal"), ("Titanio", "other_metal"), ("Metal", "unsure"), ("Alergia a los metales", "unsure"),
        ],
    )  # fmt: skip
    def test_a_metal_is_one_in_spanish_too(self, site: Site, take: Any, name: str, kind: str) -> None:
        """E24 is REVIEW, of stainless steel ABSOLUTE: as “another allergy” it would be a caution."""
        patient = make_ready(site)
        take(patient, allergy(name))
        assert answers(patient)["metal_allergy"] == kind
        assert classes(patient)["E24"] == ("ABSOLUTE" if kind == "stainless_steel" else "REVIEW")

    @pytest.mark.parametrize(
        ("name", "rule", "level"),
        [
            ("Queloide", "E04", "ABSOLUTE"), ("Hemofilia A", "E08", "ABSOLUTE"), ("Enfermedad de von Willebrand", "E08", "ABSOLUTE"), ("Embarazo", "E05", "DEFER"),
            ("Alopecia cicatricial", "E18", "DEFER"), ("Psoriasis del cuero cabelludo", "E02", "DEFER"), ("Dermatitis atópica", "E03", "REVIEW"), ("Liquen plano", "E22", "REVIEW"),
            ("Carcinoma basocelular", "E17", "REVIEW"), ("Cicatriz hipertrófica", "E04b", "REVIEW"), ("Hipertensión arterial", "E32", "REVIEW"), ("Infección por VIH", "E10", "REVIEW"),
            ("Diabetes mellitus tipo 2", "E13", "REVIEW"), ("Lupus eritematoso sistémico", "E14", "REVIEW"),
        ],
    )  # fmt: skip
    def test_a_diagnosis_is_read_in_spanish_too(self, site: Site, take: Any, name: str, rule: str, level: str) -> None:
        patient = make_ready(site)
        take(patient, condition(name))
        assert classes(patient)[rule] == level

    def test_of_words_that_no_table_has_it_is_not_said_that_no_rule_asks(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_ready(site)
        record = services.read_record(patient=patient, content=raw(condition("Keloid of the left ear")), source="GP", staff=amara, by=Actor.of_staff(amara), at=DAY)
        page = client_as(amara).get(reverse("patients:brought_record", args=[patient.uuid, record.uuid])).content.decode()
        assert "No question of ours is about this" not in page and "answer the question" in page

    def test_what_must_not_be_given_is_not_taken(self, site: Site, take: Any) -> None:
        """R4: MedicationRequest.doNotPerform forbids a medicine."""
        patient = make_ready(site)
        with pytest.raises(services.NotAcceptable):
            take(patient, {
                "resourceType": "MedicationRequest", "subject": {"reference": URN}, "status": "active", "intent": "order", "doNotPerform": True,
                "medicationCodeableConcept": {"text": "Warfarin"},
            })  # fmt: skip
        assert "E07" not in classes(patient) and not patient.medications.exists()

    def test_a_doubt_about_a_blood_thinner_is_no_aspirin(self, site: Site, take: Any) -> None:
        patient = make_ready(site, blood_thinner="aspirin_low_dose_only")
        take(patient, medicine("Apixaban"), answer="unsure")
        assert classes(patient).get("E07") == "REVIEW"

    def test_the_recorded_sex_does_not_close_a_question(self, site: Site, amara: Staff) -> None:
        """SCHEMA 2.3: of a man nobody asks about a pregnancy. A file that says “male” must not turn INCOMPLETE into nothing."""
        patient = make_patient(site)
        anew(patient, smoking="yes")
        assert classes(patient)["E05"] == "INCOMPLETE"
        by = Actor.of_staff(amara)
        record = services.read_record(patient=patient, content=raw(patient=person(gender="male")), source="Northside Clinic", staff=amara, by=by, at=DAY)
        with pytest.raises(services.NotAcceptable, match="othing was changed"):
            services.accept_proposal(proposal=record.proposals.get(), choice=services.Choice(), staff=amara, by=by, at=DAY)
        patient.refresh_from_db()
        assert patient.sex == "female" and classes(patient)["E05"] == "INCOMPLETE"

    @pytest.mark.parametrize(
        ("resource", "rule", "level", "denied"),
        [
            (condition("Keloid"), "E04", "ABSOLUTE", {"keloid": "never"}), (allergy("Stainless steel"), "E24", "ABSOLUTE", {"metal_allergy": "none"}),
            (condition("HIV infection"), "E10", "REVIEW", {"immune_suppression": "no"}), (medicine("Isotretinoin", "completed"), "E09", "INCOMPLETE", {"isotretinoin": "never"}),
        ],
    )  # fmt: skip
    def test_what_was_taken_over_stays_when_the_patient_denies_it(
        self, site: Site, take: Any, amara: Staff, rosa: Staff, client_as: SignIn, resource: dict[str, Any], rule: str, level: str, denied: dict[str, str]
    ) -> None:
        """RULES 2: ABSOLUTE is opened again outside the app only. What a clinician took over stays until somebody at the clinic answers anew (decision 0047)."""
        patient = make_ready(site)
        take(patient, resource)
        key = next(iter(denied))
        for told in (denied, {key: None}, denied):
            anew(patient, **told)
            assert classes(patient)[rule] in (level, "INCOMPLETE" if told[key] is None and level == "REVIEW" else level)
        newest = selectors.latest_answers(patient)
        assert newest and newest.extras["told"][key] == denied and selectors.unread_answers(patient) == newest
        assert "told-otherwise" in client_as(amara).get(reverse("patients:screening", args=[patient.uuid])).content.decode()
        for who, hours in ((rosa, 1), (amara, 2)):
            by, at = Actor.of_staff(who), DAY + timedelta(hours=hours)
            draft = services.open_draft(patient=patient, by=by, at=at, answered_by=AnsweredBy.STAFF)
            services.save_intake_page(intake=draft, page="x", answers={"pregnancy": "no"} | denied, drop=set(), by=by, at=at)
            services.submit_intake(intake=draft, by=by, at=at, today=TODAY)
            assert (rule in classes(patient)) is (who == rosa)  # the desk types what the patient says; a clinician asks whether it was wrong
        anew(patient, hours=3, **denied)
        assert rule not in classes(patient)

    def test_a_clinician_who_only_finishes_what_the_patient_typed_has_not_asked_anew(self, site: Site, take: Any, amara: Staff) -> None:
        """It ends when a clinician asks the question and types the answer (decision 0048): here the patient typed it."""
        patient, by = make_ready(site), Actor.of_staff(amara)
        take(patient, condition("Keloid"))
        mine, at = Actor.of_command("test"), DAY + timedelta(hours=1)
        draft = services.open_draft(patient=patient, by=mine, at=at)
        services.save_intake_page(intake=draft, page="skin", answers={"keloid": "never"}, drop=set(), by=mine, at=at)
        services.save_intake_page(intake=draft, page="today", answers={"pregnancy": "no"}, drop=set(), by=by, at=at)
        services.submit_intake(intake=draft, by=by, at=at, today=TODAY)
        newest = selectors.latest_answers(patient)
        assert classes(patient)["E04"] == "ABSOLUTE" and newest and newest.extras["told"] == {"keloid": {"keloid": "never"}}

    @pytest.mark.parametrize("last", ["clinician", "patient"])
    def test_of_two_who_typed_an_answer_the_last_one_gave_it(self, site: Site, take: Any, amara: Staff, last: str) -> None:
        patient = make_ready(site)
        take(patient, condition("Keloid"))
        actors = {"patient": Actor.of_command("test"), "clinician": Actor.of_staff(amara)}
        at = DAY + timedelta(hours=1)
        draft = services.open_draft(patient=patient, by=actors["patient"], at=at)
        for who in ("patient", "clinician", "patient")[:2 if last == "clinician" else 3]:
            services.save_intake_page(intake=draft, page="skin", answers={"pregnancy": "no", "keloid": "never"}, drop=set(), by=actors[who], at=at)
        services.submit_intake(intake=draft, by=actors["patient"], at=at, today=TODAY)
        assert ("E04" in classes(patient)) is (last == "patient")

    def test_a_page_that_is_confirmed_afterwards_was_not_asked_by_the_clinician(self, site: Site, take: Any, amara: Staff) -> None:
        """It ends when a clinician types the answer (decision 0048). “Nothing has changed” puts the patient's earlier word in its place, and nobody asked for that one."""
        patient, by, at = make_ready(site, **SKIN), Actor.of_staff(amara), DAY + timedelta(hours=1)
        take(patient, condition("Keloid"))
        anew(patient, pregnancy="no", **SKIN)
        assert classes(patient)["E04"] == "ABSOLUTE"
        draft = services.open_draft(patient=patient, by=by, at=at)
        services.save_intake_page(intake=draft, page="skin", answers={"keloid": "personal", "keloid_site": "chest"}, drop=set(), by=by, at=at)
        given = {"pregnancy": "no", "fitzpatrick": "II"}
        services.save_intake_page(intake=draft, page="changes", answers=given, drop=set(), by=by, at=at, extras={"confirmed": ["skin"]})
        services.submit_intake(intake=draft, by=by, at=at, today=TODAY)
        newest = selectors.latest_answers(patient)
        assert newest and classes(patient)["E04"] == "ABSOLUTE" and newest.extras["told"]["keloid"]["keloid"] == "never"
        assert "keloid" not in newest.extras["by_clinician"] and "fitzpatrick" in newest.extras["by_clinician"]
        anew(patient, hours=2, pregnancy="no", **SKIN)
        assert classes(patient)["E04"] == "ABSOLUTE"

    @pytest.mark.parametrize(
        ("told", "answer", "rule", "level"),
        [("undiagnosed", "scarring_alopecia", "E18", "DEFER"), ("undiagnosed", "alopecia_areata", "E19", "REVIEW"), ("alopecia_areata", "scarring_alopecia", "E18", "DEFER"), ("scarring_alopecia", "alopecia_areata", "E18", "DEFER")],
    )  # fmt: skip
    def test_a_diagnosis_of_a_specialist_is_not_undone_by_one_that_speaks_of_another_rule(self, site: Site, take: Any, told: str, answer: str, rule: str, level: str) -> None:
        """The question holds one answer: of two the one stays by which the rules say more (decision 0048)."""
        patient = make_ready(site)
        take(patient, ours(f"diagnosis.{answer}"))
        anew(patient, pregnancy="no", diagnosis=told)
        assert classes(patient).get(rule) == level

    def test_a_graver_diagnosis_can_be_taken_over_though_another_rule_falls_silent(self, site: Site, take: Any) -> None:
        """“What stands here is graver” would not be true: REVIEW is less than DEFER (RULES 2)."""
        patient = make_ready(site, diagnosis="undiagnosed")
        take(patient, ours("diagnosis.scarring_alopecia"))
        assert classes(patient)["E18"] == "DEFER"
        with pytest.raises(services.NotAcceptable):
            take(patient, ours("diagnosis.alopecia_areata"))

    def test_a_dose_from_elsewhere_stays_beside_another_one(self, site: Site, take: Any, amara: Staff) -> None:
        """At most 100 mg a day is low (E07b). It went into the answers and into no list; the next answers undid it."""
        patient = make_ready(site, blood_thinner="aspirin_low_dose_only")
        services.note_medicine(patient=patient, entry=services.MedicineEntry("Aspirin", "75 mg"), staff=amara, by=Actor.of_staff(amara), at=DAY)
        take(patient, medicine("Aspirin", dosage=[{"text": "300 mg"}]))
        take(patient, medicine("Aspirin", dosage=[{"text": "300 MG"}], note=[{"text": "again"}]))
        take(patient, medicine("Aspirin"))
        assert sorted(row.dose for row in patient.medications.filter(ended_on=None)) == ["300 mg", "75 mg"]
        anew(patient, pregnancy="no", blood_thinner="aspirin_low_dose_only")
        assert answers(patient)["blood_thinner"] == "aspirin_high_dose" and classes(patient)["E07"] == "REVIEW"

    @pytest.mark.parametrize(("name", "dose", "mg", "kind"), [("Prednisolone", "40 mg", 40, "REVIEW"), ("Prednisolone", "2.5 mg", 5, None), ("Zynotrel (steroid)", "40 mg", None, "INCOMPLETE")])
    def test_a_higher_dose_of_a_steroid_from_elsewhere_counts(self, site: Site, take: Any, name: str, dose: str, mg: float | None, kind: str | None) -> None:
        """RULES 2, E12, and decision 0048. What a steroid that no table knows is as prednisolone nobody has said: then the dose is missing (SCHEMA 2.3: INCOMPLETE)."""
        told: dict[str, Any] = {"systemic_steroid": "current", "systemic_steroid_mg_per_day": 5, "systemic_steroid_weeks": 10}
        patient = make_ready(site, **told)
        assert "E12" not in classes(patient)
        take(patient, medicine(name, dosage=[{"text": dose}]))
        now = answers(patient)
        assert classes(patient).get("E12") == kind
        assert (now["systemic_steroid"], now["systemic_steroid_mg_per_day"], now["systemic_steroid_weeks"]) == ("current", mg, 10)
        anew(patient, pregnancy="no", **told)
        assert classes(patient).get("E12") == kind

    def test_minoxidil_from_a_record_that_was_read_long_ago_goes_where_its_dose_says(self, site: Site, take: Any, amara: Staff) -> None:
        """As it was read before doses counted, the file suggests “other” (decision 0048, E42). Taken over now it says what the list says, with no “other” beside."""
        patient, by = make_ready(site, hair_medicines=[]), Actor.of_staff(amara)
        record = services.read_record(patient=patient, content=raw(medicine("Minoxidil", dosage=[{"text": "5 mg"}])), source="GP", staff=amara, by=by, at=DAY)
        row = record.proposals.exclude(kind="contact").get()
        row.suggestion = row.suggestion | {"answer": "other"}  # proposals are never changed here: this is as a row of before stands
        services.accept_proposal(proposal=row, choice=services.Choice(), staff=amara, by=by, at=DAY)
        assert answers(patient)["hair_medicines"] == ["oral_minoxidil"] and set(hair_rows(patient)) == {"oral_minoxidil"}

    def test_minoxidil_from_elsewhere_goes_where_its_dose_says(self, site: Site, take: Any) -> None:
        patient = make_ready(site, hair_medicines=[])
        take(patient, medicine("Minoxidil", dosage=[{"text": "2.5 mg"}]))
        assert answers(patient)["hair_medicines"] == ["oral_minoxidil"] and classes(patient)["E42"] == "CAUTION"

    @pytest.mark.parametrize(("name", "answer"), [("Isotretinoin", "never"), ("Apixaban", "none"), ("Prednisolone", "no")])
    def test_a_medicine_is_not_taken_over_with_a_no(self, site: Site, take: Any, name: str, answer: str) -> None:
        """It would stand in the list as taken, and no rule would hear of it. What is not so is put aside."""
        patient = make_ready(site)
        with pytest.raises(services.NotAcceptable) as refused:
            take(patient, medicine(name), answer=answer)
        assert refused.value.field == "answer" and not patient.medications.exists() and not ProposalDecision.objects.exists()

    def test_several_medicines_in_one_name_are_not_taken_over_as_one(self, site: Site, take: Any) -> None:
        patient = make_ready(site)
        with pytest.raises(services.NotAcceptable, match="Note each one by itself"):
            take(patient, medicine("Warfarin and methotrexate"))
        assert not patient.medications.exists() and not ProposalDecision.objects.exists()

    def test_one_that_a_clinician_knows_to_have_ended_is_not_listed_as_taken(self, site: Site, take: Any) -> None:
        """The file says that it is taken, the clinician that it was stopped: of no day, so INCOMPLETE until somebody gives it (E09)."""
        patient = make_ready(site)
        take(patient, medicine("Isotretinoin"), answer="stopped")
        assert classes(patient)["E09"] == "INCOMPLETE" and not patient.medications.filter(ended_on=None).exists()
        anew(patient, pregnancy="no", isotretinoin="stopped", isotretinoin_stopped_on="2024-01-15")
        assert "E09" not in classes(patient)

    def test_a_beginning_that_lies_ahead_keeps_nobody_from_ending_it(self, site: Site, take: Any, amara: Staff) -> None:
        patient = make_ready(site)
        take(patient, medicine("Isotretinoin", effectivePeriod={"start": "2026-06-01"}))
        services.end_medicine(medicine=patient.medications.get(), on=TODAY, reason="not begun", in_error=False, staff=amara, by=Actor.of_staff(amara), at=DAY)
        assert patient.medications.get().ended_on == TODAY

    def test_a_substance_that_stands_beside_the_reaction_is_read(self, site: Site, take: Any, amara: Staff) -> None:
        """R4 has it in `reaction.substance`; nothing of a file is dropped."""
        patient = make_ready(site)
        took = take(patient, allergy("Reaction at the dentist", reaction=[{"substance": {"text": "Lidocaine"}, "manifestation": [{"text": "Hives"}]}]))
        assert ["substance", "Lidocaine"] in took.proposal.details
        assert patient.allergies.get().substance == "anaesthetic" and classes(patient)["E25"] == "REVIEW"

    def test_what_was_taken_over_is_not_said_to_be_the_patient_s(self, site: Site, take: Any, amara: Staff, client_as: SignIn) -> None:
        patient = make_ready(site)
        take(patient, medicine("Zynotrel"))
        take(patient, allergy("Latex"))
        client = client_as(amara)
        for name in ("medicines", "allergies"):
            page = client.get(reverse(f"patients:{name}", args=[patient.uuid])).content.decode()
            assert "from the patient&#x27;s answers" not in page and "from the patient's answers" not in page

    def test_what_stands_here_is_said_with_its_question(self, site: Site, take: Any) -> None:
        patient = make_ready(site, keloid="personal")
        with pytest.raises(services.NotAcceptable, match=r"I did.*keloid"):
            take(patient, condition("Keloid"), answer="unsure")

    def test_it_is_said_beside_the_field_and_the_choice_is_kept(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_ready(site, metal_allergy="stainless_steel")
        client = client_as(amara)
        client.post(
            reverse("patients:brought_records", args=[patient.uuid]), {"subject": str(patient.uuid), "source": "Dr Ruiz", "file": SimpleUploadedFile("x.json", raw(allergy("Nickel")))}
        )
        row = RecordProposal.objects.get()
        answer = client.post(reverse("patients:accept_proposal", args=[patient.uuid, row.record.uuid, row.uuid]), {"subject": str(patient.uuid), "answer": "nickel"})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "What stands here is graver: Stainless steel." in page and "Metal allergy (E24)" in page and 'value="nickel" selected' in page


def test_every_answer_that_a_file_may_suggest_has_a_question_of_one_answer_or_is_a_list() -> None:
    """Nothing else is amended from a file: what is added here needs its row above."""
    meanings = {*CONDITION_CODES.values(), *CONDITION_WORDS.values(), *MEDICINE_WORDS.values()}
    assert {one.key for one in meanings if one.many} == {"hair_medicines"}
    assert {one.key for one in meanings if not one.many} <= set(QUESTIONS)
