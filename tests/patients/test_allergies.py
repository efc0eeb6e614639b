"""An allergy is noted by name: products with it stop at once, what was known before stays as it was, the answers are screened again."""

import re
from collections.abc import Callable
from datetime import timedelta
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
from patients.models import Allergy, Intake, Patient
from patients.vocabulary import AllergyEnd
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


def ended(client: Client, patient: Patient, row: Allergy, **changes: str) -> Any:
    data = {"subject": str(patient.uuid), "because": "refuted", "reason": "Patch test read negative."} | changes
    return client.post(reverse("patients:end_allergy", args=[patient.uuid, row.uuid]), data)


def named_by_clinic(site: Site, client: Client, **changes: str) -> tuple[Patient, Allergy]:
    """Answered, nothing declared; a clinician noted it by name."""
    patient = make_ready(site)
    assert sent(client, patient, **changes).status_code == 302
    return patient, patient.allergies.get(ended_at=None)


def newest_answers(patient: Patient) -> Any:
    return Intake.objects.filter(patient=patient).order_by("-submitted_at", "-pk")[0].answers["allergies"]


class TestEnding:
    """A named allergy that is wrong or over ends with a reason; nothing is deleted."""

    @pytest.mark.parametrize("because", ["refuted", "entered_in_error", "resolved"])
    def test_product_and_screening_rules_run_without_it(self, site: Site, amara: Staff, client_as: SignIn, because: str) -> None:
        client, product = client_as(amara), make_product(site)
        patient, row = named_by_clinic(site, client, anaphylaxis="on")
        record = make_draft(site, amara, patient=patient)
        PatchTest.objects.create(patient=patient, product=product, applied_at=DAY - timedelta(hours=72), by="x", read_at=DAY - timedelta(hours=24), result="negative")
        record = services.save_session(record=record, version=record.version, entry=make_entry(site, products=((product, 0.0),)), by=Actor.of_staff(amara), at=DAY)
        assert {("S13", "BLOCK_PRODUCT"), ("S02", "BLOCK")} <= {(f.rule, f.severity) for f in sessions.evaluate(record, "start").findings}
        before = patient.screenings.count()
        assert ended(client, patient, row, because=because).status_code == 302
        assert {"S13", "S02"} & {f.rule for f in sessions.evaluate(record, "start").findings} == set()
        assert newest_answers(patient) == []
        assert patient.screenings.count() == before + 1
        assert selectors.eligibility_on(patient, as_of=site.today(DAY)).overall == "CLEAR"

    def test_the_row_stays_with_reason_and_name_and_is_struck(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        patient, row = named_by_clinic(site, client)
        assert ended(client, patient, row).status_code == 302
        row.refresh_from_db()
        assert (row.ended_at, row.ended_because, row.ended_reason, row.ended_by) == (DAY, "refuted", "Patch test read negative.", "Dr Amara Osei")
        page = client.get(reverse("patients:allergies", args=[patient.uuid])).content.decode()
        assert "<s>hyaluronic acid</s>" in page and "the patient does not react to it" in page and "Patch test read negative." in page

    def test_one_that_is_over_is_not_struck_for_it_was_true(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        patient, row = named_by_clinic(site, client)
        assert ended(client, patient, row, because="resolved").status_code == 302
        page = client.get(reverse("patients:allergies", args=[patient.uuid])).content.decode()
        assert "<s>" not in page and "no longer reacts" in page

    @pytest.mark.parametrize(("because", "again"), [("refuted", True), ("entered_in_error", True), ("resolved", False)])
    def test_what_the_patient_told_without_a_name_stands_again(self, site: Site, amara: Staff, client_as: SignIn, because: str, again: bool) -> None:
        patient, client = told_without_a_name(site, anaphylaxis=True), client_as(amara)
        sent(client, patient)
        sent(client, patient, reaction="itching rash for a week")  # reworded: the first word is still found
        answer = ended(client, patient, patient.allergies.get(ended_at=None), because=because)
        assert answer.status_code == 302
        assert selectors.allergies_to_ask(patient) == (["serum_ingredient"] if again else [])
        assert newest_answers(patient) == ([{"substance": "serum_ingredient", "anaphylaxis": True}] if again else [])
        assert selectors.allergy_names(patient) == (["serum_ingredient"] if again else [])
        page = client.get(reverse("patients:allergies", args=[patient.uuid])).content.decode()
        assert ("What the patient told stands again: something in a serum" in page) is again

    def test_another_of_the_same_kind_stays(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        patient, row = named_by_clinic(site, client)
        sent(client, patient, name="benzyl alcohol")
        assert ended(client, patient, row).status_code == 302
        assert selectors.allergy_names(patient) == ["benzyl alcohol"]
        assert [one["name"] for one in newest_answers(patient)] == ["benzyl alcohol"]

    def test_a_session_before_keeps_what_was_known_then(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        patient, row = named_by_clinic(site, client)
        with time_machine.travel(DAY + timedelta(days=1), tick=False):
            assert ended(client_as(amara), patient, row).status_code == 302
        assert selectors.allergy_names(patient, until=DAY + timedelta(hours=1)) == ["hyaluronic acid"]
        assert selectors.allergy_names(patient) == []

    def test_told_again_by_the_patient_it_stands_again(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        patient, row = named_by_clinic(site, client)
        ended(client, patient, row)
        draft = people.open_draft(patient=patient, by=Actor.of_command("test"), at=DAY)
        told = {"allergies": [{"substance": "serum_ingredient", "name": "hyaluronic acid", "anaphylaxis": False}]}
        people.save_intake_page(intake=draft, page="x", answers=told, drop=set(), by=Actor.of_command("test"), at=DAY)
        people.submit_intake(intake=draft, by=Actor.of_command("test"), at=DAY, today=site.today(DAY))
        assert selectors.allergy_names(patient) == ["hyaluronic acid"]

    def test_while_the_patient_is_answering_nothing_ends(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        patient, row = named_by_clinic(site, client)
        draft = people.open_draft(patient=patient, by=Actor.of_command("test"), at=DAY)
        people.save_intake_page(intake=draft, page="x", answers={"smoking": "yes"}, drop=set(), by=Actor.of_command("test"), at=DAY)
        assert ended(client, patient, row).status_code == 302
        assert selectors.allergy_names(patient) == ["hyaluronic acid"]
        assert "has begun to answer" in client.get(reverse("patients:allergies", args=[patient.uuid])).content.decode()

    @pytest.mark.parametrize(("changes", "words"), [({"reason": " "}, "Say how you know"), ({"because": ""}, "Choose what it is"), ({"because": "replaced"}, "valid choice")])
    def test_why_and_how_one_knows_are_asked_beside_the_field(self, site: Site, amara: Staff, client_as: SignIn, changes: dict[str, str], words: str) -> None:
        client = client_as(amara)
        patient, row = named_by_clinic(site, client)
        answer = ended(client, patient, row, **changes)
        assert answer.status_code == 422 and words in answer.content.decode() and "<details open>" in answer.content.decode()
        assert not Allergy.objects.get(pk=row.pk).ended_at

    def test_ended_twice(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        patient, row = named_by_clinic(site, client)
        ended(client, patient, row)
        assert ended(client, patient, row, because="resolved").status_code == 302
        assert Allergy.objects.get(pk=row.pk).ended_because == "refuted"

    def test_neither_by_the_desk_nor_of_another_patient(self, site: Site, amara: Staff, rosa: Staff, client_as: SignIn) -> None:
        client = client_as(amara)
        patient, row = named_by_clinic(site, client)
        other = make_patient(site)
        assert ended(client_as(rosa), patient, row).status_code == 403
        assert ended(client, other, row).status_code == 404
        assert ended(client, patient, row, subject=str(other.uuid)).status_code == 409
        assert not Allergy.objects.get(pk=row.pk).ended_at

    def test_the_database_refuses_one_that_ended_without_a_reason(self, site: Site) -> None:
        with pytest.raises(IntegrityError, match="allergy_ended_with_reason"):
            Allergy.objects.create(patient=make_patient(site), substance="other", name="lanolin", ended_at=DAY, ended_because="refuted")


class TestWords:
    """Staff read one word for one thing, on every page."""

    def test_a_skin_cleanser_is_called_so_everywhere(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient, client = make_ready(site, allergies=[{"substance": "antiseptic", "anaphylaxis": False}]), client_as(amara)
        Allergy.objects.create(patient=patient, substance="antiseptic", name="antiseptic")
        record = make_draft(site, amara, patient=patient)
        pages = [reverse("patients:allergies", args=[patient.uuid]), reverse("treatments:session", args=[record.uuid]), reverse("treatments:patch_tests", args=[patient.uuid]),
                 reverse("patients:screening", args=[patient.uuid]), reverse("desk:patient_overview", args=[patient.uuid])]  # fmt: skip
        for url in pages:
            words = re.sub(r"<[^>]+>", " ", client.get(url).content.decode()).casefold()
            assert "skin cleanser" in words and "antiseptic" not in words, url


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
        assert selectors.allergies_to_ask(patient) == ["serum_ingredient"]

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
        assert selectors.allergies_to_ask(patient) == ["serum_ingredient"]


class TestTheListFeedsTheRules:
    """The list stops products and feeds E25 (decision 0020): new answers of the patient don't end what stands there, a clinician does."""

    def noted(self, patient: Patient, amara: Staff, name: str = "lidocaine", substance: str = "anaesthetic", *, severe: bool = True) -> bool:
        entry = people.AllergyEntry(substance, name, anaphylaxis=severe)
        return people.note_allergy(patient=patient, entry=entry, staff=amara, by=Actor.of_staff(amara), at=DAY)

    def anew(self, patient: Patient, hours: int = 1, **told: Any) -> None:
        by, at = Actor.of_command("test"), DAY + timedelta(hours=hours)
        draft = people.open_draft(patient=patient, by=by, at=at)
        draft = people.save_intake_page(intake=draft, page="x", answers={"pregnancy": "no"} | told, drop=set(), by=by, at=at)
        people.submit_intake(intake=draft, by=by, at=at, today=patient.site.today(at))

    def rule(self, patient: Patient) -> str:
        return str({t["rule"]: t["class"] for t in selectors.eligibility_on(patient, as_of=patient.site.today(DAY)).triggers}.get("E25", ""))

    @pytest.mark.parametrize("told", [{"allergies": []}, {}, {"allergies": [{"substance": "anaesthetic", "name": "Lidocaine", "anaphylaxis": False}]}])
    @pytest.mark.parametrize("first", ["answers", "note"])
    def test_whatever_the_patient_says_next(self, site: Site, amara: Staff, told: dict[str, Any], first: str) -> None:
        patient = make_patient(site)
        if first == "answers":
            self.anew(patient, allergies=[])
        assert self.noted(patient, amara) is (first == "answers")
        self.anew(patient, 2, **told)
        assert self.rule(patient) == "REVIEW"
        self.anew(patient, 3, **told)
        assert self.rule(patient) == "REVIEW" and patient.allergies.filter(ended_at=None).count() == 1
        newest = Intake.objects.filter(patient=patient).order_by("-submitted_at")[0]
        assert newest.answers["allergies"] == [{"substance": "anaesthetic", "name": "lidocaine", "anaphylaxis": True}]

    def test_one_that_the_patient_told_before_stays_too(self, site: Site) -> None:
        patient = make_patient(site)
        self.anew(patient, allergies=[{"substance": "latex", "anaphylaxis": True}])
        self.anew(patient, 2, allergies=[])
        assert self.rule(patient) == "REVIEW"

    def test_what_the_patient_said_stands_beside_it_for_a_clinician(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        patient = make_patient(site)
        self.anew(patient, allergies=[])
        self.noted(patient, amara, "penicillin", "medicine", severe=False)
        self.anew(patient, 2, allergies=[])
        newest = selectors.latest_answers(patient)
        assert newest and newest.extras["told"] == {"allergies": {"allergies": []}} and selectors.unread_answers(patient) == newest
        page = client_as(amara).get(reverse("patients:screening", args=[patient.uuid])).content.decode()
        assert "told-otherwise" in page and "list of medicines says more" not in page

    def test_one_that_ended_is_not_told_for_the_patient(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        self.anew(patient, allergies=[])
        self.noted(patient, amara)
        people.end_allergy(allergy=patient.allergies.get(), because=AllergyEnd.REFUTED, reason="tested", staff=amara, by=Actor.of_staff(amara), at=DAY + timedelta(hours=2))
        self.anew(patient, 3, allergies=[])
        assert self.rule(patient) == "" and selectors.latest_answers(patient).extras.get("told") is None  # type: ignore[union-attr]

    def test_one_that_is_noted_while_the_patient_answers_is_screened_at_once(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        self.anew(patient, -1, allergies=[])
        by = Actor.of_command("test")
        draft = people.open_draft(patient=patient, by=by, at=DAY)
        people.save_intake_page(intake=draft, page="x", answers={"pregnancy": "no", "allergies": []}, drop=set(), by=by, at=DAY)
        assert self.noted(patient, amara) is True and self.rule(patient) == "REVIEW"
        people.submit_intake(intake=draft, by=by, at=DAY + timedelta(hours=2), today=site.today(DAY))
        assert self.rule(patient) == "REVIEW"

    def test_a_list_that_was_left_blank_does_not_look_whole(self, site: Site, amara: Staff) -> None:
        """As of a record from elsewhere: INCOMPLETE stays until the question is answered."""
        patient = make_ready(site, allergies=None)
        self.noted(patient, amara, "penicillin", "medicine", severe=False)
        assert self.rule(patient) == "INCOMPLETE"
        people.end_allergy(allergy=patient.allergies.get(), because=AllergyEnd.REFUTED, reason="tested", staff=amara, by=Actor.of_staff(amara), at=DAY)
        assert self.rule(patient) == "INCOMPLETE"
        self.noted(patient, amara)
        self.anew(patient, 2, allergies=None)
        assert self.rule(patient) == "INCOMPLETE"

    def test_a_metal_that_the_patient_names_among_other_things(self, site: Site) -> None:
        patient = make_patient(site)
        self.anew(patient, allergies=[{"substance": "other", "name": "nickel in earrings", "anaphylaxis": False}], metal_allergy="none")
        newest = selectors.latest_answers(patient)
        assert newest and newest.answers["metal_allergy"] == "nickel" and newest.extras["told"] == {"metal_allergy": {"metal_allergy": "none"}}

    @pytest.mark.parametrize(("name", "here", "metal"), [("nickel", "none", "nickel"), ("Acero inoxidable", "nickel", "stainless_steel"), ("cobalt", "nickel", "nickel"), ("nickel", "stainless_steel", "stainless_steel")])
    def test_a_metal_reaches_the_rule_about_metals(self, site: Site, amara: Staff, name: str, here: str, metal: str) -> None:
        """E24 is REVIEW, of stainless steel ABSOLUTE; as “another allergy” it would be a caution (E25). Whatever the patient says next."""
        patient = make_patient(site)
        self.anew(patient, -1, allergies=[], metal_allergy=here)
        self.noted(patient, amara, name, "other", severe=False)
        for hours in (2, 3):
            assert selectors.latest_answers(patient).answers["metal_allergy"] == metal  # type: ignore[union-attr]
            self.anew(patient, hours, allergies=[], metal_allergy=here)

    def metal(self, patient: Patient) -> tuple[Any, str]:
        newest = selectors.latest_answers(patient)
        assert newest is not None
        return newest.answers.get("metal_allergy", "absent"), {t["rule"]: t["class"] for t in selectors.eligibility_on(patient, as_of=patient.site.today(DAY)).triggers}.get("E24", "")

    def over(self, patient: Patient, amara: Staff, name: str, hours: int = 3) -> None:
        row = patient.allergies.get(name=name, ended_at=None)
        people.end_allergy(allergy=row, because=AllergyEnd.IN_ERROR, reason="another patient", staff=amara, by=Actor.of_staff(amara), at=DAY + timedelta(hours=hours))

    @pytest.mark.parametrize("told", ["none", None, "absent", "nickel"])
    def test_a_metal_that_was_a_mistake_closes_nothing(self, site: Site, amara: Staff, told: str | None) -> None:
        """Decision 0020: the rules run without it from then on. What the patient said of metals stands again."""
        patient = make_patient(site)
        self.anew(patient, -1, allergies=[], **({} if told == "absent" else {"metal_allergy": told}))
        before = self.metal(patient)
        self.noted(patient, amara, "stainless steel", "other", severe=False)
        assert self.metal(patient) == ("stainless_steel", "ABSOLUTE")
        self.over(patient, amara, "stainless steel", 1)
        assert self.metal(patient) == before

    def test_a_metal_that_was_a_mistake_leaves_the_answers_that_came_since(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        self.noted(patient, amara, "nickel", "other", severe=False)
        self.anew(patient, 1, allergies=[], metal_allergy="none")
        assert self.metal(patient) == ("nickel", "REVIEW")
        self.over(patient, amara, "nickel")
        newest = selectors.latest_answers(patient)
        assert self.metal(patient) == ("none", "") and newest and "told" not in newest.extras

    def test_another_metal_that_stands_goes_on_counting(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        self.anew(patient, -1, allergies=[], metal_allergy="none")
        self.noted(patient, amara, "nickel", "other", severe=False)
        self.noted(patient, amara, "steel", "other", severe=False)
        self.over(patient, amara, "steel")
        assert self.metal(patient) == ("nickel", "REVIEW")

    def test_a_metal_that_the_patient_named_in_answers_goes_by_a_clinician_s_word(self, site: Site, amara: Staff, client_as: SignIn) -> None:
        """Their own answer to the question about metals is theirs: the page says that the rules still go by it."""
        patient = make_ready(site, metal_allergy="nickel", allergies=[{"substance": "other", "name": "nickel", "anaphylaxis": False}])
        row = Allergy.objects.create(patient=patient, substance="other", name="nickel", noted_at=DAY)
        answer = client_as(amara).post(
            reverse("patients:end_allergy", args=[patient.uuid, row.uuid]), {"subject": str(patient.uuid), "because": "refuted", "reason": "tested"}, follow=True
        )
        assert self.metal(patient) == ("nickel", "REVIEW") and "The answers still name a metal" in answer.content.decode()

    @pytest.mark.parametrize(("told", "name", "kind"), [("nickel", "cobalt", "REVIEW"), ("nickel", "Nickel", "CAUTION"), ("other_metal", "cobalt", "CAUTION"), ("nickel", "latex", "CAUTION")])
    def test_a_clearance_is_not_for_a_metal_that_came_later(self, site: Site, amara: Staff, told: str, name: str, kind: str) -> None:
        """SCHEMA 2.2: it counts until the patient's state changes. The question holds one metal; what was cleared was that one."""
        patient = make_patient(site)
        self.anew(patient, -1, allergies=[], metal_allergy=told)
        people.clear_finding(patient=patient, rule="E24", evidence="needle checked", staff=amara, by=Actor.of_staff(amara), at=DAY)
        self.noted(patient, amara, name, "other", severe=False)
        assert self.metal(patient) == (told, kind) and patient.screenings.order_by("-at", "-pk")[0].overall == kind

    def test_of_two_metals_of_one_kind_the_second_is_another(self, site: Site, amara: Staff) -> None:
        patient = make_patient(site)
        self.anew(patient, -1, allergies=[], metal_allergy="none")
        self.noted(patient, amara, "cobalt", "other", severe=False)
        people.clear_finding(patient=patient, rule="E24", evidence="needle checked", staff=amara, by=Actor.of_staff(amara), at=DAY)
        self.noted(patient, amara, "titanium", "other", severe=False)
        assert self.metal(patient) == ("other_metal", "REVIEW")

    def test_what_the_patient_tells_again_without_its_name_can_be_named_again(self, site: Site, amara: Staff) -> None:
        """A clinician knows what it is and has said so: the one without a name must not stand for ever."""
        patient = make_patient(site)
        told = {"allergies": [{"substance": "antiseptic", "anaphylaxis": False}]}
        self.anew(patient, -1, **told)
        self.noted(patient, amara, "chlorhexidine", "antiseptic", severe=False)
        self.anew(patient, 1, **told)
        assert selectors.allergies_to_ask(patient) == ["antiseptic"]
        self.noted(patient, amara, "chlorhexidine", "antiseptic", severe=False)
        assert selectors.allergies_to_ask(patient) == [] and selectors.allergy_names(patient) == ["chlorhexidine"]
        with pytest.raises(people.AlreadyNoted):
            self.noted(patient, amara, "chlorhexidine", "antiseptic", severe=False)
