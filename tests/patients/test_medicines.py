"""What a patient takes: everything that the newest answers declare, what a clinician notes and ends, and never “none” where nobody asked."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from clinic.audit import Actor
from clinic.models import Site, Staff
from patients import selectors
from patients import services as people
from patients.models import Medication, Patient
from tests.patients import bundles
from tests.treatments.make import DAY, DESK, make_patient
from treatments.selectors.results import results_of

SignIn = Callable[[Staff], Client]
pytestmark = pytest.mark.django_db
NO = {"fitzpatrick": "II", "pregnancy": "no", "blood_thinner": "none", "isotretinoin": "never", "systemic_steroid": "no", "immune_suppression": "no", "hair_medicines": []}


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


def answer(patient: Patient, days: int = 0, words: str = "", **answers: Any) -> None:
    """`words`: what the patient writes beside the question about the immune system."""
    at = DAY + timedelta(days=days)
    draft = people.open_draft(patient=patient, by=DESK, at=at)
    notes = {"notes": {"immune_suppression_words": words}} if words else {}
    draft = people.save_intake_page(intake=draft, page="x", answers=NO | answers, drop=set(), by=DESK, at=at, extras=notes)
    people.submit_intake(intake=draft, by=DESK, at=at, today=patient.site.today(at))


def lines(patient: Patient) -> list[str]:
    return [str(line) for line in selectors.medicines_of(patient).lines]


def fired(patient: Patient, days: int = 0) -> dict[str, str]:
    found = selectors.eligibility_on(patient, as_of=(DAY + timedelta(days=days)).date())
    return {t["rule"]: t["class"] for t in found.triggers}


def alert(client: Client, patient: Patient, of: str = "Medicines") -> str:
    page = client.get(reverse("desk:patient_overview", args=[patient.uuid])).content.decode()
    found = re.search(rf"{of}:</strong>(.*?)</span>", page, re.S)
    assert found
    return re.sub(r"<[^>]+>", "", found.group(1)).strip()


class TestTheAlerts:
    def test_nobody_asked_is_not_none(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = make_patient(site), client_as(amara)
        assert alert(client, patient).startswith("not asked yet")
        answer(patient)
        assert alert(client, patient).startswith("none declared")

    def test_a_blood_thinner_is_there_with_kind_and_name(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_patient(site)
        answer(patient, blood_thinner="doac", blood_thinner_name="apixaban 5 mg")
        said = alert(client_as(amara), patient)
        assert "none declared" not in said and "blood thinner" in said and "apixaban 5 mg" in said

    @pytest.mark.parametrize(
        ("answers", "words"),
        [
            ({"blood_thinner": "warfarin", "inr": 2.4, "inr_on": "2026-02-20"}, "warfarin, INR 2.4 (20 Feb 2026)"),
            ({"blood_thinner": "aspirin_low_dose_only", "aspirin_mg_per_day": 75}, "low-dose aspirin, 75 mg a day"),
            ({"blood_thinner": "unsure"}, "perhaps a blood thinner (not sure)"), ({"blood_thinner": None}, "blood thinner: not answered"),
            ({"isotretinoin": "current"}, "isotretinoin"), ({"isotretinoin": "stopped", "isotretinoin_stopped_on": "2025-12-01"}, "isotretinoin, stopped, 1 Dec 2025"),
            ({"immune_suppression": "yes"}, "immune system weakened by an illness or a medicine"),
            ({"systemic_steroid": "current", "systemic_steroid_mg_per_day": 20, "systemic_steroid_weeks": 3}, "steroid tablets, 20 mg a day, as prednisolone, for 3 weeks"),
            ({"chemo_radiotherapy": "current"}, "chemotherapy or radiotherapy"), ({"hair_medicines": ["oral_minoxidil"]}, "oral minoxidil"),
            ({"hair_medicines": ["other"]}, "another hair medicine"), ({"hair_medicines": None}, "hair medicines: not answered"),
            ({"nsaid_or_supplement_7d": "supplement"}, "fish oil, vitamin E or ginkgo, in the 7 days before the answers"),
            ({"psoriasis": "active_elsewhere", "psoriasis_treatment": "methotrexate"}, "methotrexate, for psoriasis"),
            ({"photosensitiser_or_tan": "yes"}, "a medicine that makes the skin burn, or a tan"),
            ({"scalp_retinoid_acid_on": "2026-02-27"}, "retinoid or acid on the scalp, last on 27 Feb 2026"),
        ],
    )  # fmt: skip
    def test_each_answer_that_is_or_may_be_a_medicine(self, site: Site, answers: dict[str, Any], words: str) -> None:
        patient = make_patient(site)
        answer(patient, **answers)
        assert lines(patient) == [words]

    @pytest.mark.parametrize(
        ("answers", "words"),
        [
            ({"allergies": []}, "none declared"), ({"allergies": [], "metal_allergy": "none"}, "none declared"), ({}, "not asked yet"),
            ({"allergies": [], "metal_allergy": "nickel"}, "nickel"), ({"allergies": [], "metal_allergy": "unsure"}, "perhaps a metal (not sure)"),
            ({"allergies": [{"substance": "latex", "name": "latex", "anaphylaxis": False}], "metal_allergy": "nickel"}, "latex, nickel"),
        ],
    )  # fmt: skip
    def test_allergies_too_are_none_only_where_they_were_asked_and_a_metal_is_one(
        self, site: Site, amara: Staff, client_as: SignIn, answers: dict[str, Any], words: str
    ) -> None:
        patient, client = make_patient(site), client_as(amara)
        assert alert(client, patient, "Allergies").startswith("not asked yet")
        answer(patient, **answers)
        assert re.match(rf"{re.escape(words)} +(Note one|Name it)", alert(client, patient, "Allergies"))
        page = client.get(reverse("patients:allergies", args=[patient.uuid])).content.decode()
        assert all(word in page.lower() for word in words.split(", "))

    def test_a_record_from_elsewhere_stands_beside_what_the_answers_say(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_patient(site)
        answer(patient, blood_thinner="doac", blood_thinner_name="apixaban 5 mg")
        people.read_record(patient=patient, content=bundles.raw(bundles.medicine("Paracetamol")), source="GP", staff=amara, by=Actor.of_staff(amara), at=DAY)
        page = client_as(amara).get(reverse("patients:brought_record", args=[patient.uuid, patient.record_imports.get().uuid])).content.decode()
        assert "apixaban 5 mg" in page and "none declared" not in page

    def test_questions_that_a_red_flag_cut_short_say_nothing_of_medicines(self, site: Site) -> None:
        patient = make_patient(site)
        draft = people.open_draft(patient=patient, by=DESK, at=DAY)
        draft = people.save_intake_page(intake=draft, page="about", answers={"pregnancy": "no"}, drop=set(), by=DESK, at=DAY)
        people.submit_intake(intake=draft, by=DESK, at=DAY, today=site.today(DAY))
        assert not selectors.medicines_of(patient).asked


class TestNewerAnswers:
    def test_what_is_no_longer_declared_ends_with_the_day_and_why(self, site: Site) -> None:
        patient = make_patient(site)
        answer(patient, hair_medicines=["topical_minoxidil", "finasteride"])
        answer(patient, 60, hair_medicines=["finasteride"])
        assert lines(patient) == ["finasteride"]
        row = patient.medications.get(name="topical minoxidil")
        on = (DAY + timedelta(days=60)).date()
        assert row.ended_on == on and row.ended_reason == f"no longer in the answers of {on:%-d %B %Y}"
        answer(patient, 90, hair_medicines=["finasteride", "topical_minoxidil"])
        assert patient.medications.filter(name="topical minoxidil").count() == 2 and len(lines(patient)) == 2

    @pytest.mark.parametrize("told", [None, "absent"])
    def test_not_asked_or_not_known_ends_nothing(self, site: Site, told: str | None) -> None:
        patient = make_patient(site)
        answer(patient, hair_medicines=["finasteride"])
        draft = people.open_draft(patient=patient, by=DESK, at=DAY)
        given = {key: value for key, value in NO.items() if key != "hair_medicines"} | ({} if told else {"hair_medicines": None})
        draft = people.save_intake_page(intake=draft, page="x", answers=given, drop=set(), by=DESK, at=DAY)
        people.submit_intake(intake=draft, by=DESK, at=DAY, today=site.today(DAY))
        assert patient.medications.get().ended_on is None

    def test_what_a_clinician_noted_is_ended_by_a_clinician(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        answer(patient)
        people.note_medicine(patient=patient, entry=people.MedicineEntry("Minoxidil 5% foam"), staff=amara, by=Actor.of_staff(amara), at=DAY)
        assert lines(patient) == ["Minoxidil 5% foam"] and selectors.latest_answers(patient).answers["hair_medicines"] == ["topical_minoxidil"]  # type: ignore[union-attr]
        answer(patient, 60)
        assert lines(patient) == ["Minoxidil 5% foam"]


class TestWhatAClinicianNotedStays:
    """New answers of the patient don't end what a clinician noted: the stricter counts, and both are to be seen (decision 0047)."""

    def note(self, patient: Patient, staff: Staff, name: str, dose: str = "", days: int = 0) -> bool:
        entry, at = people.MedicineEntry(name, dose), DAY + timedelta(days=days)
        return people.note_medicine(patient=patient, entry=entry, staff=staff, by=Actor.of_staff(staff), at=at)

    @pytest.mark.parametrize(
        ("name", "rule", "kind"),
        [("apixaban", "E07", "REVIEW"), ("isotretinoin", "E09", "DEFER"), ("prednisolone", "E12", "INCOMPLETE"), ("methotrexate", "E10", "REVIEW"), ("finasteride", "E42", "CAUTION")],
    )  # fmt: skip
    @pytest.mark.parametrize("first", ["answers", "note"])
    def test_whatever_the_patient_says_next(self, site: Site, amara: Staff, name: str, rule: str, kind: str, first: str) -> None:
        patient = make_patient(site)
        if first == "answers":
            answer(patient)
        assert self.note(patient, amara, name) is (first == "answers")
        answer(patient, 10)
        assert fired(patient, 10).get(rule) == kind
        answer(patient, 20)
        assert fired(patient, 20).get(rule) == kind

    def test_one_that_was_noted_while_the_patient_answered(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        answer(patient)
        draft = people.open_draft(patient=patient, by=DESK, at=DAY)
        people.save_intake_page(intake=draft, page="x", answers=NO, drop=set(), by=DESK, at=DAY)
        assert self.note(patient, amara, "apixaban") is True
        assert fired(patient).get("E07") == "REVIEW"  # a draft may never be sent: the rules run when a medicine changes (PRODUCT J3)
        people.submit_intake(intake=draft, by=DESK, at=DAY + timedelta(hours=1), today=site.today(DAY))
        assert fired(patient).get("E07") == "REVIEW"

    def test_one_that_was_taken_over_from_elsewhere(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        answer(patient)
        record = people.read_record(patient=patient, content=bundles.raw(bundles.medicine("Apixaban")), source="GP", staff=amara, by=Actor.of_staff(amara), at=DAY)
        for proposal in record.proposals.order_by("pk"):
            people.accept_proposal(proposal=proposal, choice=people.Choice(), staff=amara, by=Actor.of_staff(amara), at=DAY)
        answer(patient, 10)
        assert fired(patient, 10).get("E07") == "REVIEW"

    def test_until_it_has_ended(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        answer(patient)
        self.note(patient, amara, "apixaban")
        people.end_medicine(medicine=patient.medications.get(), on=DAY.date(), reason="GP", in_error=False, staff=amara, by=Actor.of_staff(amara), at=DAY)
        answer(patient, 10)
        assert "E07" not in fired(patient, 10)

    def test_what_the_patient_said_stands_beside_it_for_a_clinician_to_look_at(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = make_patient(site), client_as(amara)
        answer(patient)
        self.note(patient, amara, "isotretinoin")
        page = reverse("patients:screening", args=[patient.uuid])
        assert "told-otherwise" not in client.get(page).content.decode()
        answer(patient, 10)
        assert selectors.unread_answers(patient) == selectors.latest_answers(patient)  # DEFER alone would not ask for a clinician
        for address in (page, reverse("patients:medicines", args=[patient.uuid])):
            shown = client.get(address).content.decode()
            assert "I never took it" in shown and "Yes, I take it now" in shown and "told-otherwise" in shown
        answer(patient, 20, isotretinoin="current")
        assert "told-otherwise" not in client.get(page).content.decode()

    def test_it_stays_to_be_seen_when_something_else_is_amended_or_confirmed(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        self.note(patient, amara, "apixaban")
        answer(patient)
        self.note(patient, amara, "finasteride")
        newest = selectors.latest_answers(patient)
        assert newest and newest.answers["hair_medicines"] == ["finasteride"] and newest.extras["told"]["blood_thinner"] == {"blood_thinner": "none"}

    def test_a_clearance_ends_when_the_patient_says_otherwise(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        answer(patient)
        self.note(patient, amara, "apixaban")

        def clear(days: int) -> None:
            people.clear_finding(patient=patient, rule="E07", evidence="letter", staff=amara, by=Actor.of_staff(amara), at=DAY + timedelta(days=days))

        clear(1)
        assert fired(patient, 1)["E07"] == "CAUTION"
        answer(patient, 10)  # “none”: cleared was somebody who takes apixaban
        assert fired(patient, 10)["E07"] == "REVIEW"
        clear(11)
        answer(patient, 20)  # the same again
        assert fired(patient, 20)["E07"] == "CAUTION"

    @pytest.mark.parametrize(
        ("told", "first", "then", "rule", "kind"),
        [
            ({"blood_thinner": "doac", "blood_thinner_name": "apixaban"}, "apixaban", "apixaban 2.5 mg", "E07", "CAUTION"), ({"blood_thinner": "doac"}, "", "apixaban", "E07", "CAUTION"),
            ({"blood_thinner": "doac"}, "apixaban", "rivaroxaban", "E07", "REVIEW"), ({"blood_thinner": "doac", "blood_thinner_name": "apixaban"}, "", "rivaroxaban", "E07", "REVIEW"),
            ({"blood_thinner": "antiplatelet"}, "clopidogrel", "dipyridamole", "E07", "REVIEW"), ({"immune_suppression": "yes"}, "methotrexate", "adalimumab", "E10", "REVIEW"),
            ({"immune_suppression": "yes"}, "", "methotrexate", "E10", "CAUTION"),
            ({"immune_suppression": "yes", "words": "methotrexate 15 mg"}, "", "adalimumab", "E10", "REVIEW"), ({"immune_suppression": "yes", "words": "methotrexate"}, "", "methotrexate", "E10", "CAUTION"),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("way", ["noted", "taken over"])
    def test_a_clearance_is_not_for_a_medicine_that_came_later(
        self, site: Site, amara: Staff, told: dict[str, Any], first: str, then: str, rule: str, kind: str, way: str
    ) -> None:
        """SCHEMA 2.2: it counts until the patient's state changes. That the class of the medicine is the same makes it no other state (RULES 2, E07: or two agents)."""
        patient, by = make_patient(site), Actor.of_staff(amara)
        answer(patient, **told)
        if first:
            self.note(patient, amara, first)
        people.clear_finding(patient=patient, rule=rule, evidence="letter", staff=amara, by=by, at=DAY)
        assert fired(patient)[rule] == "CAUTION"
        if way == "noted":
            self.note(patient, amara, then)
        else:
            record = people.read_record(patient=patient, content=bundles.raw(bundles.medicine(then)), source="GP", staff=amara, by=by, at=DAY)
            for proposal in record.proposals.order_by("pk"):
                people.accept_proposal(proposal=proposal, choice=people.Choice(), staff=amara, by=by, at=DAY)
        assert fired(patient)[rule] == kind and patient.screenings.order_by("-at", "-pk")[0].overall == kind

    @pytest.mark.parametrize(("then", "kind"), [("adalimumab", "REVIEW"), ("methotrexate and adalimumab", "REVIEW"), ("Methotrexate, 15 mg", "CAUTION"), ("", "CAUTION"), ("for my joints", "CAUTION")])
    def test_nor_for_one_that_the_patient_names_later(self, site: Site, amara: Staff, then: str, kind: str) -> None:
        """RULES 2, E10 asks for the name in words; the answer beside them is “yes” as before (decision 0048)."""
        patient = make_patient(site)
        answer(patient, immune_suppression="yes", words="methotrexate")
        people.clear_finding(patient=patient, rule="E10", evidence="letter", staff=amara, by=Actor.of_staff(amara), at=DAY)
        answer(patient, 10, immune_suppression="yes", words=then)
        assert fired(patient, 10)["E10"] == kind

    def test_a_higher_dose_of_a_steroid_in_the_list_counts(self, site: Site, amara: Staff) -> None:
        """RULES 2, E12: 10 mg a day for two weeks. Noted, told anew, and to be seen beside what the patient said."""
        patient = make_patient(site)
        told: dict[str, Any] = {"systemic_steroid": "current", "systemic_steroid_mg_per_day": 5, "systemic_steroid_weeks": 10}
        answer(patient, **told)
        assert "E12" not in fired(patient)
        self.note(patient, amara, "Prednisolone", "40 mg")
        assert fired(patient)["E12"] == "REVIEW"
        answer(patient, 10, **told)
        newest = selectors.latest_answers(patient)
        assert fired(patient, 10)["E12"] == "REVIEW" and newest and newest.extras["told"] == {"systemic_steroid": told}

    @pytest.mark.parametrize(("dose", "kind"), [("2.5 mg", "CAUTION"), ("1 tablet a day", "CAUTION"), ("5% foam", None), ("1 ml", None)])
    def test_minoxidil_goes_where_its_dose_says(self, site: Site, amara: Staff, dose: str, kind: str | None) -> None:
        """RULES 2, E42 is about tablets. New answers keep it, an end takes it out again."""
        patient = make_patient(site)
        answer(patient)
        self.note(patient, amara, "Minoxidil", dose)
        assert fired(patient).get("E42") == kind
        answer(patient, 10)
        assert fired(patient, 10).get("E42") == kind and patient.medications.get().ended_on is None
        self.end(patient, amara, "Minoxidil", 11)
        assert "E42" not in fired(patient, 11) and selectors.latest_answers(patient).answers["hair_medicines"] == []  # type: ignore[union-attr]

    def test_a_second_blood_thinner_keeps_inr_and_name_of_the_first(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        answer(patient, blood_thinner="warfarin", inr=3.6, inr_on=DAY.date().isoformat(), blood_thinner_name="warfarin 3 mg, Dr Kay")
        assert fired(patient)["E07"] == "DEFER"
        self.note(patient, amara, "clopidogrel")
        assert fired(patient)["E07"] == "DEFER"
        assert any("warfarin 3 mg, Dr Kay" in one and "INR 3.6" in one for one in lines(patient))

    def end(self, patient: Patient, staff: Staff, name: str, days: int, on: int | None = None) -> bool:
        at, row = DAY + timedelta(days=days), patient.medications.get(name=name)
        on_day = (DAY + timedelta(days=days if on is None else on)).date()
        return people.end_medicine(medicine=row, on=on_day, reason="over", in_error=False, staff=staff, by=Actor.of_staff(staff), at=at)

    @pytest.mark.parametrize(("name", "rule"), [("isotretinoin", "E09"), ("prednisolone", "E43")])
    def test_one_that_has_just_ended_goes_on_counting_whatever_the_patient_says_next(self, site: Site, amara: Staff, name: str, rule: str) -> None:
        """RULES 2, E09: six months from the end, E43: two weeks. “Never” does not undo what a clinician noted."""
        patient = make_patient(site)
        answer(patient)
        self.note(patient, amara, name)
        self.end(patient, amara, name, 5)
        answer(patient, 10)
        today = (DAY + timedelta(days=10)).date()
        assert {t["rule"]: t["class"] for t in selectors.eligibility_on(patient, as_of=today, prp=True).triggers}.get(rule) == "DEFER"
        newest = selectors.latest_answers(patient)
        assert newest and selectors.unread_answers(patient) == newest and newest.extras["told"]

    def test_one_that_ended_before_the_answers_counts_with_them(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        self.note(patient, amara, "isotretinoin")
        self.end(patient, amara, "isotretinoin", 1)
        answer(patient, 2)
        assert fired(patient, 2)["E09"] == "DEFER"

    def test_an_end_of_long_ago_or_a_mistake_says_nothing(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        Medication.objects.create(patient=patient, name="isotretinoin", ended_on=date(2025, 6, 1), ended_by="x", ended_reason="over")
        row = Medication.objects.create(patient=patient, name="acitretin", noted_by="x")
        people.end_medicine(medicine=row, on=DAY.date(), reason="wrong", in_error=True, staff=amara, by=Actor.of_staff(amara), at=DAY)
        answer(patient, 1)
        newest = selectors.latest_answers(patient)
        assert newest and newest.answers["isotretinoin"] == "never" and "told" not in newest.extras

    def test_an_end_is_not_earlier_than_the_patient_said(self, site: Site, amara: Staff) -> None:
        """“The stricter counts, the difference is never silent” (decision 0047): the clinician ends a row in the past, the patient stopped yesterday."""
        patient = make_patient(site)
        answer(patient)
        self.note(patient, amara, "isotretinoin")
        said = (DAY + timedelta(days=9)).date().isoformat()
        answer(patient, 10, isotretinoin="stopped", isotretinoin_stopped_on=said)
        assert fired(patient, 10)["E09"] == "DEFER"
        self.end(patient, amara, "isotretinoin", 11, on=-200)
        newest = selectors.latest_answers(patient)
        assert newest and (newest.answers["isotretinoin"], newest.answers["isotretinoin_stopped_on"]) == ("stopped", said)
        assert fired(patient, 11)["E09"] == "DEFER"

    def test_of_two_that_ended_the_later_counts(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        answer(patient)
        self.note(patient, amara, "isotretinoin")
        self.note(patient, amara, "acitretin")
        self.end(patient, amara, "isotretinoin", 1)
        self.end(patient, amara, "acitretin", 2, on=-200)
        newest = selectors.latest_answers(patient)
        assert newest and newest.answers["isotretinoin_stopped_on"] == (DAY + timedelta(days=1)).date().isoformat()

    @pytest.mark.parametrize("said", ["warfarin", "two_or_more", "none"])
    def test_an_inr_above_three_is_not_forgotten_while_warfarin_goes_on(self, site: Site, amara: Staff, said: str) -> None:
        """SCHEMA 2.5: above 3.0 is DEFER, whatever its date. The patient answers anew and does not know it."""
        patient = make_patient(site)
        answer(patient, blood_thinner="warfarin", inr=3.6, inr_on=DAY.date().isoformat())
        self.note(patient, amara, "warfarin")
        answer(patient, 10, blood_thinner=said)
        assert fired(patient, 10)["E07"] == "DEFER"
        answer(patient, 11, blood_thinner="warfarin", inr=2.2, inr_on=(DAY + timedelta(days=11)).date().isoformat())
        assert fired(patient, 11)["E07"] == "REVIEW"

    @pytest.mark.parametrize(("days", "kind"), [(-780, "DEFER"), (-1, "DEFER"), (9, "REVIEW")])
    def test_an_inr_of_no_day_gives_way_to_one_that_is_newer_than_when_it_was_told(self, site: Site, amara: Staff, days: int, kind: str) -> None:
        """SCHEMA 2.5, decision 0048: one of an older day is not newer."""
        patient = make_patient(site)
        answer(patient, blood_thinner="warfarin", inr=3.6)
        self.note(patient, amara, "warfarin")
        answer(patient, 10, blood_thinner="warfarin", inr=2.4, inr_on=(DAY + timedelta(days=days)).date().isoformat())
        assert fired(patient, 10)["E07"] == kind

    @pytest.mark.parametrize(("name", "dose"), [("Minoxidil", "5 mg"), ("other", "Minoxidil 5 mg")])
    @pytest.mark.parametrize(("beside", "left"), [("", []), ("other", ["other"]), ("Loniten", ["oral_minoxidil"]), ("Minoxidil", ["other"])])
    def test_a_row_of_before_doses_counted_leaves_the_answers_when_it_ends(self, site: Site, amara: Staff, name: str, dose: str, beside: str, left: list[str]) -> None:
        """It stands in the answers as “other”, and now means the tablet (E42). Another row that may be that “other” keeps it."""
        patient, by = make_patient(site), Actor.of_staff(amara)
        answer(patient, hair_medicines=["other", "oral_minoxidil"] if beside == "Loniten" else ["other"])
        patient.medications.all().delete()  # the clinician's row made the answer, not the other way round
        Medication.objects.create(patient=patient, name=name, dose=dose, noted_by="Dr Amara Osei")
        if beside:
            Medication.objects.create(patient=patient, name=beside, dose="2.5 mg" if beside == "Minoxidil" else "", noted_by="Dr Amara Osei")
        row = patient.medications.get(name=name, dose=dose)
        said = people.end_medicine(medicine=row, on=DAY.date(), reason="over", in_error=False, staff=amara, by=by, at=DAY)
        newest = selectors.latest_answers(patient)
        assert newest and newest.answers["hair_medicines"] == left
        assert said is (left == [])

    @pytest.mark.parametrize("still", [True, False])
    def test_a_page_that_is_confirmed_says_what_the_patient_said(self, site: Site, amara: Staff, still: bool) -> None:
        """“Nothing has changed” repeats the patient's own “no”; what stands in the list is added, and what has ended there is not (decision 0047)."""
        patient = make_patient(site)
        self.note(patient, amara, "methotrexate")
        answer(patient, chemo_radiotherapy="none", head_radiotherapy_ever="no")
        assert fired(patient)["E10"] == "REVIEW"
        if not still:
            self.end(patient, amara, "methotrexate", 1)
        at = DAY + timedelta(days=10)
        draft = people.open_draft(patient=patient, by=DESK, at=at)
        given = {key: value for key, value in NO.items() if key in ("fitzpatrick", "pregnancy", "blood_thinner")}
        draft = people.save_intake_page(intake=draft, page="changes", answers=given, drop=set(), by=DESK, at=at, extras={"confirmed": ["medicines"]})
        people.submit_intake(intake=draft, by=DESK, at=at, today=patient.site.today(at))
        newest = selectors.latest_answers(patient)
        assert newest and newest.answers["immune_suppression"] == ("yes" if still else "no") and ("E10" in fired(patient, 10)) is still
        assert newest.extras.get("told") == ({"immune_suppression": {"immune_suppression": "no"}} if still else None)

    def test_not_known_ends_nothing_though_one_is_noted(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        answer(patient, hair_medicines=["oral_minoxidil"])
        answer(patient, 1, hair_medicines=None)
        self.note(patient, amara, "finasteride", "1 mg", days=2)
        assert patient.medications.filter(ended_on=None, name="oral minoxidil").exists()
        assert fired(patient, 2)["E42"] == "INCOMPLETE"


class TestANameThatNoRuleKnows:
    """It is never confirmed in silence: a clinician says which question of the screening it belongs to (decision 0047)."""

    NAME = "Zynotrel"

    def note(self, client: Client, patient: Patient, **data: str) -> Any:
        return client.post(reverse("patients:medicines", args=[patient.uuid]), {"subject": str(patient.uuid), "name": self.NAME, "dose": "5 mg"} | data, follow=True)

    def test_it_is_asked_what_it_is_and_nothing_is_lost(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = make_patient(site), client_as(amara)
        answer(patient)
        assert "What is it?" not in client.get(reverse("patients:medicines", args=[patient.uuid])).content.decode()
        asked = self.note(client, patient)
        page = asked.content.decode()
        assert asked.status_code == 422 and "No rule of the screening knows this name" in page and 'value="5 mg"' in page and "What is it?" in page
        assert not patient.medications.exists()

    @pytest.mark.parametrize(
        ("chosen", "kept", "rule", "kind"),
        [
            ("blood_thinner", "blood thinner", "E07", "REVIEW"), ("isotretinoin", "oral retinoid", "E09", "DEFER"), ("systemic_steroid", "steroid", "E12", "INCOMPLETE"),
            ("immune_suppression", "immune suppressant", "E10", "REVIEW"), ("chemo_radiotherapy", "chemotherapy", "E11", "DEFER"),
        ],
    )  # fmt: skip
    def test_the_rules_read_it_as_what_it_is(self, site: Site, amara: Staff, client_as: SignIn, chosen: str, kept: str, rule: str, kind: str) -> None:
        patient, client = make_patient(site), client_as(amara)
        answer(patient)
        assert "The screening reads it as" in self.note(client, patient, stands_for=chosen).content.decode()
        assert fired(patient).get(rule) == kind and lines(patient)[0].startswith(f"Zynotrel ({kept}), 5 mg")
        answer(patient, 10)
        assert fired(patient, 10).get(rule) == kind

    def test_one_that_ends_is_answered_as_stopped(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_patient(site)
        answer(patient)
        self.note(client_as(amara), patient, stands_for="isotretinoin")
        people.end_medicine(medicine=patient.medications.get(), on=DAY.date(), reason="over", in_error=False, staff=amara, by=Actor.of_staff(amara), at=DAY)
        assert selectors.latest_answers(patient).answers["isotretinoin"] == "stopped"  # type: ignore[union-attr]

    def test_what_other_rules_read_is_not_said_to_need_no_rule(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        """E07c and E43 read ibuprofen and fish oil, E38 what makes the skin burn: of those the patient is asked."""
        patient, client = make_patient(site), client_as(amara)
        answer(patient)
        page = self.note(client, patient).content.decode()
        assert "no rule needs to hear of it" not in page and "ibuprofen" in page and "ask the questions again" in page

    def test_none_of_these_is_said_and_shown(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_patient(site)
        answer(patient)
        page = self.note(client_as(amara), patient, stands_for="nothing").content.decode()
        assert "No rule reads it." in page and "no rule reads it" in page
        assert fired(patient) == {} and lines(patient) == ["Zynotrel, 5 mg"]

    def test_of_a_name_that_is_known_nobody_is_asked(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_patient(site)
        answer(patient)
        self.note(client_as(amara), patient, name="Apixaban", stands_for="nothing")
        assert patient.medications.get().name == "Apixaban" and fired(patient)["E07"] == "REVIEW"

    def test_several_medicines_in_one_name_are_noted_one_by_one(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        """Only the gravest question would hear of it: of prednisolone and methotrexate E12, and E10 never (PRODUCT J3)."""
        patient, client = make_patient(site), client_as(amara)
        answer(patient)
        asked = self.note(client, patient, name="Prednisolone and methotrexate")
        assert asked.status_code == 422 and "Note each one by itself" in asked.content.decode() and 'value="Prednisolone and methotrexate"' in asked.content.decode()
        assert not patient.medications.exists() and fired(patient) == {}
        assert "is in the list" in self.note(client, patient, name="Minoxidil 5% + finasteride 0.1% solution").content.decode()  # one bottle, one question

    def test_the_service_refuses_it_without_a_choice(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        with pytest.raises(people.MedicineUnknown) as no:
            people.note_medicine(patient=patient, entry=people.MedicineEntry(self.NAME), staff=amara, by=Actor.of_staff(amara), at=DAY)
        assert no.value.field == "stands_for" and not patient.medications.exists()

    def test_a_row_from_elsewhere_says_so_until_somebody_has_said_what_it_is(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = make_patient(site), client_as(amara)
        answer(patient)
        row = Medication.objects.create(patient=patient, name=self.NAME)
        assert lines(patient) == ["Zynotrel, no rule knows this name"]
        url, sent = reverse("patients:medicines", args=[patient.uuid]), {"subject": str(patient.uuid), "row": str(row.uuid)}
        assert "The screening does not hear of it" in client.get(url).content.decode()
        assert client.post(url, sent).status_code == 422
        assert "The screening reads it as" in client.post(url, sent | {"stands_for": "blood_thinner"}, follow=True).content.decode()
        assert fired(patient)["E07"] == "REVIEW" and lines(patient)[0] == "Zynotrel (blood thinner)"
        assert "settled already" in client.post(url, sent | {"stands_for": "nothing"}, follow=True).content.decode()


class TestThePage:
    def note(self, client: Client, patient: Patient, **data: str) -> Any:
        return client.post(reverse("patients:medicines", args=[patient.uuid]), {"subject": str(patient.uuid)} | data)

    def end(self, client: Client, patient: Patient, row: Medication, **data: str) -> Any:
        return client.post(reverse("patients:end_medicine", args=[patient.uuid, row.uuid]), {"subject": str(patient.uuid)} | data)

    def test_a_blood_thinner_that_a_clinician_notes_is_screened(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = make_patient(site), client_as(amara)
        answer(patient)
        assert self.note(client, patient, name="Apixaban", dose="5 mg").status_code == 302
        row = patient.medications.get()
        assert (row.name, row.dose, row.noted_by) == ("Apixaban", "5 mg", "Dr Amara Osei")
        found = selectors.eligibility_on(patient, as_of=DAY.date())
        assert "E07" in {t["rule"] for t in found.triggers} and found.overall == "REVIEW"

    def test_a_second_blood_thinner_makes_two(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_patient(site)
        answer(patient, blood_thinner="aspirin_low_dose_only")
        self.note(client_as(amara), patient, name="Warfarin 3 mg")
        assert selectors.latest_answers(patient).answers["blood_thinner"] == "two_or_more"  # type: ignore[union-attr]

    def test_the_start_and_the_end_are_on_the_plot(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = make_patient(site), client_as(amara)
        answer(patient)
        since, until = DAY.date() - timedelta(days=200), DAY.date() - timedelta(days=20)
        self.note(client, patient, name="Finasteride", dose="1 mg", started_on_0=str(since.day), started_on_1=str(since.month), started_on_2=str(since.year))
        assert results_of(patient, at=DAY).medicines == [("Finasteride", since, None)]
        row = patient.medications.get()
        assert self.end(client, patient, row, ended_on_0=str(until.day), ended_on_1=str(until.month), ended_on_2=str(until.year), reason="No effect").status_code == 302
        assert results_of(patient, at=DAY).medicines == [("Finasteride", since, until)]
        page = client.get(reverse("patients:medicines", args=[patient.uuid])).content.decode()
        assert "No effect" in page and "Dr Amara Osei" in page and lines(patient) == []

    def test_an_end_needs_a_day_that_can_be_and_a_reason(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = make_patient(site), client_as(amara)
        row = Medication.objects.create(patient=patient, name="Finasteride", started_on=date(2026, 1, 10))
        wrong = self.end(client, patient, row, ended_on_0="9", ended_on_1="1", ended_on_2="2026", reason="typed and kept")
        assert wrong.status_code == 422 and "before the beginning" in wrong.content.decode() and "typed and kept" in wrong.content.decode()
        assert self.end(client, patient, row, ended_on_0="12", ended_on_1="1", ended_on_2="2026", reason="").status_code == 422
        row.refresh_from_db()
        assert row.ended_on is None
        with pytest.raises(IntegrityError):
            Medication.objects.create(patient=patient, name="x", in_error=True)

    def test_a_blood_thinner_is_never_answered_away(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = make_patient(site), client_as(amara)
        answer(patient)
        self.note(client, patient, name="Warfarin")
        row = patient.medications.get()
        page = client.post(
            reverse("patients:end_medicine", args=[patient.uuid, row.uuid]),
            {"subject": str(patient.uuid), "ended_on_0": str(DAY.day), "ended_on_1": str(DAY.month), "ended_on_2": str(DAY.year), "reason": "GP"}, follow=True,
        )  # fmt: skip
        assert "The answers still say that it is taken" in page.content.decode()
        assert selectors.latest_answers(patient).answers["blood_thinner"] == "warfarin"  # type: ignore[union-attr]
        assert any("warfarin" in one for one in lines(patient))

    def test_isotretinoin_that_ends_is_answered_as_stopped_on_that_day(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = make_patient(site), client_as(amara)
        answer(patient)
        self.note(client, patient, name="Isotretinoin 20 mg")
        row = patient.medications.get()
        self.end(client, patient, row, ended_on_0="1", ended_on_1="2", ended_on_2="2026", reason="course over")
        given = selectors.latest_answers(patient).answers  # type: ignore[union-attr]
        assert (given["isotretinoin"], given["isotretinoin_stopped_on"]) == ("stopped", "2026-02-01")
        assert "E09" in {t["rule"] for t in selectors.eligibility_on(patient, as_of=DAY.date()).triggers}

    def test_the_desk_sees_no_medicine(self, site: Site, rosa: Staff, client_as: SignIn) -> None:
        assert client_as(rosa).get(reverse("patients:medicines", args=[make_patient(site).uuid])).status_code == 403
